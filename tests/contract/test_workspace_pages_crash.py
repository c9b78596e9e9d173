"""Pages, what lies on them, and further data sources: killed or refused at any request, the next apply converges."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from notion_sandbox_api import NotionApi
from test_workspace_crash import AFTER, BEFORE, killed
from test_workspace_data_sources import data_source
from test_workspace_pages import MARK, children, page, page_id, texts
from test_workspace_trouble import FAULTS, fail, outcome
from workspace_runs import Stack, assert_applied, assert_settled, connected, database

from factory_iac.sandbox.process import Sandbox

HOME = "${NotionPage/handbook.id}"
MANIFESTS = (
    page(body="one\n\n- a\n  - b\n    - c\n      - d\n\nSee ${NotionDatabase/crm.id}"),
    page("team", parent=HOME, body="two"),
    database("crm", parent=HOME),
    data_source("deals", "crm", {"Company": {"type": "relation", "database": "crm"}}),
)
"""The list nests so deep that it takes several requests."""
LATER = (
    page(body="zero\n\none\n\n- a\n  - b\n    - x\n\nSee ${NotionDatabase/crm.id}"),
    page("team", body="two and more"),
    *MANIFESTS[2:],
)


def assert_all_there(stack: Stack, told: object) -> None:
    handbook = page_id(stack)
    names = [one["child_database"]["title"] for one in children(stack, handbook) if one["type"] == "child_database"]
    assert names == ["Crm"], told
    crm = next(one["id"] for one in children(stack, handbook) if one["type"] == "child_database")
    sources = stack.api.ok("GET", f"/v1/databases/{crm}")["data_sources"]
    assert sorted(one["name"] for one in sources) == ["Crm", "Deals"], told
    assert [text for text in texts(stack) if text.startswith("Managed")] == [MARK], told


@pytest.mark.parametrize(("moment", "warm"), [(BEFORE, True), (AFTER, True), (AFTER, False)])
def test_killed_at_any_request_the_next_apply_converges(
    notion_process: Sandbox, tmp_path: Path, moment: str, warm: bool
) -> None:
    for kill_at in itertools.count(1):
        stack = Stack(connected(notion_process), tmp_path / f"{kill_at}")
        stack.declare(*MANIFESTS)
        if not killed(notion_process, stack.folder, kill_at, moment):
            assert kill_at > 10
            break
        if not warm:
            (stack.state / "identity.json").unlink(missing_ok=True)
        assert_applied(stack.apply())
        assert_all_there(stack, kill_at)
        assert page_id(stack, "Team", page_id(stack))
        assert_settled(stack)


def test_killed_while_it_changes_the_next_apply_converges(notion_process: Sandbox, tmp_path: Path) -> None:
    for kill_at in itertools.count(1):
        stack = Stack(connected(notion_process), tmp_path / f"{kill_at}")
        stack.declare(*MANIFESTS)
        assert_applied(stack.apply())
        stack.declare(*LATER)
        if not killed(notion_process, stack.folder, kill_at, AFTER):
            assert kill_at > 5
            break
        assert_applied(stack.apply())
        assert_all_there(stack, kill_at)
        assert texts(stack)[:3] == ["zero", "one", "a"]
        assert_settled(stack)


ENDPOINTS = [
    *("POST pages", "POST databases", "POST data_sources", "PATCH blocks/{id}/children"),
    *("GET blocks/{id}/children", "GET data_sources/{id}"),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("fault", ["429", "500", "503 after", "504 after", "reset after", "truncated"])
def test_one_fault_makes_nothing_twice(notion_sandbox: NotionApi, tmp_path: Path, fault: str, endpoint: str) -> None:
    stack = Stack(notion_sandbox, tmp_path)
    stack.declare(*MANIFESTS)
    fail(stack, endpoint, **FAULTS[fault])
    said = outcome(stack)
    assert stack.requests.count(endpoint) > 0, "the fault had nothing to strike"
    if said:
        assert outcome(stack) == []
    assert_all_there(stack, said)
    assert texts(stack)[:2] == ["one", "a"]
    assert_settled(stack)


@pytest.mark.parametrize("endpoint", ["PATCH pages/{id}", "PATCH blocks/{id}", "POST pages/{id}/move"])
@pytest.mark.parametrize("fault", ["500", "503 after", "reset after", "truncated"])
def test_one_fault_while_it_changes_leaves_nothing_behind(
    notion_sandbox: NotionApi, tmp_path: Path, fault: str, endpoint: str
) -> None:
    stack = Stack(notion_sandbox, tmp_path)
    stack.declare(page(body="one\n\ntwo"), page("team"))
    assert_applied(stack.apply())
    stack.declare(page(body="one\n\ntwo and a half", icon="📘"), page("team", parent=HOME))
    fail(stack, endpoint, **FAULTS[fault])
    if outcome(stack):
        assert outcome(stack) == []
    assert [text for text in texts(stack) if text != "Team"][:2] == ["one", "two and a half"]
    assert page_id(stack, "Team", page_id(stack))
    assert_settled(stack)
