# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a property may look at when it is compared or written: its database, and the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Observation
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    LiveProperty,
)

KIND = "NotionDatabase"
DATA_SOURCE = "NotionDataSource"
PAGE = "NotionPage"
TABLES = frozenset((KIND, DATA_SOURCE))
"""The kinds with properties and rows."""
NOBODY: frozenset[Address] = frozenset()


@dataclass(frozen=True, slots=True)
class BackRelation:
    """The other end of a two-way relation, named by its owner's ``synced_property``.

    A *twin* is declared at its own end as well, so that each end is the other's back-property; which of
    the two leads is the scope's to say.
    """

    owner: Address
    property: str
    name: str
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a property can be referred to: it is live, or comes in this request, or somebody is awaited."""

    live: LiveProperty | None
    waits_for: frozenset[Address] = NOBODY


def back_relations(declared: Declared) -> dict[Address, tuple[BackRelation, ...]]:
    """The back-properties that each declared database has because another one (or itself) says so."""
    found: dict[Address, list[BackRelation]] = {}
    for address, resource in declared.resources.items():
        if address.kind in TABLES:
            for target, back in _declared_back_relations(resource):
                twin = _agrees(declared.get(target), back)
                found.setdefault(target, []).append(dataclasses.replace(back, twin=twin))
    return {target: tuple(backs) for target, backs in found.items()}


def _agrees(target: Resource | None, back: BackRelation) -> bool:
    """Whether *target* declares the back-property itself, as the other end of the same relation."""
    end = target.spec["properties"].get(back.name) if target is not None else None
    if target is None or end is None or (target.address, back.name) == (back.owner, back.property):
        return False
    here = (end["type"], declared_target(end), end.get("synced_property"))
    return here == ("relation", back.owner, back.property)


def further_titles(declared: Declared) -> dict[str, tuple[str, ...]]:
    """The titles of the further data sources of each database that has any, by the database's name."""
    found: dict[str, list[str]] = {}
    for address, resource in declared.resources.items():
        if address.kind == DATA_SOURCE:
            found.setdefault(resource.spec["database"], []).append(resource.spec["title"])
    return {name: tuple(titles) for name, titles in found.items()}


def possible_back_names(declared: Declared) -> frozenset[str]:
    """The back-properties that manifests which break their schema may mean to declare."""
    return frozenset(_synced_names(list(declared.unreadable.values())))


def _synced_names(raw: Any) -> Iterator[str]:
    if isinstance(raw, Mapping):
        for key, value in raw.items():
            if key == "synced_property" and isinstance(value, str):
                yield value
            else:
                yield from _synced_names(value)
    elif isinstance(raw, list):
        for item in raw:
            yield from _synced_names(item)


def _declared_back_relations(resource: Resource) -> Iterator[tuple[Address, BackRelation]]:
    for name, declared in resource.spec["properties"].items():
        target = declared_target(declared)
        if declared["type"] == "relation" and "synced_property" in declared and target is not None:
            yield target, BackRelation(resource.address, name, declared["synced_property"])


def declared_target(declared: Mapping[str, Any]) -> Address | None:
    """The database or data source that a relation names, of this stack or another; ``None`` when it gives an id."""
    kind, key = (DATA_SOURCE, "data_source") if "data_source" in declared else (KIND, "database")
    if key not in declared:
        return None
    stack, _, name = declared[key].rpartition(":")
    return Address(kind, name, stack) if stack else Address(kind, declared[key])


class Waiting(Protocol):
    """What a scope must know about a property type."""

    def waits_for(self, declared: Mapping[str, Any], scope: SchemaScope) -> frozenset[Address]:
        """The databases that must be applied before such a property can be written."""


@dataclass(frozen=True, slots=True)
class SchemaScope:
    """One database's declaration and state among all others'."""

    resource: Resource
    live: DatabaseState | None
    declared: Declared
    observed: Mapping[Address, Observation[DatabaseState]]
    types: Mapping[str, Waiting]

    @property
    def address(self) -> Address:
        """The database's address."""
        return self.resource.address

    @property
    def properties(self) -> Mapping[str, Any]:
        """What the manifest declares."""
        properties: Mapping[str, Any] = self.resource.spec["properties"]
        return properties

    @property
    def backs(self) -> tuple[BackRelation, ...]:
        """The back-properties this database has because of others; of twins, those led by the other end."""
        backs = self.declared.once(back_relations).get(self.address, ())
        return tuple(back for back in backs if not back.twin or self._is_led(back))

    def back_named(self, name: str) -> BackRelation | None:
        """The back-property that is declared as *name*, here or by another database alone."""
        return next((back for back in self.backs if back.name == name), None)

    def _is_led(self, back: BackRelation) -> bool:
        """Whether the other end of a twin leads: the one that is more of what it should be, else the first by name."""
        other = self._end(back.owner, back.property, self.address)
        own = self._end(self.address, back.name, back.owner)
        return (-other, back.owner, back.property) < (-own, self.address, back.name)

    def _end(self, address: Address, name: str, target: Address) -> int:
        """How far one end of a twin is there: 3 two-way, 2 one-way, 1 to something else, 0 not at all."""
        state, goal = self.state_of(address), self.state_of(target)
        if state is None:
            return 0
        declared = self.declared.resources[address].spec["properties"][name]
        live = state.properties.get(name) or state.properties.get(declared.get("renamed_from", ""))
        if live is None or live.type != "relation":
            return 0
        if goal is None or live.config.get("data_source_id") != goal.data_source_id:
            return 1
        return 3 if live.config.get("type") == "dual_property" else 2

    def may_have(self, name: str) -> bool:
        """Whether a manifest that cannot be read may give this database the property *name*."""
        return not self.declared.complete or name in self.declared.once(possible_back_names)

    def state_of(self, address: Address) -> DatabaseState | None:
        """What is known of a declared database, in the trash or not; ``None`` when there is none yet."""
        if address == self.address:
            return self.live
        observation = self.observed.get(address)
        return observation.state if observation is not None else None

    def is_there(self, address: Address) -> bool:
        """Whether a declared database can be referred to: it exists and is not in the trash."""
        observation = self.observed.get(address)
        in_trash = observation is not None and observation.in_trash
        return self.state_of(address) is not None and not in_trash

    def relation_target(self, declared: Mapping[str, Any]) -> Address | None:
        """The declared database that a relation points to; ``None`` when that is not one of this stack's."""
        target = declared_target(declared)
        return None if target is None or target.stack else target

    def find_live(self, name: str) -> LiveProperty | None:
        """The live property that a declared one is.

        By its name, as the only title, by its old name, or by the remembered id of one that somebody
        renamed by hand to a name that nobody declares.
        """
        if self.live is None:
            return None
        declared = self.properties.get(name, {})
        if declared.get("type") == "title":
            return self.live.title_property
        if "synced_property" in declared and (back := self.back_named(name)) is not None:
            return self.find_back(back)
        found = self.live.properties.get(name)
        if found is None and "renamed_from" in declared:
            found = self.live.properties.get(declared["renamed_from"])
        if found is None and name in self.live.remembered:
            known = self.live.by_id(self.live.remembered[name])
            found = known if known is not None and known.name not in self.properties else None
        found = found or self._end_from_another_stack(declared)
        return None if found is not None and found.type == "title" else found

    def _end_from_another_stack(self, declared: Mapping[str, Any]) -> LiveProperty | None:
        """The other end of a two-way relation that another stack has made, under the name that Notion gave it."""
        target = declared_target(declared)
        if self.live is None or target is None or not target.stack or "synced_property" not in declared:
            return None
        far = (declared.get("data_source_id"), declared["synced_property"])
        for live in self.live.properties.values():
            synced = (live.config.get("dual_property") or {}).get("synced_property_name")
            if live.name not in self.properties and (live.config.get("data_source_id"), synced) == far:
                return live
        return None

    def parts(self) -> dict[str, str]:
        """The ids of the declared properties that are live, by name."""
        found = {name: self.find_live(name) for name in self.properties}
        return {name: live.id for name, live in found.items() if live is not None}

    def other(self, address: Address) -> SchemaScope | None:
        """The scope of another declared database, or of this one."""
        if address == self.address:
            return self
        resource = self.declared.get(address)
        if resource is None:
            return None
        return dataclasses.replace(self, resource=resource, live=self.state_of(address))

    def find_back(self, back: BackRelation) -> LiveProperty | None:
        """The live back-property of *back*, found from its owner's end; ``None`` until that is two-way."""
        owner = self.other(back.owner)
        if owner is None or self.live is None:
            return None
        end = owner.find_live(back.property)
        if end is None or end.type != "relation":
            return None
        dual = end.config.get("dual_property") or {}
        if end.config.get("data_source_id") != self.live.data_source_id or "synced_property_id" not in dual:
            return None
        key = dual["synced_property_id"]
        name = dual.get("synced_property_name") or back.name
        return self.live.by_id(unquote(key)) or LiveProperty(unquote(key), key, name, "relation", None, {})

    def in_the_way(self, back: BackRelation) -> LiveProperty | None:
        """A property of this database that has the name of a back-property and is neither it nor declared."""
        named = self.live.properties.get(back.name) if self.live is not None else None
        found = self.find_back(back)
        return None if named is None or (found is not None and found.id == named.id) else named

    def availability(self, name: str) -> Availability:
        """Whether this database's property *name* can be referred to now, or who must be applied first."""
        back = self.back_named(name)
        if back is not None:
            live = self.find_back(back)
            return Availability(live, NOBODY if live else frozenset({back.owner}))
        live = self.find_live(name)
        if live is not None:
            return Availability(live)
        return Availability(None, self.waits_of(name))

    def waits_of(self, name: str) -> frozenset[Address]:
        """Who must be applied before the declared property *name* can be created."""
        declared = self.properties.get(name)
        return self.types[declared["type"]].waits_for(declared, self) if declared else NOBODY


def lone_scope(resource: Resource, state: DatabaseState, types: Mapping[str, Waiting]) -> SchemaScope:
    """The scope of a database for what does not concern the others."""
    return SchemaScope(resource, state, Declared({resource.address: resource}), {}, types)
