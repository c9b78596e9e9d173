# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of the resources that an identity cache remembers, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.identity_lookup import Remembered


class Finding(StrEnum):
    """What a target says of a remembered id."""

    OURS = "ours"
    UNMARKED = "unmarked"
    """There, without any ownership mark."""
    TRASHED = "trashed"
    GONE = "gone"
    """Deleted for good, or no longer shared: targets do not tell which."""
    NOT_OURS = "not ours"
    """There, with the ownership mark of something else."""
    UNREAD = "unread"
    """Nobody knows: it could not be read."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One remembered resource and what was found; *told* is the other mark, or why it could not be read."""

    remembered: Remembered
    finding: Finding
    told: str = ""

    @property
    def well(self) -> bool:
        """Whether there is nothing to do: a missing mark is written along with the next change."""
        return self.finding in (Finding.OURS, Finding.UNMARKED)


def checked_to_json(checked: Checked, environment: str) -> dict[str, Any]:
    """*checked* as data, with what to do in words."""
    one = checked.remembered
    return {
        "address": str(one.address),
        "stack": one.stack,
        "target": one.target,
        "place": one.place,
        "id": one.record.attributes["id"],
        "state": checked.finding.value,
        "well": checked.well,
        "told": _told(checked),
        "advice": _advice(checked, environment),
    }


def _told(checked: Checked) -> str:
    match checked.finding:
        case Finding.OURS:
            return "there, and ours"
        case Finding.UNMARKED:
            return "there, without an ownership mark"
        case Finding.TRASHED:
            return "in the trash"
        case Finding.GONE:
            return "deleted for good, or no longer shared with the integration"
        case Finding.NOT_OURS:
            return f"somebody else's; it says: {checked.told}"
        case Finding.UNREAD:
            return f"not read: {checked.told}"


def _advice(checked: Checked, environment: str) -> str:
    one = checked.remembered
    forget = forget_command(one, environment)
    match checked.finding:
        case Finding.TRASHED:
            return f"an apply of stack {one.stack} restores it; to leave it there, remove its manifest and: {forget}"
        case Finding.GONE:
            return f"share it again; if it was deleted for good: {forget}"
        case Finding.NOT_OURS:
            return f"{forget}; the next plan then looks for the one that says it is {one.address}"
        case Finding.UNREAD:
            return "run it again"
        case _:
            return ""


def forget_command(one: Remembered, environment: str) -> str:
    """The command that forgets just this one."""
    options = f"--stack {one.stack} --target {one.target} --id {one.record.attributes['id']} -i {environment}"
    return f"factory ids forget {one.address} {options}"
