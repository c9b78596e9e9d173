# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to happen with one entry of one client: a decision from facts, without any reading or writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.ownership_record import entry_fingerprint

Value = Mapping[str, Any]


class EntryState(StrEnum):
    """What was found under an entry's name."""

    ABSENT = "absent"
    WRITTEN = "written"
    """As we wrote it."""
    DRIFTED = "drifted"
    """Ours, and somebody changed or removed it."""
    FOREIGN = "foreign"
    """There, and not written by us."""


class EntryAction(StrEnum):
    """What happens to an entry; the words are the engine's."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, on what was found, and why; with an ``error`` nothing is done."""

    action: EntryAction
    state: EntryState
    reason: str = ""
    error: str = ""

    @property
    def drifted(self) -> bool:
        """Whether somebody changed what we wrote."""
        return self.state is EntryState.DRIFTED


def entry_state(observed: Any, recorded: str | None) -> EntryState:
    """What *observed* (None for nothing) is, with *recorded* the fingerprint of what we wrote (None for nothing)."""
    if recorded is None:
        return EntryState.ABSENT if observed is None else EntryState.FOREIGN
    if observed is not None and entry_fingerprint(observed) == recorded:
        return EntryState.WRITTEN
    return EntryState.DRIFTED


def decide_present(desired: Value, observed: Any, recorded: str | None, adopt: bool) -> Decision:
    """What makes the entry *desired*."""
    state = entry_state(observed, recorded)
    if observed is None:
        return Decision(EntryAction.CREATE, state, "somebody removed it" if state is EntryState.DRIFTED else "")
    is_desired = entry_fingerprint(observed) == entry_fingerprint(desired)
    if state is EntryState.FOREIGN and adopt:
        return Decision(EntryAction.ADOPT, state, "adopt is true")
    if state is EntryState.FOREIGN and is_desired:
        reason = "as declared, and not Factory's: it will be neither changed nor removed; adopt: true takes it over"
        return Decision(EntryAction.NO_OP, state, reason)
    if state is EntryState.FOREIGN:
        return Decision(
            EntryAction.NO_OP,
            state,
            error="an entry of this name is there that Factory did not write; give yours another name, remove it, "
            "or take it over with adopt: true, which replaces it",
        )
    if is_desired:
        return Decision(EntryAction.NO_OP, EntryState.WRITTEN)
    return Decision(EntryAction.UPDATE, state, "somebody changed it" if state is EntryState.DRIFTED else "")


def decide_absent(observed: Any, recorded: str | None, force: bool) -> Decision:
    """What makes the entry go; only what is still as we wrote it goes without *force*."""
    state = entry_state(observed, recorded)
    if observed is None:
        return Decision(EntryAction.NO_OP, state)
    if state is EntryState.WRITTEN or force:
        return Decision(EntryAction.DELETE, state)
    whose = "somebody changed it after Factory wrote it" if state is EntryState.DRIFTED else "Factory did not write it"
    return Decision(
        EntryAction.NO_OP, state, error=f"{whose}, so it was not removed; force: true removes it all the same"
    )
