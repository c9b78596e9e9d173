"""The process: starting, stopping, keeping data."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

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


def test_every_acknowledged_write_outlives_a_kill(tmp_path: Path) -> None:
    data = str(tmp_path / "workspace.db")
    acknowledged: list[str] = []
    with running_notion(data=data) as sandbox, httpx.Client(headers=_headers(sandbox)) as http:
        body = {"parent": {"page_id": sandbox.root_page_id}, "properties": {}}
        for at in range(1000):
            if at == 700:
                threading.Timer(0.05, os.kill, (sandbox.pid, signal.SIGKILL)).start()
            try:
                acknowledged.append(http.post(f"{sandbox.base_url}/v1/pages", json=body).json()["id"])
            except httpx.TransportError:
                break
    with running_notion(data=data) as sandbox, httpx.Client(headers=_headers(sandbox)) as http:
        lost = [page for page in acknowledged if http.get(f"{sandbox.base_url}/v1/pages/{page}").status_code != 200]
    assert (len(acknowledged) >= 700, lost) == (True, [])


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
