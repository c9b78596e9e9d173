"""Nothing is destroyed, taken over or made twice by accident."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    connected,
    database,
    errors_of,
    fields_of,
    option_names,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.change import Action, Effect
from ansible_collections.factory.core.plugins.module_utils.plan_text import plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from factory_iac.sandbox.process import running_notion

NUMBER = {"type": "number"}
STATE = {"type": "select", "options": options("Open", "Done")}


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def tasks(**spec: Any) -> dict[str, Any]:
    properties = {"State": STATE, "Size": NUMBER, **spec.pop("properties", {})}
    rows = {"items": [{"Name": "Plan", "State": "Open", "Size": 1}, {"Name": "Build", "Size": 2}]}
    return database("tasks", properties, rows=rows, **spec)


def applied(stack: Stack, *manifests: dict[str, Any]) -> None:
    stack.declare(*manifests)
    assert_applied(stack.apply())


def add_by_hand(stack: Stack) -> None:
    """A property, an option and a row that no manifest knows."""
    source = stack.source_id("Tasks")
    live = stack.schema("Tasks")["State"]["select"]["options"]
    stack.api.change(source, Notes={"rich_text": {}}, State={"select": {"options": [*live, {"name": "Later"}]}})
    stack.api.row(source, "Extra")


def test_what_only_notion_has_stays(stack: Stack) -> None:
    applied(stack, tasks())
    add_by_hand(stack)
    assert_settled(stack)
    assert "Notes" in stack.schema("Tasks")
    assert option_names(stack.schema("Tasks"), "State") == ["Open", "Done", "Later"]
    assert stack.row_names("Tasks") == ["Build", "Extra", "Plan"]


def test_what_only_notion_has_goes_with_prune(stack: Stack) -> None:
    applied(stack, tasks())
    add_by_hand(stack)
    stack.declare(tasks(prune=True, prune_rows=True))
    assert_applied(stack.apply(allow_destructive=True))
    assert sorted(stack.schema("Tasks")) == ["Name", "Size", "State"]
    assert option_names(stack.schema("Tasks"), "State") == ["Open", "Done"]
    assert stack.row_names("Tasks") == ["Build", "Plan"]
    assert_settled(stack)


def test_a_hand_added_option_survives_the_declaration_of_another(stack: Stack) -> None:
    applied(stack, tasks())
    add_by_hand(stack)
    applied(stack, tasks(properties={"State": {"type": "select", "options": options("Open", "Done", "Stuck")}}))
    assert option_names(stack.schema("Tasks"), "State") == ["Open", "Done", "Stuck", "Later"]


def test_an_option_taken_out_of_the_manifest_stays_with_its_values(stack: Stack) -> None:
    applied(stack, tasks())
    rows = {"items": [{"Name": "Plan"}]}
    applied(stack, database("tasks", {"State": {"type": "select", "options": options("Done")}}, rows=rows))
    assert option_names(stack.schema("Tasks"), "State") == ["Open", "Done"]
    assert stack.value("Tasks", "Plan", "State")["name"] == "Open"


DESTRUCTIVE = {
    "a type change": (
        database("tasks", {"State": STATE, "Size": {"type": "rich_text"}}, rows={"items": [{"Name": "Plan"}]}),
        "tasks properties.Size.type",
    ),
    "a pruned property": (
        database("tasks", {"State": STATE}, prune=True),
        "tasks properties.Size",
    ),
    "a pruned option": (
        tasks(properties={"State": {"type": "select", "options": options("Open")}}, prune=True),
        "tasks properties.State.options.Done",
    ),
    "a pruned row": (
        database("tasks", {"State": STATE, "Size": NUMBER}, prune_rows=True, rows={"items": [{"Name": "Plan"}]}),
        "tasks rows.Build",
    ),
    "a retargeted relation": (
        tasks(properties={"Client": {"type": "relation", "database": "people"}}),
        "tasks properties.Client.database",
    ),
}


@pytest.mark.parametrize("case", DESTRUCTIVE)
def test_a_destructive_change_is_named_first_and_refused(stack: Stack, case: str) -> None:
    manifest, field = DESTRUCTIVE[case]
    first = tasks(properties={"Client": {"type": "relation", "database": "clients"}})
    if case != "a retargeted relation":
        first = tasks()
    applied(stack, database("clients"), database("people"), first)
    before = (stack.schema("Tasks"), stack.pages("Tasks"))
    additive = database("clients", {"Note": {"type": "rich_text"}})
    stack.declare(additive, database("people"), manifest)
    planned = stack.plan()
    (destroyed,) = [
        f"{change.address.name} {one.name}"
        for change in planned.plan.changes
        for one in change.fields
        if one.effect is Effect.DESTRUCTIVE
    ]
    assert destroyed == field
    assert field.split(" ")[1] in plan_lines(planned.plan)[0].text
    assert planned.plan.changes[0].address.name == "tasks"
    with pytest.raises(FactoryError, match="allow-destructive"):
        stack.apply()
    assert stack.requests.writes == 0
    assert (stack.schema("Tasks"), stack.pages("Tasks")) == before
    assert_applied(stack.apply(allow_destructive=True))
    assert_settled(stack)


def test_a_declared_rename_keeps_id_and_values(stack: Stack) -> None:
    applied(stack, tasks())
    before = stack.schema("Tasks")["Size"]["id"]
    rows = {"items": [{"Name": "Plan", "Effort": 1}]}
    effort = {"type": "number", "renamed_from": "Size"}
    applied(stack, database("tasks", {"State": STATE, "Effort": effort}, rows=rows))
    assert stack.requests.writes == 1
    assert stack.schema("Tasks")["Effort"]["id"] == before
    assert stack.value("Tasks", "Build", "Effort") == 2
    assert "Size" not in stack.schema("Tasks")
    assert_settled(stack)


def test_a_renamed_two_way_relation_keeps_its_links_and_what_is_computed_from_it(stack: Stack) -> None:
    def manifests(name: str, **renamed: str) -> list[dict[str, Any]]:
        relation = {"type": "relation", "database": "clients", "synced_property": "Jobs", **renamed}
        rollup = {"type": "rollup", "relation": name, "property": "Name", "function": "count"}
        formula = {"type": "formula", "expression": 'prop("Clients count") + 1'}
        return [
            database(
                "jobs",
                {name: relation, "Clients count": rollup, "More": formula},
                rows={"items": [{"Name": "Roof", name: ["Ada"]}]},
            ),
            database("clients", rows={"items": [{"Name": "Ada"}]}),
        ]

    applied(stack, *manifests("Client"))
    before = stack.schema("Jobs")["Client"]["id"]
    applied(stack, *manifests("Customer", renamed_from="Client"))
    assert stack.schema("Jobs")["Customer"]["id"] == before
    assert len(stack.value("Jobs", "Roof", "Customer")) == 1
    assert_settled(stack)


def test_the_title_property_is_renamed_without_renamed_from(stack: Stack) -> None:
    applied(stack, tasks())
    applied(
        stack,
        database("tasks", {"Task": {"type": "title"}, "State": STATE, "Size": NUMBER}),
    )
    assert stack.schema("Tasks")["Task"]["id"] == "title"
    assert "Name" not in stack.schema("Tasks")
    assert stack.row_names("Tasks") == ["Build", "Plan"]
    assert_settled(stack)


def test_a_title_can_be_renamed_while_its_old_name_goes_to_a_text(stack: Stack) -> None:
    applied(stack, database("tasks"))
    stack.declare(database("tasks", {"Task": {"type": "title"}, "Name": {"type": "rich_text"}}))
    planned = stack.plan()
    assert all(change.effect < Effect.DESTRUCTIVE for change in planned.plan.changes), fields_of(planned)
    assert_applied(stack.apply())
    assert {name: one["type"] for name, one in stack.schema("Tasks").items()} == {"Task": "title", "Name": "rich_text"}


def jobs_and_clients(**relation: Any) -> list[dict[str, Any]]:
    client = {"type": "relation", "database": "clients", **relation}
    return [
        database("jobs", {"Client": client}, rows={"items": [{"Name": "Roof", "Client": "Ada"}]}),
        database("clients", rows={"items": [{"Name": "Ada"}]}),
    ]


def test_a_back_property_declared_under_a_new_name_keeps_its_id(stack: Stack) -> None:
    applied(stack, *jobs_and_clients(synced_property="Jobs"))
    before = stack.schema("Clients")["Jobs"]["id"]
    applied(stack, *jobs_and_clients(synced_property="Work"))
    assert stack.schema("Clients")["Work"]["id"] == before
    assert "Jobs" not in stack.schema("Clients")
    assert_settled(stack)


def test_a_relation_may_become_two_way_and_one_way_and_two_way_again(stack: Stack) -> None:
    for relation in ({}, {"synced_property": "Jobs"}, {}, {"synced_property": "Jobs"}):
        stack.declare(*jobs_and_clients(**relation))
        assert_applied(stack.apply(allow_destructive=True))
        assert len(stack.value("Jobs", "Roof", "Client")) == 1
        assert ("Jobs" in stack.schema("Clients")) is bool(relation)
        assert_settled(stack)
    assert len(stack.value("Clients", "Ada", "Jobs")) == 1


@pytest.mark.parametrize("honoured", [True, False])
def test_what_notion_will_not_do_to_an_option_is_said_and_not_tried_for_ever(stack: Stack, honoured: bool) -> None:
    stack.api.behave(status_group_honoured=honoured)
    grouped = [{"name": "Todo", "group": "To-do"}, {"name": "Won", "group": "Complete", "color": "green"}]
    applied(stack, database("tasks", {"Stage": {"type": "status", "options": grouped}}))
    assert_settled(stack)
    recoloured = [grouped[0], {**grouped[1], "color": "red"}]
    stack.declare(database("tasks", {"Stage": {"type": "status", "options": recoloured}}))
    planned = stack.plan()
    told = [one.name for change in planned.plan.changes for one in change.unmanageable]
    assert "properties.Stage.options.Won.color" in told
    assert ("properties.Stage.options.Won.group" in told) is not honoured
    assert_settled(stack)


def test_what_people_add_while_an_apply_runs_is_not_pruned_by_it(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate saw a plan without it, so nobody was asked."""
    applied(stack, tasks(prune=True))
    source = stack.source_id("Tasks")
    send = httpx.HTTPTransport.handle_request

    def people_first(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            monkeypatch.setattr(httpx.HTTPTransport, "handle_request", send)
            add_by_hand(stack)
        return send(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", people_first)
    applied(stack, tasks(prune=True, properties={"Url": {"type": "url"}}))
    assert {"Notes", "Url"} <= set(stack.api.schema(source))


def test_a_database_that_exists_is_not_adopted_unasked(stack: Stack) -> None:
    by_hand, _ = stack.api.database("Tasks")
    stack.declare(database("tasks"))
    planned = stack.plan()
    assert [change.action for change in planned.plan.pending] == [Action.CREATE]
    assert any(by_hand in warning for warning in planned.plan.warnings)


@pytest.mark.parametrize("how", ["metadata.adopt", "the run", "by id"])
def test_a_database_is_adopted_on_request(stack: Stack, how: str) -> None:
    by_hand, source = stack.api.database("Tasks", Size={"number": {}})
    stack.api.row(source, "Plan", Size={"number": 5})
    metadata = {"the run": {}, "metadata.adopt": {"adopt": True}, "by id": {"adopt": by_hand}}[how]
    stack.declare(database("tasks", {"Size": NUMBER, "State": STATE}, metadata=metadata))
    planned = stack.plan(adopt=how == "the run")
    assert [change.action for change in planned.plan.pending] == [Action.ADOPT]
    assert_applied(stack.apply(adopt=how == "the run"))
    assert stack.titles() == ["Tasks"]
    assert stack.id_of("Tasks") == by_hand
    assert "NotionDatabase/tasks" in stack.container("Tasks")["description"][0]["plain_text"]
    assert stack.value("Tasks", "Plan", "Size") == 5
    assert_settled(stack)
    stack.forget()
    assert_settled(stack)


def test_two_candidates_for_adoption_are_refused_and_both_named(stack: Stack) -> None:
    ids = [stack.api.database("Tasks")[0] for _ in range(2)]
    stack.declare(database("tasks", metadata={"adopt": True}))
    (error,) = errors_of(stack.plan())
    assert all(one in error for one in ids)
    with pytest.raises(FactoryError, match=ids[0]):
        stack.apply()
    assert stack.requests.writes == 0


def test_two_databases_with_one_ownership_line_are_refused_and_both_named(stack: Stack) -> None:
    applied(stack, database("tasks"))
    original = stack.container("Tasks")
    twin, _ = stack.api.database("Tasks")
    copied = "".join(part["plain_text"] for part in original["description"])
    stack.api.ok("PATCH", f"/v1/databases/{twin}", {"description": text(copied)})
    stack.forget()
    (error,) = errors_of(stack.plan())
    assert twin in error
    assert original["id"] in error


@pytest.mark.parametrize("by_id", [True, False])
def test_two_resources_that_claim_one_database_are_refused_and_both_named(stack: Stack, by_id: bool) -> None:
    by_hand, _ = stack.api.database("Tasks")
    adopt = {"adopt": by_hand if by_id else True}
    stack.declare(
        database("tasks", metadata=adopt, description="one"),
        {**database("todos", metadata=adopt), "spec": database("tasks")["spec"]},
    )
    with pytest.raises(FactoryError) as refused:
        stack.apply()
    assert "NotionDatabase/tasks" in str(refused.value)
    assert "NotionDatabase/todos" in str(refused.value)
    assert stack.requests.writes == 0


def test_a_database_that_another_stack_owns_is_not_taken_over_by_id(stack: Stack) -> None:
    theirs = Stack(stack.api, stack.folder / "elsewhere", "other-stack")
    applied(theirs, database("theirs"))
    stack.declare(database("ours", metadata={"adopt": stack.id_of("Theirs")}))
    with pytest.raises(FactoryError, match="other-stack NotionDatabase/theirs"):
        stack.apply()
    assert stack.requests.writes == 0


def test_without_ownership_lines_the_description_is_left_alone(stack: Stack) -> None:
    stack.marked = False
    applied(stack, database("tasks", description="What is to do."))
    assert [part["plain_text"] for part in stack.container("Tasks")["description"]] == ["What is to do."]
    assert_settled(stack)


def test_without_ownership_lines_a_lost_cache_creates_nothing_twice(stack: Stack) -> None:
    stack.marked = False
    applied(stack, database("tasks"))
    stack.forget()
    (error,) = errors_of(stack.plan())
    assert stack.id_of("Tasks") in error
    with pytest.raises(FactoryError, match="adopt"):
        stack.apply()
    assert stack.titles() == ["Tasks"]
    assert_applied(stack.apply(adopt=True))
    assert_settled(stack)


TWO = (
    database("jobs", {"Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"}}),
    database("clients", {"Size": NUMBER}, rows={"items": [{"Name": "Ada", "Size": 3}]}),
)


def test_the_plan_is_empty_without_the_identity_cache(stack: Stack) -> None:
    applied(stack, *TWO)
    stack.forget()
    assert_settled(stack)
    assert stack.titles() == ["Clients", "Jobs"]


@pytest.mark.parametrize("name", ["My Stack", "büro", "a-b_c.d"])
def test_a_stack_folder_of_any_name_finds_its_databases_again(
    notion_sandbox: NotionApi, tmp_path: Path, name: str
) -> None:
    stack = Stack(notion_sandbox, tmp_path, name)
    applied(stack, *TWO)
    stack.forget()
    assert_settled(stack)
    assert stack.titles() == ["Clients", "Jobs"]


def test_a_retitled_database_is_found_without_the_cache(stack: Stack) -> None:
    applied(stack, *TWO)
    stack.api.ok("PATCH", f"/v1/data_sources/{stack.source_id('Jobs')}", {"title": text("Work")})
    stack.forget()
    planned = stack.plan()
    assert fields_of(planned) == ["jobs title"]


def test_a_retitled_database_is_found_although_an_undeclared_one_has_its_title(stack: Stack) -> None:
    old = {**database("old"), "spec": {**database("old")["spec"], "title": "Past"}}
    applied(stack, database("tasks"), old)
    stack.api.ok("PATCH", f"/v1/data_sources/{stack.source_id('Tasks')}", {"title": text("Renamed")})
    stack.api.ok("PATCH", f"/v1/data_sources/{stack.source_id('Past')}", {"title": text("Tasks")})
    stack.forget()
    stack.declare(database("tasks"))
    assert [change.action for change in stack.plan().plan.changes] == [Action.UPDATE]


def test_a_cached_id_that_answers_404_is_an_error_with_both_causes(stack: Stack) -> None:
    applied(stack, *TWO)
    file = stack.state / "identity.json"
    nil = "00000000-0000-4000-8000-000000000000"
    content = file.read_text()
    for one in (stack.id_of("Jobs"), stack.source_id("Jobs")):
        content = content.replace(one, nil)
    file.write_text(content)
    (error,) = errors_of(stack.plan())
    assert nil in error
    assert "deleted" in error
    assert "shared" in error
    with pytest.raises(FactoryError, match="NotionDatabase/jobs"):
        stack.apply()
    assert stack.requests.writes == 0
    assert stack.titles() == ["Clients", "Jobs"]


def test_a_trashed_database_is_restored_with_its_rows(stack: Stack) -> None:
    applied(stack, *TWO)
    live = stack.id_of("Clients")
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": True})
    planned = stack.plan()
    assert [(str(one.address), one.action) for one in planned.plan.pending] == [
        ("NotionDatabase/clients", Action.RESTORE)
    ]
    assert_applied(stack.apply())
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.id_of("Clients") == live
    assert stack.row_names("Clients") == ["Ada"]
    assert_settled(stack)


def test_a_trashed_data_source_is_restored_with_its_rows(stack: Stack) -> None:
    applied(stack, *TWO)
    source = stack.source_id("Clients")
    stack.api.ok("PATCH", f"/v1/data_sources/{source}", {"in_trash": True})
    assert_applied(stack.apply())
    assert not stack.api.ok("GET", f"/v1/data_sources/{source}")["in_trash"]
    assert stack.row_names("Clients") == ["Ada"]
    assert_settled(stack)


def test_a_restored_database_loses_nothing_without_permission(stack: Stack) -> None:
    """What is destructive in a database that is in the trash is no less destructive."""
    applied(stack, tasks())
    add_by_hand(stack)
    live, source = stack.id_of("Tasks"), stack.source_id("Tasks")
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": True})
    stack.declare(tasks(prune=True, prune_rows=True))
    try:
        stack.apply()
    except FactoryError as refused:
        assert "allow-destructive" in str(refused)  # noqa: PT017 - both outcomes are fine, loss is not
    stack.api.ok("PATCH", f"/v1/databases/{live}", {"in_trash": False})
    assert "Notes" in stack.api.schema(source)
    assert stack.row_names("Tasks") == ["Build", "Extra", "Plan"]


def test_a_back_property_is_not_pruned_while_its_owner_is_in_the_trash(stack: Stack) -> None:
    jobs, clients = TWO
    applied(stack, jobs, {**clients, "spec": {**clients["spec"], "prune": True}})
    before = stack.schema("Clients")["Jobs"]["id"]
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Jobs')}", {"in_trash": True})
    planned = stack.plan()
    assert [str(change.address) for change in planned.plan.pending] == ["NotionDatabase/jobs"], fields_of(planned)
    assert_applied(stack.apply())
    assert stack.schema("Clients")["Jobs"]["id"] == before


def test_a_database_moved_into_a_toggle_is_found_without_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "notion.db"
    with running_notion(str(file)) as sandbox:
        stack = Stack(connected(sandbox), tmp_path)
        applied(stack, *TWO)
        live = stack.id_of("Jobs")
        toggle = {"type": "toggle", "toggle": {"rich_text": text("Hidden")}}
        path = f"/v1/blocks/{sandbox.root_page_id}/children"
        block = stack.api.ok("PATCH", path, {"children": [toggle]})["results"][0]["id"]
        with sqlite3.connect(file) as hand:  # the API cannot move a database into a block; people can
            hand.execute("UPDATE objects SET parent = ? WHERE id = ?", (block, live))
        hand.close()
        assert stack.titles() == ["Clients"]
        stack.forget()
        assert_settled(stack)


def test_two_rows_with_a_declared_key_are_refused_and_both_named(stack: Stack) -> None:
    applied(stack, tasks())
    ids = [stack.row("Tasks", "Plan")["id"], stack.api.row(stack.source_id("Tasks"), "Plan")["id"]]
    (error,) = errors_of(stack.plan())
    assert all(one in error for one in ids)
    (error,) = errors_of(stack.apply())
    assert "Plan" in error
    assert stack.requests.writes == 0


def test_two_rows_of_one_name_that_nobody_declared_are_left_alone(stack: Stack) -> None:
    applied(stack, tasks())
    for _ in range(2):
        stack.api.row(stack.source_id("Tasks"), "Meeting")
    assert_settled(stack)


def test_a_database_no_longer_declared_stays_with_a_warning(stack: Stack) -> None:
    applied(stack, *TWO, tasks())
    stack.declare(*TWO)
    planned = stack.plan()
    assert planned.plan.pending == ()
    assert [warning for warning in planned.plan.warnings if "NotionDatabase/tasks" in warning]
    assert_settled(stack)
    assert "Tasks" in stack.titles()


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_prune_trashes_exactly_what_was_ours(stack: Stack, cache: str) -> None:
    applied(stack, *TWO, tasks())
    foreign, _ = stack.api.database("Foreign")
    stranger = Stack(stack.api, stack.folder / "elsewhere", "other-stack")
    applied(stranger, database("theirs"))
    stack.declare(*TWO)
    if cache == "lost":
        stack.forget()
    planned = stack.plan(prune=True)
    assert [(one.address.name, one.action) for one in planned.plan.pending] == [("tasks", Action.DELETE)]
    with pytest.raises(FactoryError, match="NotionDatabase/tasks"):
        stack.apply(prune=True)
    assert stack.requests.writes == 0
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert stack.titles() == ["Clients", "Foreign", "Jobs", "Theirs"]
    assert stack.id_of("Foreign") == foreign
    assert_settled(stack)
    assert stack.plan().plan.warnings == ()


def test_a_database_that_people_trashed_after_its_manifest_went_is_not_said_to_stay(stack: Stack) -> None:
    applied(stack, *TWO, tasks())
    stack.declare(*TWO)
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Tasks')}", {"in_trash": True})
    assert stack.plan(prune=True).plan.pending == ()
    assert stack.plan().plan.warnings == ()
