# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollup: a figure over a property of related rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    NOBODY,
    SchemaScope,
    back_relations,
)

ROLLUP_FUNCTIONS = [
    "count",
    "count_values",
    "empty",
    "not_empty",
    "unique",
    "show_unique",
    "percent_empty",
    "percent_not_empty",
    "sum",
    "average",
    "median",
    "min",
    "max",
    "range",
    "earliest_date",
    "latest_date",
    "date_range",
    "checked",
    "unchecked",
    "percent_checked",
    "percent_unchecked",
    "count_per_group",
    "percent_per_group",
    "show_original",
]
"""developers.notion.com, reference/property-object#rollup."""


class Rollup(PropertyType):
    """``rollup``."""

    writable = False
    required: ClassVar[tuple[str, ...]] = ("relation", "property", "function")
    settings: ClassVar[Mapping[str, Any]] = {
        "relation": {"description": "A relation of this database, or its back-property.", "type": "string"},
        "property": {"description": "The property of the related rows.", "type": "string"},
        "function": {"description": "How the values become one.", "enum": ROLLUP_FUNCTIONS},
    }

    def rules(self, declared: Config, scope: SchemaScope) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The relation exists here, the property over there, and is no rollup itself."""
        relations = _relations(scope)
        name = declared["relation"]
        if name not in relations:
            if name in scope.properties:
                kind = scope.properties[name]["type"]
                yield ("relation",), f"'{name}' is a {kind}, not a relation"
            elif not scope.may_have(name):
                yield ("relation",), f"there is no relation '{name}' here{did_you_mean(name, relations)}"
            return
        other = relations[name]
        target = scope.declared.get(other) if other is not None else None
        if target is None:
            return
        known = _known_properties(target.address, scope.declared)
        wanted = declared["property"]
        if wanted not in known:
            if not scope.may_have(wanted):
                guess = did_you_mean(wanted, known)
                yield ("property",), f"{target.address} has no property '{wanted}'{guess}"
        elif target.spec["properties"].get(wanted, {}).get("type") == "rollup":
            yield ("property",), f"'{wanted}' is a rollup itself, and Notion has no rollup of a rollup"

    def waits_for(self, declared: Config, scope: SchemaScope) -> frozenset[Address]:
        """The relation, and the property at its other end."""
        relation = scope.availability(declared["relation"])
        if relation.waits_for:
            return relation.waits_for
        target = _relations(scope).get(declared["relation"])
        if target is None:
            return NOBODY
        if target == scope.address:
            return scope.availability(declared["property"]).waits_for
        state = scope.state_of(target)
        found = state is not None and declared["property"] in state.properties
        return NOBODY if found else frozenset({target})

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """By id where the relation is live, since it may be renamed in the same request."""
        relation = scope.availability(declared["relation"]).live
        body: dict[str, Any] = {
            "function": declared["function"],
            "rollup_property_name": declared["property"],
        }
        if relation is None:
            return {**body, "relation_property_name": declared["relation"]}
        return {**body, "relation_property_id": relation.id}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """What is shown changes; nothing entered is lost."""
        waits = self.waits_for(declared, scope)
        relation = scope.availability(declared["relation"]).live
        same = relation is not None and relation.id == live.config.get("relation_property_id")
        if not same and declared["relation"] != live.config.get("relation_property_name"):
            before = live.config.get("relation_property_name")
            yield Difference(("relation",), before, declared["relation"], waits_for=waits)
        if not self._same_property(declared, live, scope):
            before = live.config.get("rollup_property_name")
            yield Difference(("property",), before, declared["property"], waits_for=waits)
        if declared["function"] != live.config.get("function"):
            yield Difference(("function",), live.config.get("function"), declared["function"], waits_for=waits)

    def _same_property(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> bool:
        """By name, or by id: the property at the other end may be about to get its declared name."""
        if declared["property"] == live.config.get("rollup_property_name"):
            return True
        target = _relations(scope).get(declared["relation"])
        other = scope.other(target) if target is not None else None
        found = other.availability(declared["property"]).live if other is not None else None
        return found is not None and found.id == live.config.get("rollup_property_id")


def _relations(scope: SchemaScope) -> dict[str, Address | None]:
    """The relations of this database by name, with the declared database at their other end."""
    found = {name: scope.relation_target(one) for name, one in scope.properties.items() if one["type"] == "relation"}
    found.update({back.name: back.owner for back in scope.backs})
    return found


def _known_properties(address: Address, declared: Declared) -> list[str]:
    backs = declared.once(back_relations).get(address, ())
    return [*declared.resources[address].spec["properties"], *(back.name for back in backs)]
