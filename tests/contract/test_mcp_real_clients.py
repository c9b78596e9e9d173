"""Real clients as judges: each lists exactly what was declared to it, and connects.

They come from npm once and are kept in pytest's cache; without a registry the tests are skipped and say so. They run
without a login, with an empty environment but for a home folder of their own.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ["@anthropic-ai/claude-code@2.1.197", "@openai/codex@0.169.0", "@google/gemini-cli@0.61.0"]
INSTALL_SECONDS = 600
ROOT = Path(__file__).resolve().parents[2]
SECRET = "correct-horse-battery"

SERVER = f"""
import os, sys
from mcp.server import MCPServer

server = MCPServer("judge", version="1")

@server.tool()
def secret_is_known() -> bool:
    return os.environ.get("JUDGE_TOKEN") == "{SECRET}"

if len(sys.argv) > 1:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
else:
    if os.environ.get("JUDGE_TOKEN") != "{SECRET}":
        sys.exit("no token")
    server.run()
"""


@pytest.fixture(scope="session")
def clients(pytestconfig: pytest.Config) -> Path:
    """The folder of the clients' programs."""
    if shutil.which("npm") is None:
        pytest.skip("no npm")
    folder = pytestconfig.cache.mkdir("mcp-clients")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            command = ["npm", "install", "--silent", "--prefix", str(folder), *PACKAGES]
            try:
                subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=True)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                pytest.skip(f"no registry? {error}")
            (folder / "ready").touch()
    return folder / "node_modules" / ".bin"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "server.py").write_text(SERVER)
    return home


@pytest.fixture
def http_server(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(home / "server.py"), str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server never listened"
    yield f"http://127.0.0.1:{port}/mcp"
    process.terminate()
    process.wait()


def written(home: Path, task: dict[str, Any], **environment: str) -> None:
    """Run the module as people do: from a playbook."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    play["tasks"] = [{"factory.mcp.client": task, "environment": {"JUDGE_TOKEN": SECRET, **environment}}]
    playbook = home / "play.json"
    playbook.write_text(json.dumps([play]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook)]
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    known |= {"LC_ALL": "C.UTF-8", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'collections'}"}
    known["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
    done = subprocess.run(command, env=known, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def said(clients: Path, home: Path, *command: str) -> str:
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "JUDGE_TOKEN": SECRET, "TERM": "dumb"}
    program = [str(clients / command[0]), *command[1:]]
    done = subprocess.run(program, env=known, cwd=home, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def entries(home: Path, url: str) -> list[dict[str, Any]]:
    """A server over standard streams that refuses to start without its secret, and one over HTTP."""
    stdio = {"name": "judge", "command": sys.executable, "args": [str(home / "server.py")]}
    return [{**stdio, "env": {"JUDGE_TOKEN": "${env:JUDGE_TOKEN}"}}, {"name": "judge-http", "url": url}]


def test_claude_code_lists_and_reaches_what_was_declared(clients: Path, home: Path, http_server: str) -> None:
    said(clients, home, "claude", "mcp", "add", "-s", "user", "theirs", "--", "/bin/false")
    written(home, {"entries": entries(home, http_server), "clients": [{"client": "claude-code"}]})
    lines = said(clients, home, "claude", "mcp", "list").splitlines()
    listed = {line.split(":")[0]: line for line in lines if ": " in line and " - " in line}
    assert set(listed) == {"judge", "judge-http", "theirs"}
    assert "Connected" in listed["judge"]
    assert "Connected" in listed["judge-http"]
    assert SECRET not in (home / ".claude.json").read_text()


def test_gemini_lists_and_reaches_what_was_declared(clients: Path, home: Path, http_server: str) -> None:
    trusted = home / ".gemini" / "trustedFolders.json"
    trusted.parent.mkdir()
    trusted.write_text(json.dumps({str(home): "TRUST_FOLDER"}))
    written(home, {"entries": entries(home, http_server), "clients": [{"client": "gemini"}]})
    lines = [line for line in said(clients, home, "gemini", "mcp", "list").splitlines() if "judge" in line]
    assert len(lines) == 2, lines
    assert all("Connected" in line for line in lines), lines


def codex_status(clients: Path, home: Path) -> dict[str, Any]:
    """The servers as Codex sees them after it has started them, by name."""
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "JUDGE_TOKEN": SECRET}
    messages = [
        {"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "judge", "version": "1"}}},
        {"method": "initialized"},
        {"id": 2, "method": "mcpServerStatus/list", "params": {}},
    ]
    command = [str(clients / "codex"), "app-server"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=known, cwd=home, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
        answers = (json.loads(line) for line in process.stdout)
        answer = next((one for one in answers if one.get("id") == 2), {"error": "it ended without an answer"})
        process.stdin.close()
    assert "result" in answer, answer
    return {one["name"]: one for one in answer["result"]["data"]}


def test_codex_lists_and_reaches_what_was_declared(clients: Path, home: Path, http_server: str) -> None:
    more = {"cwd": str(home), "startup_timeout": 30, "tool_timeout": 5, "denied_tools": ["other"]}
    declared = entries(home, http_server)
    bearer = {"headers": {"Authorization": "Bearer ${env:JUDGE_TOKEN}"}}
    written(home, {"entries": [declared[0] | more, declared[1] | bearer], "clients": [{"client": "codex"}]})
    found, _ = json.JSONDecoder().raw_decode(said(clients, home, "codex", "mcp", "list", "--json"))
    listed = {one["name"]: one for one in found}
    assert set(listed) == {"judge", "judge-http"}
    transport = listed["judge"]["transport"]
    assert (transport["command"], transport["args"]) == (sys.executable, [str(home / "server.py")])
    assert (transport["env_vars"], transport["cwd"]) == (["JUDGE_TOKEN"], str(home))
    assert (listed["judge"]["startup_timeout_sec"], listed["judge"]["tool_timeout_sec"]) == (30, 5)
    assert listed["judge-http"]["transport"]["url"] == http_server
    assert listed["judge-http"]["transport"]["bearer_token_env_var"] == "JUDGE_TOKEN"
    reached = codex_status(clients, home)
    assert {name: list(one["tools"]) for name, one in reached.items()} == {
        "judge": ["secret_is_known"],
        "judge-http": ["secret_is_known"],
    }


def test_codex_reaches_a_server_whose_variable_has_another_name(clients: Path, home: Path) -> None:
    stdio = {"name": "judge", "command": sys.executable, "args": [str(home / "server.py")], "cwd": str(home)}
    renamed = {**stdio, "env": {"JUDGE_TOKEN": "correct-${env:LAST_WORDS}", "OTHER": "it's"}}
    written(home, {"entries": [renamed], "clients": [{"client": "codex"}]}, LAST_WORDS=SECRET.removeprefix("correct-"))
    assert list(codex_status(clients, home)["judge"]["tools"]) == ["secret_is_known"]
    assert "battery" not in (home / ".codex" / "config.toml").read_text()
