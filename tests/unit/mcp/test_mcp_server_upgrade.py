# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package of a server that is upgraded, or changed by somebody else, and what its clients hear of that."""

import json
from pathlib import Path

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.package_locking import make_lock
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import accept
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import tool_from
from ansible_collections.factory.mcp.plugins.module_utils.server_task import run_task
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import pin_context

SERVER_JS = """#!/usr/bin/env node
const tools = TOOLS.map(name => ({name, inputSchema: {type: 'object'}}))
const send = message => process.stdout.write(JSON.stringify({jsonrpc: '2.0', ...message}) + '\\n')
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const {id, method} = JSON.parse(line)
  if (id === undefined) return
  if (method === 'initialize') send({id, result: {
    protocolVersion: '2025-11-25', capabilities: {tools: {}}, serverInfo: {name: 'files', version: '1'}}})
  else if (method === 'tools/list') send({id, result: {tools}})
  else send({id, error: {code: -32601, message: 'Method not found'}})
})
"""
SECONDS = 120.0


@pytest.fixture
def registry(npm_registry):
    for version, tools in {"1.0.0": ["read"], "1.0.1": ["read"], "1.1.0": ["read", "send"]}.items():
        program = {"server.js": SERVER_JS.replace("TOOLS", json.dumps(tools))}
        npm_registry.publish("files", version, program, bin={"files": "server.js"})
    return npm_registry


class Desk:
    """A host with one server of the package."""

    def __init__(self, folder):
        self.folder, self.home, self.pin = folder / "servers", folder / "home", folder / "pins" / "files.json"

    def spec(self, version):
        source = {"npm": {"package": "files", "version": version}}
        pin = {"pin": self.pin.read_text()} if self.pin.exists() else {}
        return {"source": source, "clients": ["cursor"], "lock": make_lock("npm", "files", version, SECONDS), **pin}

    def run(self, version, state="present", ask=False, check=False):
        server = {"name": "files", "spec": self.spec(version), "adopt": False, "protect": False}
        where = {"folder": str(self.folder), "home": str(self.home), "variables": {}}
        result = run_task({"servers": [server], "state": state, "ask": ask, **where}, check)
        return result["resources"][0]

    def accept(self, version):
        offer = self.run(version, "offered")["offer"]
        found = Handshake(
            State.VERIFIED,
            protocol_version=offer["protocol_version"],
            instructions=offer["instructions"],
            tools=tuple(tool_from(tool) for tool in offer["tools"]),
        )
        accept(self.pin, found, pin_context(spec_from(self.spec(version)), "files"))

    def program(self):
        """What the client starts."""
        file = self.home / ".cursor" / "mcp.json"
        return Path(json.loads(file.read_text())["mcpServers"]["files"]["command"])

    def installed(self):
        """How many versions lie there."""
        return len(list((self.folder / "files" / "packages").glob("*/tree")))


@pytest.fixture
def desk(registry, tmp_path):
    desk = Desk(tmp_path)
    desk.accept("1.0.0")
    assert (desk.run("1.0.0")["error"], desk.run("1.0.0")["changed"]) == ("", False)
    return desk


def test_an_upgrade_that_offers_the_same_takes_the_place_of_the_old_version(desk):
    old = desk.program()
    assert (desk.run("1.0.1")["error"], desk.run("1.0.1")["changed"]) == ("", False)
    assert desk.program() != old
    assert (desk.installed(), old.exists(), desk.program().exists()) == (1, False, True)


def test_an_upgrade_that_offers_something_else_leaves_clients_on_the_old_program_until_that_is_accepted(desk):
    old = desk.program()
    for _ in range(2):
        assert "added: tool send" in desk.run("1.1.0")["error"]
        assert (desk.program(), old.exists()) == (old, True)
    assert desk.run("1.1.0", "observed")["state"]["state"] == "drifted"
    desk.accept("1.1.0")
    assert (desk.run("1.1.0")["error"], desk.run("1.1.0")["changed"]) == ("", False)
    assert desk.program() != old
    assert (desk.installed(), old.exists()) == (1, False)


def test_an_upgrade_that_was_not_accepted_can_be_taken_back(desk):
    old = desk.program()
    desk.run("1.1.0")
    back = desk.run("1.0.0")
    assert (back["error"], desk.program(), desk.run("1.0.0")["changed"]) == ("", old, False)
    assert (desk.installed(), old.exists()) == (1, True)


def test_a_changed_file_of_a_package_is_found_without_starting_it_and_made_good(desk):
    program = desk.program().resolve()
    good = program.read_text()
    program.write_text(good + "// evil\n")
    found = desk.run("1.0.0", check=True)
    assert found["changed"]
    [field] = found["fields"]
    assert (field["path"], "server.js" in field["reason"]) == (["source", "files"], True)
    assert desk.run("1.0.0", "observed")["state"]["state"] == "drifted"
    assert program.read_text() == good + "// evil\n", "nothing is written in check mode"
    assert desk.run("1.0.0")["error"] == ""
    assert desk.program().resolve().read_text() == good
    assert not desk.run("1.0.0")["changed"]
