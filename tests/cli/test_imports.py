"""``factory import``: what a user sees, and that a plan afterwards has nothing to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import Factory


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def test_a_plan_right_after_an_import_has_nothing_to_do(project: Path, factory: Factory) -> None:
    assert factory("apply").returncode == 0
    (project / "stacks" / "notes" / "notes.yml").unlink()
    done = factory("import", "notion", "--to", "stacks/notes", "--rows")
    assert done.returncode == 0, done.stderr
    assert "NotionDatabase/notes: stacks/notes/notes.yml" in done.stdout
    assert "Kind: Idea" in (project / "stacks" / "notes" / "notes.yml").read_text()
    planned = factory("plan", "stacks/notes")
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_a_file_that_exists_is_only_overwritten_with_force(project: Path, factory: Factory) -> None:
    assert factory("apply").returncode == 0
    before = (project / "stacks" / "notes" / "notes.yml").read_text()
    refused = factory("import", "notion", "--to", "stacks/notes")
    assert refused.returncode == 1
    assert "stacks/notes/notes.yml" in refused.stderr
    assert "--force" in refused.stderr
    assert (project / "stacks" / "notes" / "notes.yml").read_text() == before
    done = factory("import", "notion", "--to", "stacks/notes", "--force", "--json")
    answer = json.loads(done.stdout)
    assert [one["address"] for one in answer["manifests"]] == ["NotionDatabase/notes"]
    assert (project / "stacks" / "notes" / "notes.yml").read_text() != before
    assert factory("plan").returncode == 0


def test_a_page_that_is_none_is_named(factory: Factory) -> None:
    done = factory("import", "notion", "--page", "my page", "--to", "stacks/other")
    assert done.returncode == 1
    assert "'my page' is neither the id of a page" in done.stderr
