"""A project of one's own for each test: the repository's playbooks and inventories, a stack to change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factory_iac.sandbox.process import Sandbox, running_notion

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TOKEN = "ntn_cli_tests_0123456789abcdef"

Factory = Callable[..., subprocess.CompletedProcess[str]]

STACK = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata: {name: notes}
spec:
  title: Notes
  properties:
    Name: {type: title}
    Kind: {type: select, options: [{name: Idea}, {name: Fact}]}
  rows:
    items: [{Name: One, Kind: Idea}]
"""


@pytest.fixture(scope="session")
def notion() -> Iterator[Sandbox]:
    with running_notion(token=TOKEN) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("playbooks", "inventories"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    (tmp_path / "stacks" / "notes").mkdir(parents=True)
    (tmp_path / "stacks" / "notes" / "notes.yml").write_text(STACK)
    return tmp_path


@pytest.fixture
def environment(notion: Sandbox) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("NOTION_", "ANSIBLE_"))},
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "collections")]),
        "NOTION_BASE_URL": notion.base_url,
        "NOTION_PARENT_PAGE": notion.root_page_id,
        "NOTION_TOKEN": notion.token,
    }


@pytest.fixture
def factory(project: Path, environment: dict[str, str]) -> Factory:
    """Run ``factory`` in the project, as a user would."""

    def run(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        merged = {**environment, **changes}
        variables = {key: value for key, value in merged.items() if value is not None}
        command = [str(BIN / "factory"), *arguments]
        return subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)

    return run
