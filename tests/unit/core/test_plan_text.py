"""The plan as people read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.plan import Plan, make_plan
from ansible_collections.factory.core.plugins.module_utils.plan_text import (
    Line,
    drift_lines,
    outcome_lines,
    plan_lines,
)

A, B, C, D = (file_address(name) for name in "abcd")
CONTENT = FieldChange(("content",), None, "x", Effect.ADDITIVE)
CREATE = Change(A, Action.CREATE, (CONTENT,))
UPDATE = Change(B, Action.UPDATE, (FieldChange(("mode",), "0600", "0644", Effect.REVERSIBLE, "shared now"),))
SAME = Change(C, Action.NO_OP)
DELETE = Change(D, Action.DELETE, reason="no longer declared")


def planned(
    changes: Sequence[Change], errors: Mapping[Address, str] | None = None, warnings: Sequence[str] = ()
) -> Plan:
    return make_plan("stack", "sandbox", "folder", "place", changes, {}, errors or {}, warnings)


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def field_text(before: Any, after: Any) -> str:
    change = Change(A, Action.UPDATE, (FieldChange(("f",), before, after, Effect.REVERSIBLE),))
    return plan_lines(planned([change]))[1].text


def test_a_plan_names_what_it_destroys_first_and_counts_last() -> None:
    assert plan_lines(planned([CREATE, UPDATE, SAME, DELETE])) == [
        Line("! destroys TextFile/d: no longer declared", "red"),
        Line("- TextFile/d  # no longer declared", "red"),
        Line("~ TextFile/b", "yellow"),
        Line("    ~ mode: 0600 → 0644  # shared now", "yellow"),
        Line("+ TextFile/a", "green"),
        Line("Plan: 1 to create, 1 to change, 1 to delete, 1 as declared.", "plain"),
    ]


def test_a_plan_without_changes_is_one_line() -> None:
    assert texts(plan_lines(planned([SAME]))) == ["Plan: no changes; 1 resource as declared."]


def test_a_plan_with_errors_never_looks_complete() -> None:
    assert plan_lines(planned([SAME], {A: "unreachable"})) == [
        Line("! TextFile/a: unreachable", "red"),
        Line("Plan: incomplete; 1 resource could not be compared.", "red"),
    ]


def test_a_plan_with_errors_and_changes_says_in_its_count_that_it_is_incomplete() -> None:
    assert "incomplete" in plan_lines(planned([CREATE], {B: "unreachable"}))[-1].text


def test_warnings_are_told() -> None:
    assert Line("warning: careful", "yellow") in plan_lines(planned([SAME], warnings=["careful"]))


def test_a_created_resource_says_what_it_is_made_of() -> None:
    parts = [FieldChange((group, name), None, 1, Effect.ADDITIVE) for group, name in ("px", "py", "rz")]

    assert texts(plan_lines(planned([CREATE.with_fields([CONTENT, *parts])])))[0] == "+ TextFile/a: 2 p, 1 r"


def test_many_fields_are_cut_short_and_counted() -> None:
    fields = [FieldChange((f"f{n:02}",), 1, 2, Effect.REVERSIBLE) for n in range(14)]

    lines = texts(plan_lines(planned([UPDATE.with_fields(fields)])))

    assert len(lines) == 1 + 12 + 1 + 1
    assert lines[-2] == "    … and 2 more fields"


@pytest.mark.parametrize("hidden", [12, 13])
def test_a_destructive_field_is_named_however_many_fields_come_before_it(hidden: int) -> None:
    fields = [FieldChange((f"f{n:02}",), 1, 2, Effect.REVERSIBLE) for n in range(hidden)]
    last = FieldChange(("last",), 1, None, Effect.DESTRUCTIVE, "its values are lost")

    assert texts(plan_lines(planned([UPDATE.with_fields([*fields, last])])))[0] == (
        "! destroys TextFile/b last: its values are lost"
    )


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (None, "x", "    + f: x"),
        ("x", None, "    - f: x"),
        ("x", "y", "    ~ f: x → y"),
        ("a\nb", "c", "    ~ f: a⏎b → c"),
        (True, False, "    ~ f: true → false"),
        (1, {"a": [1, None]}, "    ~ f: 1 → a: [1, nothing]"),
        ("", "x" * 61, "    ~ f:  → " + "x" * 57 + "…"),
        ("x", "${TextFile/b.id}", "    ~ f: x → (known after apply)"),
    ],
)
def test_a_value_is_told_in_brief(before: Any, after: Any, text: str) -> None:
    assert field_text(before, after) == text


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Action.RENAME, "~ TextFile/b rename"),
        (Action.FORGET, ". TextFile/b forget"),
        (Action.RESTORE, "^ TextFile/b restore"),
        (Action.ADOPT, "= TextFile/b adopt"),
    ],
)
def test_an_unusual_action_is_named(action: Action, text: str) -> None:
    assert texts(plan_lines(planned([dataclasses.replace(UPDATE, action=action)])))[0] == text


def test_what_cannot_be_managed_is_one_line_for_each_reason() -> None:
    ignored = (Unmanageable(("mode",), "no modes here"),)
    changes = [dataclasses.replace(SAME, address=address, unmanageable=ignored) for address in (A, B, C)]

    assert texts(plan_lines(planned(changes))) == [
        "  cannot be managed: TextFile/a mode and 2 more (no modes here)",
        "Plan: no changes; 3 resources as declared.",
    ]


def test_content_is_counted_apart() -> None:
    row = FieldChange(("rows", "x"), None, {}, Effect.ADDITIVE, stage=Stage.CONTENT)

    assert texts(plan_lines(planned([CREATE.with_fields([row])])))[-1] == (
        "Plan: 1 to create, 0 to change, 0 to delete, 0 as declared (1 row)."
    )


def test_drift_tells_only_what_nobody_declared() -> None:
    drifted = FieldChange(("content",), "theirs", "ours", Effect.REVERSIBLE, drift=True)
    both = UPDATE.with_fields([*UPDATE.fields, drifted])

    assert texts(drift_lines(planned([CREATE, both]))) == [
        "! TextFile/b",
        "    ~ content: theirs → ours",
        "1 declared change not applied yet (see the plan)",
        "Drift: 1 resource changed behind Factory's back.",
    ]


def test_no_drift_is_one_line() -> None:
    assert drift_lines(planned([SAME])) == [Line("No drift.", "green")]


def test_drift_that_could_not_be_looked_for_is_not_green() -> None:
    assert drift_lines(planned([SAME], {A: "unreachable"}))[-1].style != "green"


def outcome(action: Action, error: str = "") -> dict[str, Any]:
    return {"address": "TextFile/a", "action": action.value, "error": error, "unmanageable": [], "condition": None}


@pytest.mark.parametrize(
    ("outcomes", "lines"),
    [
        ([outcome(Action.NO_OP)], ["Apply: nothing to do."]),
        ([outcome(Action.CREATE), outcome(Action.CREATE), outcome(Action.DELETE)], ["Apply: 2 created, 1 deleted."]),
        (
            [outcome(Action.CREATE), outcome(Action.UPDATE, "refused")],
            ["! TextFile/a: refused", "Apply: 1 created; 1 resource failed, apply again to go on."],
        ),
        (
            [outcome(Action.CREATE, "refused")],
            ["! TextFile/a: refused", "Apply: nothing done; 1 resource failed, apply again to go on."],
        ),
    ],
)
def test_an_apply_says_what_it_did_and_what_to_do_next(outcomes: list[dict[str, Any]], lines: list[str]) -> None:
    report = {"resources": outcomes, "plan": {"resource_changes": [], "refused": {}}}

    assert texts(outcome_lines(report)) == lines


def test_what_a_plan_refuses_is_no_failure_that_another_apply_mends() -> None:
    report = {
        "resources": [outcome(Action.CREATE), outcome(Action.NO_OP, "not ours") | {"address": "TextFile/b"}],
        "plan": {"resource_changes": [], "refused": {"TextFile/b": "not ours"}},
    }

    assert texts(outcome_lines(report))[-1] == "Apply: 1 created; 1 resource refused."


def test_an_apply_tells_what_the_target_ignored_unless_the_plan_said_so_already() -> None:
    known, found = {"name": "mode", "reason": "no modes here"}, {"name": "content", "reason": "ignored"}
    changes = [{"address": "TextFile/a", "unmanageable": [known], "condition": None}]
    applied = outcome(Action.UPDATE) | {"unmanageable": [known, found]}

    assert texts(outcome_lines({"resources": [applied], "plan": {"resource_changes": changes, "refused": {}}})) == [
        "  cannot be managed: TextFile/a content (ignored)",
        "Apply: 1 changed.",
    ]
