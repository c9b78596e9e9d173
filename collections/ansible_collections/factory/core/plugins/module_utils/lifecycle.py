# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lifecycle: what ``metadata`` and the stack's history make of a resource's changes. Pure, the same for every kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Acknowledged,
    Action,
    Change,
    Effect,
    FieldChange,
    FieldPath,
    path_name,
)
from ansible_collections.factory.core.plugins.module_utils.field_pattern import (
    ANY_STEP,
    matches,
    matches_any,
    meets,
    parse_pattern,
)
from ansible_collections.factory.core.plugins.module_utils.history import History
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Fault,
    Observation,
    Provider,
    World,
)


class Purpose(StrEnum):
    """What a run is for."""

    APPLY = "apply"
    """Bring resources to what is declared."""
    ADOPT = "adopt"
    """Record whose resources are, and change nothing else."""
    DESTROY = "destroy"
    """Delete what the stack has made."""


LIFECYCLE_METADATA: Mapping[str, Any] = {
    "protect": {
        "description": "Nothing of it is destroyed, and it survives the removal of its manifest.",
        "type": "boolean",
    },
    "ignore": {
        "description": "Fields to leave alone once the resource exists, as plans name them, with all below them.",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
    },
    "acknowledge": {
        "description": "Drift that is known: it raises no alarm until that day. An apply still puts it right.",
        "type": "array",
        "items": {
            "type": "object",
            "required": ["path", "reason", "by", "until"],
            "additionalProperties": False,
            "properties": {
                "path": {"description": "The field, as plans name it.", "type": "string", "minLength": 1},
                "reason": {"description": "Why it differs.", "type": "string", "minLength": 1},
                "by": {"description": "Who answers for it.", "type": "string", "minLength": 1},
                "until": {
                    "description": "The last day on which it raises no alarm.",
                    "type": "string",
                    "x-message": "expected a day such as 2026-12-31",
                },
            },
        },
    },
}


def lifecycle_faults(resource: Resource, provider: Provider[Any], declared: Declared) -> Iterator[Fault]:
    """Paths that name no field, and days that are none. Only for a resource whose spec is right."""
    paths: list[tuple[tuple[str | int, ...], str]] = []
    for index, text in enumerate(resource.metadata.get("ignore", ())):
        paths.append((("metadata", "ignore", index), text))
    for index, one in enumerate(resource.metadata.get("acknowledge", ())):
        paths.append((("metadata", "acknowledge", index, "path"), one["path"]))
        try:
            date.fromisoformat(one["until"])
        except ValueError:
            where = ("metadata", "acknowledge", index, "until")
            yield Fault(where, f"expected a day such as 2026-12-31, not '{one['until']}'")
    if not paths:
        return
    fields = provider.diff(resource, None, World(declared, {})).fields
    for path, text in paths:
        try:
            pattern = parse_pattern(text)
        except ValueError as error:
            yield Fault(path, str(error))
            continue
        if message := _matches_nothing(pattern, resource, provider, [field.path for field in fields]):
            yield Fault(path, message)


def _matches_nothing(
    pattern: FieldPath, resource: Resource, provider: Provider[Any], paths: list[FieldPath]
) -> str | None:
    """Why *pattern* can never name a field, as far as that can be known; what a prune may find is not."""
    known = provider.spec_schema.get("properties", {})
    if pattern[0] not in (ANY_STEP, *known):
        return f"{provider.kind} has no field '{pattern[0]}'{did_you_mean(pattern[0], known)}"
    if len(pattern) == 1 or resource.spec.get("prune") or any(meets(pattern, path) for path in paths):
        return None
    beside = {path[1] for path in paths if len(path) > 1 and meets(pattern[:1], path)}
    if pattern[1] in (ANY_STEP, *beside):
        return None
    return f"there is no field '{path_name(pattern[:2])}'{did_you_mean(pattern[1], beside)}"


def ignored_fields(resource: Resource) -> tuple[FieldPath, ...]:
    """The patterns of the fields that *resource* leaves alone."""
    return tuple(parse_pattern(text) for text in resource.metadata.get("ignore", ()))


def without_ignored(change: Change, patterns: tuple[FieldPath, ...]) -> Change:
    """*change* less the fields that *patterns* name."""
    kept = tuple(field for field in change.fields if not matches_any(patterns, field.path))
    unmanageable = tuple(one for one in change.unmanageable if not matches_any(patterns, one.path))
    action = Action.NO_OP if change.action is Action.UPDATE and not kept else change.action
    return dataclasses.replace(change, fields=kept, action=action, unmanageable=unmanageable)


def with_acknowledged(change: Change, resource: Resource, today: date) -> Change:
    """*change* with the drift marked that *resource* acknowledges."""
    known = [(parse_pattern(one["path"]), one) for one in resource.metadata.get("acknowledge", ())]
    if not known:
        return change

    def marked(field: FieldChange) -> FieldChange:
        found = [one for pattern, one in known if matches(pattern, field.path)]
        if not field.drift or not found:
            return field
        last = max(found, key=lambda one: str(one["until"]))
        expired = date.fromisoformat(last["until"]) < today
        told = Acknowledged(last["reason"], last["by"], last["until"], expired)
        return dataclasses.replace(field, acknowledged=told)

    return change.with_fields(map(marked, change.fields))


def renamed(change: Change, former: Address) -> Change:
    """*change* of a resource that is known under its *former* address still."""
    if change.action not in (Action.NO_OP, Action.UPDATE):
        return change
    return dataclasses.replace(change, action=Action.RENAME, reason=f"was {former}")


def guarded(change: Change, resource: Resource) -> Change:
    """*change*, blocked where it would destroy something of a protected resource."""
    lost = [field.name for field in change.fields if field.effect is Effect.DESTRUCTIVE]
    if not lost or not resource.metadata.get("protect"):
        return change
    told = f"{', '.join(lost)} would be destroyed, and it is protected; take metadata.protect out first"
    return dataclasses.replace(change, blocked=told)


def orphan_change(
    address: Address, orphan: Observation[Any], history: History, protected: bool, prune: bool
) -> Change | None:
    """What becomes of a resource that is ours and not declared any more; ``None``: it stays."""
    reason = history.removed.get(history.address_of(address))
    if prune:
        told = f"removed: {reason}" if reason is not None else "no longer declared"
        change = Change(address, Action.DELETE, reason=told, id=orphan.id)
    elif reason is not None:
        told = f"removed: {reason}; it stays as it is, without our mark"
        return Change(address, Action.FORGET, reason=told, id=orphan.id)
    elif protected:
        change = Change(address, Action.DELETE, reason="no longer declared", id=orphan.id)
    else:
        return None
    if not protected or reason is not None:
        return change
    told = (
        "it is protected and no longer declared; bring its manifest back, or say "
        f"'removed: [{{address: {address}, reason: …}}]' in the stack"
    )
    return dataclasses.replace(change, blocked=told)


def orphan_warnings(staying: Iterable[Address], history: History) -> Iterator[str]:
    """What is ours and not declared any more, and stays, but not in silence."""
    for address in sorted(staying):
        if address in history.moved:
            yield f"{address} cannot become {history.moved[address]}, which exists already; both stay as they are"
        else:
            yield f"{address} is no longer declared; it stays, unless the run says prune"


def destructions(
    order: Sequence[Address],
    observed: Mapping[Address, Observation[Any]],
    resources: Mapping[Address, Resource],
) -> tuple[list[Change], list[str]]:
    """The deletion of what is declared and ours, in reverse *order*, and a warning for what is not ours."""
    changes, warnings = [], []
    for address in reversed(order):
        seen = observed.get(address)
        if seen is None or seen.in_trash:
            continue
        if seen.adopted or not seen.owned:
            warnings.append(f"{address}: {seen.id} does not carry our ownership mark; it stays")
            continue
        protected = resources[address].metadata.get("protect")
        blocked = "it is protected; take metadata.protect out of its manifest first" if protected else ""
        changes.append(Change(address, Action.DELETE, reason="destroyed with its stack", id=seen.id, blocked=blocked))
    return changes, warnings


def not_adoptable(change: Change, wanted_id: str) -> str:
    """Why a resource cannot be adopted; empty if it can, or is ours already."""
    match change.action:
        case Action.CREATE:
            return "there is nothing to adopt; give the id of what is meant, or let an apply create it"
        case Action.RESTORE:
            return f"{change.id} is in the trash; an apply restores it"
    if wanted_id and _bare(wanted_id) != _bare(change.id or ""):
        return f"it is known as {change.id} already, not as {wanted_id}"
    return ""


def _bare(live_id: str) -> str:
    """An id without the hyphens that some places write and some do not."""
    return live_id.replace("-", "").lower()
