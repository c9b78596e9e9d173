"""``factory import mcp``: what a user sees, and what lies in the stack afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Factory

SERVERS = {
    "mcpServers": {
        "Notion": {
            "command": "npx",
            "args": ["-y", "@notionhq/notion-mcp-server@2.5.2"],
            "env": {"NOTION_TOKEN": "ntn_0123456789abcdef"},
        },
        "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/srv"]},
    }
}
PACKAGES = [
    {"registryType": "npm", "identifier": "weather", "version": "1.2.3"},
    {"registryType": "pypi", "identifier": "weather", "version": "1.2"},
]


def test_a_client_s_file_becomes_manifests_without_secrets(project: Path, factory: Factory) -> None:
    (project / ".mcp.json").write_text(json.dumps(SERVERS, indent=1))
    done = factory("import", "mcp", "--from", ".mcp.json", "--to", "stacks/tools")
    assert done.returncode == 0, done.stderr
    assert "McpServer/notion: stacks/tools/notion.yml\n" in done.stdout
    assert "left out: entry 'files': .mcp.json:13:3: " in done.stdout
    assert "npm view @modelcontextprotocol/server-filesystem version" in done.stdout
    assert "set NOTION_TOKEN: env.NOTION_TOKEN of 'Notion', where the file holds a literal value" in done.stdout
    written = (project / "stacks" / "tools" / "notion.yml").read_text()
    assert "NOTION_TOKEN: ${env:NOTION_TOKEN}" in written
    assert "ntn_0123" not in written + done.stdout + done.stderr
    again = factory("import", "mcp", "--from", ".mcp.json", "--to", "stacks/tools", "--json")
    answer = json.loads(again.stdout)
    assert answer["written"] == []
    assert [one["name"] for one in answer["variables"]] == ["NOTION_TOKEN"]


def test_another_package_needs_force_where_a_manifest_is_already(project: Path, factory: Factory) -> None:
    (project / "server.json").write_text(json.dumps({"name": "a/weather", "packages": PACKAGES}))
    arguments = ("import", "mcp", "--from", "server.json", "--to", "stacks/tools")
    assert factory(*arguments).returncode == 0
    refused = factory(*arguments, "--package", "pypi")
    assert refused.returncode == 1
    assert "stacks/tools/weather.yml" in refused.stderr
    assert "--force" in refused.stderr
    assert factory(*arguments, "--package", "pypi", "--force").returncode == 0
    assert "pypi: {package: weather, version: '1.2'}" in (project / "stacks" / "tools" / "weather.yml").read_text()


@pytest.mark.parametrize(
    ("text", "arguments", "told"),
    [
        ('{"mcpServers": {"a" 1}}', (), "a.json:1:21: a colon after 'a' should stand here"),
        ('{"mcpServers": {}}', (), "names no server that a manifest can say"),
        ('{"mcpServers": {}}', ("--package", "npm"), "is no server.json"),
        ('{"mcpServers": {}}', ("--package", "deb"), "no package of the kind 'deb'"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    project: Path, factory: Factory, text: str, arguments: tuple[str, ...], told: str
) -> None:
    (project / "a.json").write_text(text)
    done = factory("import", "mcp", "--from", "a.json", "--to", "stacks/tools", *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "stacks" / "tools").exists()
