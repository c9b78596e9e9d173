"""Imports: manifests for what is live, of which a plan is empty; Notion is only read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from import_runs import assert_plan_is_empty, import_into, inject, left_out, manifest, texts
from notion_sandbox_api import Json, NotionApi, text
from workspace_runs import Stack, assert_applied, assert_settled, database, drift_of, fields_of

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

FLAVOURS = [{"name": "Sweet, or not", "color": "red"}, {"name": "Sour", "color": "blue"}]


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def writes(api: NotionApi) -> int:
    found: int = api.http.get("/_sandbox/requests").json()["writes"]
    return found


def test_an_import_writes_nothing_to_notion_and_leaves_a_plan_nothing_to_do(stack: Stack) -> None:
    tasks, source = stack.api.database("Tasks", Size={"number": {"format": "euro"}}, Due={"date": {}})
    stack.api.row(source, "Plan", Size={"number": 5})
    before = writes(stack.api)
    import_into(stack, rows=True)
    assert writes(stack.api) == before
    assert manifest(stack, "tasks") == {
        "apiVersion": "factory/v1",
        "kind": "NotionDatabase",
        "metadata": {"name": "tasks", "adopt": tasks},
        "spec": {
            "title": "Tasks",
            "properties": {
                "Name": {"type": "title"},
                "Due": {"type": "date"},
                "Size": {"type": "number", "format": "euro"},
            },
            "rows": {"items": [{"Name": "Plan", "Size": 5}]},
        },
    }
    assert_plan_is_empty(stack)


def test_a_plan_after_an_import_reads_each_database_once(stack: Stack) -> None:
    for number in range(5):
        stack.api.database(f"Table {number}")
    import_into(stack)
    stack.plan()
    assert (stack.requests.reads, stack.requests.writes) == (5, 0)


def test_the_ownership_line_comes_with_the_next_change(stack: Stack) -> None:
    stack.api.database("Tasks")
    import_into(stack)
    assert stack.container("Tasks")["description"] == []
    changed = manifest(stack, "tasks")
    changed["spec"]["properties"]["Size"] = {"type": "number"}
    stack.declare(changed)
    assert sorted(fields_of(stack.plan())) == ["tasks ownership", "tasks properties.Size"]
    assert_applied(stack.apply())
    assert "NotionDatabase/tasks" in stack.container("Tasks")["description"][0]["plain_text"]
    assert_settled(stack)


def test_what_changes_by_hand_after_an_import_is_drift_and_what_changes_in_the_manifest_is_not(stack: Stack) -> None:
    _, source = stack.api.database("Tasks", Size={"number": {"format": "euro"}})
    import_into(stack)
    stack.api.change(source, Size={"number": {"format": "dollar"}})
    assert drift_of(stack.plan()) == ["tasks properties.Size.format"]
    changed = manifest(stack, "tasks")
    changed["spec"]["properties"]["Size"]["format"] = "yen"
    stack.declare(changed)
    assert "tasks properties.Size.format" not in drift_of(stack.plan())


def test_two_imports_write_the_same_files(stack: Stack, tmp_path: Path) -> None:
    for title in ("Tasks", "Tasks", "Müller & Söhne", "🎉", "2024"):
        _, source = stack.api.database(title, Flavour={"select": {"options": FLAVOURS[1:]}})
        for name in ("no", "0x1F", "1e3", "2026-01-01", "a: b", "  spaces ", "- x", "# y"):
            stack.api.row(source, name)
    import_into(stack, rows=True)
    first = texts(stack.stack_folder)
    assert list(first) == ["2024.yml", "database.yml", "muller-sohne.yml", "tasks-2.yml", "tasks.yml"]
    import_into(stack, rows=True, force=True)
    assert texts(stack.stack_folder) == first
    elsewhere = dataclasses.replace(stack, folder=tmp_path / "again")
    import_into(elsewhere, rows=True)
    assert texts(elsewhere.stack_folder) == first
    assert_plan_is_empty(stack)


def test_files_that_exist_are_not_overwritten_unasked(stack: Stack) -> None:
    stack.api.database("Tasks")
    import_into(stack)
    (stack.stack_folder / "tasks.yml").write_text((stack.stack_folder / "tasks.yml").read_text() + "# mine\n")
    before = texts(stack.stack_folder)
    with pytest.raises(FactoryError, match=r"tasks\.yml"):
        import_into(stack)
    assert texts(stack.stack_folder) == before


def test_a_two_way_relation_is_declared_at_its_first_end_by_name(stack: Stack) -> None:
    _, tasks = stack.api.database("Tasks")
    _, projects = stack.api.database("Projects", Jobs={"relation": {"data_source_id": tasks, "dual_property": {}}})
    back = next(name for name, one in stack.api.schema(tasks).items() if one["type"] == "relation")
    stack.api.change(tasks, **{back: {"name": "Project"}})
    stack.api.change(
        tasks,
        Count={
            "rollup": {
                "function": "count",
                "relation_property_name": "Project",
                "rollup_property_name": "Name",
            }
        },
    )
    done = import_into(stack)
    relation = {"type": "relation", "database": "tasks", "synced_property": "Project"}
    assert manifest(stack, "projects")["spec"]["properties"]["Jobs"] == relation
    assert list(manifest(stack, "tasks")["spec"]["properties"]) == ["Name", "Count"]
    assert any("the other end of Jobs of projects" in one for one in left_out(done))
    assert_plan_is_empty(stack)
    assert stack.api.schema(projects)["Jobs"]["type"] == "relation"


def test_a_relation_to_what_is_not_imported_names_the_data_source(stack: Stack) -> None:
    _, outside = stack.api.database("Outside")
    inside, _ = stack.api.database("Inside", Link={"relation": {"data_source_id": outside, "single_property": {}}})
    import_into(stack, database=inside)
    assert list(texts(stack.stack_folder)) == ["inside.yml"]
    properties = manifest(stack, "inside")["spec"]["properties"]
    assert properties["Link"] == {"type": "relation", "data_source_id": outside}
    assert_plan_is_empty(stack)


def test_one_more_database_joins_a_stack_and_relates_to_what_it_declares(stack: Stack) -> None:
    stack.declare(database("clients"))
    assert_applied(stack.apply())
    clients = stack.source_id("Clients")
    mine, _ = stack.api.database("Clients", Of={"relation": {"data_source_id": clients, "single_property": {}}})
    import_into(stack, database=mine)
    assert manifest(stack, "clients-2")["spec"]["properties"]["Of"] == {"type": "relation", "database": "clients"}
    planned = stack.plan()
    assert planned.plan.pending == ()


def test_what_factory_applied_is_imported_under_its_own_name(stack: Stack) -> None:
    words = "One\n\ntwo: three"
    stack.declare(database("jobs", {"Size": {"type": "number"}}, icon="🔧", description=words, locked=True))
    assert_applied(stack.apply())
    (stack.stack_folder / "jobs.yml").unlink()
    stack.forget()
    import_into(stack)
    assert list(texts(stack.stack_folder)) == ["jobs.yml"]
    spec = manifest(stack, "jobs")["spec"]
    assert (spec["icon"], spec["description"], spec["locked"]) == ("🔧", words, True)
    assert "description: |-\n    One\n\n    two: three\n" in (stack.stack_folder / "jobs.yml").read_text()
    assert_plan_is_empty(stack)


def test_what_another_stack_owns_is_left_out_and_said(stack: Stack) -> None:
    stack.declare(database("jobs"))
    assert_applied(stack.apply())
    other = dataclasses.replace(stack, name="other")
    done = import_into(other)
    assert texts(other.stack_folder) == {}
    assert any("Jobs" in one and "belongs to somebody else" in one for one in left_out(done))


def test_a_copy_that_carries_the_same_ownership_line_is_left_out_and_said(stack: Stack) -> None:
    stack.declare(database("jobs"))
    assert_applied(stack.apply())
    twin, _ = stack.api.database("Jobs")
    line = stack.api.ok("GET", f"/v1/databases/{stack.plan().plan.changes[0].id}")["description"][0]["plain_text"]
    stack.api.ok("PATCH", f"/v1/databases/{twin}", {"description": text(line)})
    done = import_into(stack, force=True)
    assert len(texts(stack.stack_folder)) == 1
    assert any("is a copy of another" in one for one in left_out(done))


def test_rows_that_nothing_tells_apart_are_left_out_and_counted(stack: Stack) -> None:
    _, source = stack.api.database("Tasks")
    for name in ("One", "Two", "Two", ""):
        stack.api.row(source, name)
    done = import_into(stack, rows=True)
    assert manifest(stack, "tasks")["spec"]["rows"] == {"items": [{"Name": "One"}]}
    assert any("rows: 3 of 4" in one for one in left_out(done))
    assert_plan_is_empty(stack)


def test_another_property_tells_rows_apart_where_titles_do_not(stack: Stack) -> None:
    _, source = stack.api.database("Tasks", Number={"number": {}})
    for number in (1, 2):
        stack.api.row(source, "Same", Number={"number": number})
    import_into(stack, rows=True)
    rows = manifest(stack, "tasks")["spec"]["rows"]
    assert rows == {"key": "Number", "items": [{"Number": 1, "Name": "Same"}, {"Number": 2, "Name": "Same"}]}
    assert_plan_is_empty(stack)


def test_a_text_that_reads_as_a_reference_is_never_filled_in(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_WORD", "xyzzy")
    _, source = stack.api.database("Tasks", Note={"rich_text": {}})
    stack.api.row(source, "Trap", Note={"rich_text": text("${env:SECRET_WORD}")})
    done = import_into(stack, rows=True)
    assert manifest(stack, "tasks")["spec"]["rows"]["items"] == [{"Name": "Trap"}]
    assert any("reads as a reference" in one for one in left_out(done))
    assert_plan_is_empty(stack)


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [
        ("button", {}, "cannot create buttons"),
        ("verification", {}, "becomes a wiki"),
        ("unsupported", {}, "stay"),
        ("brand_new_type", {"anything": [1]}, "brand_new_type"),
    ],
)
def test_a_property_that_no_manifest_can_have_is_left_to_notion_with_a_comment(
    stack: Stack, kind: str, config: Json, reason: str
) -> None:
    _, source = stack.api.database("Tasks")
    inject(stack.api, source, "Odd", kind, config)
    import_into(stack)
    content = (stack.stack_folder / "tasks.yml").read_text()
    assert "# - properties.Odd: " in content
    assert reason in content
    assert "Odd" not in manifest(stack, "tasks")["spec"]["properties"]
    assert_plan_is_empty(stack)


def test_views_are_imported_in_the_order_of_tabs_with_what_they_say_of_properties(stack: Stack) -> None:
    views = [
        {"name": "All", "type": "table", "properties": ["Name", {"name": "Due", "width": 140}]},
        {
            "name": "Board: open",
            "type": "board",
            "group_by": "State",
            "filter": {"and": [{"property": "State", "select": {"does_not_equal": "Done"}}]},
            "sorts": [{"property": "Due", "direction": "descending"}],
        },
        {"name": "When", "type": "calendar", "date_property": "Due"},
    ]
    state = {"type": "select", "options": [{"name": "Open"}, {"name": "Done"}]}
    stack.declare(database("jobs", {"State": state, "Due": {"type": "date"}}, views=views))
    assert_applied(stack.apply())
    (stack.stack_folder / "jobs.yml").unlink()
    import_into(stack)
    found = manifest(stack, "jobs")["spec"]["views"]
    assert [(one["name"], one["type"]) for one in found] == [(one["name"], one["type"]) for one in views]
    assert found[0]["properties"] == ["Name", {"name": "Due", "width": 140}]
    assert (found[1]["sorts"], found[2]["date_property"]) == (views[1]["sorts"], "Due")
    assert "does_not_equal: Done" in texts(stack.stack_folder)["jobs.yml"]
    assert_plan_is_empty(stack)


def test_the_untouched_default_view_costs_no_request_later(stack: Stack) -> None:
    stack.api.database("Tasks")
    import_into(stack)
    assert "views" not in manifest(stack, "tasks")["spec"]


def test_pictures_of_rows_are_imported(stack: Stack) -> None:
    _, source = stack.api.database("Tasks")
    row = stack.api.row(source, "One")
    cover = "https://example.com/cover.png"
    body = {"icon": {"type": "emoji", "emoji": "🎈"}, "cover": {"type": "external", "external": {"url": cover}}}
    stack.api.ok("PATCH", f"/v1/pages/{row['id']}", body)
    import_into(stack, rows=True)
    items = manifest(stack, "tasks")["spec"]["rows"]["items"]
    assert items == [{"Name": "One", "$icon": "🎈", "$cover": cover}]
    assert_plan_is_empty(stack)
