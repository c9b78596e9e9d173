# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a NotionDatabase and no schema can say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_faults
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    DATA_SOURCE,
    KIND,
    TABLES,
    SchemaScope,
    back_relations,
)

_UUID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")


def database_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """Every fault of one database."""
    scope = SchemaScope(resource, None, declared, {}, PROPERTY_TYPES)
    if resource.spec.get("inline") and "cover" in resource.spec:
        yield Fault(("spec", "cover"), "Notion has no cover on an inline database", at_key=True)
    adopt = resource.metadata.get("adopt")
    if isinstance(adopt, str) and not _UUID.match(adopt):
        yield Fault(("metadata", "adopt"), f"expected true, false or the id of a database, not '{adopt}'")
    yield from parent_faults(resource)
    yield from _title_faults(scope.properties)
    yield from _rename_faults(scope.properties)
    for name, one in scope.properties.items():
        for path, message in PROPERTY_TYPES[one["type"]].rules(one, scope):
            yield Fault(("spec", "properties", name, *path), message)
    yield from _back_relation_faults(scope)
    if "rows" in resource.spec:
        yield from _row_faults(scope)


def data_source_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """A database that is not declared, or a title that tells it apart from nothing."""
    database = Address(KIND, resource.spec["database"])
    if declared.lacks(database):
        yield Fault(("spec", "database"), f"{database} is not declared{declared.suggest(database)}")
    home = declared.get(database)
    others = [
        other
        for other in declared.resources.values()
        if other.address.kind == DATA_SOURCE and other.spec["database"] == database.name
    ]
    for other in (*others, *([home] if home is not None else [])):
        if other.address != resource.address and other.spec["title"] == resource.spec["title"]:
            message = f"{other.address} has this title, and titles tell the data sources of a database apart"
            yield Fault(("spec", "title"), message)
            return


def _title_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    titles = [name for name, one in properties.items() if one["type"] == "title"]
    if not titles:
        yield Fault(("spec", "properties"), "a database needs one property of type title")
    for name in titles[1:]:
        message = f"a database has one title property, and '{titles[0]}' is one already"
        yield Fault(("spec", "properties", name, "type"), message)


def _rename_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for name, one in properties.items():
        old = one.get("renamed_from")
        path = ("spec", "properties", name, "renamed_from")
        if old is None:
            continue
        if old in properties:
            yield Fault(path, f"'{old}' is still declared; a property cannot be renamed from another one")
        elif old in taken:
            yield Fault(path, f"'{old}' is what '{taken[old]}' was renamed from")
        taken.setdefault(old, name)


def _back_relation_faults(scope: SchemaScope) -> Iterator[Fault]:
    """Two relations that want the same back-property: the later one is told."""
    for name, one in scope.properties.items():
        synced = one.get("synced_property")
        target = scope.relation_target(one) if one["type"] == "relation" else None
        if synced is None or target is None:
            continue
        claims = [back for back in scope.declared.once(back_relations).get(target, ()) if back.name == synced]
        if (claims[0].owner, claims[0].property) != (scope.address, name):
            first = f"{claims[0].owner} {claims[0].property}"
            path = ("spec", "properties", name, "synced_property")
            yield Fault(path, f"'{synced}' on {target} is the back-property of {first} already")


def row_key_property(spec: Mapping[str, Any]) -> str:
    """The property that tells the rows of a spec apart."""
    named = spec["rows"].get("key")
    if named is not None:
        return str(named)
    return next((name for name, one in spec["properties"].items() if one["type"] == "title"), "")


def row_keys(declared: Declared) -> dict[Address, frozenset[str]]:
    """The keys of all declared rows, by database."""
    found = {}
    for address, resource in declared.resources.items():
        if address.kind in TABLES:
            items = resource.spec.get("rows", {}).get("items", [])
            key = row_key_property(resource.spec) if items else ""
            found[address] = frozenset(text_of(item[key]) for item in items if item.get(key) is not None)
    return found


def _row_faults(scope: SchemaScope) -> Iterator[Fault]:
    spec = scope.resource.spec
    key = row_key_property(spec)
    declared_key = scope.properties.get(key)
    if declared_key is None:
        if "key" in spec["rows"]:
            guess = did_you_mean(key, scope.properties)
            yield Fault(("spec", "rows", "key"), f"there is no property '{key}'{guess}")
        return
    if not PROPERTY_TYPES[declared_key["type"]].can_be_key:
        message = f"'{key}' is a {declared_key['type']}, which cannot tell rows apart"
        yield Fault(("spec", "rows", "key"), message)
        return
    seen: dict[str, int] = {}
    for index, item in enumerate(spec["rows"]["items"]):
        path = ("spec", "rows", "items", index)
        if item.get(key) in (None, ""):
            yield Fault(path, f"missing key '{key}', which tells rows apart")
        elif _is_filled_in_later(item[key]):
            yield Fault((*path, key), "what tells rows apart cannot be a reference")
        elif (value := text_of(item[key])) in seen:
            yield Fault((*path, key), f"a row with {key} '{value}' is declared already")
        else:
            seen[value] = index
        for name, value in item.items():
            yield from _value_faults(scope, (*path, name), name, value)


def _value_faults(scope: SchemaScope, path: tuple[str | int, ...], name: str, value: Any) -> Iterator[Fault]:
    declared = scope.properties.get(name)
    if declared is None:
        back = next((one for one in scope.backs if one.name == name), None)
        if back is not None:
            message = f"'{name}' is a back-property; set it on the rows of {back.owner} ({back.property})"
        elif scope.may_have(name):
            return
        else:
            message = f"there is no property '{name}'{did_you_mean(name, scope.properties)}"
        yield Fault(path, message, at_key=True)
        return
    kind = PROPERTY_TYPES[declared["type"]]
    if not kind.writable:
        yield Fault(path, f"Notion computes a {declared['type']}; a row cannot set it", at_key=True)
    elif value is not None and not _is_filled_in_later(value):
        faults = list(kind.value_faults(value, declared))
        for found in faults:
            yield Fault((*path, *found.path), found.message, found.at_key)
        if not faults and declared["type"] == "relation":
            yield from _relation_value_faults(scope, path, declared, value)


def _is_filled_in_later(value: Any) -> bool:
    """Whether it is a text with references, which stand for something else."""
    return isinstance(value, str) and any(True for _ in references_in(value))


def _relation_value_faults(
    scope: SchemaScope, path: tuple[str | int, ...], declared: Mapping[str, Any], value: Any
) -> Iterator[Fault]:
    target = scope.relation_target(declared)
    if target is None:
        yield Fault(path, "rows can only relate to rows of a database that this stack declares")
        return
    if scope.declared.get(target) is None:
        return
    keys = scope.declared.once(row_keys)[target]
    for index, key in enumerate(value if isinstance(value, list) else [value]):
        if text_of(key) not in keys:
            where = (*path, index) if isinstance(value, list) else path
            yield Fault(where, f"{target} declares no row '{text_of(key)}'{did_you_mean(text_of(key), keys)}")
