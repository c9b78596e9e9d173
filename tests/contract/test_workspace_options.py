"""Options: a set in declared order, and renamed although the API does not do that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    database,
    drift_of,
    errors_of,
    fields_of,
    option_names,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests

Json = dict[str, Any]
KINDS = ("select", "multi_select", "status")
QUERY = "POST data_sources/{id}/query"
RENAMED = [{"name": "Won", "renamed_from": "Done"}, {"name": "Todo"}]


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def tasks(kind: str, *wanted: Json, **spec: Any) -> Json:
    return database("tasks", {"State": {"type": kind, "options": list(wanted)}}, **spec)


def filled(stack: Stack, kind: str, count: int = 3) -> None:
    """A database with the options Todo and Done, and *count* rows that people have set to Done."""
    stack.declare(tasks(kind, *options("Todo", "Done")))
    assert_applied(stack.apply())
    source = stack.source_id("Tasks")
    for index in range(count):
        names: Any = [{"name": "Todo"}, {"name": "Done"}] if kind == "multi_select" else {"name": "Done"}
        stack.api.row(source, f"Row {index}", State={kind: names})


def states(stack: Stack) -> list[Any]:
    found = [page["properties"]["State"] for page in stack.pages("Tasks")]
    values = [one[one["type"]] for one in found]
    return [sorted(one["name"] for one in value) if isinstance(value, list) else value["name"] for value in values]


def moved(kind: str, count: int) -> list[Any]:
    return [["Todo", "Won"] if kind == "multi_select" else "Won"] * count


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_option_takes_its_rows_along(stack: Stack, kind: str) -> None:
    filled(stack, kind)
    before = {one["name"]: one for one in stack.schema("Tasks")["State"][kind]["options"]}
    stack.declare(tasks(kind, *RENAMED))
    planned = stack.plan()
    (field,) = [one for change in planned.plan.changes for one in change.fields]
    assert field.name == "properties.State.options.Won.renamed_from"
    assert (field.before, field.after, field.effect) == ("Done", "Won", Effect.DISRUPTIVE)
    assert field.reason.startswith("3 rows are moved from 'Done', which is then removed")
    assert drift_of(planned) == []
    assert_applied(stack.apply())
    assert option_names(stack.schema("Tasks"), "State") == ["Won", "Todo"]
    assert stack.schema("Tasks")["State"][kind]["options"][0]["color"] == before["Done"]["color"]
    assert states(stack) == moved(kind, 3)
    assert_settled(stack)
    assert stack.requests.count(QUERY) == 0


def test_renaming_takes_a_write_a_row_and_two_for_the_list(stack: Stack) -> None:
    filled(stack, "select", 5)
    stack.declare(tasks("select", *RENAMED))
    assert_applied(stack.apply())
    assert stack.requests.count("PATCH pages/{id}") == 5
    assert stack.requests.count("PATCH data_sources/{id}") == 2
    assert stack.requests.count(QUERY) == 3


def test_more_rows_than_one_answer_holds_are_all_moved(stack: Stack) -> None:
    filled(stack, "select", 130)
    stack.declare(tasks("select", *RENAMED))
    (field,) = [one for change in stack.plan().plan.changes for one in change.fields]
    assert field.reason.startswith("130 rows are moved")
    assert_applied(stack.apply())
    assert states(stack) == moved("select", 130)
    assert option_names(stack.schema("Tasks"), "State") == ["Won", "Todo"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("fault", ["status", "reset_after_write"])
def test_a_rename_that_was_cut_short_anywhere_is_finished_by_the_next_apply(
    stack: Stack, kind: str, nth: int, fault: str
) -> None:
    filled(stack, kind)
    stack.declare(tasks(kind, *RENAMED))
    stack.api.fail(
        fault, **({"status": 403, "code": "restricted_resource"} if fault == "status" else {}), method="PATCH", nth=nth
    )
    first = stack.apply()
    assert bool(errors_of(first)) is (fault == "status")
    assert len(states(stack)) == 3
    assert_applied(stack.apply())
    assert states(stack) == moved(kind, 3)
    assert option_names(stack.schema("Tasks"), "State") == ["Won", "Todo"]
    assert_settled(stack)


def test_declared_rows_are_moved_with_the_others_and_not_shown_twice(stack: Stack) -> None:
    rows = [{"Name": "A", "State": "Done"}, {"Name": "B", "State": "Todo"}]
    stack.declare(tasks("select", *options("Todo", "Done"), rows={"items": rows}))
    assert_applied(stack.apply())
    stack.declare(tasks("select", *RENAMED, rows={"items": [{"Name": "A", "State": "Won"}, rows[1]]}))
    assert fields_of(stack.plan()) == ["tasks properties.State.options.Won.renamed_from"]
    assert_applied(stack.apply())
    assert stack.requests.count("PATCH pages/{id}") == 1
    assert_settled(stack)


def test_pruning_keeps_the_old_option_until_its_rows_are_moved(stack: Stack) -> None:
    filled(stack, "select")
    stack.declare(tasks("select", *RENAMED, prune=True))
    assert fields_of(stack.plan()) == ["tasks properties.State.options.Won.renamed_from"]
    assert_applied(stack.apply())
    assert states(stack) == moved("select", 3)
    assert_settled(stack)


def test_a_rename_whose_old_option_is_gone_is_nothing_to_do(stack: Stack) -> None:
    stack.declare(tasks("select", *RENAMED))
    assert_applied(stack.apply())
    assert option_names(stack.schema("Tasks"), "State") == ["Won", "Todo"]
    assert_settled(stack)
    assert stack.requests.count(QUERY) == 0


WRONG = {
    "the old name is declared": [{"name": "Won", "renamed_from": "Done"}, {"name": "done"}],
    "two have one old name": [{"name": "Won", "renamed_from": "Done"}, {"name": "Lost", "renamed_from": "Done"}],
    "only the case differs": [{"name": "Done", "renamed_from": "done"}],
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rename_that_cannot_be_is_refused(stack: Stack, case: str) -> None:
    stack.declare(tasks("select", *WRONG[case]))
    with pytest.raises(InvalidManifests, match="renamed_from"):
        stack.plan()


def test_the_options_that_tell_rows_apart_keep_their_names(stack: Stack) -> None:
    stack.declare(tasks("select", *RENAMED, rows={"key": "State", "items": [{"State": "Won"}]}))
    with pytest.raises(InvalidManifests, match="tells rows apart"):
        stack.plan()


@pytest.mark.parametrize("kind", KINDS)
def test_new_options_take_their_declared_place_and_those_of_people_come_last(stack: Stack, kind: str) -> None:
    stack.declare(tasks(kind, *options("One", "Three")))
    assert_applied(stack.apply())
    live = [{"name": name} for name in ("By hand", "One", "Three")]
    stack.api.change(stack.source_id("Tasks"), State={kind: {"options": live}})
    assert_settled(stack)
    stack.declare(tasks(kind, *options("One", "Two", "Three")))
    assert_applied(stack.apply())
    assert option_names(stack.schema("Tasks"), "State") == ["One", "Two", "Three", "By hand"]
    assert_settled(stack)


def test_the_order_of_options_alone_is_no_difference(stack: Stack) -> None:
    stack.declare(tasks("select", *options("One", "Two")))
    assert_applied(stack.apply())
    stack.declare(tasks("select", *options("Two", "One")))
    assert_settled(stack)
