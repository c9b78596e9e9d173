"""More databases than requests in a minute: planned within one window all the same."""

from __future__ import annotations

import copy
import os
from pathlib import Path

from notion_sandbox_api import NotionApi
from test_workspace_scale import PROPERTIES
from workspace_runs import Json, Stack, assert_applied, database, drift_of, fields_of

from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget

WINDOW = 180
COUNT = int(os.environ.get("FACTORY_DATABASES", "200"))


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"slept {seconds} s")


def manifests() -> list[Json]:
    found = []
    for index in range(COUNT):
        properties = copy.deepcopy(PROPERTIES)
        properties["Before"]["database"] = f"db-{max(index - 1, 0)}"
        found.append(database(f"db-{index}", properties))
    return found


def test_two_hundred_databases_are_planned_within_one_window(notion_sandbox: NotionApi, tmp_path: Path) -> None:
    stack = Stack(notion_sandbox, tmp_path)
    stack.declare(*manifests())
    assert_applied(stack.apply())

    planned = stack.plan(budget=RequestBudget(WINDOW, sleep=no_sleep))
    assert (fields_of(planned), planned.failed) == ([], False)
    assert stack.requests.by_endpoint == {"POST search": 2}
    assert "compared by search first" in planned.plan.warnings[0]
    assert "compared by search first" in (planned.folder / "journal.jsonl").read_text()

    notion_sandbox.change(stack.source_id("Db-7"), Size={"number": {"format": "dollar"}})
    planned = stack.plan(budget=RequestBudget(WINDOW, sleep=no_sleep))
    assert drift_of(planned) == ["db-7 properties.Size.format"]
    assert stack.requests.by_endpoint == {"POST search": 2, "GET data_sources/{id}": 1}

    notion_sandbox.behave(search_lag=3600.0)
    late = stack.plan(budget=RequestBudget(WINDOW, 0.001))
    assert drift_of(late) == ["db-7 properties.Size.format"], "absence in a search means nothing"
    assert stack.plan(budget=RequestBudget(COUNT)).plan.warnings == ()
    assert stack.requests.count("POST search") == 0
