"""The fixture that other projects use in their own tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
THEIR_TESTS = """
import pytest
from notion_client import Client

@pytest.fixture
def notion(local_notion):
    return Client(auth=local_notion.token, base_url=local_notion.base_url, notion_version="2026-03-11")

@pytest.mark.parametrize("again", [False, True])
def test_every_test_begins_with_an_empty_workspace(notion, local_notion, again):
    assert notion.blocks.children.list(local_notion.root_page_id)["results"] == []
    notion.pages.create(parent={"page_id": local_notion.root_page_id}, properties={})
    assert local_notion.request_counts()["writes"] == 1

def test_faults_switches_and_time_are_orders(notion, local_notion):
    assert local_notion.behave(edition="free")["edition"] == "free"
    assert local_notion.set_clock(now="2030-01-02", frozen=True) == "2030-01-02T00:00:00.000+00:00"
    local_notion.fail("status", status=409)
    with pytest.raises(Exception, match="Conflict"):
        notion.users.me()

def test_nothing_of_it_is_left(notion, local_notion):
    assert local_notion.behave()["edition"] == "unlimited"
    with pytest.raises(ValueError, match="gravity"):
        local_notion.behave(gravity=True)

def test_objects_can_be_loaded(notion, local_notion):
    page = {"object": "page", "id": "5a4d0b0e-0000-4000-8000-0000000a0002"}
    assert local_notion.load([page]) == 1
    assert notion.pages.retrieve(page["id"])["id"] == page["id"]
"""


def test_a_project_that_names_the_fixture_has_a_notion(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert "5 passed" in found.stdout


def test_the_package_registers_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"factory_notion": "factory_iac.sandbox.pytest_plugin"}
