# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a two-way relation leaves behind when it becomes one-way or gets another target. Pure.

Notion turns the other end into a one-way relation of its own, which looks like any other (facts,
section 1.6). So an end is remembered, by its id, for as long as the identity cache lives, and removed once
the relation has let go of it: in this order, since removing an end of a two-way relation may remove both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, TABLES, SchemaScope

_REMEMBERED = "other end of "


@dataclass(frozen=True, slots=True)
class OrphanedEnd:
    """A live property that is nobody's other end any more, or will be once *waits_for* is applied."""

    live: LiveProperty
    reason: str
    waits_for: frozenset[Address]


def other_ends(state: DatabaseState) -> dict[str, str]:
    """The ids of the other ends of all two-way relations of *state*, present and past, to be remembered."""
    known = {key: value for key, value in state.remembered.items() if key.startswith(_REMEMBERED)}
    now = {_key(live, end): end for live in state.properties.values() if (end := _other_end(live)) is not None}
    return {**known, **now}


def orphaned_ends(scope: SchemaScope, claimed: set[str]) -> Iterator[OrphanedEnd]:
    """The live relations of this database that only exist because another one was two-way.

    *claimed* are the ids of the properties that are declared, here or as back-properties.
    """
    for live in scope.live.properties.values() if scope.live is not None else ():
        if live.type != "relation" or live.id in claimed:
            continue
        owner = _declared_with_source(scope, live.config.get("data_source_id"))
        if owner is not None:
            yield from _orphaned_by(scope, owner, live)


def is_end_of_a_stranger(scope: SchemaScope, live: LiveProperty) -> bool:
    """Whether a property of this database is there because of one of a database that this stack does not declare.

    To remove it would remove that one as well, which may belong to another stack.
    """
    if live.type != "relation" or live.config.get("type") != "dual_property":
        return False
    return _declared_with_source(scope, live.config.get("data_source_id")) is None


def _orphaned_by(scope: SchemaScope, owner: SchemaScope, live: LiveProperty) -> Iterator[OrphanedEnd]:
    for name, declared in owner.properties.items():
        end = owner.find_live(name)
        if end is None or end.type != "relation" or declared["type"] != "relation":
            continue
        if not _is_remembered(owner.live, end, live.id):
            continue
        origin = f"{owner.address} {name}"
        if owner.relation_target(declared) != scope.address:
            reason = f"it was the other end of {origin}, which relates to something else"
        elif "synced_property" not in declared:
            reason = f"it was the other end of {origin}, which is one-way"
        else:
            continue
        waits = frozenset({owner.address}) if _other_end(end) == live.id else NOBODY
        yield OrphanedEnd(live, f"{reason}; the links shown here are lost", waits)


def _declared_with_source(scope: SchemaScope, data_source_id: object) -> SchemaScope | None:
    """The declared database whose data source has that id."""
    if scope.live is not None and scope.live.data_source_id == data_source_id:
        return scope
    for address, observation in list(scope.observed.items()):
        if address.kind in TABLES and observation.state.data_source_id == data_source_id:
            return scope.other(address)
    return None


def _is_remembered(state: DatabaseState | None, end: LiveProperty, other: str) -> bool:
    remembered: Mapping[str, str] = state.remembered if state is not None else {}
    return remembered.get(_key(end, other)) == other


def _other_end(live: LiveProperty) -> str | None:
    synced = (live.config.get("dual_property") or {}).get("synced_property_id")
    return unquote(synced) if synced else None


def _key(live: LiveProperty, other: str) -> str:
    return f"{_REMEMBERED}{live.id}: {other}"
