"""Imports of pages, of what lies on them, of further data sources and of the bodies of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from import_runs import assert_plan_is_empty, import_into, left_out, manifest, texts
from notion_sandbox_api import Json, NotionApi, text
from workspace_runs import Stack, assert_applied, assert_settled, database, drift_of, fields_of

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose

BODY = """\
# Welcome

We build **things**; see [our site](https://example.com).

- first
  - inner
- [x] done

| who | what |
| --- | --- |
| Ada | `code` |

```python
print(1)
```

> [!TIP]
> Drink tea

<details>
<summary>More</summary>

inside

</details>"""


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def page_on(stack: Stack, parent: str | None, title: str, *blocks: Json, **more: Any) -> str:
    """A page that somebody makes by hand; its id."""
    parent = parent or stack.api.sandbox.root_page_id
    body = {
        "parent": {"type": "page_id", "page_id": parent},
        "properties": {"title": {"title": text(title)}},
        "children": list(blocks),
        **more,
    }
    found: str = stack.api.ok("POST", "/v1/pages", body)["id"]
    return found


def paragraph(content: str, **style: Any) -> Json:
    return {"type": "paragraph", "paragraph": {"rich_text": text(content), **style}}


def database_on(stack: Stack, parent: str, title: str) -> tuple[str, str]:
    body = {"parent": {"type": "page_id", "page_id": parent}, "title": text(title)}
    made = stack.api.ok("POST", "/v1/databases", body)
    return made["id"], made["data_sources"][0]["id"]


def source_in(stack: Stack, home: str, title: str, **properties: Any) -> str:
    body = {
        "parent": {"type": "database_id", "database_id": home},
        "title": text(title),
        "properties": {"Name": {"title": {}}, **properties},
    }
    found: str = stack.api.ok("POST", "/v1/data_sources", body)["id"]
    return found


def declared(name: str, kind: str, **spec: Any) -> Json:
    return {"apiVersion": "factory/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def test_a_page_is_imported_with_what_is_on_it(stack: Stack) -> None:
    cover = "https://example.com/cover.png"
    stack.declare(declared("handbook", "NotionPage", title="Handbook", icon="📘", cover=cover, body=BODY))
    assert_applied(stack.apply())
    (stack.stack_folder / "handbook.yml").unlink()
    stack.forget()
    import_into(stack)
    assert manifest(stack, "handbook")["spec"] == {"title": "Handbook", "icon": "📘", "cover": cover, "body": BODY}
    assert "  body: |-\n    # Welcome\n" in texts(stack.stack_folder)["handbook.yml"]
    assert_plan_is_empty(stack)


def test_what_lies_on_a_page_names_it_as_its_parent(stack: Stack) -> None:
    team = page_on(stack, None, "Team", paragraph("Hello"))
    archive = page_on(stack, team, "Archive")
    database_on(stack, archive, "Old")
    database_on(stack, stack.api.sandbox.root_page_id, "New")
    import_into(stack)
    assert list(texts(stack.stack_folder)) == ["archive.yml", "new.yml", "old.yml", "team.yml"]
    assert manifest(stack, "team") == {
        "apiVersion": "factory/v1",
        "kind": "NotionPage",
        "metadata": {"name": "team", "adopt": team},
        "spec": {"title": "Team", "body": "Hello"},
    }
    assert manifest(stack, "archive")["spec"] == {"title": "Archive", "parent": "${NotionPage/team.id}"}
    assert manifest(stack, "old")["spec"]["parent"] == "${NotionPage/archive.id}"
    assert "parent" not in manifest(stack, "new")["spec"]
    assert_plan_is_empty(stack)


def test_a_page_and_the_database_on_it_may_have_one_name(stack: Stack) -> None:
    tasks = page_on(stack, None, "Tasks")
    database_on(stack, tasks, "Tasks")
    import_into(stack)
    assert list(texts(stack.stack_folder)) == ["tasks.page.yml", "tasks.yml"]
    assert manifest(stack, "tasks")["spec"]["parent"] == "${NotionPage/tasks.id}"
    first = texts(stack.stack_folder)
    import_into(stack, force=True)
    assert texts(stack.stack_folder) == first
    assert_plan_is_empty(stack)


def test_a_body_that_markdown_cannot_say_is_left_to_notion_with_a_comment(stack: Stack) -> None:
    column = {"type": "column", "column": {"children": [paragraph("left")]}}
    columns = {"type": "column_list", "column_list": {"children": [column, column]}}
    page_on(stack, None, "Odd", paragraph("Plain"), columns, paragraph("Some words in gray", color="gray"))
    import_into(stack)
    content = texts(stack.stack_folder)["odd.yml"]
    assert "# - body: Markdown cannot say all of it" in content
    assert "column_list, paragraph 'Some words in gray'" in content
    assert manifest(stack, "odd")["spec"] == {"title": "Odd"}
    assert_plan_is_empty(stack)


def test_empty_lines_and_pages_are_no_part_of_a_body(stack: Stack) -> None:
    page = page_on(stack, None, "Notes", paragraph("One"), paragraph(""), paragraph("Two"))
    page_on(stack, page, "Below")
    import_into(stack)
    assert manifest(stack, "notes")["spec"]["body"] == "One\n\nTwo"
    assert_plan_is_empty(stack)


def test_a_text_on_a_page_that_reads_as_a_reference_is_never_filled_in(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "xyzzy")
    page_on(stack, None, "Trap", paragraph("${env:SECRET}"))
    done = import_into(stack)
    assert "body" not in manifest(stack, "trap")["spec"]
    assert any("reads as a reference" in one for one in left_out(done))
    assert_plan_is_empty(stack)


@pytest.mark.parametrize("title", ["", "${env:HOME}"])
def test_below_a_page_that_cannot_be_declared_all_is_imported_and_names_its_id(stack: Stack, title: str) -> None:
    page = page_on(stack, None, title)
    page_on(stack, page, "Below")
    database_on(stack, page, "Table")
    done = import_into(stack)
    assert list(texts(stack.stack_folder)) == ["below.yml", "table.yml"]
    assert [manifest(stack, name)["spec"]["parent"] for name in ("below", "table")] == [page, page]
    assert [page in one for one in left_out(done)] == [True]
    assert_plan_is_empty(stack)


def test_what_lies_on_another_page_than_the_environments_names_that(stack: Stack) -> None:
    team = page_on(stack, None, "Team")
    page_on(stack, team, "Rules")
    table, _ = database_on(stack, team, "Table")
    import_into(stack, page=team)
    assert manifest(stack, "rules")["spec"]["parent"] == team
    assert manifest(stack, "table")["spec"]["parent"] == team
    (stack.stack_folder / "table.yml").unlink()
    import_into(stack, database=table)
    assert manifest(stack, "table")["spec"]["parent"] == team
    assert_plan_is_empty(stack)


def test_a_database_joins_a_stack_that_declares_its_page(stack: Stack) -> None:
    stack.declare(declared("team", "NotionPage", title="Team"))
    applied = stack.apply()
    assert_applied(applied)
    page = applied.plan.changes[0].id or stack.plan().plan.changes[0].id
    assert page is not None
    table, _ = database_on(stack, page, "Table")
    import_into(stack, database=table)
    assert manifest(stack, "table")["spec"]["parent"] == "${NotionPage/team.id}"
    assert stack.plan().plan.pending == ()


def test_a_page_of_another_stack_is_left_out_and_said(stack: Stack) -> None:
    mark = paragraph("Managed by Factory: elsewhere NotionPage/rules")
    page = page_on(stack, None, "Rules", mark)
    page_on(stack, page, "Mine")
    done = import_into(stack)
    assert list(texts(stack.stack_folder)) == ["mine.yml"]
    assert any("the page 'Rules'" in one and "belongs to somebody else" in one for one in left_out(done))
    assert_plan_is_empty(stack)


def test_the_ownership_line_of_a_page_comes_with_its_next_change(stack: Stack) -> None:
    page = page_on(stack, None, "Team", paragraph("Hello"))
    import_into(stack)
    changed = manifest(stack, "team")
    changed["spec"]["body"] = "Hello there"
    stack.declare(changed)
    assert sorted(fields_of(stack.plan())) == ["team body.1", "team ownership"]
    assert_applied(stack.apply())
    blocks = stack.api.ok("GET", f"/v1/blocks/{page}/children")["results"]
    assert "NotionPage/team" in blocks[-1]["paragraph"]["rich_text"][0]["plain_text"]
    assert_settled(stack)


def test_what_changes_on_a_page_by_hand_after_an_import_is_drift(stack: Stack) -> None:
    page = page_on(stack, None, "Team", paragraph("Hello"))
    import_into(stack)
    stack.api.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [paragraph("Mine")]})
    assert drift_of(stack.plan()) == ["team body.live 2"]


def test_a_plan_after_an_import_costs_one_read_for_a_page_and_one_for_its_body(stack: Stack) -> None:
    page_on(stack, None, "Empty")
    page_on(stack, None, "Full", paragraph("Hello"))
    import_into(stack)
    stack.plan()
    assert (stack.requests.reads, stack.requests.writes) == (3, 0)


def test_an_import_costs_as_many_requests_as_the_document_says(stack: Stack) -> None:
    page_on(stack, None, "Empty")
    page_on(stack, None, "Full", paragraph("Hello"))
    crm, customers = stack.api.database("Crm")
    source_in(stack, crm, "Deals")
    for name in ("Acme", "Bell"):
        stack.api.row(customers, name)
    written = stack.api.row(customers, "Carl")["id"]
    stack.api.ok("PATCH", f"/v1/blocks/{written}/children", {"children": [paragraph("x")]})
    stack.api.http.delete("/_sandbox/requests")
    import_into(stack, bodies=True)
    pages, full_page, tables = 2 * 3, 1, (4 + 1) + (2 + 1)
    rows, deals_without, bodies = 2, 1, 3 + 1
    requests = stack.api.http.get("/_sandbox/requests").json()
    assert requests["reads"] == 1 + pages + full_page + tables + rows + deals_without + bodies
    assert requests["writes"] == 0


def test_further_data_sources_are_imported_with_their_rows_views_and_relations(stack: Stack) -> None:
    crm, customers = stack.api.database("Crm")
    link = {"relation": {"data_source_id": customers, "single_property": {}}}
    deals = source_in(stack, crm, "Deals", Company=link, Size={"number": {"format": "euro"}})
    _, calls = stack.api.database("Calls", Deal={"relation": {"data_source_id": deals, "single_property": {}}})
    acme = stack.api.row(customers, "Acme")["id"]
    roof = stack.api.row(deals, "Roof", Size={"number": 5}, Company={"relation": [{"id": acme}]})["id"]
    stack.api.row(calls, "Monday", Deal={"relation": [{"id": roof}]})
    import_into(stack, rows=True)
    assert list(texts(stack.stack_folder)) == ["calls.yml", "crm.yml", "deals.yml"]
    assert manifest(stack, "deals") == {
        "apiVersion": "factory/v1",
        "kind": "NotionDataSource",
        "metadata": {"name": "deals", "adopt": deals},
        "spec": {
            "database": "crm",
            "title": "Deals",
            "properties": {
                "Name": {"type": "title"},
                "Size": {"type": "number", "format": "euro"},
                "Company": {"type": "relation", "database": "crm"},
            },
            "rows": {"items": [{"Name": "Roof", "Size": 5, "Company": ["Acme"]}]},
        },
    }
    own = manifest(stack, "calls")["spec"]
    assert own["properties"]["Deal"] == {"type": "relation", "data_source": "deals"}
    assert own["rows"]["items"] == [{"Name": "Monday", "Deal": ["Roof"]}]
    assert_plan_is_empty(stack)


def test_a_database_by_its_id_brings_its_data_sources(stack: Stack) -> None:
    crm, _ = stack.api.database("Crm")
    source_in(stack, crm, "Deals")
    import_into(stack, database=crm)
    assert list(texts(stack.stack_folder)) == ["crm.yml", "deals.yml"]
    assert_plan_is_empty(stack)


def test_data_sources_that_nothing_tells_apart_or_without_their_database_are_left_out_and_said(stack: Stack) -> None:
    crm, _ = stack.api.database("Crm")
    for title in ("Deals", "Deals", "", "Crm"):
        source_in(stack, crm, title)
    other = stack.api.ok("POST", "/v1/databases", {"parent": {"page_id": stack.api.sandbox.root_page_id}})["id"]
    source_in(stack, other, "Lost")
    done = import_into(stack)
    assert list(texts(stack.stack_folder)) == ["crm.yml", "deals.yml"]
    said = "\n".join(left_out(done))
    assert said.count("another data source of its database has this title") == 2
    assert said.count("it has no title") == 2
    assert said.count("its database is not imported") == 1
    assert_plan_is_empty(stack)


def test_a_data_source_keeps_its_name_while_the_cache_remembers_it(stack: Stack) -> None:
    own = database("all-deals", title="Deals")
    own["kind"], own["spec"] = "NotionDataSource", {"database": "crm", **own["spec"]}
    stack.declare(database("crm"), own)
    assert_applied(stack.apply())
    for file in stack.stack_folder.glob("*.yml"):
        file.unlink()
    import_into(stack)
    assert list(texts(stack.stack_folder)) == ["all-deals.yml", "crm.yml"]
    assert_plan_is_empty(stack)


def test_bodies_of_rows_are_imported_when_asked_for(stack: Stack) -> None:
    _, source = stack.api.database("Tasks")
    for name, blocks in {
        "Plan": [paragraph("Step *one*")],
        "Empty": [],
        "Gray": [paragraph("x", color="gray")],
    }.items():
        row = stack.api.row(source, name)
        if blocks:
            stack.api.ok("PATCH", f"/v1/blocks/{row['id']}/children", {"children": blocks})
    import_into(stack, rows=True)
    assert all("$body" not in item for item in manifest(stack, "tasks")["spec"]["rows"]["items"])
    done = import_into(stack, bodies=True, force=True)
    items = manifest(stack, "tasks")["spec"]["rows"]["items"]
    assert {item["Name"]: item.get("$body") for item in items} == {
        "Plan": "Step \\*one\\*",
        "Empty": None,
        "Gray": None,
    }
    assert any("rows.Gray.$body: Markdown cannot say all of it" in one for one in left_out(done))
    assert_plan_is_empty(stack)


def workspace(stack: Stack) -> tuple[str, str]:
    """A page with a database on it that has two data sources; the ids of page and database."""
    team = page_on(stack, None, "Team", paragraph("Hello"))
    crm, _ = database_on(stack, team, "Crm")
    source_in(stack, crm, "Deals")
    return team, crm


def test_a_plan_that_prunes_has_nothing_to_do_after_an_import_either(stack: Stack) -> None:
    workspace(stack)
    import_into(stack)
    for _ in range(2):
        planned = stack.plan(prune=True).plan
        assert (planned.pending, planned.errors, planned.warnings) == ((), {}, ())
        stack.forget()
        stack.apply()


def test_without_ownership_lines_a_plan_after_an_import_is_empty_too(stack: Stack) -> None:
    stack.marked = False
    workspace(stack)
    import_into(stack)
    assert_plan_is_empty(stack)


def test_adopting_what_was_imported_writes_the_ownership_lines_and_nothing_else(stack: Stack) -> None:
    team, crm = workspace(stack)
    import_into(stack)
    stack.forget()
    assert_applied(stack.apply(purpose=Purpose.ADOPT))
    blocks = stack.api.ok("GET", f"/v1/blocks/{team}/children")["results"]
    assert [one["type"] for one in blocks] == ["paragraph", "child_database", "paragraph"]
    assert "NotionPage/team" in blocks[-1]["paragraph"]["rich_text"][0]["plain_text"]
    described = stack.api.ok("GET", f"/v1/databases/{crm}")["description"]
    assert "NotionDatabase/crm" in described[0]["plain_text"]
    assert_plan_is_empty(stack)


@pytest.mark.parametrize("locked", [False, True])
def test_a_database_that_is_not_called_like_its_first_data_source_is_imported_and_said(
    stack: Stack, locked: bool
) -> None:
    crm, customers = stack.api.database("Crm")
    source_in(stack, crm, "Deals")
    stack.api.ok("PATCH", f"/v1/data_sources/{customers}", {"title": text("Customers")})
    stack.api.ok("PATCH", f"/v1/databases/{crm}", {"is_locked": locked})
    import_into(stack)
    name, other = ("crm", "Customers") if locked else ("customers", "Crm")
    assert f"the other one is '{other}'" in texts(stack.stack_folder)[f"{name}.yml"]
    assert manifest(stack, "deals")["spec"]["database"] == name
    assert_plan_is_empty(stack)
