"""Real servers from the real registries: locked, installed, started, and still intact afterwards."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.package_install import PackageState, install, observe
from ansible_collections.factory.mcp.plugins.module_utils.package_lock import check_lock
from ansible_collections.factory.mcp.plugins.module_utils.package_locking import make_lock
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package

SECONDS = 300.0


def answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.fixture
def npm():
    if shutil.which("npm") is None or not answers("npm", "ping"):
        pytest.skip("the npm registry is out of reach")


@pytest.fixture
def pypi():
    if not answers(sys.executable, "-m", "pip", "index", "versions", "mcp-server-time"):
        pytest.skip("the PyPI registry is out of reach")


def locked_installed_and_started(registry, name, version, folder, program, tools, **env):
    lock = make_lock(registry, name, version, SECONDS)
    assert make_lock(registry, name, version, SECONDS) == lock
    package = Package(registry, name, version, "", lock)
    assert check_lock(package, Path("server.lock")).packages > 20
    made = install(folder, package, SECONDS)
    assert Path(made.program).name == program
    handshake = shake_hands(StdioLaunch(made.program, (), env), 60)
    assert (handshake.problem, len(handshake.tools)) == ("", tools)
    found = observe(folder, package)
    assert (found.state, found.differences) == (PackageState.INTACT, ())


def test_a_real_server_of_npm_is_intact_after_it_ran(npm, tmp_path):
    memory = str(tmp_path / "memory.jsonl")
    name = "@modelcontextprotocol/server-memory"
    program = "mcp-server-memory"
    locked_installed_and_started("npm", name, "2026.8.31", tmp_path / "server", program, 9, MEMORY_FILE_PATH=memory)


def test_a_real_server_of_pypi_is_intact_after_it_ran(pypi, tmp_path):
    locked_installed_and_started("pypi", "mcp-server-time", "2026.10.19", tmp_path / "server", "mcp-server-time", 2)
