# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One shape of result for one resource or many: what tasks return and callbacks show."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action
from ansible_collections.factory.core.plugins.module_utils.plan import change_to_json, nested, summary
from ansible_collections.factory.core.plugins.module_utils.report import Outcome, Report


def task_result(report: Report) -> dict[str, Any]:
    """What a batch task returns for *report*."""
    resources = [resource_result(outcome) for outcome in report.outcomes]
    failed = [f"{one['address']}: {one['error']}" for one in resources if one["error"]]
    result: dict[str, Any] = {
        "changed": any(one["changed"] for one in resources),
        "resources": resources,
        "summary": summary(report.plan),
        "drift": [f"{change.address}" for change in report.plan.drifted],
        "digest": report.plan.digest,
        "gate": report.plan.gate.decision.value,
        "report": str(report.folder / "report.json"),
        "plan": str(report.folder / "plan.json"),
    }
    if report.interrupted:
        result["interrupted"] = report.interrupted
    if failed:
        result |= {"failed": True, "msg": "\n".join(failed)}
    return result


def resource_result(outcome: Outcome) -> dict[str, Any]:
    """What one resource's item says."""
    change = outcome.change
    told = change_to_json(change)
    return {
        "address": str(change.address),
        "action": change.action.value,
        "effect": str(change.effect),
        "id": outcome.id,
        "changed": outcome.changed,
        "drifted": change.has_drift,
        "blocked": change.blocked,
        "reason": change.reason,
        "fields": told["fields"],
        "unmanageable": told["unmanageable"],
        "condition": told["condition"],
        "error": outcome.error,
        "diff": {
            "before_header": str(change.address),
            "after_header": str(change.address),
            "before": {} if change.action is Action.CREATE else nested(change.fields, "before"),
            "after": {} if change.action is Action.DELETE else nested(change.fields, "after"),
        },
    }
