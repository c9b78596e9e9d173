"""Desired and observed become changes; purely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_kind import FileState, TextFile
from text_file_runs import declare, file_address, graph_of

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.diff import (
    IGNORED_BY_TARGET,
    declared_fingerprints,
    diff_resource,
    with_drift,
    without_unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.identity import Record
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.provider import Observation

A = file_address("a")
MODES = st.integers(0, 0o777).map(lambda mode: f"0{mode:03o}")


def seen(content: str, mode: str = "0644", file: str = "/a") -> Observation[FileState]:
    return Observation({"id": file}, FileState(content, mode))


def difference(specs: Mapping[str, Any], observed: Mapping[Address, Observation[FileState]]) -> Change:
    return diff_resource(graph_of(declare(specs)), TextFile(), A, observed)


@given(st.text(), MODES)
def test_nothing_differs_from_itself(content: str, mode: str) -> None:
    spec = {"content": content.replace("$", ""), "mode": mode}

    change = difference({"a": spec}, {A: seen(spec["content"], mode)})

    assert change.action is Action.NO_OP
    assert change.fields == ()


@given(st.text(), MODES, st.text(), MODES)
def test_a_difference_is_exactly_what_leads_from_one_to_the_other(
    content: str, mode: str, live: str, live_mode: str
) -> None:
    spec = {"content": content.replace("$", ""), "mode": mode}

    change = difference({"a": spec}, {A: seen(live, live_mode)})
    result = {"content": live, "mode": live_mode} | {field.name: field.after for field in change.fields}

    assert result == spec


def test_what_is_not_declared_is_left_alone() -> None:
    assert difference({"a": "x"}, {A: seen("x", "0600")}).action is Action.NO_OP


def test_what_is_absent_is_created_with_everything_that_is_declared() -> None:
    change = difference({"a": {"content": "x", "mode": "0600"}}, {})

    assert change.action is Action.CREATE
    assert [(field.name, field.before, field.after) for field in change.fields] == [
        ("content", None, "x"),
        ("mode", None, "0600"),
    ]


def test_a_field_waits_for_the_resource_that_its_text_refers_to() -> None:
    change = difference({"a": {"content": "see ${TextFile/b.id}", "mode": "0600"}, "b": "x"}, {})

    assert {field.name: field.waits_for for field in change.fields} == {
        "content": {file_address("b")},
        "mode": frozenset(),
    }


def test_a_field_whose_reference_is_known_waits_for_nothing() -> None:
    (field,) = difference({"a": "see ${TextFile/b.id}", "b": "x"}, {file_address("b"): seen("x", file="/b")}).fields

    assert (field.after, field.waits_for) == ("see /b", frozenset())


SAME = {"content": "1", "mode": "2"}
UPDATE = Change(A, Action.UPDATE, (FieldChange(("content",), "old", "new", Effect.REVERSIBLE),))


@pytest.mark.parametrize(
    ("record", "declared", "drifted"),
    [
        pytest.param(None, SAME, True, id="without a record every difference counts as drift"),
        pytest.param(Record({}, declared=SAME), SAME, True, id="declared as it was applied, so it drifted"),
        pytest.param(Record({}, declared={"content": "0"}), SAME, False, id="declared anew"),
        pytest.param(Record({}, declared={"mode": "2"}), SAME, False, id="not declared when it was applied"),
        pytest.param(Record({}, declared={}), {}, True, id="neither recorded nor declared: somebody added it"),
        pytest.param(Record({}, declared={"content": "1"}), {}, False, id="declared before, not any more"),
    ],
)
def test_drift_is_what_differs_although_nobody_declared_anything_new(
    record: Record | None, declared: Mapping[str, str], drifted: bool
) -> None:
    assert with_drift(UPDATE, record, declared).has_drift is drifted


@pytest.mark.parametrize(("recorded", "drifted"), [({"props.Status": "1"}, True), ({"props.Status": "0"}, False)])
def test_a_part_drifted_when_the_nearest_declared_whole_is_as_it_was_applied(
    recorded: Mapping[str, str], drifted: bool
) -> None:
    field = FieldChange(("props", "Status", "options", "Done"), None, "x", Effect.ADDITIVE)
    change = Change(A, Action.UPDATE, (field,))

    assert with_drift(change, Record({}, declared=recorded), {"props.Status": "1"}).has_drift is drifted


def test_a_creation_is_no_drift() -> None:
    created = Change(A, Action.CREATE, UPDATE.fields)

    assert not with_drift(created, None, {}).has_drift


def test_a_field_that_the_target_ignored_is_remembered_and_not_planned_again() -> None:
    record = Record({}, unmanageable={"content": UPDATE.fields[0].difference()})

    change = without_unmanageable(UPDATE, record)

    assert (change.action, change.fields) == (Action.NO_OP, ())
    assert change.unmanageable == (Unmanageable(("content",), IGNORED_BY_TARGET),)


def test_an_ignored_field_that_is_declared_anew_is_tried_again() -> None:
    record = Record({}, unmanageable={"content": "another fingerprint"})

    assert without_unmanageable(UPDATE, record) == UPDATE


def test_what_else_differs_beside_an_ignored_field_is_planned() -> None:
    other = FieldChange(("mode",), "0600", "0644", Effect.REVERSIBLE)
    record = Record({}, unmanageable={"content": UPDATE.fields[0].difference()})

    change = without_unmanageable(UPDATE.with_fields([*UPDATE.fields, other]), record)

    assert (change.action, change.fields) == (Action.UPDATE, (other,))


def test_every_declared_field_has_a_fingerprint_whatever_is_there() -> None:
    graph = graph_of(declare({"a": {"content": "x", "mode": "0644"}}))

    absent = declared_fingerprints(graph, TextFile(), A, {})
    present = declared_fingerprints(graph, TextFile(), A, {A: seen("something else")})

    assert set(absent) == {"ownership", "content", "mode"}
    assert absent == present
