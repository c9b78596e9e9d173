# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan: all changes of a run, ordered, with a digest. The text and the JSON are views of it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    KNOWN_AFTER_APPLY,
    Acknowledged,
    Action,
    Change,
    Condition,
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
    canonical_json,
)
from ansible_collections.factory.core.plugins.module_utils.gate import Decision, Gate, decide
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.redaction import Redact
from ansible_collections.factory.core.plugins.module_utils.reference import TextReference, substitute

FORMAT_VERSION = "1.2"
_TERRAFORM_ACTIONS = {
    Action.NO_OP: ["no-op"],
    Action.CREATE: ["create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change of a run on one target. Destructive changes first, then in the order of work."""

    stack: str
    environment: str
    target: str
    changes: tuple[Change, ...]
    digest: str
    gate: Gate
    errors: Mapping[Address, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that would do something."""
        return tuple(change for change in self.changes if change.action is not Action.NO_OP)

    @property
    def refused(self) -> dict[Address, str]:
        """Why single resources are left as they are; the others are applied."""
        return {change.address: change.refused for change in self.changes if change.refused}

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The changes that put right what nobody declared and nobody has acknowledged."""
        return tuple(change for change in self.changes if change.has_drift)

    def count(self, *actions: Action) -> int:
        """How many resources have one of *actions*."""
        return sum(change.action in actions for change in self.changes)


def make_plan(
    stack: str,
    environment: str,
    target: str,
    place: str,
    changes: Sequence[Change],
    resources: Mapping[Address, Resource],
    errors: Mapping[Address, str],
    warnings: Iterable[str] = (),
    allow_destructive: bool = False,
    bound: Iterable[Change] | None = None,
) -> Plan:
    """Order *changes*, put them through the gate, and bind them to a digest of desired and observed.

    *place* tells one target from another of the same name. *bound* are the changes that the digest is of, where they
    are not just *changes*.
    """
    ordered = sorted(changes, key=lambda change: -change.effect)
    return Plan(
        stack=stack,
        environment=environment,
        target=target,
        changes=tuple(ordered),
        digest=_digest([stack, environment, target, place], ordered if bound is None else bound, resources),
        gate=decide(ordered, bool(errors), allow_destructive),
        errors=dict(errors),
        warnings=tuple(warnings),
    )


def _digest(where: list[str], changes: Iterable[Change], resources: Mapping[Address, Resource]) -> str:
    """SHA-256 over where the plan applies, what is declared and every difference to what was observed.

    The order of files, resources and fields carries no meaning.
    """
    digest = hashlib.sha256(canonical_json(where).encode())
    for change in sorted(changes, key=lambda change: change.address):
        resource = resources.get(change.address)
        facts = {
            "address": str(change.address),
            "action": change.action.value,
            "id": change.id,
            "spec": resource.spec if resource else None,
            "fields": sorted((one.name, canonical_json([one.before, one.after])) for one in change.fields),
        }
        digest.update(canonical_json(facts).encode())
    return digest.hexdigest()


def redacted_plan(plan: Plan, redact: Redact) -> Plan:
    """*plan* without secrets in its values and texts, fit to be shown."""
    return dataclasses.replace(
        plan,
        changes=tuple(redacted_change(change, redact) for change in plan.changes),
        gate=Gate(plan.gate.decision, tuple(map(redact, plan.gate.reasons))),
        errors={address: redact(message) for address, message in plan.errors.items()},
        warnings=tuple(map(redact, plan.warnings)),
    )


def redacted_change(change: Change, redact: Redact) -> Change:
    """*change* without secrets in its values."""
    condition = change.condition and dataclasses.replace(change.condition, reason=redact(change.condition.reason))
    change = dataclasses.replace(change, refused=redact(change.refused), condition=condition)
    return change.with_fields(
        dataclasses.replace(one, before=redact(one.before), after=redact(one.after), reason=redact(one.reason))
        for one in change.fields
    )


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """*plan* in the shape that users and tools of Terraform parse, with our words beside theirs."""
    return {
        "format_version": FORMAT_VERSION,
        "stack": plan.stack,
        "environment": plan.environment,
        "target": plan.target,
        "resource_changes": [change_to_json(change) for change in plan.changes],
        "resource_drift": [
            change_to_json(change.with_fields(field for field in change.fields if field.alarms))
            for change in plan.drifted
        ],
        "drift": [f"{change.address} {one.name}" for change in plan.changes for one in change.fields if one.alarms],
        "acknowledged": [
            {"address": str(change.address), "name": one.name, **dataclasses.asdict(one.acknowledged)}
            for change in plan.changes
            for one in change.fields
            if one.is_muted and one.acknowledged
        ],
        "summary": summary(plan),
        "complete": not plan.errors and not plan.refused,
        "errored": bool(plan.errors or plan.refused),
        "applyable": bool(plan.pending) and not plan.errors and plan.gate.decision is not Decision.DENY,
        "errors": {str(address): message for address, message in plan.errors.items()},
        "refused": {str(address): message for address, message in plan.refused.items()},
        "warnings": list(plan.warnings),
        "digest": plan.digest,
        "gate": {"decision": plan.gate.decision.value, "reasons": list(plan.gate.reasons)},
    }


def summary(plan: Plan) -> dict[str, int]:
    """How many resources are created, changed, deleted, forgotten and blocked, and how many have drifted."""
    return {
        "create": plan.count(Action.CREATE),
        "change": plan.count(Action.UPDATE, Action.RENAME, Action.RESTORE, Action.ADOPT),
        "delete": plan.count(Action.DELETE),
        "forget": plan.count(Action.FORGET),
        "blocked": sum(bool(change.blocked) for change in plan.changes),
        "unchanged": plan.count(Action.NO_OP) - len(plan.refused),
        "drift": len(plan.drifted),
    }


def change_to_json(change: Change) -> dict[str, Any]:
    """One resource's change, Terraform's ``change`` object and our fields."""
    return {
        "address": str(change.address),
        "mode": "managed",
        "type": change.address.kind,
        "name": change.address.name,
        "id": change.id,
        "action": change.action.value,
        "vanished": change.vanished,
        "refused": change.refused,
        "blocked": change.blocked,
        "uses": list(change.uses),
        "condition": condition_to_json(change.condition),
        "effect": str(change.effect),
        "action_reason": change.reason,
        "change": {
            "actions": _TERRAFORM_ACTIONS.get(change.action, ["update"]),
            "before": None if change.action is Action.CREATE else nested(change.fields, "before"),
            "after": None if change.action is Action.DELETE else nested(change.fields, "after"),
        },
        "fields": [_field_to_json(field) for field in change.fields],
        "unmanageable": [
            {"path": list(one.path), "name": one.name, "reason": one.reason} for one in change.unmanageable
        ],
    }


def condition_to_json(condition: Condition | None) -> dict[str, str] | None:
    """*condition* as data."""
    return dataclasses.asdict(condition) if condition is not None else None


def plan_from_json(stored: Mapping[str, Any]) -> Plan:
    """The plan that :func:`plan_to_json` wrote, for showing it elsewhere.

    Raises ``KeyError`` or ``ValueError`` when it is not one.
    """
    gate = stored["gate"]
    return Plan(
        stack=stored["stack"],
        environment=stored["environment"],
        target=stored["target"],
        changes=tuple(_change_from_json(one) for one in stored["resource_changes"]),
        digest=stored["digest"],
        gate=Gate(Decision(gate["decision"]), tuple(gate["reasons"])),
        errors={Address.parse(address): message for address, message in stored["errors"].items()},
        warnings=tuple(stored["warnings"]),
    )


def _change_from_json(stored: Mapping[str, Any]) -> Change:
    return Change(
        address=Address.parse(stored["address"]),
        action=Action(stored["action"]),
        fields=tuple(_field_from_json(one) for one in stored["fields"]),
        reason=stored["action_reason"],
        unmanageable=tuple(Unmanageable(tuple(one["path"]), one["reason"]) for one in stored["unmanageable"]),
        id=stored["id"],
        vanished=stored["vanished"],
        refused=stored["refused"],
        blocked=stored["blocked"],
        uses=tuple(stored["uses"]),
        condition=Condition(**stored["condition"]) if stored["condition"] else None,
    )


def _field_from_json(stored: Mapping[str, Any]) -> FieldChange:
    return FieldChange(
        path=tuple(stored["path"]),
        before=stored["before"],
        after=stored["after"],
        effect=Effect[stored["effect"].upper()],
        reason=stored["reason"],
        waits_for=frozenset(Address.parse(address) for address in stored["known_after_apply"]),
        stage=Stage[stored["stage"].upper()],
        drift=stored["drift"],
        acknowledged=Acknowledged(**stored["acknowledged"]) if stored["acknowledged"] else None,
    )


def _field_to_json(field: FieldChange) -> dict[str, Any]:
    return {
        "path": list(field.path),
        "name": field.name,
        "stage": field.stage.name.lower(),
        "before": field.before,
        "after": shown(field.after),
        "effect": str(field.effect),
        "reason": field.reason,
        "drift": field.drift,
        "acknowledged": dataclasses.asdict(field.acknowledged) if field.acknowledged else None,
        "known_after_apply": sorted(str(address) for address in field.waits_for),
    }


def nested(fields: Iterable[FieldChange], side: str) -> dict[str, Any]:
    """The *side* (``before`` or ``after``) of *fields* as the nested mapping that their paths describe."""
    root: dict[str, Any] = {}
    for field_change in fields:
        value = shown(getattr(field_change, side))
        node = root
        for step in field_change.path[:-1]:
            child = node.setdefault(step, {})
            if not isinstance(child, dict):
                child = node[step] = {}
            node = child
        if value is not None:
            node[field_change.path[-1]] = value
    return root


def shown(value: Any) -> Any:
    """*value* with references to resources that are still open said in words."""

    def unknown(reference: TextReference) -> str | None:
        return KNOWN_AFTER_APPLY if reference.target is not None else None

    return substitute(value, unknown)
