# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The MCP servers of the stacks that come with Factory: what they declare, and what comes of deswaltech for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.mcp.plugins.module_utils.server_files import KIND, with_files

ROOT = Path(__file__).resolve().parents[2]
STACKS = {"factory": ["docker", "filesystem", "notion"], "deswaltech": []}
STACKS["deswaltech"] = ["browsermcp", "exa", "figma", "ref", "shadcn", "stripe", "supabase"]
KEYS = ("EXA_API_KEY", "FIGMA_API_KEY", "REF_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_ACCESS_TOKEN")
UNSET = {"exa": KEYS[0], "figma": KEYS[1], "ref": KEYS[2], "stripe": KEYS[3], "supabase": KEYS[4]}
DUMMIES = {"EXA_API_KEY": "of-no-account", "FIGMA_API_KEY": "figd_of_no_account", "REF_API_KEY": "ref-of-no-account"}


@pytest.mark.parametrize("environment", sorted(one.name for one in (ROOT / "inventories").iterdir()))
@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_valid_and_locked_in_every_environment(name: str, environment: str) -> None:
    folder = ROOT / "stacks" / name
    declared = with_files(validate(load_stack(folder, environment), installed_providers()), folder)
    assert sorted(one.name for one in declared.resources if one.kind == KIND) == STACKS[name]


@pytest.mark.parametrize("folder", [ROOT / "stacks", ROOT / "tests" / "bench" / "mcp_servers"])
def test_locks_name_no_place_to_download_from_and_pins_no_folder_of_a_machine(folder: Path) -> None:
    locks = [json.loads(file.read_text()) for file in folder.rglob("locks/*.package-lock.json")]
    assert [one for lock in locks for one in lock["packages"].values() if "resolved" in one] == []
    pins = [file.read_text() for file in folder.rglob("pins/*.json")]
    assert len(pins) >= 8
    assert [found for pin in pins for found in re.findall(r"(?:/home|/root|/work|/Users|/var)/\w+", pin)] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the stacks and environments of the repository."""
    for name in ("playbooks", "inventories", "stacks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def playbook(
    name: str, project: Path, *more: str, path: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a playbook on deswaltech in the sandbox, as a user would, with none of the keys but *variables*."""
    kept = {key: value for key, value in os.environ.items() if key not in KEYS and not key.startswith("ANSIBLE_")}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "collections")])
    found = os.pathsep.join([str(Path(sys.executable).parent), path or os.environ["PATH"]])
    environment = {**kept, "PYTHONPATH": paths, "PATH": found, **variables}
    arguments = [f"playbooks/{name}.yml", "-i", "inventories/sandbox", "-e", "stack=stacks/deswaltech", *more]
    command = [str(Path(sys.executable).with_name("ansible-playbook")), *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def conditions(project: Path) -> dict[str, Mapping[str, Any]]:
    """How each server is, by what is recorded on the host."""
    folder = project / ".factory" / "sandbox" / "mcp" / "sandbox" / "deswaltech"
    return {file.parent.name: json.loads(file.read_text())["verification"] for file in folder.glob("*/server.json")}


def test_a_plan_of_servers_needs_no_npm_and_no_token_and_writes_nothing_into_the_home(
    project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for one in Path("/usr/bin").iterdir():
        if one.name not in ("npm", "npx", "node"):
            (programs / one.name).symlink_to(one)
    home = tmp_path / "nobody"
    home.mkdir()
    done = playbook("plan", project, path=str(programs), HOME=str(home), ANSIBLE_HOME=str(tmp_path / "ansible"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Plan: 7 to create, 0 to change, 0 to delete, 0 as declared." in done.stdout
    assert [one.name for one in home.iterdir() if not one.name.startswith(".ansible")] == []
    assert not (project / ".factory" / "sandbox" / "mcp").exists()


def test_seven_servers_are_installed_and_listed_without_an_account_or_honestly_degraded(project: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or subprocess.run([npm, "ping"], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("the npm registry is out of reach")
    done = playbook("apply", project)
    assert done.returncode == 0, done.stdout + done.stderr
    found = conditions(project)
    assert sorted(found) == STACKS["deswaltech"]
    verified = {name: len(one["tools"]) for name, one in found.items() if one["condition"] == "verified"}
    assert verified == {"browsermcp": 12, "shadcn": 7}
    for name, variable in UNSET.items():
        assert (found[name]["condition"], f"{variable} is not set" in found[name]["reason"]) == ("degraded", True)
    assert {name: len(found[name]["tools"]) for name in ("exa", "ref")} == {"exa": 2, "ref": 2}
    again = playbook("apply", project)
    assert (again.returncode, "changed=0" in again.stdout) == (0, True), again.stdout
    entries = json.loads((project / ".factory" / "sandbox" / "home" / ".claude.json").read_text())["mcpServers"]
    assert sorted(entries) == STACKS["deswaltech"]
    assert entries["figma"]["env"] == {"FIGMA_API_KEY": "${FIGMA_API_KEY}"}

    keyed = playbook("apply", project, **DUMMIES)
    assert keyed.returncode == 0, keyed.stdout + keyed.stderr
    listed = {name: len(one["tools"]) for name, one in conditions(project).items() if one["condition"] == "verified"}
    assert listed == {"browsermcp": 12, "exa": 2, "figma": 2, "ref": 2, "shadcn": 7}
    assert not any(dummy in keyed.stdout + keyed.stderr for dummy in DUMMIES.values())
