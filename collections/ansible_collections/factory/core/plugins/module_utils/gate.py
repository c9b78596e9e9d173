# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gate: the pure function that says allow, needs approval, or deny for a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, Effect


class Decision(StrEnum):
    """What the gate says."""

    ALLOW = "allow"
    NEEDS_APPROVAL = "needs-approval"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Gate:
    """A decision and the facts it rests on."""

    decision: Decision
    reasons: tuple[str, ...] = ()


def decide(changes: Sequence[Change], errored: bool, allow_destructive: bool) -> Gate:
    """Deny a plan that could not be made whole or that something blocks; ask before anything is destroyed."""
    if errored:
        return Gate(Decision.DENY, ("the plan has errors",))
    if blocked := tuple(f"{change.address}: {change.blocked}" for change in changes if change.blocked):
        return Gate(Decision.DENY, blocked)
    reasons = tuple(destroyed(changes))
    if reasons and not allow_destructive:
        return Gate(Decision.NEEDS_APPROVAL, reasons)
    return Gate(Decision.ALLOW, reasons)


def destroyed(changes: Sequence[Change]) -> list[str]:
    """One line for everything that *changes* would destroy."""
    lines = []
    for change in changes:
        if change.action is Action.DELETE:
            lines.append(f"{change.address}: {change.reason or 'deleted'}")
        for field in change.fields:
            if field.effect is Effect.DESTRUCTIVE:
                lines.append(f"{change.address} {field.name}: {field.reason or 'destroyed'}")
    return lines
