# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module returns, in the shape that all tasks of Factory have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_diff import EntryAction
from ansible_collections.factory.mcp.plugins.module_utils.client_run import EntryOutcome
from ansible_collections.factory.mcp.plugins.module_utils.entry_redaction import shown

_EFFECTS = {
    EntryAction.NO_OP: "none",
    EntryAction.CREATE: "additive",
    EntryAction.UPDATE: "reversible",
    EntryAction.ADOPT: "reversible",
    EntryAction.DELETE: "destructive",
}


def task_result(outcomes: Sequence[EntryOutcome]) -> dict[str, Any]:
    """The result of a task."""
    resources = [_resource(outcome) for outcome in outcomes]
    errors = [f"{one['address']}: {one['error']}" for one in resources if one["error"]]
    result: dict[str, Any] = {
        "changed": any(one["changed"] for one in resources),
        "resources": resources,
        "drift": [one["address"] for one in resources if one["drifted"]],
        "diff": [one["diff"] for one in resources if one["changed"]],
    }
    if errors:
        result |= {"failed": True, "msg": "\n".join(errors)}
    return result


def _resource(outcome: EntryOutcome) -> dict[str, Any]:
    target, decision = outcome.target, outcome.decision
    before, after = _shown(outcome.name, outcome.before), _shown(outcome.name, outcome.after)
    return {
        "address": f"McpServer/{outcome.name} in {target.dialect.name} ({target.project or target.scope.value})",
        "client": target.dialect.name,
        "scope": target.scope.value,
        "file": outcome.file,
        "name": outcome.name,
        "id": f"{outcome.file}#{outcome.name}",
        "action": decision.action.value,
        "effect": _EFFECTS[decision.action],
        "state": decision.state.value,
        "changed": outcome.changed,
        "drifted": decision.drifted,
        "blocked": "",
        "reason": decision.reason,
        "fields": [*_fields(before.get(outcome.name), after.get(outcome.name))] if outcome.changed else [],
        "unmanageable": [{"path": path, "reason": reason} for path, reason in outcome.unmanageable.items()],
        "error": decision.error,
        "diff": {"before_header": outcome.file, "after_header": outcome.file, "before": before, "after": after},
    }


def _shown(name: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {name: shown(value)}


def _fields(before: Any, after: Any) -> list[dict[str, Any]]:
    """What differs, by key of the entry."""
    old: Mapping[str, Any] = before if isinstance(before, Mapping) else {}
    new: Mapping[str, Any] = after if isinstance(after, Mapping) else {}
    return [
        {
            "path": key,
            "before": old.get(key),
            "after": new.get(key),
            "effect": "reversible" if key in old else "additive",
        }
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
