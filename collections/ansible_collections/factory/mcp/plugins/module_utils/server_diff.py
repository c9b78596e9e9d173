# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server on a host differs from its manifest. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    OWNERSHIP,
    Action,
    Change,
    Condition,
    Effect,
    FieldChange,
    FieldPath,
    Unmanageable,
    action_for,
    path_name,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Observation
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import DriftClass
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import HOW_IT_RUNS, declaration
from ansible_collections.factory.mcp.plugins.module_utils.server_files import PIN
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerCondition, ServerState

_AS_DECLARED = "as declared"


def server_change(resource: Resource, observed: Observation[ServerState] | None) -> Change:
    """What it takes to make the server what *resource* declares."""
    declared = declaration(resource.spec)
    if observed is None:
        return Change(resource.address, Action.CREATE, tuple(_new_fields(resource, declared)), _what(resource))
    state = observed.state
    protect = bool(resource.metadata.get("protect"))
    owned = ownership_fields(str(resource.address), protect, state, str(observed.former or ""))
    fields = (*owned, *server_fields(resource.spec, declared, state))
    if observed.former is not None:
        fields = tuple(dataclasses.replace(one, is_ours_alone=True) for one in fields)
    cannot = tuple(
        Unmanageable(("clients", one.client, *path.split(".")), reason)
        for one in state.entries
        for path, reason in one.unmanageable.items()
    )
    if refused := refusal(resource.address.name, state):
        return Change(resource.address, Action.NO_OP, (*drift_fields(state),), "", cannot, observed.id, refused=refused)
    action = action_for(fields)
    if any(one.action == "adopt" for one in state.entries):
        action = Action.ADOPT
    return Change(resource.address, action, fields, "", cannot, observed.id)


def server_fields(
    spec: Mapping[str, Any], declared: Mapping[FieldPath, Any], state: ServerState
) -> Iterator[FieldChange]:
    """What differs of one server that is there."""
    recorded = {tuple(name.split(".")): value for name, value in (state.recorded or {}).items()}
    running = spec.get("transport", "stdio") != "stdio"
    changed = False
    for path in sorted({*declared, *recorded}):
        before, after = recorded.get(path), declared.get(path)
        if before != after:
            restarts = running and path[0] in HOW_IT_RUNS and before is not None
            changed = True
            yield FieldChange(path, before, after, _effect(before, restarts))
    if state.damage and not changed:
        changed = True
        yield FieldChange(("source", "files"), "damaged", "as locked", Effect.REVERSIBLE, state.damage)
    if state.service and not changed:
        changed = True
        yield FieldChange(("service",), "otherwise", _AS_DECLARED, Effect.DISRUPTIVE, state.service)
    for one in state.entries:
        if one.action != "no-op":
            changed = True
            fields = list(_entry_fields(("clients", one.client), one.before, one.after))
            if one.action == "update" and not fields:
                fields = [FieldChange(("clients", one.client, "wrapper"), "another", _AS_DECLARED, Effect.REVERSIBLE)]
            yield from fields
    if state.verification is None and not changed:
        yield _asking()


def ownership_fields(address: str, protect: bool, state: ServerState, former: str = "") -> Iterator[FieldChange]:
    """What differs in whose a server is, and whether it is protected; *former* is its address so far, if another."""
    before, after = _mark(former or address, state.protected), _mark(address, protect)
    if before != after:
        yield FieldChange(OWNERSHIP, before, after, Effect.REVERSIBLE)


def drift_fields(state: ServerState) -> Iterator[FieldChange]:
    """What a server offers otherwise than accepted: shown as drift, and never put right by us."""
    for one in state.verification.drift if state.verification else ():
        path = ("offer", *([one["tool"]] if one["tool"] else []), one["class"])
        before = "offered" if one["class"] == DriftClass.REMOVED else one["before"] or None
        yield FieldChange(path, before, one["after"] or None, Effect.DISRUPTIVE, one["what"], drift=True)


def refusal(name: str, state: ServerState) -> str:
    """Why nothing of a server may be written as things are; empty if it may."""
    errors = [f"{one.client}: {one.error}" for one in state.entries if one.error]
    if errors:
        return "; ".join(errors)
    found = state.verification
    if found is not None and found.condition == ServerCondition.DRIFTED:
        return (
            f"it offers something else than was accepted: {found.reason}. Its clients keep what they have; "
            f"read all differences (factory drift), and if they are meant: factory mcp accept {name}"
        )
    return ""


def condition_of(state: ServerState, transport: str) -> Condition:
    """How far the server has come, and why no further."""
    found = state.verification
    if state.recorded is None:
        return Condition(ServerCondition.INSTALLED if state.installed else ServerCondition.ABSENT)
    if found is not None and found.condition != ServerCondition.VERIFIED:
        return Condition(found.condition, found.reason)
    if state.damage or state.service:
        return Condition(ServerCondition.DRIFTED, "")
    if found is not None:
        return Condition(found.condition, found.reason)
    return Condition(ServerCondition.CONFIGURED if transport == "stdio" else ServerCondition.RUNNING)


def _what(resource: Resource) -> str:
    """What comes with a new server, and whether anybody has looked at what it offers."""
    source = str(spec_from(resource.spec).source)
    return source if PIN in resource.spec else f"{source}; nobody has accepted what it offers yet"


def _new_fields(resource: Resource, declared: Mapping[FieldPath, Any]) -> Iterator[FieldChange]:
    for path, value in declared.items():
        yield FieldChange(path, None, value, Effect.ADDITIVE)
    offered = {path_name(path): value for path, value in declared.items()}
    for client in spec_from(resource.spec).clients:
        yield FieldChange(("clients", str(client)), None, offered, Effect.ADDITIVE)
    yield _asking()


def _asking() -> FieldChange:
    """That it is asked what it offers, where nothing else is to do: whatever else is done ends in that, too."""
    return FieldChange(("verification",), None, "asked what it offers", Effect.ADDITIVE, is_ours_alone=True)


def _entry_fields(path: FieldPath, before: Any, after: Any) -> Iterator[FieldChange]:
    """What differs of a client's entry: the smallest parts where something is there, else the whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _entry_fields((*path, str(key)), before.get(key), after.get(key))
    elif before != after:
        yield FieldChange(path, before, after, Effect.ADDITIVE if before is None else Effect.REVERSIBLE)


def _mark(address: str, protected: bool) -> str:
    return f"{address}, protected" if protected else address


def _effect(before: Any, restarts: bool) -> Effect:
    return Effect.DISRUPTIVE if restarts else Effect.ADDITIVE if before is None else Effect.REVERSIBLE
