"""Runs of the engine on a small stack against the local API, and what the API says afterwards."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from notion_sandbox_api import VERSION, NotionApi

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi as FactoryApi
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS
from ansible_collections.factory.notion.plugins.module_utils.workspace_target import WorkspaceTarget
from factory_iac.sandbox.process import Sandbox

PROVIDERS = installed_providers()
PLENTY = 1_000_000
Json = dict[str, Any]


def database(name: str, properties: Json | None = None, metadata: Json | None = None, **spec: Any) -> Json:
    """A manifest titled like its name, with a title property Name unless it brings its own."""
    given = properties or {}
    if not any(one["type"] == "title" for one in given.values()):
        given = {"Name": {"type": "title"}, **given}
    return {
        "apiVersion": "factory/v1",
        "kind": "NotionDatabase",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"title": name.title(), "properties": given, **spec},
    }


def options(*names: str) -> list[Json]:
    return [{"name": name} for name in names]


@dataclass(frozen=True)
class Requests:
    """What a run sent, counted by the API."""

    reads: int
    writes: int
    by_endpoint: Counter[str]

    def count(self, request: str) -> int:
        return self.by_endpoint[request]


@dataclass
class Stack:
    """A stack folder, its state, and the workspace it is applied to."""

    api: NotionApi
    folder: Path
    name: str = "shop"
    marked: bool = True
    requests: Requests = field(default_factory=lambda: Requests(0, 0, Counter()))
    """Of the last run."""

    @property
    def state(self) -> Path:
        return self.folder / ".factory"

    @property
    def stack_folder(self) -> Path:
        return self.folder / self.name

    def declare(self, *manifests: Json) -> None:
        """Replace what the stack declares."""
        self.stack_folder.mkdir(parents=True, exist_ok=True)
        for file in self.stack_folder.glob("*.yml"):
            file.unlink()
        for manifest in manifests:
            (self.stack_folder / f"{manifest['metadata']['name']}.yml").write_text(
                json.dumps(manifest, ensure_ascii=False)
            )

    def forget(self) -> None:
        """Delete the identity cache."""
        (self.state / "identity.json").unlink()

    def plan(self, **how: Any) -> Report:
        return self.run(check=True, **how)

    def apply(self, **how: Any) -> Report:
        return self.run(check=False, **how)

    def run(
        self,
        check: bool,
        token: str | None = None,
        parent: str | None = None,
        base_url: str | None = None,
        deadline: float = 20,
        budget: RequestBudget | None = None,
        stop: Stop | None = None,
        planned: Callable[[Plan], object] = lambda plan: None,
        **asked: Any,
    ) -> Report:
        sandbox = self.api.sandbox
        loaded = load_stack(self.stack_folder, "sandbox")
        declared = validate(loaded, PROVIDERS)
        token, parent = token or sandbox.token, parent or sandbox.root_page_id
        stop = stop or Stop()
        budget = budget or RequestBudget(PLENTY, sleep=stop.wait)
        api = FactoryApi(token, base_url or sandbox.base_url, budget, deadline, "sandbox", stop=stop)
        scope = Scope(loaded.name, "sandbox", "notion", parent, self.state)
        destroy = asked.get("purpose") is Purpose.DESTROY
        place = Placement(
            parent,
            loaded.name,
            "sandbox",
            self.marked,
            prune=destroy or asked.get("prune", False),
            destroy=destroy,
            resource_deadline=asked.get("resource_deadline", math.inf),
        )
        self.api.http.delete("/_sandbox/requests")
        try:
            return run(
                declared,
                PROVIDERS,
                KINDS,
                lambda progress: WorkspaceTarget(api, place, progress),
                scope,
                Options(check=check, **asked),
                [token],
                planned=planned,
                stop=stop,
            )
        finally:
            self.requests = self._requests()

    def _requests(self) -> Requests:
        found = self.api.http.get("/_sandbox/requests").json()
        counted = {f"{one['method']} {one['endpoint'].removeprefix('/v1/')}": one["count"] for one in found["requests"]}
        return Requests(found["reads"], found["writes"], Counter(counted))

    def titles(self) -> list[str]:
        """The titles of the databases on the parent page, sorted, twins and all."""
        return sorted(title for title, _ in self._listed())

    def _listed(self) -> list[tuple[str, str]]:
        found, cursor = [], {}
        while True:
            path = f"/v1/blocks/{self.api.sandbox.root_page_id}/children"
            answer = self.api.ok("GET", path, params={"page_size": 100, **cursor})
            found += [
                (one["child_database"]["title"], one["id"])
                for one in answer["results"]
                if one["type"] == "child_database"
            ]
            if not answer["has_more"]:
                return found
            cursor = {"start_cursor": answer["next_cursor"]}

    def id_of(self, title: str) -> str:
        """The id of the one database of that title."""
        (found,) = [database_id for one, database_id in self._listed() if one == title]
        return found

    def source_id(self, title: str) -> str:
        source_id: str = self.container(title)["data_sources"][0]["id"]
        return source_id

    def container(self, title: str) -> Json:
        return self.api.ok("GET", f"/v1/databases/{self.id_of(title)}")

    def source(self, title: str) -> Json:
        return self.api.ok("GET", f"/v1/data_sources/{self.source_id(title)}")

    def schema(self, title: str) -> Json:
        properties: Json = self.source(title)["properties"]
        return properties

    def views(self, title: str) -> list[Json]:
        """The views of a database in the order of tabs."""
        listed = self.api.ok("GET", f"/v1/views?database_id={self.id_of(title)}")["results"]
        return [self.api.ok("GET", f"/v1/views/{one['id']}") for one in listed]

    def view_names(self, title: str) -> list[str]:
        """The names of the views in the order of tabs, twins and all."""
        return [view["name"] for view in self.views(title)]

    def pages(self, title: str) -> list[Json]:
        found, cursor = [], {}
        path = f"/v1/data_sources/{self.source_id(title)}/query"
        while True:
            answer = self.api.ok("POST", path, {"page_size": 100, **cursor})
            found += answer["results"]
            if not answer["has_more"]:
                return found
            cursor = {"start_cursor": answer["next_cursor"]}

    def row_names(self, title: str) -> list[str]:
        """The titles of the rows, sorted, twins and all."""
        return sorted(title_of(page) for page in self.pages(title))

    def row(self, title: str, name: str) -> Json:
        (found,) = [page for page in self.pages(title) if title_of(page) == name]
        return found

    def value(self, title: str, name: str, prop: str) -> Any:
        """What a row has for a property, as the API says it."""
        stored = self.row(title, name)["properties"][prop]
        return stored[stored["type"]]


def title_of(page: Json) -> str:
    for stored in page["properties"].values():
        if stored["type"] == "title":
            return "".join(part["plain_text"] for part in stored["title"])
    raise AssertionError("a page without a title property")


def option_names(schema: Json, prop: str) -> list[str]:
    stored = schema[prop]
    return [option["name"] for option in stored[stored["type"]]["options"]]


def fields_of(report: Report) -> list[str]:
    """Every field of the plan, as ``address field``."""
    return [f"{change.address.name} {one.name}" for change in report.plan.changes for one in change.fields]


def drift_of(report: Report) -> list[str]:
    return [f"{change.address.name} {one.name}" for change in report.plan.changes for one in change.fields if one.drift]


def errors_of(report: Report) -> list[str]:
    """What went wrong, in the plan or in the apply; once a resource."""
    applying = {one.change.address: one.error for one in report.outcomes if one.error}
    return list({**applying, **report.plan.errors}.values())


def assert_settled(stack: Stack) -> None:
    """The plan is empty, and another apply writes nothing."""
    planned = stack.plan()
    assert [str(change.address) for change in planned.plan.pending] == [], fields_of(planned)
    assert not planned.failed, errors_of(planned)
    stack.apply()
    assert stack.requests.writes == 0


def assert_applied(report: Report) -> None:
    assert not report.failed, errors_of(report)


def connected(sandbox: Sandbox) -> NotionApi:
    """An emptied sandbox, for tests that need many of them."""
    headers = {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": VERSION}
    http = httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=10)
    http.post("/_sandbox/reset").raise_for_status()
    return NotionApi(sandbox, http)
