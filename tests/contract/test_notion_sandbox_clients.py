"""Real clients, unchanged: what people already use must work against the local API.

Clients that the project does not depend on are installed from their registries once and kept in pytest's cache;
where there is no registry, the test is skipped and says so.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi

CLIENTS = Path(__file__).parent / "clients"
EXPECTED = {
    "queried": ["c", "b"],
    "updated": 10,
    "sizes": [2, 1],
    "trashed": 2,
    "restored": 3,
    "error": "validation_error",
}
INSTALL_SECONDS = 300


def environment(api: NotionApi, **more: str) -> dict[str, str]:
    sandbox = api.sandbox
    known = {"NOTION_TOKEN": sandbox.token, "NOTION_BASE_URL": sandbox.base_url, "BASE_URL": sandbox.base_url}
    return {**os.environ, **known, "NOTION_PARENT_PAGE": sandbox.root_page_id, **more}


def found_by(api: NotionApi, command: list[str], **more: str) -> Json:
    done = subprocess.run(command, env=environment(api, **more), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout.splitlines()[-1])
    return found


def installed(folder: Path, make: Callable[[Path], list[list[str]]]) -> Path:
    """Run the commands that install a client, once; a failure is a reason to skip."""
    ready = folder / "ready"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in [] if ready.exists() else make(folder):
            try:
                subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_SECONDS, check=True)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                pytest.skip(f"no registry? {error}")
        ready.touch()
    return folder


@pytest.fixture
def node_folder(pytestconfig: pytest.Config) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("no npm")
    names = ["@notionhq/client@5.26.0", "@notionhq/notion-mcp-server@2.5.2"]
    folder = pytestconfig.cache.mkdir("node-clients")
    return installed(folder, lambda at: [["npm", "install", "--silent", "--prefix", str(at), *names]])


@pytest.fixture
def ultimate_notion_python(pytestconfig: pytest.Config) -> str:
    folder = pytestconfig.cache.mkdir("ultimate-notion")
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
    installed(folder, lambda _: [[str(python), "-m", "pip", "install", "--quiet", "ultimate-notion==0.10.1"]])
    return str(python)


def test_notion_client_works_unchanged(notion_sandbox: NotionApi) -> None:
    assert found_by(notion_sandbox, [sys.executable, str(CLIENTS / "python_notion_client.py")]) == EXPECTED


def test_the_official_javascript_client_works_unchanged(notion_sandbox: NotionApi, node_folder: Path) -> None:
    command = ["node", str(CLIENTS / "notionhq_client.mjs")]
    assert found_by(notion_sandbox, command, CLIENT_FOLDER=str(node_folder)) == EXPECTED


def test_ultimate_notion_works_unchanged(
    notion_sandbox: NotionApi, ultimate_notion_python: str, tmp_path: Path
) -> None:
    command = [ultimate_notion_python, str(CLIENTS / "ultimate_notion_client.py")]
    settings = {"ULTIMATE_NOTION_CONFIG": str(tmp_path / "config.toml"), "PYTHONPATH": ""}
    expected = {**EXPECTED, "sizes": [103], "error": "object_not_found"}
    assert found_by(notion_sandbox, command, **settings) == expected


class Mcp:
    """The MCP server on its standard input and output."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._count = 0
        greeting = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        self._ask("initialize", greeting)
        self._send({"method": "notifications/initialized"})

    def _send(self, message: Json) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def _ask(self, method: str, params: Json) -> Json:
        self._count += 1
        self._send({"id": self._count, "method": method, "params": params})
        assert self._process.stdout is not None
        found: Json = json.loads(self._process.stdout.readline())
        return found

    def tool(self, name: str, **arguments: Any) -> Json:
        answer = self._ask("tools/call", {"name": f"API-{name}", "arguments": arguments})
        found: Json = json.loads(answer["result"]["content"][0]["text"])
        return found


def test_the_official_mcp_server_works_unchanged(notion_sandbox: NotionApi, node_folder: Path) -> None:
    # It has no tool that creates a database: it puts a data source into one that is there.
    database, _ = notion_sandbox.database()
    server = node_folder / "node_modules" / "@notionhq" / "notion-mcp-server" / "bin" / "cli.mjs"
    process = subprocess.Popen(
        ["node", str(server)],
        env=environment(notion_sandbox),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert _day_with(Mcp(process), database) == EXPECTED
    finally:
        process.kill()
        process.communicate()


def _day_with(mcp: Mcp, database: str) -> Json:
    parent = {"type": "database_id", "database_id": database}
    source = mcp.tool("create-a-data-source", parent=parent, properties={"Name": {"title": {}}, "Cost": {"number": {}}})
    rows = {}
    for name, cost in (("a", 1), ("b", 2), ("c", 3)):
        properties = {"Name": {"title": [{"text": {"content": name}}]}, "Cost": {"number": cost}}
        made = mcp.tool("post-page", parent={"data_source_id": source["id"]}, properties=properties)
        rows[name] = made["id"]

    def query(**options: Any) -> Json:
        return mcp.tool("query-data-source", data_source_id=source["id"], **options)

    queried = query(
        filter={"property": "Cost", "number": {"greater_than": 1}},
        sorts=[{"property": "Cost", "direction": "descending"}],
    )["results"]
    updated = mcp.tool("patch-page", page_id=rows["a"], properties={"Cost": {"number": 10}})
    first = query(page_size=2)
    second = query(page_size=2, start_cursor=first["next_cursor"])
    mcp.tool("patch-page", page_id=rows["a"], in_trash=True)
    trashed = len(query()["results"])
    mcp.tool("patch-page", page_id=rows["a"], in_trash=False)
    return {
        "queried": [row["properties"]["Name"]["title"][0]["plain_text"] for row in queried],
        "updated": updated["properties"]["Cost"]["number"],
        "sizes": [len(first["results"]), len(second["results"])],
        "trashed": trashed,
        "restored": len(query()["results"]),
        "error": query(filter={"property": "Nope", "number": {"equals": 1}})["code"],
    }
