# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No false alarm: honest servers started again and again do not drift from their pins."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import drift_between
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import accept, read_pin
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import context_of, pin_of

SERVER = Path(__file__).with_name("hostile_mcp_server.py")
MEMORY = "@modelcontextprotocol/server-memory@2026.8.31"


def drifts(launch, file, restarts):
    """What differs from the accepted pin in each of *restarts*."""

    def offer(mode):
        handshake = shake_hands(launch, 60, mode)
        assert handshake.problem == ""
        return handshake, context_of(launch, handshake.protocol_version)

    accept(file, *offer("auto"))
    pin = read_pin(file)
    modes = ["auto" if number % 2 else "legacy" for number in range(restarts)]
    with ThreadPoolExecutor(4) as pool:
        return [drift_between(pin, pin_of(*found)) for found in pool.map(offer, modes)]


def test_a_server_that_mixes_the_order_of_tools_and_keys_does_not_drift_in_100_restarts(tmp_path):
    launch = StdioLaunch(sys.executable, (str(SERVER), "mixes_order"))
    assert drifts(launch, tmp_path / "pin.json", 100) == [[]] * 100


def test_a_server_of_both_eras_does_not_drift_between_them(tmp_path):
    program = tmp_path / "server.py"
    program.write_text(
        "from mcp.server import MCPServer\n"
        "server = MCPServer('both', version='1', instructions='Use it.')\n"
        "@server.tool()\n"
        "def shout(text: str, times: int = 1) -> dict[str, object]:\n    'Make it loud.'\n    return {}\n"
        "server.run()\n"
    )
    assert drifts(StdioLaunch(sys.executable, (str(program),)), tmp_path / "pin.json", 4) == [[]] * 4


@pytest.fixture(scope="module")
def memory_server(tmp_path_factory):
    """A real server, from npm."""
    npm = shutil.which("npm")
    if npm is None or subprocess.run([npm, "ping"], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("the npm registry is out of reach")
    prefix = tmp_path_factory.mktemp("npm")
    try:
        subprocess.run([npm, "install", "--silent", "--prefix", prefix, MEMORY], check=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer in time")
    return StdioLaunch(
        str(prefix / "node_modules" / ".bin" / "mcp-server-memory"), (), {"MEMORY_FILE_PATH": str(prefix / "memory")}
    )


def test_a_real_server_does_not_drift_in_100_restarts(memory_server, tmp_path):
    assert drifts(memory_server, tmp_path / "pin.json", 100) == [[]] * 100
