"""A stack of two kinds on two targets: Notion databases in a workspace, and MCP servers on a host."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import Factory

SECRET = "correct-horse-battery"
SERVER = """\
import os
from mcp.server import MCPServer

server = MCPServer("toy", version="1")

@server.tool()
def told(text: str) -> str:
    return text

@server.tool()
def home() -> str:
    return os.path.expanduser("~")

server.run()
"""


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def declare(project: Path, stack: str = "notes", **spec: Any) -> None:
    """A server that needs nothing but this Python, beside the database of the stack."""
    program = project / "server.py"
    program.write_text(SERVER)
    manifest = {
        "apiVersion": "factory/v1",
        "kind": "McpServer",
        "metadata": {"name": "toy"},
        "spec": {
            "source": {"command": {"path": sys.executable}},
            "args": [str(program)],
            "clients": ["claude-code"],
            **spec,
        },
    }
    folder = project / "stacks" / stack
    folder.mkdir(exist_ok=True)
    (folder / "toy.yml").write_text(json.dumps(manifest))


def changes(plan: str) -> dict[str, Any]:
    """The changes of a plan, or of several, by address."""
    content = json.loads(plan)
    plans = content.get("plans", [content])
    return {one["address"]: one for plan in plans for one in plan["resource_changes"]}


def test_a_server_that_names_a_database_is_proved_by_it_and_stays_so(factory: Factory, project: Path) -> None:
    probe = {"tool": "told", "arguments": {"text": "id ${NotionDatabase/notes.id}"}}
    declare(project, probe=probe | {"expect": {"contains": "id "}})
    assert factory("apply").returncode == 0
    again = factory("plan", "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert changes(again.stdout)["McpServer/toy"]["condition"]["state"] == "verified"


def test_one_saved_plan_of_two_targets_holds_when_one_makes_what_the_other_names(
    factory: Factory, project: Path
) -> None:
    declare(project, probe={"tool": "told", "arguments": {"text": "${NotionDatabase/notes.id}"}})
    assert factory("plan", "--out", "plan.json").returncode == 2
    done = factory("apply", "--plan", "plan.json")
    assert done.returncode == 0, done.stdout + done.stderr
    stale = factory("apply", "--plan", "plan.json")
    assert stale.returncode == 1
    assert "stale" in stale.stderr


def test_a_saved_plan_is_applied_to_no_target_that_it_does_not_speak_of(factory: Factory, project: Path) -> None:
    declare(project)
    factory("plan", "--limit", "notion", "--out", "plan.json")
    refused = factory("apply", "--plan", "plan.json")
    assert refused.returncode == 1
    assert "holds no plan of notes on laptop, but of notes on workspace" in refused.stderr
    assert factory("plan", "--limit", "mcp").returncode == 2


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("notion", ["NotionDatabase/notes"]), ("mcp", ["McpServer/toy"]), ("laptop", ["McpServer/toy"])],
)
def test_limit_leaves_other_targets_out_of_every_run(
    factory: Factory, project: Path, limit: str, expected: list[str]
) -> None:
    declare(project)
    assert list(changes(factory("plan", "-l", limit, "--json").stdout)) == expected
    done = factory("apply", "--limit", limit, "--json")
    assert [one["address"] for one in json.loads(done.stdout)["resources"]] == expected
    assert factory("drift", "--limit", limit).returncode == 0
    assert factory("plan").returncode == 2
    gone = factory("destroy", "--limit", limit, "--yes")
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "Apply: 1 deleted."), gone.stdout + gone.stderr


def test_a_limit_that_matches_nothing_is_an_error(factory: Factory) -> None:
    done = factory("plan", "--limit", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_a_stack_of_databases_needs_no_hosts_and_one_of_servers_no_token(factory: Factory, project: Path) -> None:
    declare(project, stack="servers")
    nothing = {"NOTION_TOKEN": None, "NOTION_PARENT_PAGE": None}
    for servers in ("plan", "apply", "drift", "plan"):
        done = factory(servers, "stacks/servers", "-i", "staging", HOME=str(project / "home"), **nothing)
        assert done.returncode in (0, 2), done.stderr
    hosts = project / "inventories" / "sandbox" / "hosts.yml"
    hosts.write_text(hosts.read_text().partition("mcp:")[0])
    for databases in ("plan", "apply", "drift", "destroy"):
        more = ["--yes"] if databases == "destroy" else []
        done = factory(databases, "stacks/notes", *more)
        assert (done.returncode, done.stderr) in ((0, ""), (2, "")), done.stderr


def test_what_is_destroyed_or_pruned_of_databases_alone_is_told_without_a_word_of_hosts(factory: Factory) -> None:
    factory("apply")
    done = factory("plan", "--prune", "--json")
    assert "plans" not in json.loads(done.stdout)
    gone = factory("destroy", "--yes")
    assert (gone.returncode, gone.stdout.count("Plan:"), gone.stdout.count("Apply:")) == (0, 1, 1), gone.stdout


def test_a_server_is_asked_without_a_variable_that_is_not_set_and_is_degraded(factory: Factory, project: Path) -> None:
    declare(project, stack="servers", env={"TOY_TOKEN": "${env:TOY_TOKEN}"})
    for command in ("apply", "plan"):
        done = factory(command, "stacks/servers")
        assert done.returncode == 0, done.stderr
        assert "McpServer/toy is degraded: TOY_TOKEN is not set; set it where Factory runs" in done.stdout
        assert "it lists 2 tools" in done.stdout
    assert factory("apply", "stacks/servers", TOY_TOKEN=SECRET).returncode == 0
    assert "degraded" not in factory("plan", "stacks/servers", TOY_TOKEN=SECRET).stdout


def test_a_server_whose_program_is_not_there_is_degraded_until_it_is(factory: Factory, project: Path) -> None:
    missing = project / "bin" / "python"
    source = {"command": {"path": str(missing)}}
    declare(project, stack="servers", source=source, transport="tcp", listen={"port": 18811}, deadline=20)
    for command in ("apply", "plan"):
        done = factory(command, "stacks/servers")
        assert done.returncode == 0, done.stderr
        assert f"McpServer/toy is degraded: there is no {missing} on the host" in done.stdout
    missing.parent.mkdir()
    missing.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    missing.chmod(0o755)
    assert factory("plan", "stacks/servers").returncode == 2
    try:
        assert factory("apply", "stacks/servers").returncode == 0
        assert factory("plan", "stacks/servers").stdout.splitlines()[-1] == "Plan: no changes; 1 resource as declared."
    finally:
        assert factory("destroy", "stacks/servers", "--yes").returncode == 0


def test_servers_are_asked_in_the_home_of_their_clients_and_in_no_folder_of_ours(
    factory: Factory, project: Path
) -> None:
    probe = {"tool": "home", "expect": {"contains": os.path.join(".factory", "sandbox", "home")}}
    declare(project, stack="servers", probe=probe)
    assert factory("apply", "stacks/servers").returncode == 0
    plan = changes(factory("plan", "stacks/servers", "--json").stdout)
    assert plan["McpServer/toy"]["condition"]["state"] == "verified"


def test_a_wrapper_with_another_value_is_a_change_and_the_value_is_shown_nowhere(
    factory: Factory, project: Path
) -> None:
    declare(project, stack="servers", env={"TOY_TOKEN": "${env:TOY_TOKEN}"}, clients=["claude-desktop"])
    assert factory("apply", "stacks/servers", TOY_TOKEN="the-first-value-of-all").returncode == 0
    planned = factory("plan", "stacks/servers", TOY_TOKEN=SECRET)
    assert (planned.returncode, SECRET in planned.stdout + planned.stderr) == (2, False), planned.stdout
    assert "clients.claude-desktop.wrapper" in planned.stdout
    assert factory("apply", "stacks/servers", TOY_TOKEN=SECRET).returncode == 0
    assert factory("plan", "stacks/servers", TOY_TOKEN=SECRET).returncode == 0
