"""Rows as a user of ``factory`` sees them: what is refused stays alone, and files lie beside the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import Factory

OTHER = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata: {name: others}
spec:
  title: Others
  properties:
    Name: {type: title}
    Papers: {type: files}
  rows:
    items: [{Name: First, Papers: [{file: plan.txt}], $body: "# Hello"}]
"""


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def add_twin(notion: Sandbox) -> str:
    """Somebody adds a second row One in Notion; its id."""
    headers = {"Authorization": f"Bearer {notion.token}", "Notion-Version": "2026-03-11"}
    with httpx.Client(base_url=notion.base_url, headers=headers) as http:
        found = http.post("/v1/search", json={"query": "Notes"}).json()["results"]
        source = next(one for one in found if one["object"] == "data_source")
        title = [{"type": "text", "text": {"content": "One"}}]
        parent = {"type": "data_source_id", "data_source_id": source["id"]}
        page = http.post("/v1/pages", json={"parent": parent, "properties": {"Name": {"title": title}}})
        found_id: str = page.raise_for_status().json()["id"]
    return found_id


def test_a_twin_row_holds_up_its_database_and_the_exit_code_says_so(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    assert factory("apply").returncode == 0
    twin = add_twin(notion)
    (project / "stacks" / "notes" / "plan.txt").write_text("first")
    (project / "stacks" / "notes" / "others.yml").write_text(OTHER)
    planned = factory("plan")
    assert planned.returncode == 1
    assert twin in planned.stdout
    assert "+ NotionDatabase/others" in planned.stdout
    done = factory("apply")
    assert done.returncode == 1
    assert twin in done.stdout
    assert "1 created" in done.stdout
    (project / "stacks" / "notes" / "notes.yml").unlink()
    done = factory("plan")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_row_names_a_file_that_is_not_there_at_line_and_column(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    (project / "stacks" / "notes" / "others.yml").write_text(OTHER)
    done = factory("validate")
    assert done.returncode == 1
    assert (
        "10:43: spec.rows.items.0.Papers.0.file: the file 'stacks/notes/plan.txt' cannot be read"
        in done.stdout + done.stderr
    )
