"""What a target ignored stays muted only while it is what it was."""

from __future__ import annotations

import dataclasses

from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, Effect, FieldChange
from ansible_collections.factory.core.plugins.module_utils.diff import without_unmanageable
from ansible_collections.factory.core.plugins.module_utils.identity import Record

FIELD = FieldChange(("content",), "as it was", "as declared", Effect.REVERSIBLE)
CHANGE = Change(file_address("a"), Action.UPDATE, (FIELD,))
RECORD = Record({}, unmanageable={"content": FIELD.difference()})


def test_an_ignored_field_that_somebody_changes_later_is_a_difference_again() -> None:
    edited = CHANGE.with_fields([dataclasses.replace(FIELD, before="edited by hand")])
    assert without_unmanageable(CHANGE, RECORD).action is Action.NO_OP
    assert without_unmanageable(edited, RECORD) == edited


def test_a_step_with_a_dot_in_it_is_told_apart_from_two_steps() -> None:
    one = dataclasses.replace(FIELD, path=("rows", "v1.2"))
    two = dataclasses.replace(FIELD, path=("rows", "v1", "2"))
    assert (one.name, two.name) == ('rows."v1.2"', "rows.v1.2")
