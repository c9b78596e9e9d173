"""The gate decides from facts only."""

from __future__ import annotations

import pytest
from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, Effect, FieldChange
from ansible_collections.factory.core.plugins.module_utils.gate import Decision, decide

A = file_address("a")
HARMLESS = Change(A, Action.CREATE, (FieldChange(("content",), None, "x", Effect.ADDITIVE),))
DISRUPTIVE = Change(A, Action.UPDATE, (FieldChange(("content",), "x", "y", Effect.DISRUPTIVE),))
EMPTYING = Change(A, Action.UPDATE, (FieldChange(("content",), "x", "", Effect.DESTRUCTIVE, "was not empty"),))
DELETING = Change(A, Action.DELETE, reason="no longer declared")


@pytest.mark.parametrize(
    ("changes", "errored", "allow_destructive", "decision"),
    [
        ([], False, False, Decision.ALLOW),
        ([HARMLESS, DISRUPTIVE], False, False, Decision.ALLOW),
        ([HARMLESS, EMPTYING], False, False, Decision.NEEDS_APPROVAL),
        ([DELETING], False, False, Decision.NEEDS_APPROVAL),
        ([EMPTYING, DELETING], False, True, Decision.ALLOW),
        ([HARMLESS], True, False, Decision.DENY),
        ([DELETING], True, True, Decision.DENY),
    ],
)
def test_a_plan_is_judged_by_what_it_destroys(
    changes: list[Change], errored: bool, allow_destructive: bool, decision: Decision
) -> None:
    assert decide(changes, errored, allow_destructive).decision is decision


@pytest.mark.parametrize("allow_destructive", [False, True])
def test_everything_destroyed_is_named_even_when_it_is_allowed(allow_destructive: bool) -> None:
    assert decide([HARMLESS, EMPTYING, DELETING], False, allow_destructive).reasons == (
        "TextFile/a content: was not empty",
        "TextFile/a: no longer declared",
    )
