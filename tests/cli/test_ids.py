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
    assert one["id"] in looked_up(project, environment, "notes:NotionDatabase/notes")
    source = looked_up(project, environment, "NotionDatabase/notes", attribute="data_source_id")
    assert one["data_source_id"] in source
    assert "did you mean 'NotionDatabase/notes'?" in looked_up(project, environment, "NotionDatabase/note")
    assert factory("ids", "forget", "NotionDatabase/notes").returncode == 0
    assert factory("ids", "list").stdout.strip() == "Nothing is remembered."
    refused = factory("ids", "forget", "NotionDatabase/notes")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert factory("plan").returncode == 0, "it is found again by its ownership line"


ORDERS = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata: {name: orders}
spec:
  title: Orders
  properties:
    Name: {type: title}
    Note: {type: relation, database: notes:note}
"""
PAGE = """\
apiVersion: factory/v1
kind: NotionPage
metadata: {name: handbook}
spec: {title: Handbook}
"""


def verified(factory: Factory, *options: str) -> tuple[int, dict[str, str]]:
    """The exit code, and the state of each remembered resource."""
    done = factory("ids", "verify", "--json", *options)
    return done.returncode, {one["address"]: one["state"] for one in json.loads(done.stdout)["ids"]}


def changed(notion: Sandbox, path: str, body: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {notion.token}", "Notion-Version": "2026-03-11"}
    httpx.patch(f"{notion.base_url}/v1/{path}", headers=headers, json=body).raise_for_status()


def test_remembered_ids_are_verified_and_nothing_is_changed(factory: Factory, project: Path, notion: Sandbox) -> None:
    (project / "stacks" / "notes" / "page.yml").write_text(PAGE)
    assert factory("apply").returncode == 0
    cache = project / ".factory" / "sandbox" / "identity.json"
    before = cache.read_bytes()
    assert verified(factory) == (0, {"NotionDatabase/notes": "ours", "NotionPage/handbook": "ours"})
    assert "2 of 2 remembered resources are well." in factory("ids", "verify").stdout

    one = json.loads(factory("ids", "list", "--json").stdout)[0]["id"]
    foreign = [{"text": {"content": "Managed by Factory: crm NotionDatabase/notes"}}]
    changed(notion, f"databases/{one}", {"description": []})
    assert verified(factory) == (0, {"NotionDatabase/notes": "unmarked", "NotionPage/handbook": "ours"})
    changed(notion, f"databases/{one}", {"description": foreign})
    assert verified(factory) == (2, {"NotionDatabase/notes": "not ours", "NotionPage/handbook": "ours"})
    assert "it says: Managed by Factory: crm NotionDatabase/notes" in factory("ids", "verify").stdout
    changed(notion, f"databases/{one}", {"in_trash": True})
    assert verified(factory) == (2, {"NotionDatabase/notes": "trashed", "NotionPage/handbook": "ours"})
    assert cache.read_bytes() == before

    httpx.post(f"{notion.base_url}/_sandbox/reset")
    assert verified(factory) == (2, {"NotionDatabase/notes": "gone", "NotionPage/handbook": "gone"})
    told = factory("ids", "verify").stdout
    command = f"factory ids forget NotionDatabase/notes --stack notes --target workspace --id {one} -i sandbox"
    assert command in told
    assert factory(*command.split()[1:]).returncode == 0
    assert verified(factory) == (2, {"NotionPage/handbook": "gone"})


def test_verify_looks_only_at_what_is_asked_for_and_names_targets_that_are_no_more(
    factory: Factory, project: Path
) -> None:
    assert verified(factory, "--stack", "crm") == (0, {})
    assert verified(factory, "--target", "other") == (0, {})
    cache = project / ".factory" / "sandbox" / "identity.json"
    cache.write_text(cache.read_text().replace('"workspace|', '"old|'))
    assert verified(factory) == (2, {"NotionDatabase/notes": "unread"})
    assert "the inventory of sandbox has no target 'old'" in factory("ids", "verify").stdout


def test_verify_without_a_token_that_works_is_an_error(factory: Factory) -> None:
    done = factory("ids", "verify", NOTION_TOKEN="ntn_wrong")
    assert done.returncode == 1
    assert "Notion refuses the token of the environment sandbox" in done.stderr


def test_what_another_stack_does_not_have_is_told_with_its_line(factory: Factory, project: Path) -> None:
    (project / "stacks" / "sales").mkdir()
    (project / "stacks" / "sales" / "orders.yml").write_text(ORDERS)
    assert factory("validate", "stacks/sales").returncode == 0
    done = factory("plan", "stacks/sales")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "stacks/sales/orders.yml:8:11: spec.properties.Note: notes:NotionDatabase/note is not known in the environment "
        "sandbox; apply stack notes first; did you mean 'notes'?"
    )


def test_a_cache_of_a_newer_version_is_refused(factory: Factory, project: Path) -> None:
    (project / ".factory" / "sandbox" / "identity.json").write_text('{"version": 99, "scopes": {}}')
    done = factory("plan")
    assert done.returncode == 1
    assert "was written by a newer Factory" in done.stderr


def test_the_version_is_told(factory: Factory) -> None:
    assert factory("--version").stdout.startswith("factory 0.")
