"""Killed at any request, before it is sent or after its answer: the next apply converges, nothing is there twice."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_applied, assert_settled, connected, database

from factory_iac.sandbox.process import Sandbox

JOBS = database(
    "jobs",
    {
        "Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"},
        "Next": {"type": "relation", "database": "jobs", "synced_property": "Before"},
        "Clients": {"type": "rollup", "relation": "Client", "property": "Name", "function": "count"},
    },
    rows={"items": [{"Name": "Roof", "Client": "Ada", "Next": "Door"}, {"Name": "Door", "Client": ["Ada", "Grace"]}]},
    views=[
        {"name": "By client", "type": "board", "group_by": "Client"},
        {"name": "All", "type": "table", "sorts": [{"property": "Clients", "direction": "ascending"}]},
    ],
)
CLIENTS = database(
    "clients",
    {
        "Best": {"type": "relation", "database": "jobs"},
        "Count": {"type": "rollup", "relation": "Jobs", "property": "Name", "function": "count"},
    },
    rows={"items": [{"Name": "Ada", "Best": "Door"}, {"Name": "Grace"}]},
    views=[{"name": "By job", "type": "board", "group_by": "Jobs", "properties": ["Name", "Count"]}],
)
BEFORE, AFTER = "before", "after"


def apply_and_die(sandbox: Sandbox, folder: str, kill_at: int, moment: str, how: dict[str, Any]) -> None:
    """In a child process: apply, and be killed around the request *kill_at*."""
    number, lock = itertools.count(1), threading.Lock()
    send = httpx.HTTPTransport.handle_request

    def counted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        with lock:
            now = "/v1/" in request.url.path and next(number) == kill_at
        if now and moment == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = send(self, request)
        if now:
            answer.read()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    httpx.HTTPTransport.handle_request = counted  # type: ignore[method-assign]
    with httpx.Client(base_url=sandbox.base_url) as http:
        Stack(NotionApi(sandbox, http), Path(folder)).apply(**how)


def killed(sandbox: Sandbox, folder: Path, kill_at: int, moment: str, **how: Any) -> bool:
    """Whether the child was killed before it was through."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workspace_runs"])
    child = context.Process(target=apply_and_die, args=(sandbox, str(folder), kill_at, moment, how))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("stripe", [0, 1])
def test_killed_at_any_request_the_next_apply_converges(
    notion_process: Sandbox, tmp_path: Path, moment: str, stripe: int
) -> None:
    for kill_at in itertools.count(1 + stripe, 2):
        stack = Stack(connected(notion_process), tmp_path / f"{kill_at}")
        stack.declare(JOBS, CLIENTS)
        if not killed(notion_process, stack.folder, kill_at, moment):
            assert kill_at > 10
            break
        assert_applied(stack.apply())
        assert stack.titles() == ["Clients", "Jobs"], kill_at
        assert stack.row_names("Jobs") == ["Door", "Roof"], kill_at
        assert stack.row_names("Clients") == ["Ada", "Grace"], kill_at
        assert sorted(stack.schema("Clients")) == ["Best", "Count", "Jobs", "Name"], kill_at
        assert sorted(stack.schema("Jobs")) == ["Before", "Client", "Clients", "Name", "Next"], kill_at
        assert len(stack.value("Jobs", "Door", "Before")) == 1
        assert stack.view_names("Jobs") == ["By client", "All"], kill_at
        assert stack.view_names("Clients") == ["By job"], kill_at
        assert_settled(stack)


@pytest.mark.parametrize("kill_at", [3, 8, 12])
def test_killed_and_without_its_cache_the_next_apply_converges(
    notion_process: Sandbox, tmp_path: Path, kill_at: int
) -> None:
    stack = Stack(connected(notion_process), tmp_path)
    stack.declare(JOBS, CLIENTS)
    assert killed(notion_process, stack.folder, kill_at, AFTER)
    (stack.state / "identity.json").unlink(missing_ok=True)
    assert_applied(stack.apply())
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.row_names("Jobs") == ["Door", "Roof"]
    assert_settled(stack)


def test_killed_twice_the_third_apply_converges(notion_process: Sandbox, tmp_path: Path) -> None:
    stack = Stack(connected(notion_process), tmp_path)
    stack.declare(JOBS, CLIENTS)
    assert killed(notion_process, stack.folder, 6, AFTER)
    assert killed(notion_process, stack.folder, 5, AFTER)
    assert_applied(stack.apply())
    assert stack.titles() == ["Clients", "Jobs"]
    assert_settled(stack)


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_killed_while_views_are_replaced_the_next_apply_leaves_no_twin(
    notion_process: Sandbox, tmp_path: Path, moment: str
) -> None:
    before = [{"name": "All", "type": "table"}, {"name": "Names", "type": "list"}, {"name": "Cards", "type": "gallery"}]
    after = [{"name": "All", "type": "list"}, {"name": "Titles", "type": "list", "renamed_from": "Names"}]
    for kill_at in itertools.count(1):
        stack = Stack(connected(notion_process), tmp_path / f"{kill_at}")
        stack.declare(database("jobs", views=before))
        assert_applied(stack.apply())
        stack.declare(database("jobs", views=after, prune=True))
        if not killed(notion_process, stack.folder, kill_at, moment, allow_destructive=True):
            assert kill_at > 8
            break
        stack.plan()
        assert_applied(stack.apply(allow_destructive=True))
        assert [(one["name"], one["type"]) for one in stack.views("Jobs")] == [("All", "list"), ("Titles", "list")], (
            kill_at
        )
        assert_settled(stack)


def apply_only(sandbox: Sandbox, folder: str) -> None:
    """In a child process: apply."""
    with httpx.Client(base_url=sandbox.base_url) as http:
        assert_applied(Stack(NotionApi(sandbox, http), Path(folder)).apply())


def test_two_applies_at_once_make_nothing_twice(notion_process: Sandbox, tmp_path: Path) -> None:
    stack = Stack(connected(notion_process), tmp_path)
    stack.declare(JOBS, CLIENTS)
    context = multiprocessing.get_context("forkserver")
    both = [context.Process(target=apply_only, args=(notion_process, str(tmp_path))) for _ in range(2)]
    for child in both:
        child.start()
    for child in both:
        child.join()
    assert [child.exitcode for child in both] == [0, 0]
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.row_names("Jobs") == ["Door", "Roof"]
    assert_settled(stack)
