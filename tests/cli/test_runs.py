"""``factory validate``, ``plan``, ``apply`` and ``drift`` as a user sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import STACK, TOKEN, Factory


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def writes(notion: Sandbox) -> int:
    counted: int = httpx.get(f"{notion.base_url}/_sandbox/requests").json()["writes"]
    return counted


def headers(notion: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {notion.token}", "Notion-Version": "2026-03-11"}


def hidden_edit(notion: Sandbox) -> None:
    """Somebody renames the database in Notion."""
    found = httpx.post(f"{notion.base_url}/v1/search", headers=headers(notion), json={"query": "Notes"}).json()
    source = next(one for one in found["results"] if one["object"] == "data_source")
    body = {"title": [{"type": "text", "text": {"content": "Scribbles"}}]}
    url = f"{notion.base_url}/v1/data_sources/{source['id']}"
    httpx.patch(url, headers=headers(notion), json=body).raise_for_status()


def test_a_plan_with_changes_exits_2_and_writes_nothing(factory: Factory, notion: Sandbox) -> None:
    done = factory("plan")
    assert (done.returncode, writes(notion)) == (2, 0), done.stderr
    assert "+ NotionDatabase/notes: 2 properties, 1 row" in done.stdout
    assert "1 to create" in done.stdout


def test_the_second_plan_is_empty_and_exits_0(factory: Factory) -> None:
    assert factory("apply").returncode == 0
    done = factory("plan")
    assert (done.returncode, done.stdout.strip()) == (0, "Plan: no changes; 1 resource as declared.")


def test_drift_is_named_exits_2_and_is_put_right_by_apply(factory: Factory, notion: Sandbox) -> None:
    factory("apply")
    hidden_edit(notion)
    before = writes(notion)
    found = factory("drift")
    assert (found.returncode, writes(notion)) == (2, before)
    assert "~ title: Scribbles → Notes" in found.stdout
    assert factory("apply").returncode == 0
    assert factory("drift").returncode == 0


def test_a_declared_change_is_no_drift(factory: Factory, project: Path) -> None:
    factory("apply")
    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text(manifest.read_text().replace("title: Notes", "title: Thoughts"))
    found = factory("drift")
    assert found.returncode == 0
    assert "1 declared change not applied yet" in found.stdout
    assert factory("plan").returncode == 2


def test_a_plan_is_data_for_machines(factory: Factory) -> None:
    plan = json.loads(factory("plan", "--json").stdout)
    assert plan["resource_changes"][0]["change"]["actions"] == ["create"]
    assert (plan["complete"], plan["errored"], plan["applyable"]) == (True, False, True)


def test_output_that_is_no_terminal_has_no_colour(factory: Factory) -> None:
    done = factory("plan")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_saved_plan_is_applied_only_while_it_holds(factory: Factory, project: Path, notion: Sandbox) -> None:
    factory("plan", "--out", "plan.json")
    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text(manifest.read_text().replace("title: Notes", "title: Thoughts"))
    stale = factory("apply", "--plan", "plan.json")
    assert (stale.returncode, writes(notion)) == (1, 0)
    assert "stale" in stale.stderr
    manifest.write_text(manifest.read_text().replace("title: Thoughts", "title: Notes"))
    assert factory("apply", "--plan", "plan.json").returncode == 0


def test_a_destructive_change_is_refused_until_allowed(factory: Factory, project: Path, notion: Sandbox) -> None:
    factory("apply")
    manifest = project / "stacks" / "notes" / "notes.yml"
    text = manifest.read_text().replace("{type: select, options: [{name: Idea}, {name: Fact}]}", "{type: number}")
    manifest.write_text(text.replace(", Kind: Idea", ""))
    before = writes(notion)
    refused = factory("apply")
    assert (refused.returncode, writes(notion)) == (1, before)
    assert refused.stdout.startswith("! destroys NotionDatabase/notes properties.Kind.type")
    assert "--allow-destructive" in refused.stderr
    assert factory("apply", "--allow-destructive").returncode == 0


def test_broken_manifests_are_told_at_line_and_column_without_any_request(
    factory: Factory, project: Path, notion: Sandbox
) -> None:
    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text(manifest.read_text().replace("  title: Notes", "  titel: Notes"))
    done = factory("validate")
    assert done.returncode == 1
    assert "stacks/notes/notes.yml:5:3: spec.titel: unknown key 'titel'; did you mean 'title'?" in done.stderr
    planned = factory("plan")
    assert planned.returncode == 1
    assert "did you mean 'title'?" in planned.stderr
    assert httpx.get(f"{notion.base_url}/_sandbox/requests").json()["total"] == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"NOTION_TOKEN": None}, ["staging", "NOTION_TOKEN"]),
        ({"NOTION_TOKEN": "ntn_wrong_token_0123456789"}, ["staging", "NOTION_TOKEN", "refuses"]),
        ({"NOTION_PARENT_PAGE": None}, ["staging", "NOTION_PARENT_PAGE"]),
        (
            {"NOTION_PARENT_PAGE": "8d2a9a34-1c6f-4b8e-9d5c-0123456789ab"},
            ["staging", "8d2a9a34-1c6f-4b8e-9d5c-0123456789ab", "share"],
        ),
    ],
)
def test_trouble_with_access_is_one_line_that_says_what_to_do(
    factory: Factory, changes: dict[str, str | None], told: list[str]
) -> None:
    done = factory("plan", "-i", "staging", **changes)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert all(word in done.stderr for word in told), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "ntn_wrong" not in done.stdout + done.stderr


def test_an_unknown_environment_names_the_known_ones(factory: Factory) -> None:
    done = factory("plan", "-i", "prod")
    assert done.returncode == 1
    assert done.stderr.strip() == ("factory: there is no environment 'prod'; known are production, sandbox, staging")


def test_the_token_is_in_nothing_that_a_run_leaves_behind(factory: Factory, project: Path) -> None:
    manifest = project / "stacks" / "notes" / "notes.yml"
    manifest.write_text(
        manifest.read_text().replace("title: Notes", "title: Notes\n  description: ${env:NOTION_TOKEN}")
    )
    outputs = [factory("plan"), factory("plan", "--json"), factory("apply"), factory("drift", "--json")]
    assert not [done for done in outputs if TOKEN in done.stdout + done.stderr]
    left = [file for file in project.rglob("*") if file.is_file() and TOKEN in file.read_text(errors="ignore")]
    assert left == []


def test_without_any_setting_the_sandbox_brings_its_own_notion(factory: Factory) -> None:
    nothing = {"NOTION_BASE_URL": None, "NOTION_TOKEN": None, "NOTION_PARENT_PAGE": None}
    assert factory("apply", **nothing).returncode == 0
    again = factory("plan", **nothing)
    assert (again.returncode, again.stdout.strip()) == (0, "Plan: no changes; 1 resource as declared.")


@pytest.mark.parametrize("arguments", [("plan", "--prun"), ("drift", "a", "b"), ("aply",)])
def test_a_wrong_command_line_never_looks_like_changes(factory: Factory, arguments: tuple[str, ...]) -> None:
    assert factory(*arguments).returncode == 1


def test_a_plan_file_that_cannot_be_written_is_one_line(factory: Factory) -> None:
    done = factory("plan", "--out", "/no/such/folder/plan.json")
    assert done.returncode == 1
    assert done.stderr.startswith("factory: the plan cannot be written to /no/such/folder/plan.json")
    assert "1 to create" in done.stdout


def test_a_link_to_the_parent_page_is_as_good_as_its_id(factory: Factory, notion: Sandbox) -> None:
    link = f"https://www.notion.so/My-page-{notion.root_page_id.replace('-', '')}?pvs=4"
    assert factory("plan", NOTION_PARENT_PAGE=link).returncode == 2
    refused = factory("plan", NOTION_PARENT_PAGE="xyz")
    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (1, 1)


def test_what_is_doubtful_is_a_warning_at_line_and_column(factory: Factory, project: Path) -> None:
    fee = "    Fee: {type: number, format: euros}\n"
    (project / "stacks/notes/notes.yml").write_text(STACK.replace("  rows:", f"{fee}  rows:"))
    for command, code in (("validate", 0), ("plan", 2)):
        done = factory(command)
        assert done.returncode == code, done.stderr
        assert "warning: stacks/notes/notes.yml:9:33: spec.properties.Fee.format: 'euros'" in done.stdout
    told = json.loads(factory("validate", "--json").stdout)
    assert (told["valid"], len(told["warnings"])) == (True, 1)


def test_formulas_that_need_each_other_are_refused_where_they_stand(factory: Factory, project: Path) -> None:
    manifest = project / "stacks" / "notes" / "notes.yml"
    formulas = "    A: {type: formula, expression: 'prop(\"B\")'}\n    B: {type: formula, expression: 'prop(\"A\")'}\n"
    manifest.write_text(manifest.read_text().replace("  rows:", f"{formulas}  rows:"))
    done = factory("validate")
    assert done.returncode == 1
    assert "notes.yml:9:36: spec.properties.A.expression: these formulas need each other: A, B" in done.stderr


def test_a_failed_resource_is_told_once(factory: Factory) -> None:
    done = factory("plan", NOTION_BASE_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("cannot be reached") == 1
    assert "TASK [" not in done.stdout + done.stderr


def test_an_environment_without_targets_is_an_error_and_not_a_clean_bill(factory: Factory, project: Path) -> None:
    (project / "inventories" / "empty").mkdir()
    (project / "inventories" / "empty" / "hosts.yml").write_text("notion: {}\n")
    for command in ("validate", "plan", "drift"):
        done = factory(command, "-i", "empty")
        assert done.returncode == 1
        assert "no host of" in done.stderr
