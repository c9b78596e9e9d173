# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan as people read it: destroyed things first, one line a resource, counts last."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Condition,
    Effect,
    FieldChange,
    Stage,
)
from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.plan import Plan, shown, summary

_MOST_FIELDS = 12
_SIGNS = {
    Action.NO_OP: " ",
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RENAME: "~",
    Action.DELETE: "-",
    Action.FORGET: ".",
    Action.RESTORE: "^",
    Action.ADOPT: "=",
}
_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.RENAME: "renamed",
    Action.DELETE: "deleted",
    Action.FORGET: "forgotten",
    Action.RESTORE: "restored",
    Action.ADOPT: "adopted",
}
_STYLES = {
    Effect.NONE: "plain",
    Effect.ADDITIVE: "green",
    Effect.REVERSIBLE: "yellow",
    Effect.DISRUPTIVE: "yellow",
    Effect.DESTRUCTIVE: "red",
}


class Line(NamedTuple):
    """A line of text and the colour a terminal may give it: plain, green, yellow, red or dim."""

    text: str
    style: str = "plain"


def plan_lines(plan: Plan) -> list[Line]:
    """The whole plan in a few lines."""
    does = "blocked:" if plan.gate.decision is Decision.DENY else "destroys"
    lines = [Line(f"! {does} {line}", "red") for line in plan.gate.reasons if not plan.errors]
    for change in plan.pending:
        lines.extend(_change_lines(change))
    lines.extend(
        _unmanageable_lines(
            (f"{change.address} {one.name}", one.reason) for change in plan.changes for one in change.unmanageable
        )
    )
    lines.extend(_condition_lines(_conditions_not_told(plan)))
    lines.extend(_error_lines(plan))
    lines.extend(Line(f"warning: {warning}", "yellow") for warning in plan.warnings)
    lines.append(_count_line(plan))
    return lines


def drift_lines(plan: Plan) -> list[Line]:
    """What was changed behind our back, a line a field, and a count."""
    lines = []
    for change in plan.drifted:
        gone = "  # gone" if change.action is Action.CREATE else ""
        lines.append(Line(f"! {change.address}{gone}{_because(change)}", "yellow"))
        lines.extend(_field_line(dataclasses.replace(field, drift=False)) for field in change.fields if field.alarms)
    lines.extend(_acknowledged_lines(plan))
    lines.extend(_condition_lines(_conditions_not_told(plan)))
    lines.extend(_error_lines(plan))
    declared = [change for change in plan.pending if not change.has_drift]
    if declared:
        lines.append(Line(f"{_many(len(declared), 'declared change')} not applied yet (see the plan)", "dim"))
    count = len(plan.drifted)
    if plan.errors:
        return [*lines, Line(f"Drift: incomplete; {_many(len(plan.errors), 'resource')} could not be read.", "red")]
    said = f"Drift: {_many(count, 'resource')} changed behind Factory's back." if count else "No drift."
    lines.append(Line(said, "yellow" if count else "green"))
    return lines


def _error_lines(plan: Plan) -> Iterator[Line]:
    for address, message in {**plan.errors, **plan.refused}.items():
        yield Line(f"! {address}: {message}", "red")


def outcome_lines(report: Mapping[str, Any]) -> list[Line]:
    """What an apply came to; *report* is a report as data. What its plan told already is left out."""
    outcomes = report["resources"]
    errors = [Line(f"! {one['address']}: {one['error']}", "red") for one in outcomes if one["error"]]
    done = Counter(one["action"] for one in outcomes if one["action"] != Action.NO_OP and not one["error"])
    told_before = set(_conditions_of(report["plan"]["resource_changes"]))
    conditions = [*_condition_lines(one for one in _conditions_of(outcomes) if one not in told_before)]
    if not done and not errors:
        return [*conditions, Line("Apply: nothing to do.", "green")]
    told = ", ".join(f"{count} {_PAST[Action(action)]}" for action, count in done.items()) or "nothing done"
    interrupted = report.get("interrupted")
    word = "not done" if interrupted else "failed"
    refused = sum(bool(one["error"]) and one["address"] in report["plan"]["refused"] for one in outcomes)
    failed = f"; {_many(refused, 'resource')} refused" if refused else ""
    if len(errors) > refused:
        failed += f"; {_many(len(errors) - refused, 'resource')} {word}, apply again to go on"
    errors += [Line(f"! {interrupted}", "red")] if interrupted else []
    planned = set(_unmanageable_of(report["plan"]["resource_changes"]))
    found = [one for one in _unmanageable_of(outcomes) if one not in planned]
    end = Line(f"Apply: {told}{failed}.", "red" if errors else "green")
    return [*errors, *_unmanageable_lines(found), *conditions, end]


def _conditions_of(outcomes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Condition | None]]:
    for one in outcomes:
        if not one.get("error"):
            yield one["address"], Condition(**one["condition"]) if one["condition"] else None


def _conditions_not_told(plan: Plan) -> Iterator[tuple[str, Condition | None]]:
    """The conditions of all but those whose refusal says the same."""
    return ((str(change.address), change.condition) for change in plan.changes if not change.refused)


def _condition_lines(conditions: Iterable[tuple[str, Condition | None]]) -> Iterator[Line]:
    """What people must know of resources that are as declared and not well."""
    by_condition: dict[Condition, list[str]] = {}
    for address, condition in conditions:
        if condition is not None and condition.reason:
            by_condition.setdefault(condition, []).append(address)
    for condition, addresses in by_condition.items():
        more = f" and {len(addresses) - 1} more are" if len(addresses) > 1 else " is"
        yield Line(f"  {addresses[0]}{more} {condition.state}: {condition.reason}", "yellow")


def _acknowledged_lines(plan: Plan) -> Iterator[Line]:
    """Drift that somebody knows of, apart from the drift that alarms."""
    for change in plan.changes:
        for field in change.fields:
            if field.is_muted:
                line = _field_line(dataclasses.replace(field, drift=False, acknowledged=None))
                told = f"acknowledged: {change.address} {line.text.strip()[2:]}  # {field.acknowledged}"
                yield Line(told, "dim")


def _unmanageable_of(resources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in resources:
        for detail in one["unmanageable"]:
            yield f"{one['address']} {detail['name']}", detail["reason"]


def _change_lines(change: Change) -> Iterator[Line]:
    style = _STYLES[change.effect]
    sign = _SIGNS[change.action]
    if change.action in (Action.CREATE, Action.DELETE):
        contents = _contents(change.fields)
        yield Line(f"{sign} {change.address}{contents}{_because(change)}", style)
        yield from _field_lines([field for field in change.fields if field.reason])
        yield from _uses_lines(change)
        return
    word = "" if change.action is Action.UPDATE else f" {change.action}"
    yield Line(f"{sign} {change.address}{word}{_because(change)}", style)
    yield from _field_lines(change.fields)
    yield from _uses_lines(change)


def _uses_lines(change: Change) -> Iterator[Line]:
    if change.uses:
        yield Line(f"    uses {', '.join(change.uses)}", "dim")


def _field_lines(fields: Sequence[FieldChange]) -> Iterator[Line]:
    yield from (_field_line(field) for field in fields[:_MOST_FIELDS])
    if len(fields) > _MOST_FIELDS:
        yield Line(f"    … and {_many(len(fields) - _MOST_FIELDS, 'more field')}", "dim")


def _contents(fields: Sequence[FieldChange]) -> str:
    groups = Counter(field.path[0] for field in fields if len(field.path) > 1)
    parts = [f"{count} {group if count > 1 else _singular(group)}" for group, count in groups.items()]
    return f": {', '.join(parts)}" if parts else ""


def _field_line(field: FieldChange) -> Line:
    sign = "+" if field.before is None else "-" if field.after is None else "~"
    if field.before is None:
        what = _brief(field.after)
    elif field.after is None:
        what = _brief(field.before)
    else:
        what = f"{_brief(field.before)} → {_brief(field.after)}"
    drift = " (acknowledged drift)" if field.is_muted else " (drift)" if field.drift else ""
    reasons = [field.reason] if field.reason else []
    if field.acknowledged and field.acknowledged.expired:
        reasons.append(f"acknowledged, but that has expired: {field.acknowledged}")
    reason = f"  # {'; '.join(reasons)}" if reasons else ""
    return Line(f"    {sign} {field.name}: {what}{drift}{reason}", _STYLES[field.effect])


def _brief(value: Any) -> str:
    """*value* in at most sixty characters."""
    value = shown(value)
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {_brief(item)}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(_brief(item) for item in value) + "]"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif value is None:
        text = "nothing"
    else:
        text = str(value).replace("\n", "⏎")
    return text if len(text) <= 60 else f"{text[:57]}…"


def _because(change: Change) -> str:
    return f"  # {change.reason}" if change.reason else ""


def _unmanageable_lines(told: Iterable[tuple[str, str]]) -> Iterator[Line]:
    """One line for each reason, so that what nobody can mend does not drown what somebody can."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in told:
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Line(f"  cannot be managed: {names[0]}{more} ({reason})", "dim")


def _count_line(plan: Plan) -> Line:
    counts = summary(plan)
    if plan.errors:
        return Line(f"Plan: incomplete; {_many(len(plan.errors), 'resource')} could not be compared.", "red")
    refused = f", {len(plan.refused)} refused" if plan.refused else ""
    if not plan.pending:
        told = f"Plan: no changes; {_many(counts['unchanged'], 'resource')} as declared{refused}."
        return Line(told, "red" if refused else "green")
    contents = dict.fromkeys(
        (change.address, field.path[:2])
        for change in plan.changes
        for field in change.fields
        if field.stage is Stage.CONTENT
    )
    counted = Counter(path[0] for _, path in contents)
    told = ", ".join(_many(count, _singular(group)) for group, count in counted.items())
    content = f" ({told})" if told else ""
    more = "".join(
        f", {counts[name]} {word}" for name, word in (("forget", "to forget"), ("blocked", "blocked")) if counts[name]
    )
    return Line(
        f"Plan: {counts['create']} to create, {counts['change']} to change, {counts['delete']} to delete, "
        f"{counts['unchanged']} as declared{more}{refused}{content}.",
        "red" if refused else "plain",
    )


def _singular(plural: str) -> str:
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
