"""The process: starting, stopping, keeping data."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox, SandboxError, running_notion


def _create_database(sandbox: Sandbox) -> None:
    body = {"parent": {"page_id": sandbox.root_page_id}}
    httpx.post(f"{sandbox.base_url}/v1/databases", json=body, headers=_headers(sandbox)).raise_for_status()


def _children(sandbox: Sandbox) -> int:
    path = f"{sandbox.base_url}/v1/blocks/{sandbox.root_page_id}/children"
    return len(httpx.get(path, headers=_headers(sandbox)).json()["results"])


def _headers(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": "2026-03-11"}


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["terminated", "killed"])
def test_a_file_keeps_the_workspace(tmp_path: Path, ending: signal.Signals) -> None:
    data = str(tmp_path / "workspace.db")
    with running_notion(data=data) as sandbox:
        _create_database(sandbox)
        os.kill(sandbox.pid, ending)
    with running_notion(data=data) as sandbox:
        assert _children(sandbox) == 1


def test_every_acknowledged_write_outlives_a_kill_at_any_point(tmp_path: Path) -> None:
    data = str(tmp_path / "workspace.db")
    dice = random.Random(1)
    names: dict[str, str] = {}
    while len(names) < 1000:
        with running_notion(data=data) as sandbox, httpx.Client(headers=_headers(sandbox)) as http:
            _write_until_killed(sandbox, http, names, at_least=dice.randrange(100, 200), delay=dice.uniform(0, 0.02))
    with running_notion(data=data) as sandbox, httpx.Client(headers=_headers(sandbox)) as http:
        kept = {page: _name(http.get(f"{sandbox.base_url}/v1/pages/{page}").json()) for page in names}
    assert kept == names


def _write_until_killed(
    sandbox: Sandbox, http: httpx.Client, names: dict[str, str], *, at_least: int, delay: float
) -> None:
    """Create pages and rename each, noting what was acknowledged, until a kill -9 strikes in the middle."""
    for at in itertools.count():
        if at == at_least:
            threading.Timer(delay, os.kill, (sandbox.pid, signal.SIGKILL)).start()
        try:
            body = {"parent": {"page_id": sandbox.root_page_id}, "properties": {"title": _title("new")}}
            page = http.post(f"{sandbox.base_url}/v1/pages", json=body).json()["id"]
            changed = {"properties": {"title": _title(f"renamed {at}")}}
            names[page] = _name(http.patch(f"{sandbox.base_url}/v1/pages/{page}", json=changed).json())
        except httpx.TransportError:
            return


def _title(name: str) -> list[dict[str, Any]]:
    return [{"text": {"content": name}}]


def _name(page: dict[str, Any]) -> str:
    found: str = page["properties"]["title"]["title"][0]["plain_text"]
    return found


def test_what_it_says_of_its_own_mistakes_never_halts_it(tmp_path: Path) -> None:
    data = str(tmp_path / "workspace.db")
    with running_notion(data=data) as sandbox, httpx.Client(headers=_headers(sandbox)) as http:
        # A table that another program takes away makes every request that needs it fail with a traceback.
        with sqlite3.connect(data) as other:
            other.execute("DROP TABLE objects")
        url = f"{sandbox.base_url}/v1/pages/{sandbox.root_page_id}"
        assert {http.get(url, timeout=5).status_code for _ in range(100)} == {500}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_one_line_on_stdout(number: signal.Signals) -> None:
    process = _started("--listen", "127.0.0.1:0")
    assert process.stdout is not None
    ready = process.stdout.readline()
    process.send_signal(number)
    rest, said = process.communicate(timeout=10)
    assert (process.returncode, ready[:14], rest, said) == (0, '{"ready": true', "", "")


def test_a_taken_port_is_one_line_and_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = _started("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert "cannot listen on" in said


def test_an_unusable_file_is_one_line_and_1(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"cannot use .* for data"), running_notion(data=str(tmp_path)):
        pass


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "192.0.2.1:0"])
def test_an_address_that_others_can_reach_is_refused(listen: str) -> None:
    with pytest.raises(SandboxError, match="not a loopback address"), running_notion(listen=listen):
        pass


def _started(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "factory_iac.sandbox.notion", *options]
    source = Path(__file__).parents[2] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
