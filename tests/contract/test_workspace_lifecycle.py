"""What a manifest's lifecycle words make of a Notion workspace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    database,
    drift_of,
    errors_of,
    fields_of,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.report import Report

NUMBER = {"type": "number"}
ROWS = {"items": [{"Name": "Plan", "Size": 1}]}
LINE = "Managed by Factory: shop NotionDatabase/"


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def declare(stack: Stack, *manifests: dict[str, Any], **history: Any) -> None:
    stack.declare(*manifests)
    if history:
        (stack.stack_folder / "history.yml").write_text(json.dumps(history))


def applied(stack: Stack, *manifests: dict[str, Any], **history: Any) -> None:
    declare(stack, *manifests, **history)
    assert_applied(stack.apply())


def tasks(name: str = "tasks", metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    manifest = database(name, {"Size": NUMBER}, metadata=metadata, rows=ROWS, **spec)
    manifest["spec"]["title"] = "Tasks"
    return manifest


def description(stack: Stack, title: str = "Tasks") -> str:
    return "".join(part["plain_text"] for part in stack.container(title)["description"])


def actions(report: Report) -> dict[str, str]:
    return {change.address.name: change.action.value for change in report.plan.pending}


def trash(stack: Stack, title: str = "Tasks", in_trash: bool = True) -> str:
    live = stack.id_of(title)
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": in_trash})
    return live


# moved

MOVED = [{"from": "NotionDatabase/tasks", "to": "NotionDatabase/jobs"}]


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_a_moved_database_takes_one_write_of_its_ownership_line(stack: Stack, cache: str) -> None:
    applied(stack, tasks())
    before = stack.container("Tasks")["id"]
    declare(stack, tasks("jobs"), moved=MOVED)
    if cache == "lost":
        stack.forget()

    planned = stack.plan(prune=True)
    assert actions(planned) == {"jobs": "rename"}
    assert fields_of(planned) == ["jobs ownership"]
    assert drift_of(planned) == []
    assert_applied(stack.apply(prune=True))

    assert stack.requests.writes == 1
    assert (stack.id_of("Tasks"), description(stack)) == (before, f"{LINE}jobs")
    assert stack.row_names("Tasks") == ["Plan"]
    assert_settled(stack)
    stack.forget()
    assert_settled(stack)


def test_a_move_without_ownership_lines_is_one_of_the_cache(stack: Stack) -> None:
    stack.marked = False
    applied(stack, tasks())
    declare(stack, tasks("jobs"), moved=MOVED)

    assert actions(stack.plan()) == {"jobs": "rename"}
    assert_applied(stack.apply())
    assert stack.requests.writes == 0
    assert_settled(stack)
    assert stack.titles() == ["Tasks"]


def test_what_people_rename_in_a_moved_database_is_found_again(stack: Stack) -> None:
    applied(stack, tasks())
    source = stack.source_id("Tasks")
    size = stack.schema("Tasks")["Size"]["id"]
    stack.api.change(source, Size={"name": "Effort"})
    applied(stack, tasks("jobs"), moved=MOVED)

    assert stack.schema("Tasks")["Size"]["id"] == size
    assert_settled(stack)


# protect


def protected(metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return tasks(metadata={"protect": True, **(metadata or {})})


def test_to_protect_a_database_is_one_write_and_no_drift(stack: Stack) -> None:
    applied(stack, tasks())
    declare(stack, protected())
    planned = stack.plan()
    assert (fields_of(planned), drift_of(planned)) == (["tasks ownership"], [])
    assert_applied(stack.apply())
    assert stack.requests.writes == 1
    assert description(stack) == f"{LINE}tasks, protected"
    assert_settled(stack)


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_a_protected_database_survives_its_manifest_and_the_cache(stack: Stack, cache: str) -> None:
    applied(stack, protected(), database("clients"))
    declare(stack, database("clients"))
    if cache == "lost":
        stack.forget()

    planned = stack.plan(prune=True, allow_destructive=True)

    assert planned.plan.gate.decision is Decision.DENY
    with pytest.raises(FactoryError, match="removed: "):
        stack.apply(prune=True, allow_destructive=True)
    assert stack.requests.writes == 0
    assert stack.titles() == ["Clients", "Tasks"]


def test_a_protected_type_does_not_change_until_protection_is_lifted(stack: Stack) -> None:
    applied(stack, protected())
    retyped = protected()
    retyped["spec"]["properties"]["Size"] = {"type": "rich_text"}
    retyped["spec"]["rows"] = {"items": [{"Name": "Plan"}]}
    declare(stack, retyped)
    with pytest.raises(FactoryError, match=r"properties.Size.type would be destroyed, and it is protected"):
        stack.apply(allow_destructive=True)
    assert stack.schema("Tasks")["Size"]["type"] == "number"

    declare(stack, {**retyped, "metadata": {"name": "tasks"}})
    assert_applied(stack.apply(allow_destructive=True))
    assert description(stack) == f"{LINE}tasks"
    assert_settled(stack)


# removed

REMOVED = [{"address": "NotionDatabase/tasks", "reason": "handed over to sales"}]


def test_a_removed_database_stays_and_its_description_is_people_s_again(stack: Stack) -> None:
    applied(stack, protected(), database("clients"))
    bold = {"type": "text", "text": {"content": "Ours."}, "annotations": {"bold": True}}
    parts = [bold, *text(f"\n{LINE}tasks, protected")]
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Tasks')}", {"description": parts})
    declare(stack, database("clients"), removed=REMOVED)

    assert actions(stack.plan()) == {"tasks": "forget"}
    assert_applied(stack.apply())

    assert stack.requests.writes == 1
    (left,) = stack.container("Tasks")["description"]
    assert (left["plain_text"], left["annotations"]["bold"]) == ("Ours.", True)
    assert actions(stack.plan(prune=True)) == {}
    assert_settled(stack)


def test_a_removed_database_goes_into_the_trash_under_prune(stack: Stack) -> None:
    applied(stack, protected(), database("clients"))
    declare(stack, database("clients"), removed=REMOVED)

    assert_applied(stack.apply(prune=True, allow_destructive=True))

    assert stack.titles() == ["Clients"]
    assert_settled(stack)


# prune


@pytest.mark.parametrize("line", [None, "Managed by Factory: other-stack NotionDatabase/tasks"])
def test_a_database_whose_ownership_line_is_gone_is_not_pruned_by_what_the_cache_says(
    stack: Stack, line: str | None
) -> None:
    applied(stack, tasks(), database("clients"))
    body = {"description": text(line) if line else []}
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Tasks')}", body)
    declare(stack, database("clients"))

    assert actions(stack.plan(prune=True)) == {}
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert stack.titles() == ["Clients", "Tasks"]


# ignore, acknowledge


def test_ignored_fields_and_what_is_below_them_belong_to_people(stack: Stack) -> None:
    state = {"type": "select", "options": options("Open", "Done")}
    manifest = database("tasks", {"State": state, "Size": NUMBER}, metadata={"ignore": ["rows", "properties.State"]})
    manifest["spec"]["rows"] = ROWS
    applied(stack, manifest)
    assert stack.row_names("Tasks") == ["Plan"]

    row = stack.row("Tasks", "Plan")["id"]
    stack.api.ok("PATCH", f"/v1/pages/{row}", {"properties": {"Size": {"number": 9}}})
    stack.api.change(stack.source_id("Tasks"), State={"name": "Stage"})
    assert_settled(stack)
    assert drift_of(stack.plan()) == []

    stack.api.change(stack.source_id("Tasks"), Size={"name": "Effort"})
    assert drift_of(stack.plan()) == ["tasks properties.Size.name"]
    assert_applied(stack.apply())
    assert "Stage" in stack.schema("Tasks")
    assert stack.value("Tasks", "Plan", "Size") == 9


def test_an_ignored_description_is_not_written_with_the_ownership_line(stack: Stack) -> None:
    applied(stack, tasks(metadata={"ignore": ["description"]}, description="As declared."))
    body = {"description": text("By hand.")}
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Tasks')}", body)

    assert fields_of(stack.plan()) == ["tasks ownership"]
    assert_applied(stack.apply())
    assert description(stack) == f"By hand.\n{LINE}tasks"


def test_acknowledged_drift_is_put_right_without_an_alarm(stack: Stack) -> None:
    until = str(datetime.now(UTC).date() + timedelta(days=1))
    known = {"path": "properties.Size", "reason": "an experiment", "by": "ada@example.org", "until": until}
    applied(stack, tasks(metadata={"acknowledge": [known]}))
    stack.api.change(stack.source_id("Tasks"), Size={"number": {"format": "euro"}}, Extra={"rich_text": {}})
    stack.api.change(stack.source_id("Tasks"), Size={"name": "Effort"})

    planned = stack.plan()

    assert drift_of(planned) == ["tasks properties.Size.name"]
    assert not planned.plan.drifted
    assert_applied(stack.apply())
    assert "Size" in stack.schema("Tasks")


# The trash


@pytest.mark.parametrize("searchable", [True, False])
def test_a_trashed_database_is_restored_without_the_cache_where_search_shows_it(stack: Stack, searchable: bool) -> None:
    applied(stack, tasks(), database("clients"))
    live = trash(stack)
    stack.forget()
    if not searchable:
        stack.api.behave(search_lag=3600)

    planned = stack.plan()
    assert actions(planned) == {"tasks": "restore" if searchable else "create"}
    assert_applied(stack.apply())

    assert (stack.id_of("Tasks") == live) is searchable
    assert_settled(stack)


def test_a_trashed_database_of_another_page_or_stack_is_not_restored(stack: Stack) -> None:
    applied(stack, tasks())
    live = stack.id_of("Tasks")
    other = Stack(stack.api, stack.folder / "elsewhere", "other-stack")
    applied(other, {**tasks(), "spec": {**tasks()["spec"], "title": "Theirs"}})
    trash(stack, "Theirs")
    page = stack.api.ok(
        "POST",
        "/v1/pages",
        {
            "parent": {"type": "page_id", "page_id": stack.api.sandbox.root_page_id},
            "properties": {"title": {"title": text("Elsewhere")}},
        },
    )
    body = {"parent": {"type": "page_id", "page_id": page["id"]}}
    stack.api.ok("PATCH", f"/v1/databases/{live}", body)
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": True})
    stack.forget()

    assert actions(stack.plan()) == {"tasks": "create"}


def test_two_trashed_databases_of_one_address_are_named_and_neither_is_restored(stack: Stack) -> None:
    ids = []
    for _ in range(2):
        stack.api.behave(search_lag=3600)
        applied(stack, tasks())
        ids.append(trash(stack))
        stack.forget()
    stack.api.behave(search_lag=0)

    planned = stack.plan()

    assert actions(planned) == {"tasks": "create"}
    (warning,) = planned.plan.warnings
    assert all(one in warning for one in ids)


def test_what_prune_removed_comes_back_with_its_manifest(stack: Stack) -> None:
    applied(stack, tasks(), database("clients"))
    live = stack.id_of("Tasks")
    declare(stack, database("clients"))
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    stack.plan()
    assert stack.requests.reads == 1
    declare(stack, tasks(), database("clients"))
    stack.api.behave(search_lag=3600)

    planned = stack.plan()

    assert (actions(planned), planned.plan.drifted) == ({"tasks": "restore"}, ())
    assert_applied(stack.apply())
    assert stack.id_of("Tasks") == live
    assert_settled(stack)


def test_what_was_deleted_for_good_is_created_anew(stack: Stack) -> None:
    applied(stack, tasks())
    destroy(stack)
    record = json.loads((stack.state / "identity.json").read_text())
    told = json.dumps(record)
    (scope,) = record["scopes"].values()
    gone = scope["NotionDatabase/tasks"]["attributes"]["id"]
    (stack.state / "identity.json").write_text(told.replace(gone, "00000000-0000-4000-8000-000000000000"))

    assert actions(stack.plan()) == {"tasks": "create"}
    assert_applied(stack.apply())
    assert_settled(stack)


# destroy


def destroy(stack: Stack, **asked: Any) -> Report:
    return stack.apply(purpose=Purpose.DESTROY, confirm="sandbox", **asked)


def test_a_stack_is_destroyed_and_nothing_that_is_not_its_own(stack: Stack) -> None:
    relation = {"type": "relation", "database": "clients", "synced_property": "Tasks"}
    applied(stack, database("tasks", {"Client": relation}), database("clients"), database("old"))
    stack.api.database("Foreign")
    applied(Stack(stack.api, stack.folder / "elsewhere", "other-stack"), database("theirs"))
    declare(stack, database("tasks", {"Client": relation}), database("clients"))

    planned = stack.plan(purpose=Purpose.DESTROY)
    assert actions(planned) == {"old": "delete", "tasks": "delete", "clients": "delete"}
    with pytest.raises(FactoryError, match="-e confirm=sandbox"):
        stack.apply(purpose=Purpose.DESTROY, allow_destructive=True)
    assert stack.requests.writes == 0
    assert_applied(destroy(stack))

    assert stack.titles() == ["Foreign", "Theirs"]
    assert actions(destroy(stack)) == {}
    assert stack.requests.writes == 0


def test_a_database_whose_ownership_line_is_gone_is_not_destroyed(stack: Stack) -> None:
    applied(stack, tasks(), database("clients"))
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Tasks')}", {"description": []})

    report = destroy(stack)

    assert_applied(report)
    assert stack.titles() == ["Tasks"]
    assert [one for one in report.plan.warnings if "NotionDatabase/tasks" in one]


# adopt

TASKS = Address("NotionDatabase", "tasks")


@pytest.mark.parametrize("by_id", [True, False])
def test_to_adopt_a_database_writes_its_ownership_line_and_nothing_else(stack: Stack, by_id: bool) -> None:
    by_hand, source = stack.api.database("Tasks", Size={"number": {}})
    stack.api.row(source, "Build", Size={"number": 5})
    parts = [{"type": "text", "text": {"content": "Ours."}, "annotations": {"bold": True}}]
    stack.api.ok("PATCH", f"/v1/databases/{by_hand}", {"description": parts})
    before = (stack.schema("Tasks"), stack.pages("Tasks"))
    declare(stack, tasks(description="As declared.", icon="🎈"))

    how = {"addresses": (TASKS,), "adopt_id": by_hand} if by_id else {}
    assert_applied(stack.apply(purpose=Purpose.ADOPT, **how))

    assert stack.requests.writes == 1
    assert (stack.schema("Tasks"), stack.pages("Tasks")) == before
    first, *_ = stack.container("Tasks")["description"]
    assert (first["plain_text"], first["annotations"]["bold"]) == ("Ours.", True)
    assert description(stack) == f"Ours.\n{LINE}tasks"
    planned = stack.plan()
    assert fields_of(planned) == ["tasks description", "tasks icon", "tasks rows.Plan"]
    assert drift_of(planned) == []
    assert_applied(stack.apply())
    assert_settled(stack)


def test_a_database_of_another_resource_is_not_adopted(stack: Stack) -> None:
    applied(stack, database("clients"))
    declare(stack, tasks(), database("clients"))

    with pytest.raises(FactoryError, match="is not free to be adopted"):
        stack.apply(purpose=Purpose.ADOPT, addresses=(TASKS,), adopt_id=stack.id_of("Clients"))
    assert stack.requests.writes == 0


def test_two_databases_of_the_declared_title_are_both_named_and_neither_is_adopted(stack: Stack) -> None:
    ids = [stack.api.database("Tasks")[0] for _ in range(2)]
    declare(stack, tasks(), database("clients"))

    report = stack.plan(purpose=Purpose.ADOPT, addresses=(TASKS,))

    (error,) = errors_of(report)
    assert all(one in error for one in ids)
