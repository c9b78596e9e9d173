"""Ctrl-C and SIGTERM, under ``factory`` and under ``ansible-playbook``: the last answer is waited for and recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox, running_notion

from .conftest import BIN, TOKEN, Factory

ROWS = 40
FACTORY_APPLY = [str(BIN / "factory"), "apply"]
FACTORY_PLAN = [str(BIN / "factory"), "plan"]
PLAYBOOK_APPLY = [
    str(BIN / "ansible-playbook"),
    "playbooks/apply.yml",
    "-i",
    "inventories/sandbox",
    "-e",
    "stack=stacks/notes",
]


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.delete(f"{notion.base_url}/_sandbox/faults")
    httpx.post(f"{notion.base_url}/_sandbox/reset")


@pytest.fixture
def many_rows(project: Path) -> None:
    """One database with many rows and one that comes after it, since it is related."""
    rows = ", ".join(f"{{Name: Row {number}}}" for number in range(ROWS))
    notes = project / "stacks" / "notes" / "notes.yml"
    notes.write_text(notes.read_text().replace("{Name: One, Kind: Idea}", rows))


def slow(notion: Sandbox, method: str, endpoint: str, delay: float) -> None:
    fault = {"method": method, "endpoint": endpoint, "times": 10_000, "fault": "slow", "delay": delay}
    httpx.post(f"{notion.base_url}/_sandbox/faults", json={"faults": [fault]}).raise_for_status()


def counted(notion: Sandbox, what: str) -> int:
    found: int = httpx.get(f"{notion.base_url}/_sandbox/requests").json()[what]
    return found


def arrived(notion: Sandbox) -> int:
    """How many requests the fault has struck."""
    found: int = httpx.get(f"{notion.base_url}/_sandbox/faults").json()["faults"][0]["seen"]
    return found


def interrupted(
    command: list[str], number: int, notion: Sandbox, project: Path, environment: dict[str, str], after: int = 1
) -> tuple[int, str]:
    """Run *command*, and send it a signal once so many slow requests have arrived; its exit code and words."""
    running = subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while arrived(notion) < after:
        assert running.poll() is None
    os.killpg(running.pid, number)
    out, _ = running.communicate(timeout=60)
    return running.returncode, out


def written(project: Path, file: str) -> Any:
    (found,) = (project / ".factory" / "sandbox").glob(f"*/*/{file}")
    return found.read_text()


def recorded_ids(project: Path) -> list[str]:
    stored = json.loads((project / ".factory" / "sandbox" / "identity.json").read_text())
    return [address for scope in stored["scopes"].values() for address in scope]


@pytest.mark.usefixtures("many_rows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_says_what_is_done_and_the_next_one_converges(
    project: Path, environment: dict[str, str], notion: Sandbox, factory: Factory, number: int
) -> None:
    slow(notion, "POST", "/v1/pages", 0.2)
    code, told = interrupted(FACTORY_APPLY, number, notion, project, environment, 4)
    assert code == 130
    assert "NotionDatabase/notes: not finished: interrupted" in told
    assert "Traceback" not in told
    report = json.loads(written(project, "report.json"))
    assert (report["interrupted"], report["resources"][0]["writes"] > 0) == ("interrupted", True)
    assert '"event": "interrupted"' in written(project, "journal.jsonl")
    assert recorded_ids(project) == ["NotionDatabase/notes"]
    assert counted(notion, "writes") < ROWS
    httpx.delete(f"{notion.base_url}/_sandbox/faults")
    assert factory("apply").returncode == 0
    assert factory("plan").returncode == 0


@pytest.mark.usefixtures("many_rows")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 99), (signal.SIGTERM, -signal.SIGTERM)])
def test_ansible_playbook_interrupted_records_what_is_done_and_the_next_apply_converges(
    project: Path, environment: dict[str, str], notion: Sandbox, factory: Factory, number: int, code: int
) -> None:
    slow(notion, "POST", "/v1/pages", 0.2)
    ended, told = interrupted(PLAYBOOK_APPLY, number, notion, project, environment, 4)
    assert ended == code, told
    if number == signal.SIGINT:
        assert "NotionDatabase/notes: not finished: interrupted" in told
    assert factory("apply").returncode == 0
    assert json.loads(min((project / ".factory" / "sandbox").glob("*/*/report.json")).read_text())["interrupted"]
    assert factory("plan").returncode == 0


def test_an_interrupted_plan_says_so_and_exits_130(
    project: Path, environment: dict[str, str], notion: Sandbox, factory: Factory
) -> None:
    assert factory("apply").returncode == 0
    httpx.delete(f"{notion.base_url}/_sandbox/requests")
    slow(notion, "GET", "/v1/data_sources/{id}", 2.0)
    code, told = interrupted(FACTORY_PLAN, signal.SIGINT, notion, project, environment)
    assert code == 130
    assert "interrupted; nothing was changed" in told
    assert counted(notion, "total") == 1


def test_a_second_signal_does_not_wait_for_a_hanging_answer(project: Path, environment: dict[str, str]) -> None:
    # An API of its own, since the answer that nobody waits for comes in the middle of another test.
    with running_notion(token=TOKEN) as notion:
        environment |= {"NOTION_BASE_URL": notion.base_url, "NOTION_PARENT_PAGE": notion.root_page_id}
        slow(notion, "POST", "/v1/databases", 30.0)
        running = subprocess.Popen(FACTORY_APPLY, cwd=project, env=environment, stderr=subprocess.PIPE, text=True)
        while not arrived(notion):
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        while "interrupt again" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 130
