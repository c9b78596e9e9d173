# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""relation: rows that belong to rows, one-way or two-way.

A two-way relation is declared on one side, and the other side gets a back-property; or on both sides, which
then agree. Notion names a back-property ``Related to <title> (<property>)`` and may or may not honour a name
sent along, so the name is sent, read back, and put right on the other side where needed (facts, section 1.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.manifest import NAME_PATTERN, Address
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    NOBODY,
    SchemaScope,
    declared_target,
)

_MOST_RELATED = 100


class Relation(PropertyType):
    """``relation``."""

    settings: ClassVar[Mapping[str, Any]] = {
        "database": {
            "description": "The name of the related NotionDatabase; `crm:customers` is that of the stack `crm`.",
            "type": "string",
        },
        "data_source": {
            "description": "The name of the related NotionDataSource, instead; `crm:leads` is that of the stack `crm`.",
            "type": "string",
        },
        "data_source_id": {
            "description": "The id of a data source that no stack declares.",
            "type": "string",
            "pattern": "^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$",
            "x-message": "expected the id of a data source",
        },
        "synced_property": {
            "description": "Makes the relation two-way: the name of the back-property on the other side.",
            "type": "string",
            "minLength": 1,
        },
    }

    def rules(self, declared: Config, scope: SchemaScope) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Exactly one target, which exists; a back-property that is nobody else's."""
        given = [key for key in ("database", "data_source", "data_source_id") if key in declared]
        if len(given) > 1:
            yield (given[-1],), f"give either {given[0]} or {given[-1]}, not both"
            return
        target = declared_target(declared)
        if target is None:
            if "data_source_id" not in declared:
                yield (), "a relation needs a database (the name of a NotionDatabase)"
            return
        if target.stack:
            if not NAME_PATTERN.match(target.name):
                yield (given[0],), f"'{target.name}' is no name; write another stack's as in crm:customers"
        elif scope.declared.lacks(target):
            yield (given[0],), f"{target} is not declared{scope.declared.suggest(target)}"

    def waits_for(self, declared: Config, scope: SchemaScope) -> frozenset[Address]:
        """The related database must exist, with the back-property's name not taken by something else."""
        target = scope.relation_target(declared)
        if target is None or (scope.is_there(target) and not self._is_taken(declared, target, scope)):
            return NOBODY
        return frozenset({target})

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """The related data source, and the back-property's name where there is one."""
        body: dict[str, Any] = {"data_source_id": self._data_source_id(declared, scope)}
        if name := declared.get("synced_property"):
            return {**body, "type": "dual_property", "dual_property": {"synced_property_name": name}}
        return {**body, "type": "single_property", "single_property": {}}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """Another target makes the rows' links meaningless; two-way and one-way can be told apart."""
        wanted = self._data_source_id(declared, scope)
        before = live.config.get("data_source_id")
        name = declared.get("synced_property")
        two_way = live.config.get("type") == "dual_property"
        if wanted is None or _bare(wanted) != _bare(before):
            yield Difference(
                ("database",),
                self._database_name(before, scope),
                declared.get("database") or declared.get("data_source") or wanted,
                Effect.DESTRUCTIVE,
                "the links of all rows are lost",
                self.waits_for(declared, scope),
            )
        elif name and not two_way:
            waits = self.waits_for(declared, scope)
            yield Difference(("synced_property",), None, name, Effect.ADDITIVE, "becomes two-way", waits)
        elif two_way and not name:
            synced = (live.config.get("dual_property") or {}).get("synced_property_name")
            own = scope.relation_target(declared) is not None
            reason = "becomes one-way; the other side " + ("loses its end" if own else "keeps its end as an orphan")
            yield Difference(("synced_property",), synced, None, Effect.DISRUPTIVE, reason)
        elif name and scope.relation_target(declared) is None:
            yield from _named_otherwise(name, declared, live)

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """Keys of rows; that they are declared is checked among the rows."""
        keys = value if isinstance(value, list) else [value]
        if len(keys) > _MOST_RELATED or not all(isinstance(key, str | int | float) for key in keys):
            yield fault(f"expected a list of at most {_MOST_RELATED} row keys", value)

    def read(self, stored: Any) -> list[str]:
        """Ids of pages."""
        return sorted(reference["id"] for reference in stored or [])

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """Pages by id, as far as they exist."""
        keys = value if isinstance(value, list) else [value]
        ids = dict.fromkeys(writing.page_id(name, key) for key in keys)
        return [{"id": page_id} for page_id in ids if page_id is not None]

    def _is_taken(self, declared: Config, target: Address, scope: SchemaScope) -> bool:
        """Whether the other side has something else under the back-property's name, which is moved aside first."""
        other = scope.other(target) if "synced_property" in declared else None
        backs = other.backs if other is not None else ()
        return any(
            other is not None and back.name == declared["synced_property"] and other.in_the_way(back) is not None
            for back in backs
        )

    def _data_source_id(self, declared: Config, scope: SchemaScope) -> str | None:
        target = scope.relation_target(declared)
        if target is None:
            return str(declared["data_source_id"])
        state = scope.state_of(target)
        return state.data_source_id if state else None

    def _database_name(self, data_source_id: Any, scope: SchemaScope) -> Any:
        for address, observation in list(scope.observed.items()):
            if getattr(observation.state, "data_source_id", None) == data_source_id:
                return address.name
        return data_source_id


def _named_otherwise(name: str, declared: Config, live: LiveProperty) -> Iterator[Cannot]:
    """The other end in a database that this stack does not own, under another name than was sent along."""
    there = (live.config.get("dual_property") or {}).get("synced_property_name")
    if there not in (None, name):
        whose = declared_target(declared) or f"the data source {declared['data_source_id']}"
        yield Cannot(("synced_property",), f"in {whose}, which is not this stack's, it is '{there}'; rename it there")


def _bare(identifier: str | None) -> str | None:
    return identifier.replace("-", "").lower() if identifier else None
