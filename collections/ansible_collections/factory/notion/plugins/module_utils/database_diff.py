# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a live database differs from its manifest: container, properties, rows, views. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    FieldPath,
    Unmanageable,
    action_for,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.core.plugins.module_utils.provider import Observation, World
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    LiveProperty,
)
from ansible_collections.factory.notion.plugins.module_utils.orphaned_ends import is_end_of_a_stranger, orphaned_ends
from ansible_collections.factory.notion.plugins.module_utils.ownership import declared_description
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_field
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES, UNCONVERTIBLE
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import Cannot
from ansible_collections.factory.notion.plugins.module_utils.row_diff import row_fields, rows_refused
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.view_diff import view_fields

_CONTAINER = ("title", "description", "icon", "cover", "inline", "locked")


def scope_of(
    resource: Resource, observed: Observation[DatabaseState] | None, world: World[DatabaseState]
) -> SchemaScope:
    """The scope of *resource* in *world*."""
    live = observed.state if observed is not None else None
    return SchemaScope(resource, live, world.declared, world.observed, PROPERTY_TYPES)


def database_change(
    resource: Resource, observed: Observation[DatabaseState] | None, world: World[DatabaseState]
) -> Change:
    """What it takes to make the database what *resource* declares."""
    scope = scope_of(resource, observed, world)
    if observed is None:
        return Change(resource.address, Action.CREATE, tuple(_new_fields(scope)))
    if not observed.in_trash and (refused := rows_refused(scope)):
        return Change(resource.address, Action.NO_OP, id=observed.id, refused=refused)
    cannot: list[Unmanageable] = []
    fields = (
        *_container_fields(resource.spec, observed.state),
        *parent_field(resource.spec, observed.state.parent_page),
        *_ownership_field(observed.state),
        *_property_fields(scope, observed.state, cannot),
        *(() if observed.in_trash else row_fields(scope, cannot)),
        *(() if observed.in_trash else view_fields(scope, cannot)),
    )
    action, reason = action_for(fields), ""
    if observed.in_trash:
        action, reason = Action.RESTORE, "it is in the trash"
    elif observed.adopted:
        action, reason = Action.ADOPT, "exists already and is taken over"
    return Change(resource.address, action, fields, reason, tuple(cannot), observed.id)


def _new_fields(scope: SchemaScope) -> Iterator[FieldChange]:
    for name in _CONTAINER:
        if name in scope.resource.spec:
            yield FieldChange((name,), None, _container_value(scope.resource.spec, name), Effect.ADDITIVE)
    if "parent" in scope.resource.spec:
        yield FieldChange(("parent",), None, scope.resource.spec["parent"], Effect.ADDITIVE)
    for name, declared in scope.properties.items():
        if scope.back_named(name) is not None:
            continue
        waits = PROPERTY_TYPES[declared["type"]].waits_for(declared, scope)
        yield FieldChange(("properties", name), None, _told(declared), Effect.ADDITIVE, waits_for=waits)
    yield from _back_fields(scope)
    yield from row_fields(scope, [])
    yield from view_fields(scope, [])


def _told(declared: Mapping[str, Any]) -> dict[str, Any]:
    """A declared property, and its options, without what only says where they come from."""
    told = {key: value for key, value in declared.items() if key != "renamed_from"}
    if "options" in told:
        told["options"] = [{key: one[key] for key in one if key != "renamed_from"} for one in told["options"]]
    return told


def _container_fields(spec: Mapping[str, Any], state: DatabaseState) -> Iterator[FieldChange]:
    for name in _CONTAINER:
        before = getattr(state, name)
        after = _container_value(spec, name)
        if name in spec and after != before:
            yield FieldChange((name,), before, after, Effect.REVERSIBLE)


def _container_value(spec: Mapping[str, Any], name: str) -> Any:
    return declared_description(spec) if name == "description" else spec.get(name)


def _ownership_field(state: DatabaseState) -> Iterator[FieldChange]:
    if state.expected_ownership is not None and state.ownership != state.expected_ownership:
        yield FieldChange(("ownership",), state.ownership, state.expected_ownership, Effect.REVERSIBLE)


def _property_fields(scope: SchemaScope, state: DatabaseState, cannot: list[Unmanageable]) -> Iterator[FieldChange]:
    claimed: set[str] = set()
    for name, declared in scope.properties.items():
        if scope.back_named(name) is not None:
            continue
        live = scope.find_live(name)
        if live is None:
            waits = PROPERTY_TYPES[declared["type"]].waits_for(declared, scope)
            if name in state.properties:
                waits |= {scope.address}
            reason = _rename_missed(declared, state)
            yield FieldChange(("properties", name), None, _told(declared), Effect.ADDITIVE, reason, waits_for=waits)
            continue
        claimed.add(live.id)
        yield from _one_property(scope, name, declared, live, cannot)
    for back in scope.backs:
        found = scope.find_back(back)
        claimed.update([found.id] if found else [])
    yield from _back_fields(scope)
    for orphan in orphaned_ends(scope, claimed):
        claimed.add(orphan.live.id)
        path, before = ("properties", orphan.live.name), {"type": "relation"}
        yield FieldChange(path, before, None, Effect.DESTRUCTIVE, orphan.reason, orphan.waits_for)
    if scope.resource.spec.get("prune"):
        for live in state.properties.values():
            if live.id not in claimed and is_end_of_a_stranger(scope, live):
                reason = "it is the other end of a relation of a database that this stack does not declare"
                cannot.append(Unmanageable(("properties", live.name), f"{reason}; remove it there"))
            elif live.id not in claimed:
                reason = "the property and the values of all rows are lost"
                yield FieldChange(("properties", live.name), {"type": live.type}, None, Effect.DESTRUCTIVE, reason)


def _rename_missed(declared: Mapping[str, Any], state: DatabaseState) -> str:
    old = declared.get("renamed_from")
    return f"there is no '{old}' to rename here{did_you_mean(old, state.properties)}" if old else ""


def _one_property(
    scope: SchemaScope, name: str, declared: Mapping[str, Any], live: LiveProperty, cannot: list[Unmanageable]
) -> Iterator[FieldChange]:
    path = ("properties", name)
    kind = PROPERTY_TYPES[declared["type"]]
    if live.name != name:
        yield FieldChange((*path, "name"), live.name, name, Effect.REVERSIBLE, "renamed, keeps id and values")
    yield from _description_field(path, declared, live)
    if live.type != declared["type"] and UNCONVERTIBLE & {live.type, declared["type"]}:
        reason = f"Notion converts no {live.type} to {declared['type']}; rename or remove the one in Notion"
        cannot.append(Unmanageable((*path, "type"), reason))
        return
    if live.type != declared["type"]:
        waits = kind.waits_for(declared, scope)
        reason = "values that do not convert are lost"
        yield FieldChange((*path, "type"), live.type, declared["type"], Effect.DESTRUCTIVE, reason, waits_for=waits)
        return
    for found in kind.compare(declared, live, scope):
        if isinstance(found, Cannot):
            cannot.append(Unmanageable((*path, *found.path), found.reason))
        else:
            yield FieldChange(
                (*path, *found.path), found.before, found.after, found.effect, found.reason, found.waits_for
            )


def _description_field(path: FieldPath, declared: Mapping[str, Any], live: LiveProperty) -> Iterator[FieldChange]:
    if (declared.get("description", live.description) or None) != live.description:
        yield FieldChange((*path, "description"), live.description, declared["description"], Effect.REVERSIBLE)


def _back_fields(scope: SchemaScope) -> Iterator[FieldChange]:
    """The other ends of two-way relations: they appear by themselves, but maybe under another name."""
    for back in scope.backs:
        path = ("properties", back.name)
        live = scope.find_back(back)
        origin = f"{back.owner}.{back.property}"
        aside = scope.in_the_way(back)
        if aside is not None:
            reason = f"makes room for the back-property of {origin}"
            new_name = _free_name(f"{back.name} (old)", scope)
            yield FieldChange(("properties", new_name, "name"), back.name, new_name, Effect.REVERSIBLE, reason)
        declared = scope.properties.get(back.name, {})
        if live is None:
            after = _told(declared) if declared else {"type": "relation", "back_of": origin}
            yield FieldChange(path, None, after, Effect.ADDITIVE, waits_for=frozenset({back.owner}))
        elif live.name != back.name:
            reason = f"back-property of {origin}"
            waits = frozenset({scope.address}) if aside is not None else NOBODY
            yield FieldChange((*path, "name"), live.name, back.name, Effect.REVERSIBLE, reason, waits_for=waits)
        if live is not None:
            yield from _description_field(path, declared, live)


def _free_name(name: str, scope: SchemaScope) -> str:
    taken = set(scope.live.properties) if scope.live is not None else set()
    return next(one for one in (name, *(f"{name} {number}" for number in range(2, 1000))) if one not in taken)
