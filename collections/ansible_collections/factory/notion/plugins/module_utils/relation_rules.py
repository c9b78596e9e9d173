# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with two-way relations, of which two databases may have something to say."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    DATA_SOURCE,
    SchemaScope,
    back_relations,
)


def back_relation_faults(scope: SchemaScope) -> Iterator[Fault]:
    """Two relations that want the same back-property: the later one is told. Two ends that do not agree: both."""
    backs = scope.declared.once(back_relations)
    for name, one in scope.properties.items():
        synced = one.get("synced_property")
        target = scope.relation_target(one) if one["type"] == "relation" else None
        if synced is None or target is None:
            continue
        path = ("spec", "properties", name, "synced_property")
        claims = [back for back in backs.get(target, ()) if back.name == synced]
        own = next(back for back in claims if (back.owner, back.property) == (scope.address, name))
        if claims[0] is not own:
            first = f"{claims[0].owner} {claims[0].property}"
            yield Fault(path, f"'{synced}' on {target} is the back-property of {first} already")
        other = scope.declared.get(target)
        if other is not None and synced in other.spec["properties"] and not own.twin:
            wanted = _twin_told(scope.address, name)
            message = f"'{synced}' is declared on {target}, but not as the other end of this relation: {wanted}"
            yield Fault(path, message)
    for back in backs.get(scope.address, ()):
        itself = (back.owner, back.property) == (scope.address, back.name)
        if back.name in scope.properties and not back.twin and not itself:
            origin = f"{back.owner} {back.property}"
            message = f"{origin} says this is its other end, and it is not: {_twin_told(back.owner, back.property)}"
            yield Fault(("spec", "properties", back.name), message, at_key=True)


def _twin_told(owner: Address, name: str) -> str:
    key = "data_source" if owner.kind == DATA_SOURCE else "database"
    wanted = f"{{type: relation, {key}: {owner.name}, synced_property: {name}}}"
    return f"both must agree, so declare it as {wanted}, or leave one of the two out"


def twice_set_faults(scope: SchemaScope) -> Iterator[Fault]:
    """Values of a relation that is declared on both sides: one side's rows set them, or the two could differ."""
    for back in scope.declared.once(back_relations).get(scope.address, ()):
        other = scope.declared.get(back.owner)
        if not back.twin or other is None or (back.owner, back.property) > (scope.address, back.name):
            continue
        if not any(back.property in item for item in other.spec.get("rows", {}).get("items", [])):
            continue
        for index, item in enumerate(scope.resource.spec["rows"]["items"]):
            if back.name in item:
                message = f"the rows of {back.owner} set the same links as {back.property}; set it on one side only"
                yield Fault(("spec", "rows", "items", index, back.name), message, at_key=True)
