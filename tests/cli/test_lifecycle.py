"""``factory adopt`` and ``destroy``, and what lifecycle words do to exit codes, as a user sees them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import BIN, Factory
from .test_playbooks import playbook
from .test_runs import headers, hidden_edit, writes


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def with_metadata(project: Path, more: str) -> None:
    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text(manifest.read_text().replace("{name: notes}", f"{{name: notes, {more}}}"))


def answering(answer: str, project: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """``factory destroy``, with *answer* typed in."""
    command = [str(BIN / "factory"), "destroy"]
    return subprocess.run(
        command, cwd=project, env=environment, input=answer, capture_output=True, text=True, check=False
    )


def trashed(notion: Sandbox, project: Path) -> bool:
    cache = json.loads((project / ".factory" / "sandbox" / "identity.json").read_text())
    (scope,) = cache["scopes"].values()
    live = scope["NotionDatabase/notes"]["attributes"]["id"]
    found = httpx.get(f"{notion.base_url}/v1/databases/{live}", headers=headers(notion)).json()
    return bool(found["in_trash"])


def test_destroy_shows_what_goes_and_asks_for_the_environment_s_name(
    factory: Factory, project: Path, environment: dict[str, str], notion: Sandbox
) -> None:
    factory("apply")
    before = writes(notion)
    for answer in ("yes\n", ""):
        refused = answering(answer, project, environment)
        assert refused.returncode == 1
        assert "! destroys NotionDatabase/notes: destroyed with its stack" in refused.stdout
        assert "type the environment's name (sandbox)" in refused.stderr
        assert "nothing was deleted" in refused.stderr
    assert (writes(notion), trashed(notion, project)) == (before, False)

    done = answering("sandbox\n", project, environment)
    assert done.returncode == 0, done.stderr
    assert "Apply: 1 deleted." in done.stdout
    assert trashed(notion, project)


def test_destroying_twice_finds_nothing_to_do_and_asks_nothing(factory: Factory, notion: Sandbox) -> None:
    factory("apply")
    assert factory("destroy", "--yes").returncode == 0
    before = writes(notion)
    again = factory("destroy")
    assert again.returncode == 0, again.stdout + again.stderr
    assert writes(notion) == before
    assert "no changes" in again.stdout
    assert factory("plan").returncode == 2


def test_the_sandbox_s_own_notion_is_destroyed_as_well(factory: Factory) -> None:
    nothing = {"NOTION_BASE_URL": None, "NOTION_TOKEN": None, "NOTION_PARENT_PAGE": None}
    assert factory("apply", **nothing).returncode == 0
    done = factory("destroy", "--yes", **nothing)
    assert (done.returncode, "Apply: 1 deleted." in done.stdout) == (0, True), done.stderr


def test_a_protected_database_blocks_plan_and_destroy_until_it_is_removed_on_purpose(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    with_metadata(project, "protect: true")
    factory("apply")
    destroyed = factory("destroy", "--yes")
    assert destroyed.returncode == 1
    assert "! blocked: NotionDatabase/notes: it is protected" in destroyed.stdout

    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text("moved: []\n")
    planned = factory("plan")
    assert planned.returncode == 2
    assert "say 'removed: [{address: NotionDatabase/notes" in planned.stdout
    assert json.loads(factory("plan", "--json").stdout)["applyable"] is False
    refused = factory("apply", "--prune", "--allow-destructive")
    assert refused.returncode == 1
    assert "this is blocked" in refused.stderr
    assert not trashed(notion, project)

    manifest.write_text("removed: [{address: NotionDatabase/notes, reason: not needed any more}]\n")
    done = factory("apply")
    assert (done.returncode, "Apply: 1 forgotten." in done.stdout) == (0, True), done.stderr


def test_adopt_records_ownership_and_the_plan_shows_what_differs(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    body = {
        "parent": {"type": "page_id", "page_id": notion.root_page_id},
        "title": [{"type": "text", "text": {"content": "My notes"}}],
        "initial_data_source": {"properties": {"Name": {"title": {}}}},
    }
    made = httpx.post(f"{notion.base_url}/v1/databases", headers=headers(notion), json=body).json()["id"]
    nothing = factory("adopt", "NotionDatabase/notes")
    assert nothing.returncode == 1
    assert "NotionDatabase/notes: there is nothing to adopt" in nothing.stdout + nothing.stderr

    before = writes(notion)
    done = factory("adopt", "NotionDatabase/notes", "--id", made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (writes(notion), "Apply: 1 adopted." in done.stdout) == (before + 1, True)
    planned = factory("plan")
    assert planned.returncode == 2
    assert "~ title: My notes → Notes" in planned.stdout
    assert factory("drift").returncode == 0
    assert factory("apply").returncode == 0
    assert factory("plan").returncode == 0


def test_an_address_to_adopt_that_is_none_is_one_line(factory: Factory) -> None:
    for wrong, told in (("notes", "is not an address"), ("NotionDatabase/note", "did you mean 'notes'?")):
        done = factory("adopt", wrong)
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
        assert told in done.stderr


def test_acknowledged_drift_does_not_alarm_until_it_has_expired(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    today = datetime.now(UTC).date()
    known = "acknowledge: [{path: title, reason: the sales team tries a name, by: ada, until: UNTIL}]"
    with_metadata(project, known)
    manifest = project / "stacks" / "notes" / "notes.yml"
    text = manifest.read_text()
    manifest.write_text(text.replace("UNTIL", str(today + timedelta(days=1))))
    factory("apply")
    hidden_edit(notion)

    muted = factory("drift")
    assert muted.returncode == 0
    assert "acknowledged: NotionDatabase/notes title: Scribbles → Notes  # the sales team tries a name" in muted.stdout
    assert json.loads(factory("drift", "--json").stdout)["acknowledged"][0]["by"] == "ada"

    manifest.write_text(text.replace("UNTIL", str(today - timedelta(days=1))))
    alarmed = factory("drift")
    assert alarmed.returncode == 2
    assert "that has expired" in alarmed.stdout


def test_a_mistyped_overlay_is_told_before_anything_runs(factory: Factory, project: Path, notion: Sandbox) -> None:
    (project / "stacks" / "notes" / "overlays").mkdir()
    (project / "stacks" / "notes" / "overlays" / "prodution.yml").write_text("{}\n")
    done = factory("plan")
    assert (done.returncode, writes(notion)) == (1, 0)
    assert "overlays/prodution.yml:1:1: no environment is called 'prodution'; did you mean 'production'?" in done.stderr


def test_the_playbook_destroys_nothing_without_confirmation(
    project: Path, environment: dict[str, str], factory: Factory, notion: Sandbox
) -> None:
    factory("apply")
    refused = playbook("destroy", project, environment)
    assert refused.returncode == 2
    assert "-e confirm=sandbox" in refused.stdout + refused.stderr
    checked = playbook("destroy", project, environment, "--check")
    assert checked.returncode == 0, checked.stdout
    assert "changed: [workspace] => (item=NotionDatabase/notes)" in checked.stdout
    assert not trashed(notion, project)
    assert playbook("destroy", project, environment, "-e", "confirm=sandbox").returncode == 0
    assert trashed(notion, project)
    again = playbook("destroy", project, environment, "-e", "confirm=sandbox")
    assert "changed=0" in again.stdout
