# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record: what became of each resource, as data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change
from ansible_collections.factory.core.plugins.module_utils.plan import (
    Plan,
    condition_to_json,
    plan_to_json,
    redacted_change,
)
from ansible_collections.factory.core.plugins.module_utils.redaction import Redact

_WITHOUT_WRITES = frozenset({Action.ADOPT, Action.RENAME, Action.FORGET})
"""Actions that may take place in the identity cache only, where a target has no ownership marks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one resource in a run; ``writes`` is ``None`` in a plan."""

    change: Change
    id: str | None = None
    error: str = ""
    writes: int | None = None

    @property
    def changed(self) -> bool:
        """Whether it was changed, or in a plan, would be."""
        if self.writes is None:
            return self.change.action is not Action.NO_OP
        return self.writes > 0 or (self.change.action in _WITHOUT_WRITES and not self.error)


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run, fit to be shown: its plan, what became of each resource, and where it is written."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    applied: bool
    folder: Path
    interrupted: str = ""
    """Why the run ended before it was through, if it did."""

    @property
    def failed(self) -> bool:
        """Whether anything could not be done."""
        return bool(self.plan.errors) or any(outcome.error for outcome in self.outcomes)


def redacted_outcome(outcome: Outcome, redact: Redact) -> Outcome:
    """*outcome* without secrets in its values and its error."""
    return dataclasses.replace(outcome, change=redacted_change(outcome.change, redact), error=redact(outcome.error))


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as data: the plan and an outcome per resource."""
    return {
        "applied": report.applied,
        "failed": report.failed,
        "interrupted": report.interrupted,
        "resources": [
            {
                "address": str(outcome.change.address),
                "action": outcome.change.action.value,
                "id": outcome.id,
                "writes": outcome.writes or 0,
                "error": outcome.error,
                "condition": condition_to_json(outcome.change.condition),
                "unmanageable": [{"name": one.name, "reason": one.reason} for one in outcome.change.unmanageable],
            }
            for outcome in report.outcomes
        ],
        "plan": plan_to_json(report.plan),
    }
