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


def live_views(stack: Stack, title: str = "Jobs") -> list[Json]:
    """The views of a database in the order of tabs, as the API has them."""
    listed = stack.api.ok("GET", f"/v1/views?database_id={stack.id_of(title)}")["results"]
    return [stack.api.ok("GET", f"/v1/views/{one['id']}") for one in listed]


def live_view(stack: Stack, name: str) -> Json:
    (found,) = [view for view in live_views(stack) if view["name"] == name]
    return found


def tabs(stack: Stack) -> list[str]:
    return [view["name"] for view in live_views(stack)]


def edit(stack: Stack, name: str, **body: Any) -> None:
    stack.api.ok("PATCH", f"/v1/views/{live_view(stack, name)['id']}", body)


def add_view(stack: Stack, **body: Any) -> None:
    given = {"database_id": stack.id_of("Jobs"), "data_source_id": stack.source_id("Jobs"), "type": "list", **body}
    stack.api.ok("POST", "/v1/views", given)


def applied(stack: Stack, manifest: Json, **how: Any) -> None:
    stack.declare(manifest)
    assert_applied(stack.apply(**how))


def test_every_type_of_view_is_created_in_the_order_of_tabs_and_the_default_one_is_not_doubled(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    assert tabs(stack) == [view["name"] for view in VIEWS]
    assert [view["type"] for view in live_views(stack)] == [view["type"] for view in VIEWS]
    assert_settled(stack)


def test_names_of_properties_reach_notion_as_ids(stack: Stack) -> None:
    applied(stack, jobs(*VIEWS))
    ids = {name: one["id"] for name, one in stack.schema("Jobs").items()}
    board, table, chart = (live_view(stack, name) for name in ("Board", "All", "Chart"))
    assert board["configuration"]["group_by"] == {
        "type": "status",
        "property_id": ids["Stage"],
        "group_by": "option",
        "sort": {"type": "manual"},
    }
    assert board["configuration"]["sub_group_by"]["group_by"]["type"] == "number"
    assert [one["property_id"] for one in board["configuration"]["properties"]] == [ids["Name"], ids["Due"]]
    assert table["filter"]["and"][0]["property"] == ids["Stage"]
    assert [one["property"] for one in table["sorts"]] == [ids["Due"], ids["Name"]]
    assert table["quick_filters"].keys() == {ids["Kind"], ids["Fee"]}
    assert table["configuration"]["group_by"]["group_by"] == "month"
    assert chart["configuration"]["y_axis"] == {"aggregator": "sum", "property_id": ids["Fee"]}
