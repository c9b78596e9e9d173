"""What is refused in part is told in part: the rest is done, counted and known."""

from __future__ import annotations

from pathlib import Path

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_settled, database, errors_of, option_names, options

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.notion.plugins.module_utils.connection import connection_from

ROWS = {"items": [{"Name": "One"}, {"Name": "Two"}, {"Name": "Three"}]}


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def refuse(stack: Stack, method: str, endpoint: str, nth: int) -> None:
    """The local API refuses the *nth* such request, once."""
    fault = {"method": method, "endpoint": endpoint, "nth": nth, "times": 1, "fault": "status", "status": 400}
    body = {"faults": [{**fault, "code": "validation_error"}]}
    stack.api.http.post("/_sandbox/faults", json=body).raise_for_status()


def writes_of(report: Report) -> list[int | None]:
    return [outcome.writes for outcome in report.outcomes]


def test_a_refused_row_stops_no_other_and_is_named(stack: Stack) -> None:
    stack.declare(database("things", rows=ROWS))
    refuse(stack, "POST", "/v1/pages", nth=2)

    report = stack.apply()

    assert stack.row_names("Things") == ["One", "Three"]
    assert "row 'Two'" in errors_of(report)[0]
    assert all(outcome.changed for outcome in report.outcomes)
    stack.apply()
    assert stack.row_names("Things") == ["One", "Three", "Two"]
    assert_settled(stack)


def test_a_container_that_was_changed_counts_although_the_schema_was_refused(stack: Stack) -> None:
    stack.declare(database("things", description="before"))
    stack.apply()
    stack.declare(database("things", {"Name": {"type": "title"}, "Hours": {"type": "number"}}, description="after"))
    refuse(stack, "PATCH", "/v1/data_sources/{id}", nth=1)

    report = stack.apply()

    assert (writes_of(report), len(errors_of(report))) == ([1], 1)
    stack.apply()
    assert_settled(stack)


def test_a_select_that_becomes_a_multi_select_keeps_options_that_only_notion_has(stack: Stack) -> None:
    stack.declare(database("things", {"Name": {"type": "title"}, "Kind": {"type": "select", "options": options("a")}}))
    stack.apply()
    everything = {"select": {"options": [*stack.schema("Things")["Kind"]["select"]["options"], {"name": "by hand"}]}}
    url = f"/v1/data_sources/{stack.source_id('Things')}"
    stack.api.http.patch(url, json={"properties": {"Kind": everything}}).raise_for_status()
    changed = {"type": "multi_select", "options": options("a")}
    stack.declare(database("things", {"Name": {"type": "title"}, "Kind": changed}))

    stack.apply(allow_destructive=True)

    assert sorted(option_names(stack.schema("Things"), "Kind")) == ["a", "by hand"]
    assert_settled(stack)


def test_a_stack_whose_folder_was_renamed_does_not_get_everything_twice(stack: Stack) -> None:
    stack.declare(database("things"))
    stack.apply()
    stack.name = "renamed"
    stack.declare(database("things"))

    (error,) = stack.plan().plan.errors.values()
    assert "shop NotionDatabase/things" in error
    assert stack.titles() == ["Things"]


def test_a_vanished_database_is_drift_without_any_cache(stack: Stack) -> None:
    stack.declare(database("things"), database("others"))
    stack.apply()
    stack.api.http.patch(f"/v1/databases/{stack.id_of('Things')}", json={"in_trash": True}).raise_for_status()
    stack.forget()

    drifted = stack.plan().plan.drifted

    assert [str(change.address) for change in drifted] == ["NotionDatabase/things"]


@pytest.mark.parametrize("name", ["requests_per_minute", "in_flight", "deadline"])
def test_a_budget_of_nothing_is_refused(name: str) -> None:
    arguments = {"requests_per_minute": 1, "in_flight": 1, "deadline": 1, name: 0}
    rest = {"token": "ntn_x_0123456789", "base_url": "https://api.notion.com", "environment": "staging"}
    with pytest.raises(FactoryError, match=name):
        connection_from({**rest, **arguments})
