# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the servers of a stack lie: below the home folder that the inventory names, unless it says otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SERVER = Path(__file__).with_name("hostile_mcp_server.py")
FACTORY = "import sys; from factory_iac.cli import main; sys.argv[0] = 'factory'; main()"


@pytest.fixture
def project(tmp_path):
    """A project with one host, this one, whose home is a folder of the test, and one server."""
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "mcp_home": str(tmp_path / "home"),
    }
    manifest = {
        "apiVersion": "factory/v1",
        "kind": "McpServer",
        "metadata": {"name": "honest"},
        "spec": {
            "source": {"command": {"path": sys.executable}},
            "args": [str(SERVER), "mixes_order"],
            "clients": ["claude-code"],
        },
    }
    for name, content in (
        ("inventories/laptop/hosts.yml", {"mcp": {"hosts": {"laptop": host}}}),
        ("stacks/tools/honest.yml", manifest),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(yaml.safe_dump(content))
    return tmp_path


def factory(project, *arguments):
    """What ``factory`` says, for a user whose own home is another."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(project / "elsewhere")}
    command = [sys.executable, "-c", FACTORY, *arguments, "-i", "laptop"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_servers_lie_below_the_home_whose_clients_are_told_of_them(project):
    factory(project, "apply")
    assert (project / "home/.local/share/factory/mcp/laptop/tools/honest/server.json").is_file()
    assert "honest" in json.loads((project / "home/.claude.json").read_text())["mcpServers"]
    assert not (project / "elsewhere/.local/share/factory").exists()
