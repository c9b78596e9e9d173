# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules server_info and tool, as tasks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import accept
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import context_of

SERVER = Path(__file__).with_name("hostile_mcp_server.py")
COLLECTIONS = Path(__file__).parents[2] / "collections"
TOKEN = "s3cr3t-value-of-the-token"


def task(tmp_path, module, *flags, mode="polite", seen="", **options):
    """What one task returns, and all that was printed."""
    server = {"command": sys.executable, "args": [str(SERVER), mode, str(seen)], "env": {"API_TOKEN": TOKEN, "N": "1"}}
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(tmp_path / "home")}
    environment |= {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    arguments = ["localhost", "-c", "local", "-m", module, "-a", json.dumps({**server, **options})]
    interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
    command = [str(Path(sys.executable).with_name("ansible")), *arguments, *interpreter, *flags]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert "=> {" in ran.stdout, ran
    return json.loads("{" + ran.stdout.partition("=> {")[2]), ran.stdout + ran.stderr


def test_server_info_tells_what_a_server_offers_and_changes_nothing(tmp_path):
    found, _ = task(tmp_path, "factory.mcp.server_info")
    assert (found["changed"], found["state"], found["pinned"], found["drift"]) == (False, "verified", False, [])
    assert found["server"] == {"name": "h", "version": "1"}
    assert [tool["name"] for tool in found["tools"]] == ["add"]


@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_server_info_tells_drift_from_a_pin_and_leaves_the_pin_alone(tmp_path, flags):
    launch = StdioLaunch(sys.executable, (str(SERVER), "polite", ""), {"API_TOKEN": "another", "N": "2"})
    handshake = shake_hands(launch)
    pin = tmp_path / "pins" / "adder.json"
    accept(pin, handshake, context_of(launch, handshake.protocol_version))
    accepted = pin.read_bytes()
    same, _ = task(tmp_path, "factory.mcp.server_info", *flags, pin=str(pin))
    other, _ = task(tmp_path, "factory.mcp.server_info", *flags, pin=str(pin), mode="poisoned")
    assert (same["pinned"], same["drift"]) == (True, [])
    assert {one["class"] for one in other["drift"]} == {"added", "arguments", "invisible characters"}
    assert pin.read_bytes() == accepted


def test_a_broken_pin_fails_the_task_with_its_position(tmp_path):
    (tmp_path / "pin.json").write_text("{\n  nonsense")
    found, _ = task(tmp_path, "factory.mcp.server_info", pin=str(tmp_path / "pin.json"))
    assert found["msg"].startswith(f"{tmp_path}/pin.json:2:3: this pin cannot be trusted: not valid JSON")


def test_a_server_that_cannot_be_used_is_a_state_and_its_token_is_in_no_output(tmp_path):
    found, printed = task(tmp_path, "factory.mcp.server_info", "-vvv", mode="crashes_at_once")
    assert (found["state"], found["tools"]) == ("crashed", [])
    assert "exit code 7" in found["problem"]
    assert TOKEN not in printed


def test_a_tool_is_called(tmp_path):
    found, printed = task(tmp_path, "factory.mcp.tool", "-vvv", tool="add", arguments={"a": 1, "b": 10})
    assert (found["changed"], found["outcome"], found["structured"]) == (True, "done", {"total": 11})
    assert TOKEN not in printed


def test_a_tool_that_fails_fails_the_task_without_the_token(tmp_path):
    found, printed = task(tmp_path, "factory.mcp.tool", tool="add", mode="call_fails")
    assert found["outcome"] == "failed"
    assert "the tool failed: no: " in found["msg"]
    assert TOKEN not in printed


def test_check_mode_calls_no_tool_and_fails_for_one_that_is_not_there(tmp_path):
    seen = tmp_path / "seen"
    would, _ = task(tmp_path, "factory.mcp.tool", "--check", tool="add", mode="call_crashes_once", seen=seen)
    wrong, _ = task(tmp_path, "factory.mcp.tool", "--check", tool="ad")
    assert would["changed"] is True
    assert not seen.exists()
    assert "did you mean 'add'?" in wrong["msg"]


def test_a_server_is_named_in_one_way(tmp_path):
    found, _ = task(tmp_path, "factory.mcp.server_info", url="https://example.org/mcp")
    assert "mutually exclusive" in found["msg"]
