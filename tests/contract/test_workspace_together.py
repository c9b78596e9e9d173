"""Two applies of one stack at the same time, from one checkout or two: nothing is there twice, nothing is lost."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import httpx
import pytest
from notion_sandbox_api import NotionApi
from test_workspace_crash import CLIENTS, JOBS
from workspace_runs import Stack, assert_settled, connected, database, errors_of, option_names, options

from factory_iac.sandbox.process import Sandbox

TRIES = int(os.environ.get("FACTORY_TRIES", "4"))


def apply_at_once(sandbox: Sandbox, folder: str, ready: object) -> None:
    """In a child process: apply as soon as all are ready."""
    ready.wait()  # type: ignore[attr-defined]
    with httpx.Client(base_url=sandbox.base_url) as http:
        raise SystemExit(len(errors_of(Stack(NotionApi(sandbox, http), Path(folder)).apply())))


def together(sandbox: Sandbox, *folders: Path) -> list[int | None]:
    """The exit codes of applies that start at the same moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workspace_runs"])
    ready = context.Barrier(len(folders))
    children = [context.Process(target=apply_at_once, args=(sandbox, str(one), ready)) for one in folders]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return [child.exitcode for child in children]


@pytest.mark.parametrize("checkouts", [1, 2])
def test_two_applies_at_once_make_nothing_twice_and_lose_nothing(
    notion_process: Sandbox, tmp_path: Path, checkouts: int
) -> None:
    for attempt in range(TRIES):
        api = connected(notion_process)
        stacks = [Stack(api, tmp_path / f"{attempt}-{number}") for number in range(checkouts)]
        for stack in stacks:
            stack.declare(JOBS, CLIENTS)
        folders = [stacks[number % checkouts].folder for number in range(2)]
        codes = together(notion_process, *folders)
        assert checkouts == 2 or codes == [0, 0], attempt  # without a common lock one may say that it lost a race
        for stack in stacks:
            stack.apply()
        first = stacks[0]
        assert first.titles() == ["Clients", "Jobs"], attempt
        assert first.row_names("Jobs") == ["Door", "Roof"], attempt
        assert first.row_names("Clients") == ["Ada", "Grace"], attempt
        assert sorted(first.schema("Clients")) == ["Best", "Count", "Jobs", "Name"], attempt
        for stack in stacks:
            assert_settled(stack)


def test_an_option_that_somebody_adds_while_an_apply_is_under_way_stays(
    notion_sandbox: NotionApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(notion_sandbox, tmp_path)
    stack.declare(database("jobs", {"State": {"type": "select", "options": options("Open")}}))
    stack.apply()
    source_id = stack.source_id("Jobs")
    stack.declare(database("jobs", {"State": {"type": "select", "options": options("Open", "Done")}}))

    def somebody_adds(_plan: object) -> None:
        kept = stack.schema("Jobs")["State"]["select"]["options"]
        notion_sandbox.change(source_id, State={"select": {"options": [*kept, {"name": "Waiting"}]}})

    stack.apply(planned=somebody_adds)
    assert sorted(option_names(stack.schema("Jobs"), "State")) == ["Done", "Open", "Waiting"]
