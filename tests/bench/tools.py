"""The tools under measurement, each a whole process against the one local Notion API."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
from workload import CHANGING, CURRENCIES, PROPERTIES, Database, workload, write_json, write_stack

from factory_iac.sandbox.process import Sandbox

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


class Case(StrEnum):
    """What a tool has to do."""

    CREATE = "create"
    NO_OP = "no-op"
    CHANGE = "one change"


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to keep databases as declared: a command, and how often it is worth repeating."""

    name: str
    command: Callable[[Path], list[str]]
    """From a folder with ``stack/``, ``databases.json`` and room for the tool's own ``state/``."""
    repeats: Callable[[int], int] = lambda size: sys.maxsize


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool."""

    seconds: float
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a tool needed for a case: the median time of its runs, or why it could not do it."""

    tool: str
    size: int
    case: Case
    runs: tuple[Run, ...] = ()
    error: str = ""

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def reads(self) -> int:
        """The most that a run sent."""
        return max(run.reads for run in self.runs)

    @property
    def writes(self) -> int:
        """The most that a run sent."""
        return max(run.writes for run in self.runs)


class ToolFailed(Exception):
    """A tool ended with an error, or left behind something else than was declared."""


@dataclass(frozen=True, slots=True)
class LocalApi:
    """The local Notion API as the bench itself uses it; these requests are not counted."""

    sandbox: Sandbox
    http: httpx.Client

    def reset(self) -> None:
        """Empty the workspace."""
        self._ok("POST", "/_sandbox/reset")

    def forget_counts(self) -> None:
        """Count from zero."""
        self._ok("DELETE", "/_sandbox/requests")

    def counts(self) -> tuple[int, int]:
        """Reads and writes since the counts were forgotten."""
        counted = self._ok("GET", "/_sandbox/requests")
        return counted["reads"], counted["writes"]

    def differences(self, databases: Sequence[Database]) -> Iterator[str]:
        """Where the workspace is not what was declared: all tools must have done the same."""
        live = {source["title"][0]["plain_text"]: source["properties"] for source in self._data_sources()}
        if len(live) != len(databases):
            yield f"{len(live)} databases instead of {len(databases)}"
        for one in databases:
            found = live.get(one.title, {})
            if len(found) != PROPERTIES or found[CHANGING]["number"]["format"] != one.currency:
                yield f"{one.title} is not what was declared"

    def _data_sources(self) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            wanted = {"filter": {"property": "object", "value": "data_source"}, "page_size": 100, **cursor}
            answer = self._ok("POST", "/v1/search", json=wanted)
            yield from answer["results"]
            if not answer["has_more"]:
                return
            cursor = {"start_cursor": answer["next_cursor"]}

    def _ok(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.sandbox.token}", "Notion-Version": "2026-03-11"}
        answer = self.http.request(method, f"{self.sandbox.base_url}{path}", headers=headers, timeout=60, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def factory(folder: Path) -> list[str]:
    """Factory's own playbook."""
    variables = {"stack": folder / "stack", "databases_state_folder": folder / "state"}
    inventory = str(ROOT / "inventories" / "sandbox")
    return [*_ansible_playbook(ROOT / "playbooks" / "apply.yml"), "-i", inventory, *_extra(variables)]


def uri_playbook(folder: Path) -> list[str]:
    """The playbook that people write today."""
    variables = ["-e", f"@{folder / 'databases.json'}", *_extra({"ids_file": folder / "state" / "ids.json"})]
    return [*_ansible_playbook(HERE / "peer_uri.yml"), "-i", "localhost,", *variables]


def ultimate_notion(folder: Path) -> list[str]:
    """The Python library."""
    files = [folder / "databases.json", folder / "state" / "ids.json"]
    return [sys.executable, str(HERE / "peer_ultimate_notion.py"), *map(str, files)]


FACTORY = Tool("Factory", factory)
URI = Tool("uri playbook", uri_playbook, lambda size: max(1, 30 // size))
ULTIMATE_NOTION = Tool("ultimate-notion", ultimate_notion)
TOOLS = (FACTORY, URI, ULTIMATE_NOTION)


def measure(api: LocalApi, tool: Tool, size: int, runs: int, folder: Path) -> Iterator[Measured]:
    """Every case of *tool* at one size, in the order in which a workspace lives through them."""
    runs = min(runs, tool.repeats(size))
    for case in Case:
        try:
            yield Measured(tool.name, size, case, tuple(_runs(api, tool, case, size, runs, folder)))
        except ToolFailed as failed:
            yield Measured(tool.name, size, case, error=str(failed))
            return


def _runs(api: LocalApi, tool: Tool, case: Case, size: int, runs: int, folder: Path) -> Iterator[Run]:
    for number in range(runs):
        changed = case is Case.CHANGE and number % 2 == 0
        databases = workload(size, CURRENCIES[changed])
        if case is Case.CREATE:
            api.reset()
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "state").mkdir(parents=True)
        write_stack(databases, folder / "stack")
        write_json(databases, folder / "databases.json")
        yield _run(api, tool, databases, folder)


def _run(api: LocalApi, tool: Tool, databases: Sequence[Database], folder: Path) -> Run:
    """Run *tool* once, as a user would start it, and check what it did."""
    environment = {
        **os.environ,
        "NOTION_BASE_URL": api.sandbox.base_url,
        "NOTION_TOKEN": api.sandbox.token,
        "NOTION_PARENT_PAGE": api.sandbox.root_page_id,
        "NO_PROXY": "127.0.0.1",
        "ULTIMATE_NOTION_CONFIG": str(folder / "state" / "ultimate-notion.toml"),
    }
    api.forget_counts()
    start = time.perf_counter()
    done = subprocess.run(
        tool.command(folder), cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    seconds = time.perf_counter() - start
    reads, writes = api.counts()
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise ToolFailed(f"exit code {done.returncode}: {' | '.join(said[-3:])}")
    if wrong := list(api.differences(databases)):
        raise ToolFailed(f"{wrong[0]} ({len(wrong)} such)")
    return Run(seconds, reads, writes)


def _ansible_playbook(playbook: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)]


def _extra(variables: dict[str, Path]) -> list[str]:
    return [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
