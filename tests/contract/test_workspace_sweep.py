"""The reference stack, killed at any request or struck by any fault at any request: the next apply converges.

A sample of all positions here; every one of them with FACTORY_SWEEP=all (``make sweep``).
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from notion_sandbox_api import NotionApi
from test_workspace_crash import AFTER, BEFORE
from test_workspace_trouble import FAULTS
from workspace_runs import Json, Stack, assert_applied, connected, errors_of, title_of

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from factory_iac.sandbox.process import Sandbox

REFERENCE = Path(__file__).resolve().parents[2] / "stacks" / "factory"
EVERYTHING = os.environ.get("FACTORY_SWEEP") == "all"
STRIDE = 1 if EVERYTHING else 53
STRIKING = list(FAULTS) if EVERYTHING else ["503 after", "reset after", "409"]


def reference(api: NotionApi, folder: Path) -> Stack:
    stack = Stack(api, folder, "factory")
    shutil.copytree(REFERENCE, stack.stack_folder)
    return stack


def picture(stack: Stack) -> Json:
    """Everything in the workspace without its ids."""
    sources = {title: stack.source(title) for title in stack.titles()}
    pages = {title: stack.pages(title) for title in sources}
    names = {page["id"]: title_of(page) for rows in pages.values() for page in rows}
    return {
        title: {
            "schema": {name: _kind(one) for name, one in source["properties"].items()},
            "rows": sorted((title_of(page), sorted(_values(page, names))) for page in pages[title]),
        }
        for title, source in sources.items()
    }


def _kind(stored: Json) -> Any:
    config = stored[stored["type"]]
    return stored["type"], sorted(one["name"] for one in config.get("options", []))


def _values(page: Json, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, stored in page["properties"].items():
        value = stored[stored["type"]]
        if stored["type"] == "relation":
            value = sorted(names[one["id"]] for one in value)
        elif isinstance(value, dict):
            value = {key: one for key, one in value.items() if key != "id"}
        elif isinstance(value, list):
            value = [one.get("plain_text", one.get("name")) if isinstance(one, dict) else one for one in value]
        if stored["type"] not in ("created_time", "last_edited_time", "unique_id", "rollup"):
            yield name, str(value)


@pytest.fixture(scope="module")
def wanted(notion_process: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Json, int]:
    """What an undisturbed apply makes, and of how many requests."""
    stack = reference(connected(notion_process), tmp_path_factory.mktemp("undisturbed"))
    assert_applied(stack.apply())
    return picture(stack), stack.requests.reads + stack.requests.writes


def positions(count: int, first: int) -> Iterable[int]:
    return range(1 + first % STRIDE, count + 1, STRIDE)


def assert_converged(stack: Stack, wanted: Json, where: str) -> None:
    assert picture(stack) == wanted, where
    assert stack.plan().plan.pending == (), where


def killed(sandbox: Sandbox, folder: Path, kill_at: int, moment: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workspace_runs"])
    child = context.Process(target=apply_reference_and_die, args=(sandbox, str(folder), kill_at, moment))
    child.start()
    child.join()


def apply_reference_and_die(sandbox: Sandbox, folder: str, kill_at: int, moment: str) -> None:
    """In a child process: apply, and be killed around the request *kill_at*."""
    number, lock, send = itertools.count(1), threading.Lock(), httpx.HTTPTransport.handle_request

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
        Stack(NotionApi(sandbox, http), Path(folder), "factory").apply()


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_killed_at_a_request_one_apply_converges(
    notion_process: Sandbox, tmp_path: Path, wanted: tuple[Json, int], moment: str
) -> None:
    for position in positions(wanted[1], 3 if moment == BEFORE else 17):
        stack = reference(connected(notion_process), tmp_path / f"{position}")
        killed(notion_process, stack.folder, position, moment)
        assert_applied(stack.apply())
        assert_converged(stack, wanted[0], f"{moment} {position}")


@pytest.mark.parametrize("fault", STRIKING)
def test_struck_at_a_request_an_apply_converges_or_says_why_and_the_next_one_does(
    notion_process: Sandbox, tmp_path: Path, wanted: tuple[Json, int], fault: str
) -> None:
    for position in positions(wanted[1], list(FAULTS).index(fault) * 7):
        stack = reference(connected(notion_process), tmp_path / f"{position}")
        stack.api.fail(**FAULTS[fault], nth=position)
        try:
            told = errors_of(stack.apply())
        except FactoryError as error:
            told = [str(error)]
        stack.api.forget_faults()  # an apply may need fewer requests than the one that was counted
        assert all(len(one) > 20 for one in told)
        if told:
            assert_applied(stack.apply())
        assert_converged(stack, wanted[0], f"{fault} {position}")
