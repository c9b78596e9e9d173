"""Views as code: created, changed, renamed, replaced, removed, and found again, against the local API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import (
    Json,
    Stack,
    assert_applied,
    assert_settled,
    database,
    drift_of,
    errors_of,
    fields_of,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

PROPERTIES = {
    "Stage": {"type": "status", "options": options("Todo", "Won")},
    "Kind": {"type": "select", "options": options("Roof", "Door")},
    "Due": {"type": "date"},
    "End": {"type": "date"},
    "Fee": {"type": "number", "format": "euro"},
    "Paid": {"type": "checkbox"},
    "Photo": {"type": "files"},
    "Parent": {"type": "relation", "database": "jobs"},
    "Double": {"type": "formula", "expression": 'prop("Fee") * 2'},
}
OPEN = {"property": "Stage", "status": {"does_not_equal": "Won"}}
TABLE: Json = {
    "name": "All",
    "type": "table",
    "filter": {"and": [OPEN, {"or": [{"property": "Paid", "checkbox": {"equals": False}}, OPEN]}]},
    "sorts": [{"property": "Due", "direction": "ascending"}, {"property": "Name", "direction": "descending"}],
    "quick_filters": {"Kind": {"select": {"equals": ["Roof", "Door"]}}, "Fee": {"number": {"greater_than": 5}}},
    "properties": ["Name", {"name": "Due", "width": 120, "date_format": "relative"}, "Double"],
    "group_by": {"property": "Due", "by": "month", "sort": "descending", "hide_empty_groups": True},
    "subtasks": {"property": "Parent", "display_mode": "show"},
    "wrap_cells": True,
    "frozen_column_index": 0,
    "show_vertical_lines": False,
}
BOARD: Json = {
    "name": "Board",
    "type": "board",
    "group_by": "Stage",
    "sub_group_by": {"property": "Double", "result": "number", "range_start": 0, "range_end": 100, "range_size": 10},
    "properties": ["Name", "Due"],
    "cover": {"type": "property", "property": "Photo"},
    "cover_size": "small",
    "card_layout": "compact",
}
VIEWS: list[Json] = [
    BOARD,
    TABLE,
    {"name": "List", "type": "list", "properties": ["Name", "Kind"]},
    {"name": "Calendar", "type": "calendar", "date_property": "Due", "view_range": "month", "show_weekends": False},
    {
        "name": "Timeline",
        "type": "timeline",
        "date_property": "Due",
        "end_date_property": "End",
        "zoom_level": "month",
        "arrows_by": "Parent",
        "show_table": True,
        "table_properties": ["Name"],
    },
    {"name": "Gallery", "type": "gallery", "cover": {"type": "page_cover"}, "cover_aspect": "cover"},
    {
        "name": "Chart",
        "type": "chart",
        "chart_type": "column",
        "x_axis": {"property": "Stage", "by": "group"},
        "y_axis": {"function": "sum", "property": "Fee"},
        "stack_by": "Kind",
        "reference_lines": [{"value": 3, "label": "Goal", "color": "red", "dash_style": "dash"}],
        "caption": "Fees",
    },
    {"name": "Form", "type": "form", "anonymous_submissions": True, "submission_permissions": "reader"},
]


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def jobs(*views: Json, properties: Json | None = None, **spec: Any) -> Json:
    """A database with views; without any, none is declared."""
    return database("jobs", properties or PROPERTIES, **({"views": list(views)} if views else {}), **spec)


def live_view(stack: Stack, name: str) -> Json:
    (found,) = [view for view in stack.views("Jobs") if view["name"] == name]
    return found


def lasting(view: Json) -> Json:
    """A view less what differs from answer to answer; Notion numbers the lines of a chart anew when they are sent."""
    lines = [{**line, "id": ""} for line in view["configuration"].get("reference_lines") or ()]
    configuration = {**view["configuration"], "reference_lines": lines}
    kept = {key: one for key, one in view.items() if key not in ("request_id", "last_edited_time")}
    return {**kept, "configuration": configuration}


def edit(stack: Stack, view: str, /, **body: Any) -> None:
    """Change a view by hand; what *body* does not say of its configuration stays."""
    live = live_view(stack, view)
    if "configuration" in body:
        body["configuration"] = {**live["configuration"], **body["configuration"]}
    stack.api.ok("PATCH", f"/v1/views/{live['id']}", body)


def add_view(stack: Stack, **body: Any) -> None:
    given = {"database_id": stack.id_of("Jobs"), "data_source_id": stack.source_id("Jobs"), "type": "list", **body}
    stack.api.ok("POST", "/v1/views", given)


def applied(stack: Stack, manifest: Json, **how: Any) -> None:
    stack.declare(manifest)
    assert_applied(stack.apply(**how))


def test_every_type_of_view_is_created_in_the_order_of_tabs_and_the_default_one_is_not_doubled(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    assert stack.view_names("Jobs") == [view["name"] for view in VIEWS]
    assert [view["type"] for view in stack.views("Jobs")] == [view["type"] for view in VIEWS]
    assert_settled(stack)


def test_names_of_properties_reach_notion_as_ids(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    ids = {name: one["id"] for name, one in stack.schema("Jobs").items()}
    board, table, chart = (live_view(stack, name) for name in ("Board", "All", "Chart"))
    group = board["configuration"]["group_by"]
    assert (group["type"], group["property_id"], group["group_by"]) == ("status", ids["Stage"], "option")
    assert board["configuration"]["sub_group_by"]["group_by"]["type"] == "number"
    assert [one["property_id"] for one in board["configuration"]["properties"]] == [ids["Name"], ids["Due"]]
    assert table["filter"]["and"][0]["property"] == ids["Stage"]
    assert [one["property"] for one in table["sorts"]] == [ids["Due"], ids["Name"]]
    assert table["quick_filters"].keys() == {ids["Kind"], ids["Fee"]}
    assert table["configuration"]["group_by"]["group_by"] == "month"
    assert chart["configuration"]["y_axis"] == {"aggregator": "sum", "property_id": ids["Fee"]}


def test_the_default_view_becomes_the_first_declared_table(stack: Stack) -> None:
    applied(stack, jobs())
    (default,) = stack.views("Jobs")
    stack.declare(jobs(BOARD, TABLE))
    assert "jobs views.All.name" in fields_of(stack.plan())
    assert_applied(stack.apply())
    assert stack.view_names("Jobs") == ["Board", "All"]
    assert live_view(stack, "All")["id"] == default["id"]
    assert_settled(stack)


def test_the_default_view_of_a_new_database_goes_when_no_table_is_declared(stack: Stack) -> None:
    applied(stack, jobs(BOARD))
    assert stack.view_names("Jobs") == ["Board"]
    assert_settled(stack)


def test_the_default_view_of_a_database_that_is_not_new_stays_unless_the_manifest_prunes(stack: Stack) -> None:
    applied(stack, jobs())
    applied(stack, jobs(BOARD))
    assert stack.view_names("Jobs") == ["Board", "Default view"]
    assert_settled(stack)
    stack.declare(jobs(BOARD, prune=True))
    with pytest.raises(FactoryError, match="allow-destructive"):
        stack.apply()
    assert stack.requests.writes == 0
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.view_names("Jobs") == ["Board"]
    assert_settled(stack)


def test_a_default_view_that_somebody_changed_is_not_taken_over(stack: Stack) -> None:
    applied(stack, jobs())
    edit(stack, "Default view", name="Mine")
    applied(stack, jobs(TABLE))
    assert sorted(stack.view_names("Jobs")) == ["All", "Mine"]
    assert_settled(stack)


def test_an_adopted_database_keeps_its_views_and_nothing_is_doubled(stack: Stack) -> None:
    applied(stack, jobs(TABLE, BOARD))
    container = stack.id_of("Jobs")
    stack.api.ok("PATCH", f"/v1/databases/{container}", {"description": []})
    stack.forget()
    before = [view["id"] for view in stack.views("Jobs")]
    applied(stack, database("jobs", PROPERTIES, {"adopt": True}, views=[TABLE, BOARD]))
    assert [view["id"] for view in stack.views("Jobs")] == before


def test_nothing_is_asked_about_views_when_none_is_declared(stack: Stack) -> None:
    applied(stack, jobs())
    stack.plan()
    assert (stack.requests.reads, stack.requests.writes) == (1, 0)


def test_a_plan_asks_for_one_list_and_once_for_each_view(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    stack.plan()
    assert stack.requests.by_endpoint == {
        "GET data_sources/{id}": 1,
        "GET views": 1,
        "GET views/{id}": len(VIEWS),
    }


def test_only_the_view_that_changes_is_written_and_only_what_differs_is_sent(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    edit(stack, "All", configuration={"type": "table", "group_by": None})
    changed = {**BOARD, "filter": OPEN, "properties": ["Name"]}
    stack.declare(jobs(changed, {key: one for key, one in TABLE.items() if key != "group_by"}, *VIEWS[2:]))
    assert fields_of(stack.plan()) == ["jobs views.Board.filter", "jobs views.Board.properties"]
    assert_applied(stack.apply())
    assert (stack.requests.writes, stack.requests.count("PATCH views/{id}")) == (1, 1)
    assert live_view(stack, "All")["configuration"].get("group_by") is None
    assert_settled(stack)


def test_a_view_is_renamed_in_place(stack: Stack) -> None:
    applied(stack, jobs(BOARD, TABLE))
    before = live_view(stack, "Board")["id"]
    applied(stack, jobs({**BOARD, "name": "Kanban", "renamed_from": "Board"}, TABLE))
    assert live_view(stack, "Kanban")["id"] == before
    assert stack.view_names("Jobs") == ["Kanban", "All"]
    assert_settled(stack)


def test_a_view_of_another_type_is_deleted_and_created_anew_only_when_that_is_allowed(stack: Stack) -> None:
    applied(stack, jobs(TABLE, BOARD))
    stack.declare(jobs(TABLE, {"name": "Board", "type": "list"}))
    planned = stack.plan()
    assert fields_of(planned) == ["jobs views.Board.type"]
    assert planned.plan.pending[0].effect is Effect.DESTRUCTIVE
    with pytest.raises(FactoryError, match="allow-destructive"):
        stack.apply()
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.view_names("Jobs") == ["All", "Board"]
    assert live_view(stack, "Board")["type"] == "list"
    assert_settled(stack)


def test_the_only_view_can_become_another_type(stack: Stack) -> None:
    applied(stack, jobs(TABLE))
    applied(stack, jobs({"name": "All", "type": "list"}), allow_destructive=True)
    assert [(view["name"], view["type"]) for view in stack.views("Jobs")] == [("All", "list")]
    assert_settled(stack)


def test_views_that_only_notion_has_stay_until_the_manifest_prunes(stack: Stack) -> None:
    applied(stack, jobs(TABLE))
    add_view(stack, name="Mine")
    add_view(stack, name="Mine")
    assert_settled(stack)
    stack.declare(jobs(TABLE, prune=True))
    planned = stack.plan()
    assert len(fields_of(planned)) == 2
    assert planned.plan.pending[0].effect is Effect.DESTRUCTIVE
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.view_names("Jobs") == ["All"]
    assert_settled(stack)


def test_a_view_is_put_where_it_is_declared_and_tabs_that_were_dragged_are_said_to_be_unmanageable(
    stack: Stack,
) -> None:
    applied(stack, jobs(TABLE, *VIEWS[2:4]))
    applied(stack, jobs(BOARD, TABLE, VIEWS[5], *VIEWS[2:4]))
    assert stack.view_names("Jobs") == ["Board", "All", "Gallery", "List", "Calendar"]
    assert_settled(stack)
    stack.declare(jobs(TABLE, BOARD, VIEWS[5], *VIEWS[2:4]))
    (change,) = stack.plan().plan.changes
    assert [(one.name, change.fields) for one in change.unmanageable] == [("views", ())]
    assert "cannot move a view" in change.unmanageable[0].reason
    assert_settled(stack)


EDITS: dict[str, tuple[str, Json, str]] = {
    "a name": ("Board", {"name": "Mine"}, "views.Board.name"),
    "a cleared filter": ("All", {"filter": None}, "views.All.filter"),
    "another operator": ("All", {"filter": {**OPEN, "status": {"equals": "Won"}}}, "views.All.filter"),
    "a sort": ("All", {"sorts": [{"property": "Fee", "direction": "ascending"}]}, "views.All.sorts"),
    "no sorts": ("All", {"sorts": None}, "views.All.sorts"),
    "a quick filter": ("All", {"quick_filters": {"Paid": {"checkbox": {"equals": True}}}}, "views.All.quick_filters"),
    "a hidden property": (
        "Board",
        {"configuration": {"type": "board", "properties": [{"property_id": "title", "visible": True}]}},
        "views.Board.properties",
    ),
    "a width": ("All", {}, "views.All.properties"),
    "another group": ("Board", {}, "views.Board.group_by"),
    "a card size": ("Board", {"configuration": {"type": "board", "cover_size": "large"}}, "views.Board.cover_size"),
    "a zoom": (
        "Timeline",
        {"configuration": {"type": "timeline", "preference": {"zoom_level": "year"}}},
        "views.Timeline.zoom_level",
    ),
    "an aggregation": (
        "Chart",
        {"configuration": {"type": "chart", "y_axis": {"aggregator": "count"}}},
        "views.Chart.y_axis",
    ),
    "a closed form": (
        "Form",
        {"configuration": {"type": "form", "anonymous_submissions": False}},
        "views.Form.anonymous_submissions",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_people_change_in_a_view_is_drift_and_put_right_by_one_write(stack: Stack, name: str) -> None:
    view, body, field = EDITS[name]
    applied(stack, jobs(*VIEWS))
    before = stack.views("Jobs")
    if name == "a width":
        shown = live_view(stack, "All")["configuration"]["properties"]
        body = {"configuration": {"type": "table", "properties": [shown[0], {**shown[1], "width": 99}, shown[2]]}}
    if name == "another group":
        group = {"type": "select", "property_id": stack.schema("Jobs")["Kind"]["id"], "sort": {"type": "manual"}}
        body = {"configuration": {"type": "board", "group_by": group}}
    edit(stack, view, **body)
    planned = stack.plan()
    assert drift_of(planned) == fields_of(planned) == [f"jobs {field}"]
    assert planned.plan.pending[0].effect is Effect.REVERSIBLE
    assert_applied(stack.apply())
    assert stack.requests.writes == 1
    assert [lasting(view) for view in stack.views("Jobs")] == [lasting(view) for view in before]
    assert_settled(stack)


def test_a_deleted_view_is_drift_and_comes_back_in_its_place(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    stack.api.ok("DELETE", f"/v1/views/{live_view(stack, 'List')['id']}")
    assert drift_of(stack.plan()) == ["jobs views.List"]
    assert_applied(stack.apply())
    assert stack.view_names("Jobs") == [view["name"] for view in VIEWS]
    assert_settled(stack)


def test_what_nobody_declared_of_a_view_is_no_drift(stack: Stack) -> None:
    """Notion fills in defaults, wraps lone conditions and answers with ids or names."""
    lone = {"name": "Open", "type": "table", "filter": OPEN, "properties": ["Name", "Due"], "group_by": "Kind"}
    applied(stack, jobs(BOARD, lone))
    ids = {name: one["id"] for name, one in stack.schema("Jobs").items()}
    shown = [{"property_id": ids[name], "visible": name in ("Name", "Due"), "width": 200} for name in sorted(ids)]
    shown.sort(key=lambda one: one["property_id"] != ids["Name"])
    group = {
        "type": "select",
        "property_id": ids["Kind"],
        "property_name": "Kind",
        "sort": {"type": "manual"},
        "hide_empty_groups": False,
    }
    configuration = {"type": "table", "properties": shown, "group_by": group, "wrap_cells": False}
    edit(stack, "Open", filter={"and": [OPEN]}, sorts=[{"property": "Fee", "direction": "ascending"}])
    edit(stack, "Open", configuration=configuration)
    assert_settled(stack)


def test_views_are_found_again_without_the_identity_cache(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    stack.forget()
    assert_settled(stack)
    assert stack.view_names("Jobs") == [view["name"] for view in VIEWS]


def test_two_views_of_a_declared_name_are_refused_until_one_goes(stack: Stack) -> None:
    applied(stack, jobs(TABLE, VIEWS[2]))
    add_view(stack, name="List")
    assert_settled(stack)
    stack.forget()
    (told,) = errors_of(stack.plan())
    assert "two views are called 'List'" in told
    with pytest.raises(FactoryError, match="two views are called"):
        stack.apply()
    assert stack.requests.writes == 0


def test_what_notion_drops_of_a_view_is_said_once_and_not_sent_again(stack: Stack) -> None:
    stack.api.behave(view_settings_honoured=False)
    stack.declare(jobs(TABLE, VIEWS[2]))
    report = stack.apply()
    assert_applied(report)
    told = {one.name for outcome in report.outcomes for one in outcome.change.unmanageable}
    assert {"views.List.properties", "views.All.group_by"} <= told
    assert_settled(stack)


def test_a_view_waits_for_its_properties_through_a_cycle(stack: Stack) -> None:
    """A rollup over the back-property of a database that does not exist yet, and the back-property itself."""
    clients = database(
        "clients",
        {"Count": {"type": "rollup", "relation": "Jobs", "property": "Name", "function": "count"}},
        views=[
            {
                "name": "Busy",
                "type": "table",
                "filter": {"property": "Count", "rollup": {"number": {"greater_than": 1}}},
            },
            {"name": "By job", "type": "board", "group_by": "Jobs", "properties": ["Name", "Count", "Jobs"]},
        ],
    )
    work = database(
        "jobs",
        {
            "Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"},
            "Clients": {"type": "rollup", "relation": "Client", "property": "Name", "function": "count"},
        },
        views=[{"name": "By client", "type": "board", "group_by": "Client", "properties": ["Clients"]}],
    )
    stack.declare(clients, work)
    assert_applied(stack.apply())
    assert stack.view_names("Clients") == ["Busy", "By job"]
    assert stack.view_names("Jobs") == ["By client"]
    assert_settled(stack)


def test_a_property_that_is_renamed_keeps_its_views(stack: Stack) -> None:
    applied(stack, jobs(TABLE, BOARD))
    renamed = {name: one for name, one in PROPERTIES.items() if name != "Due"}
    renamed["Deadline"] = {"type": "date", "renamed_from": "Due"}
    board = {**BOARD, "properties": ["Name", "Deadline"]}
    table = {
        **TABLE,
        "sorts": [{"property": "Deadline", "direction": "ascending"}, TABLE["sorts"][1]],
        "properties": ["Name", {"name": "Deadline", "width": 120, "date_format": "relative"}, "Double"],
        "group_by": {**TABLE["group_by"], "property": "Deadline"},
    }
    stack.declare(jobs(table, board, properties=renamed))
    assert fields_of(stack.plan()) == ["jobs properties.Deadline.name"]
    assert_applied(stack.apply())
    assert_settled(stack)


def test_a_property_that_is_removed_leaves_its_views_first_in_the_manifest(stack: Stack) -> None:
    applied(stack, jobs(TABLE, BOARD))
    fewer = {name: one for name, one in PROPERTIES.items() if name not in ("Photo", "Kind")}
    table = {**TABLE, "quick_filters": {}}
    board = {**{key: one for key, one in BOARD.items() if key != "cover"}, "properties": ["Name"]}
    applied(stack, jobs(table, board, properties=fewer, prune=True), allow_destructive=True)
    assert "Photo" not in stack.schema("Jobs")
    assert live_view(stack, "All")["quick_filters"] is None
    assert_settled(stack)


@pytest.mark.parametrize("fault", ["reset_after_write", "reset", "truncate", "status_after_write"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_that_may_have_landed_makes_no_view_twice(stack: Stack, fault: str, method: str) -> None:
    if method == "DELETE":
        applied(stack, jobs())
        add_view(stack, name="Mine")
    stack.declare(jobs(TABLE, BOARD, VIEWS[2], prune=method == "DELETE"))
    endpoint = "/v1/views" if method == "POST" else "/v1/views/{id}"
    status = {"status": 503} if fault == "status_after_write" else {}
    stack.api.fail(fault, method=method, endpoint=endpoint, **status)
    assert_applied(stack.apply(allow_destructive=True))
    assert sorted(stack.view_names("Jobs")) == ["All", "Board", "List"]
    assert_settled(stack)


def test_a_view_that_notion_refuses_stops_no_other_and_is_named(stack: Stack) -> None:
    applied(stack, jobs(TABLE))
    stack.declare(jobs(TABLE, BOARD, VIEWS[2]))
    stack.api.fail("status", method="POST", endpoint="/v1/views", status=400, code="validation_error")
    (told,) = errors_of(stack.apply())
    assert told.startswith("view 'Board': POST views: HTTP 400")
    assert sorted(stack.view_names("Jobs")) == ["All", "List"]
    assert_applied(stack.apply())
    assert sorted(stack.view_names("Jobs")) == ["All", "Board", "List"]
    assert_settled(stack)


def test_a_map_or_dashboard_that_only_notion_has_is_never_pruned(stack: Stack) -> None:
    applied(stack, jobs(TABLE))
    add_view(stack, name="Where", type="map")
    applied(stack, jobs(TABLE, prune=True))
    assert stack.view_names("Jobs") == ["All", "Where"]
    assert_settled(stack)


def test_a_property_of_another_type_takes_its_views_along(stack: Stack) -> None:
    note = {"name": "All", "type": "table", "filter": {"property": "Note", "rich_text": {"contains": "x"}}}
    applied(stack, jobs(note, properties={"Note": {"type": "rich_text"}}))
    kind = {**note, "filter": {"property": "Note", "select": {"equals": "x"}}, "group_by": "Note"}
    changed = jobs(kind, properties={"Note": {"type": "select", "options": options("x")}})
    applied(stack, changed, allow_destructive=True)
    assert live_view(stack, "All")["configuration"]["group_by"]["type"] == "select"
    assert_settled(stack)


def test_a_database_from_the_trash_has_its_views_put_right(stack: Stack) -> None:
    applied(stack, jobs(TABLE, BOARD))
    edit(stack, "Board", name="Mine")
    stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Jobs')}", {"in_trash": True})
    assert_applied(stack.apply())
    assert stack.view_names("Jobs") == ["All", "Board"]
    assert_settled(stack)


def test_the_default_view_stays_while_the_views_that_take_its_place_wait(stack: Stack) -> None:
    board = {"name": "By job", "type": "board", "group_by": "Jobs"}
    clients = database("clients", views=[board, {"name": "Names", "type": "list"}])
    work = database("jobs", {"Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"}})
    stack.declare(clients, work)
    stack.api.fail("status", method="POST", endpoint="/v1/databases", nth=2, status=400, code="validation_error")
    assert len(errors_of(stack.apply())) == 2
    assert stack.titles() == ["Clients"]
    assert "By job" not in stack.view_names("Clients")
    assert "Default view" in stack.view_names("Clients")
    assert_applied(stack.apply())
    assert stack.view_names("Clients") == ["By job", "Names"]
    assert_settled(stack)
