# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refusal: why a plan is not applied, and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError


def refuse(plan: Plan, purpose: Purpose, plan_file: Path | None) -> None:
    """Raise ``FactoryError`` when *plan* must not be applied."""
    if plan.errors:
        told = "\n".join(f"{address}: {message}" for address, message in plan.errors.items())
        raise FactoryError(f"nothing was changed, because the plan has errors:\n{told}")
    if plan_file is not None and (expected := _planned_digest(plan_file, plan)) != plan.digest:
        raise FactoryError(
            f"the plan in {plan_file} is stale (digest {expected[:12]}, now {plan.digest[:12]}): "
            "the manifests or the target changed since it was made; nothing was changed, plan again"
        )
    told = "\n".join(f"  {reason}" for reason in plan.gate.reasons)
    if plan.gate.decision is Decision.DENY:
        raise FactoryError(f"nothing was changed, because this is blocked:\n{told}")
    if plan.gate.decision is Decision.NEEDS_APPROVAL and purpose is Purpose.DESTROY:
        raise FactoryError(
            f"this would destroy:\n{told}\n"
            f"nothing was changed; to go ahead, confirm with the environment's name (-e confirm={plan.environment})"
        )
    if plan.gate.decision is Decision.NEEDS_APPROVAL:
        raise FactoryError(
            f"this apply would destroy:\n{told}\n"
            "nothing was changed; to go ahead, apply again with --allow-destructive "
            "(-e allow_destructive=true)"
        )


def _planned_digest(file: Path, plan: Plan) -> str:
    """The digest that *file* holds for the stack and target of *plan*; it may hold a plan for each of several.

    A target where nothing is to do need not be in it.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        plans = content.get("plans", [content])
        digests = {(str(one["stack"]), str(one["target"])): str(one["digest"]) for one in plans}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FactoryError(f"{file} is not a plan file ({error}); make one with a plan run") from error
    if (plan.stack, plan.target) not in digests and not plan.pending:
        return plan.digest
    if (plan.stack, plan.target) not in digests:
        known = ", ".join(f"{stack} on {target}" for stack, target in sorted(digests))
        raise FactoryError(
            f"{file} holds no plan of {plan.stack} on {plan.target}, but of {known or 'nothing'}; "
            "nothing was changed here, plan again, or leave this target out with --limit"
        )
    return digests[plan.stack, plan.target]
