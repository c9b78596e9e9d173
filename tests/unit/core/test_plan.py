"""All changes of a run, ordered, and bound to a digest of what is declared and observed."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.change import (
    Acknowledged,
    Action,
    Change,
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.plan import (
    Plan,
    make_plan,
    nested,
    plan_from_json,
    plan_to_json,
)

A, B, C, D = (file_address(name) for name in "abcd")
CONTENT = FieldChange(("content",), None, "x", Effect.ADDITIVE)
MODE = FieldChange(("mode",), "0600", "0644", Effect.REVERSIBLE)
CREATE = Change(A, Action.CREATE, (CONTENT,))
UPDATE = Change(B, Action.UPDATE, (MODE,), id="/b")
SAME = Change(C, Action.NO_OP, id="/c", unmanageable=(Unmanageable(("mode",), "no modes here"),))
DELETE = Change(D, Action.DELETE, reason="no longer declared", id="/d")
CHANGES = [CREATE, UPDATE, SAME, DELETE]
SPEC = {"content": "x", "mode": "0644"}
RESOURCES = {address: Resource(address, {"name": address.name}, SPEC) for address in (A, B, C)}


def planned(
    changes: Sequence[Change] = CHANGES,
    resources: Mapping[Address, Resource] = RESOURCES,
    errors: Mapping[Address, str] | None = None,
) -> Plan:
    return make_plan("stack", "sandbox", "folder", "place", changes, resources, errors or {})


def respecified(spec: Mapping[str, Any]) -> dict[Address, Resource]:
    return {**RESOURCES, A: dataclasses.replace(RESOURCES[A], spec=spec)}


def test_destructive_changes_come_first_and_the_others_in_the_order_of_work() -> None:
    emptied = Change(file_address("e"), Action.UPDATE, (dataclasses.replace(MODE, effect=Effect.DESTRUCTIVE),))
    first, second = CREATE, dataclasses.replace(CREATE, address=file_address("0"))

    plan = planned([first, second, emptied, UPDATE, DELETE])

    assert plan.changes == (emptied, DELETE, UPDATE, first, second)


@given(st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_of_resources(shuffle: random.Random) -> None:
    changes = shuffle.sample(CHANGES, len(CHANGES))
    resources = dict(shuffle.sample(list(RESOURCES.items()), len(RESOURCES)))

    assert planned(changes, resources).digest == planned().digest


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert planned(resources=respecified({"mode": "0644", "content": "x"})).digest == planned().digest


def test_a_digest_does_not_depend_on_the_order_of_fields() -> None:
    one, other = CREATE.with_fields([CONTENT, MODE]), CREATE.with_fields([MODE, CONTENT])

    assert planned([one]).digest == planned([other]).digest


@pytest.mark.parametrize(
    "change",
    [
        CREATE.with_fields([]),
        CREATE.with_fields([dataclasses.replace(CONTENT, after="y")]),
        CREATE.with_fields([dataclasses.replace(CONTENT, before="y")]),
        CREATE.with_fields([dataclasses.replace(CONTENT, path=("contents",))]),
        CREATE.with_fields([CONTENT, MODE]),
        dataclasses.replace(CREATE, action=Action.UPDATE),
        dataclasses.replace(CREATE, address=file_address("e")),
        dataclasses.replace(CREATE, id="/a"),
    ],
)
def test_a_digest_changes_with_anything_observed(change: Change) -> None:
    assert planned([change, *CHANGES[1:]]).digest != planned().digest


@pytest.mark.parametrize("spec", [{}, SPEC | {"content": "y"}, SPEC | {"needs": ["b"]}])
def test_a_digest_changes_with_anything_declared(spec: Mapping[str, Any]) -> None:
    assert planned(resources=respecified(spec)).digest != planned().digest


def test_a_digest_changes_when_a_change_is_left_out() -> None:
    assert planned(CHANGES[:-1]).digest != planned().digest


def test_the_json_has_the_shape_that_tools_for_terraform_parse() -> None:
    told = plan_to_json(planned())

    assert told["format_version"] == "1.2"
    assert {one["address"]: one["change"] for one in told["resource_changes"]} == {
        "TextFile/d": {"actions": ["delete"], "before": {}, "after": None},
        "TextFile/b": {"actions": ["update"], "before": {"mode": "0600"}, "after": {"mode": "0644"}},
        "TextFile/a": {"actions": ["create"], "before": None, "after": {"content": "x"}},
        "TextFile/c": {"actions": ["no-op"], "before": {}, "after": {}},
    }
    first = told["resource_changes"][0]
    assert (first["mode"], first["type"], first["name"]) == ("managed", "TextFile", "d")
    assert json.loads(json.dumps(told)) == told


def test_what_is_forgotten_is_told_as_terraform_tells_it() -> None:
    (told,) = plan_to_json(planned([dataclasses.replace(UPDATE, action=Action.FORGET)]))["resource_changes"]

    assert told["change"]["actions"] == ["forget"]


@pytest.mark.parametrize(
    ("changes", "errors", "complete", "errored", "applyable"),
    [
        (CHANGES, {}, True, False, True),
        ([SAME], {}, True, False, False),
        (CHANGES, {D: "unreachable"}, False, True, False),
    ],
)
def test_a_plan_says_whether_it_is_complete_and_can_be_applied(
    changes: list[Change], errors: Mapping[Address, str], complete: bool, errored: bool, applyable: bool
) -> None:
    told = plan_to_json(planned(changes, errors=errors))

    assert (told["complete"], told["errored"], told["applyable"]) == (complete, errored, applyable)
    assert told["errors"] == {str(address): message for address, message in errors.items()}


def test_drift_is_classified_apart_from_what_was_declared() -> None:
    drifted = UPDATE.with_fields([MODE, dataclasses.replace(CONTENT, before="y", drift=True)])

    told = plan_to_json(planned([CREATE, drifted]))

    assert told["drift"] == ["TextFile/b content"]
    (drift,) = told["resource_drift"]
    assert drift["change"] == {"actions": ["update"], "before": {"content": "y"}, "after": {"content": "x"}}


def test_everything_is_counted() -> None:
    assert plan_to_json(planned())["summary"] == {
        "create": 1,
        "change": 1,
        "delete": 1,
        "forget": 0,
        "blocked": 0,
        "unchanged": 1,
        "drift": 0,
    }


def test_what_does_not_exist_yet_is_known_after_apply() -> None:
    waiting = dataclasses.replace(CONTENT, after="see ${TextFile/b.id}", waits_for=frozenset({B}))

    (told,) = plan_to_json(planned([CREATE.with_fields([waiting])]))["resource_changes"]

    assert told["change"]["after"] == {"content": "see (known after apply)"}
    assert told["fields"][0]["known_after_apply"] == ["TextFile/b"]


def test_fields_are_nested_as_their_paths_say() -> None:
    fields = [
        FieldChange(("title",), "A", "B", Effect.REVERSIBLE),
        FieldChange(("props", "Status", "Done"), None, "green", Effect.ADDITIVE),
        FieldChange(("props", "Status", "Todo"), "red", None, Effect.DESTRUCTIVE),
    ]

    assert nested(fields, "before") == {"title": "A", "props": {"Status": {"Todo": "red"}}}
    assert nested(fields, "after") == {"title": "B", "props": {"Status": {"Done": "green"}}}


FIELDS = st.builds(
    FieldChange,
    path=st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple),
    before=st.none() | st.text() | st.integers(),
    after=st.none() | st.text() | st.lists(st.text()),
    effect=st.sampled_from(Effect),
    reason=st.text(),
    waits_for=st.frozensets(st.sampled_from([A, B])),
    stage=st.sampled_from(Stage),
    drift=st.booleans(),
    acknowledged=st.none() | st.builds(Acknowledged, st.text(), st.text(), st.text(), st.booleans()),
)


@given(st.lists(st.tuples(st.sampled_from(Action), st.lists(FIELDS, max_size=3).map(tuple)), max_size=4))
def test_a_plan_is_read_back_as_it_was_written(changes: list[tuple[Action, tuple[FieldChange, ...]]]) -> None:
    named = [Change(file_address(f"f{n}"), action, fields) for n, (action, fields) in enumerate(changes)]
    plan = make_plan("stack", "sandbox", "folder", "place", named, {}, {A: "unreachable"}, ["careful"])

    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan
