"""``factory ids`` and the lookup plugin: what the identity cache remembers, for people."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import BIN, Factory


@pytest.fixture(autouse=True)
def _applied(notion: Sandbox, factory: Factory) -> Iterator[None]:
    assert factory("apply").returncode == 0
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def looked_up(project: Path, environment: dict[str, str], address: str, **options: str) -> str:
    given = "".join(f", {key}='{value}'" for key, value in options.items())
    message = f"msg={{{{ lookup('factory.core.resource_id', '{address}'{given}) }}}}"
    command = [str(BIN / "ansible"), "workspace", "-i", "inventories/sandbox", "-m", "ansible.builtin.debug"]
    done = subprocess.run(
        [*command, "-a", message], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    return " ".join((done.stdout + done.stderr).split())


def test_ids_are_listed_looked_up_and_forgotten(factory: Factory, project: Path, environment: dict[str, str]) -> None:
    (one,) = json.loads(factory("ids", "list", "--json").stdout)
    assert (one["address"], one["stack"], one["target"]) == ("NotionDatabase/notes", "notes", "workspace")
    assert factory("ids", "list").stdout.startswith(f"NotionDatabase/notes  {one['id']}")
    assert one["id"] in looked_up(project, environment, "NotionDatabase/notes", stack="notes")
    source = looked_up(project, environment, "NotionDatabase/notes", attribute="data_source_id")
    assert one["data_source_id"] in source
    assert "did you mean 'NotionDatabase/notes'?" in looked_up(project, environment, "NotionDatabase/note")
    assert factory("ids", "forget", "NotionDatabase/notes").returncode == 0
    assert factory("ids", "list").stdout.strip() == "Nothing is remembered."
    refused = factory("ids", "forget", "NotionDatabase/notes")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert factory("plan").returncode == 0, "it is found again by its ownership line"


def test_a_cache_of_a_newer_version_is_refused(factory: Factory, project: Path) -> None:
    (project / ".factory" / "sandbox" / "identity.json").write_text('{"version": 99, "scopes": {}}')
    done = factory("plan")
    assert done.returncode == 1
    assert "was written by a newer Factory" in done.stderr


def test_the_version_is_told(factory: Factory) -> None:
    assert factory("--version").stdout.startswith("factory 0.")
