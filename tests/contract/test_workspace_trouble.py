"""Whatever Notion answers, an apply ends converged or fails clearly, and the next one goes on; nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_applied, assert_settled, database, errors_of, options

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.report import Report

SECRET = "ntn_1234567890abcdefSECRET"

JOBS = database(
    "jobs",
    {
        "State": {"type": "select", "options": options("Open", "Done")},
        "Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"},
        "Next": {"type": "relation", "database": "jobs"},
        "Clients": {"type": "rollup", "relation": "Client", "property": "Name", "function": "count"},
    },
    locked=True,
    rows={
        "items": [
            {"Name": "Roof", "State": "Open", "Client": "Ada", "Next": "Door"},
            {"Name": "Door", "Client": ["Ada", "Grace"], "Next": "Roof"},
        ]
    },
    views=[{"name": "All", "type": "table"}, {"name": "Board", "type": "board", "group_by": "State"}],
)
CLIENTS = database(
    "clients",
    {"Count": {"type": "rollup", "relation": "Jobs", "property": "Name", "function": "count"}},
    description="Who pays.",
    rows={"items": [{"Name": "Ada"}, {"Name": "Grace"}]},
)

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"fault": "status", "status": 429, "retry_after": 0},
    "429 for a second": {"fault": "status", "status": 429, "retry_after": 1},
    "529": {"fault": "status", "status": 529, "retry_after": 0},
    "409": {"fault": "status", "status": 409},
    "500": {"fault": "status", "status": 500},
    "503 before": {"fault": "status", "status": 503},
    "503 after": {"fault": "status_after_write", "status": 503},
    "504": {"fault": "status", "status": 504},
    "504 after": {"fault": "status_after_write", "status": 504},
    "HTML 502": {"fault": "html", "status": 502},
    "reset before": {"fault": "reset"},
    "reset after": {"fault": "reset_after_write"},
    "truncated": {"fault": "truncate"},
}
WRITES = [
    "POST databases",
    "PATCH data_sources/{id}",
    "PATCH databases/{id}",
    "POST pages",
    "PATCH pages/{id}",
    "POST views",
    "PATCH views/{id}",
]
READS = [
    "GET data_sources/{id}",
    "GET blocks/{id}/children",
    "GET views",
    "GET views/{id}",
]


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def fail(stack: Stack, endpoint: str, **fault: Any) -> None:
    method, path = endpoint.split(" ")
    stack.api.fail(fault.pop("fault"), method=method, endpoint=f"/v1/{path}", **fault)


def outcome(stack: Stack, **how: Any) -> list[str]:
    """What an apply said went wrong, however it said it."""
    try:
        report: Report = stack.apply(**how)
    except FactoryError as error:
        return [str(error)]
    return errors_of(report)


def assert_everything_once(stack: Stack) -> None:
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.row_names("Jobs") == ["Door", "Roof"]
    assert stack.row_names("Clients") == ["Ada", "Grace"]
    assert stack.container("Jobs")["is_locked"] is True
    assert sorted(stack.schema("Clients")) == ["Count", "Jobs", "Name"]
    assert sorted(stack.schema("Jobs")) == ["Client", "Clients", "Name", "Next", "State"]
    links = {name: [len(stack.value("Jobs", name, one)) for one in ("Client", "Next")] for name in ("Door", "Roof")}
    assert stack.view_names("Jobs") == ["All", "Board"]
    assert links == {"Door": [2, 1], "Roof": [1, 1]}


@pytest.mark.parametrize("endpoint", [*WRITES, *READS])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_while_everything_is_created(stack: Stack, fault: str, endpoint: str) -> None:
    stack.declare(JOBS, CLIENTS)
    fail(stack, endpoint, **FAULTS[fault])
    said = outcome(stack)
    assert stack.requests.count(endpoint) > 0, "the fault had nothing to strike"
    if said:
        assert all(len(one) > 20 for one in said)
        assert outcome(stack) == []
    assert_everything_once(stack)
    assert_settled(stack)


@pytest.mark.parametrize("endpoint", WRITES)
@pytest.mark.parametrize("fault", ["503 after", "reset after", "truncated", "reset before", "HTML 502"])
def test_a_passing_fault_of_a_write_needs_no_second_apply(stack: Stack, fault: str, endpoint: str) -> None:
    stack.declare(JOBS, CLIENTS)
    fail(stack, endpoint, **FAULTS[fault])
    assert outcome(stack) == []
    assert_everything_once(stack)


def edited() -> list[dict[str, Any]]:
    """Every kind of write once, on what exists."""
    jobs = {**JOBS["spec"], "icon": "🔨", "properties": {**JOBS["spec"]["properties"], "Where": {"type": "url"}}}
    jobs["rows"] = {
        "items": [{"Name": "Roof", "State": "Done", "Next": "Door"}, {"Name": "Door"}, {"Name": "Gate"}],
    }
    return [{**JOBS, "spec": jobs}, CLIENTS]


@pytest.mark.parametrize(
    "endpoint",
    [
        "PATCH data_sources/{id}",
        "PATCH databases/{id}",
        "POST data_sources/{id}/query",
        "POST pages",
        "PATCH pages/{id}",
    ],
)
@pytest.mark.parametrize("fault", ["503 before", "503 after", "reset after", "truncated"])
def test_one_fault_while_everything_is_changed(stack: Stack, fault: str, endpoint: str) -> None:
    stack.declare(JOBS, CLIENTS)
    assert_applied(stack.apply())
    stack.declare(*edited())
    fail(stack, endpoint, **FAULTS[fault])
    if outcome(stack):
        assert outcome(stack) == []
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.row_names("Jobs") == ["Door", "Gate", "Roof"]
    assert stack.container("Jobs")["icon"]["emoji"] == "🔨"
    assert_settled(stack)


@pytest.mark.parametrize("fault", ["503 before", "503 after", "reset after"])
def test_one_fault_while_pruning(stack: Stack, fault: str) -> None:
    stack.declare(JOBS, CLIENTS, database("old"))
    assert_applied(stack.apply())
    stack.declare(JOBS, CLIENTS)
    fail(stack, "PATCH databases/{id}", **FAULTS[fault])
    if outcome(stack, prune=True, allow_destructive=True):
        assert outcome(stack, prune=True, allow_destructive=True) == []
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.plan().plan.warnings == ()


@pytest.mark.parametrize("fault", ["503 before", "503 after", "reset after"])
def test_one_fault_while_restoring(stack: Stack, fault: str) -> None:
    stack.declare(CLIENTS_ALONE)
    assert_applied(stack.apply())
    live = stack.id_of("Clients")
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": True})
    fail(stack, "PATCH databases/{id}", **FAULTS[fault])
    if outcome(stack):
        assert outcome(stack) == []
    assert stack.id_of("Clients") == live
    assert_settled(stack)


CLIENTS_ALONE = database("clients", rows={"items": [{"Name": "Ada"}]})


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("fault", ["503 after", "reset after"])
def test_a_row_whose_answer_is_lost_is_not_made_twice(stack: Stack, fault: str, nth: int) -> None:
    stack.declare(JOBS, CLIENTS)
    fail(stack, "POST pages", **FAULTS[fault], nth=nth)
    if outcome(stack):
        assert outcome(stack) == []
    assert_everything_once(stack)


LASTING = {"500": {"fault": "status", "status": 500}, "503": {"fault": "status", "status": 503}}


@pytest.mark.parametrize(
    "endpoint", ["POST databases", "PATCH databases/{id}", "POST pages", "PATCH data_sources/{id}"]
)
@pytest.mark.parametrize("fault", LASTING)
def test_lasting_trouble_names_the_address_and_the_request(stack: Stack, fault: str, endpoint: str) -> None:
    stack.declare(JOBS, CLIENTS)
    fail(stack, endpoint, **LASTING[fault], times=10_000)
    report = stack.apply(deadline=2)
    failed = [one for one in report.outcomes if one.error]
    assert any("(request " in one.error for one in failed), errors_of(report)
    assert all(str(one.change.address).startswith("NotionDatabase/") for one in failed)
    stack.api.http.delete("/_sandbox/faults")
    assert outcome(stack) == []
    assert_everything_once(stack)


def test_lasting_trouble_while_reading_changes_nothing(stack: Stack) -> None:
    stack.declare(JOBS, CLIENTS)
    assert_applied(stack.apply())
    fail(stack, "GET data_sources/{id}", fault="status", status=500, times=10_000)
    report = stack.plan(deadline=1)
    assert set(map(str, report.plan.errors)) == {"NotionDatabase/clients", "NotionDatabase/jobs"}
    assert all("(request " in one for one in errors_of(report))
    with pytest.raises(FactoryError, match="nothing was changed") as refused:
        stack.apply(deadline=1)
    assert "NotionDatabase/jobs" in str(refused.value)
    assert stack.requests.writes == 0


def test_a_refused_write_names_the_request_and_leaves_the_rest_alone(stack: Stack) -> None:
    stack.declare(CLIENTS_ALONE, database("bad", {"No": {"type": "unique_id", "prefix": "AB"}}))
    stack.api.database("Other", Id={"unique_id": {"prefix": "AB"}})
    report = stack.apply()
    assert [str(one.change.address) for one in report.outcomes if one.error] == ["NotionDatabase/bad"]
    assert "(request " in errors_of(report)[0]
    assert "Clients" in stack.titles()


@pytest.mark.parametrize("cache", ["empty", "warm"])
@pytest.mark.parametrize("check", [True, False])
def test_a_wrong_token_is_told_in_one_line(stack: Stack, cache: str, check: bool) -> None:
    stack.declare(JOBS, CLIENTS)
    if cache == "warm":
        assert_applied(stack.apply())
    try:
        said = errors_of(stack.run(check, token=SECRET))
    except FactoryError as error:
        said = [str(error)]
    lines = [line for one in said for line in one.splitlines() if "NOTION_TOKEN" in line]
    assert len(lines) == 1, said
    assert "sandbox" in lines[0]
    assert SECRET not in "".join(said)
    assert stack.requests.writes == 0


UNKNOWN_PAGES = ["00000000-0000-4000-8000-000000000000", "not-a-page"]


@pytest.mark.parametrize("page", UNKNOWN_PAGES)
def test_a_parent_page_that_is_not_shared_is_told_in_one_line(stack: Stack, page: str) -> None:
    stack.declare(CLIENTS_ALONE)
    with pytest.raises(FactoryError) as refused:
        stack.apply(parent=page)
    (line,) = str(refused.value).splitlines()
    assert page in line
    assert "NOTION_PARENT_PAGE" in line
    assert stack.requests.writes == 0


TOKENS = [SECRET, f"{SECRET}\n", "plain-secret-without-prefix", "plain-secret-with-newline\n", "geheim-ünicode-token"]


@pytest.mark.parametrize("token", TOKENS, ids=lambda one: repr(one))
def test_a_token_is_nowhere_to_be_read(stack: Stack, token: str) -> None:
    stack.declare(CLIENTS_ALONE)
    assert_applied(stack.apply())
    said = []
    for lost in (False, True):
        if lost:
            stack.forget()
        for check in (True, False):
            try:
                report = stack.run(check, token=token, deadline=1)
                said += errors_of(report)
            except FactoryError as error:
                said.append(repr(error) + str(error))
    assert said
    texts = {"the messages": "".join(said)}
    texts |= {file.name: file.read_text() for file in stack.state.rglob("*") if file.is_file()}
    assert [name for name, content in texts.items() if token.strip() in content] == []


def test_a_token_that_works_is_nowhere_to_be_read(stack: Stack) -> None:
    stack.declare(JOBS, CLIENTS)
    fail(stack, "POST pages", **FAULTS["503 before"])
    assert_applied(stack.apply())
    token = stack.api.sandbox.token
    assert [file for file in stack.state.rglob("*") if file.is_file() and token in file.read_text()] == []
