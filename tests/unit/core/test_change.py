"""Changes and their effects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    action_for,
    fingerprint,
)

FIELD = FieldChange(("a",), 1, 2, Effect.REVERSIBLE)
WORST = FieldChange(("b",), 1, None, Effect.DESTRUCTIVE)


@pytest.mark.parametrize(
    ("action", "fields", "effect"),
    [
        (Action.NO_OP, (), Effect.NONE),
        (Action.CREATE, (), Effect.ADDITIVE),
        (Action.RESTORE, (), Effect.ADDITIVE),
        (Action.UPDATE, (FIELD,), Effect.REVERSIBLE),
        (Action.UPDATE, (FIELD, WORST), Effect.DESTRUCTIVE),
        (Action.UPDATE, (WORST, FIELD), Effect.DESTRUCTIVE),
        (Action.DELETE, (), Effect.DESTRUCTIVE),
    ],
)
def test_an_effect_is_the_worst_of_the_fields(action: Action, fields: tuple[FieldChange, ...], effect: Effect) -> None:
    assert Change(file_address("a"), action, fields).effect is effect


def test_what_is_missing_although_nobody_declared_so_has_drifted() -> None:
    assert Change(file_address("a"), Action.RESTORE, vanished=True).has_drift
    assert not Change(file_address("a"), Action.RESTORE).has_drift
    assert not Change(file_address("a"), Action.UPDATE, (FIELD,)).has_drift


@pytest.mark.parametrize(
    ("fields", "otherwise", "action"),
    [((FIELD,), Action.NO_OP, Action.UPDATE), ((), Action.NO_OP, Action.NO_OP), ((), Action.ADOPT, Action.ADOPT)],
)
def test_an_action_follows_from_the_fields(fields: tuple[FieldChange, ...], otherwise: Action, action: Action) -> None:
    assert action_for(fields, otherwise) is action


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())))
def test_equal_values_have_equal_fingerprints_in_any_order(value: dict[str, Any]) -> None:
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)


@pytest.mark.parametrize(("one", "other"), [("1", 1), (None, ""), ([], {}), (["a", "b"], ["b", "a"]), (True, "true")])
def test_different_values_have_different_fingerprints(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)
