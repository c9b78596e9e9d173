"""The module, as playbooks use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "never-to-be-seen-9"
FILES = {"name": "files", "command": "/opt/mcp/files", "args": ["/srv"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def played(home: Path, task: dict[str, Any], *options: str) -> tuple[dict[str, Any], str]:
    """The task's result and all that was printed."""
    play: dict[str, Any] = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    play["module_defaults"] = {"group/factory.mcp.all": {"home": str(home)}}
    play["tasks"] = [{"factory.mcp.client": task, "register": "told", "ignore_errors": True}]
    play["tasks"] += [{"ansible.builtin.copy": {"content": "{{ told | to_json }}", "dest": f"{home}.json"}}]
    play["tasks"][1] |= {"check_mode": False, "diff": False, "no_log": True}
    playbook = home.with_suffix(".play")
    playbook.write_text(json.dumps([play]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), *options]
    known = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    known["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
    done = subprocess.run(command, env=known, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(Path(f"{home}.json").read_text()), done.stdout + done.stderr


def test_check_mode_plans_an_apply_does_it_and_the_next_does_nothing(home: Path) -> None:
    task = {"entries": [FILES], "clients": [{"client": "cursor"}, {"client": "codex"}]}
    planned, printed = played(home, task, "--check", "--diff")
    assert planned["changed"]
    assert list(home.iterdir()) == []
    assert re.search(r"^\+.*command.*/opt/mcp/files", printed, re.MULTILINE)
    applied, _ = played(home, task)
    assert applied["resources"] == planned["resources"]
    assert [one["action"] for one in applied["resources"]] == ["create", "create"]
    again, _ = played(home, task)
    assert not again["changed"]
    assert [one["action"] for one in again["resources"]] == ["no-op", "no-op"]
    gone, _ = played(home, {"clients": task["clients"], "prune": True})
    assert [one["action"] for one in gone["resources"]] == ["delete", "delete"]
    assert not (home / ".cursor/mcp.json").exists()


def test_a_literal_secret_is_refused_and_printed_nowhere(home: Path) -> None:
    entry = {**FILES, "env": {"NOTION_TOKEN": SECRET}}
    told, printed = played(home, {"entries": [entry], "clients": [{"client": "cursor"}]}, "-vvv")
    assert "${env:NOTION_TOKEN}" in told["msg"]
    assert SECRET not in json.dumps(told)
    assert SECRET not in printed
    assert list(home.iterdir()) == []


def test_a_broken_file_fails_the_task_with_its_position_and_the_others_are_written(home: Path) -> None:
    broken = home / ".cursor" / "mcp.json"
    broken.parent.mkdir()
    broken.write_text('{\n  "mcpServers": {]\n}')
    told, _ = played(home, {"entries": [FILES], "clients": [{"client": "cursor"}, {"client": "gemini"}]})
    assert told["failed"]
    assert f"{broken}:2:18: " in told["msg"]
    assert broken.read_text() == '{\n  "mcpServers": {]\n}'
    assert "files" in (home / ".gemini/settings.json").read_text()


def test_a_project_gets_its_own_file(home: Path) -> None:
    project = home / "website"
    project.mkdir()
    clients = [{"client": name, "scope": "project", "project": str(project)} for name in ("claude-code", "vscode")]
    told, _ = played(home, {"entries": [FILES], "clients": clients})
    assert json.loads((project / ".mcp.json").read_text())["mcpServers"]["files"]["command"] == "/opt/mcp/files"
    assert json.loads((project / ".vscode/mcp.json").read_text())["servers"]["files"]["type"] == "stdio"
    assert told["resources"][0]["address"] == f"McpServer/files in claude-code ({project})"
