"""Views: their configuration by type, filters, sorts, quick filters and places."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi

SORT = {"type": "ascending"}
PROPERTIES: dict[str, Json] = {
    "Stage": {"select": {}}, "State": {"status": {}}, "Day": {"date": {}}, "Cost": {"number": {}},
    "Spot": {"place": {}},
}  # fmt: skip


@pytest.fixture
def table(notion_sandbox: NotionApi) -> tuple[str, str]:
    return notion_sandbox.database(**PROPERTIES)


def _wanted(table: tuple[str, str], kind: str, **more: Any) -> Json:
    return {"database_id": table[0], "data_source_id": table[1], "name": "New", "type": kind, **more}


def _create(api: NotionApi, table: tuple[str, str], kind: str = "table", **more: Any) -> Json:
    return api.ok("POST", "/v1/views", _wanted(table, kind, **more))


# Written with names of properties, which stand for their ids.
CONFIGURATIONS: list[tuple[str, Json]] = [
    ("table", {
        "properties": [{"property_id": "Cost", "visible": True, "width": 120}, {"property_id": "Day", "wrap": False}],
        "group_by": {"type": "status", "property_id": "State", "group_by": "group", "sort": SORT},
        "wrap_cells": True, "frozen_column_index": 1, "show_vertical_lines": False,
    }),
    ("board", {
        "group_by": {"type": "select", "property_id": "Stage", "sort": {"type": "manual"}, "hide_empty_groups": True},
        "sub_group_by": {"type": "date", "property_id": "Day", "group_by": "week", "sort": SORT},
        "cover": {"type": "page_cover"}, "cover_size": "large", "cover_aspect": "contain", "card_layout": "compact",
    }),
    ("list", {"properties": [{"property_id": "Cost", "visible": False}]}),
    ("calendar", {"date_property_id": "Day", "view_range": "week", "show_weekends": False}),
    ("timeline", {
        "date_property_id": "Day", "end_date_property_id": "Day", "show_table": True,
        "table_properties": [{"property_id": "Cost"}], "preference": {"zoom_level": "month"}, "color_by": True,
    }),
    ("gallery", {"cover": {"type": "page_content"}, "cover_size": "small"}),
    ("form", {"is_form_closed": True, "anonymous_submissions": False, "submission_permissions": "reader"}),
    ("chart", {
        "chart_type": "column", "x_axis": {"type": "number", "property_id": "Cost", "sort": SORT, "range_size": 10},
        "y_axis": {"aggregator": "count"}, "sort": "y_descending", "caption": "All", "y_axis_min": 0,
    }),
    ("map", {"map_by": "Spot", "height": "large"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given"), CONFIGURATIONS, ids=[case[0] for case in CONFIGURATIONS])
def test_a_view_keeps_its_configuration_and_names_its_properties(
    notion_sandbox: NotionApi, table: tuple[str, str], kind: str, given: Json
) -> None:
    view = _create(notion_sandbox, table, kind, configuration={"type": kind, **given})
    ids = {item["name"]: item["id"] for item in notion_sandbox.schema(table[1]).values()}
    assert view["configuration"] == {"type": kind, **_completed(given, ids)}
    assert notion_sandbox.ok("GET", f"/v1/views/{view['id']}")["configuration"] == view["configuration"]


def _completed(part: Any, ids: dict[str, str]) -> Any:
    """With ids for the names of properties, and the names beside them."""
    names = {
        "property_id": "property_name", "date_property_id": "date_property_name", "map_by": "map_by_property_name",
        "end_date_property_id": "end_date_property_name",
    }  # fmt: skip
    if isinstance(part, list):
        return [_completed(entry, ids) for entry in part]
    if not isinstance(part, dict):
        return part
    found = {key: ids[value] if key in names else _completed(value, ids) for key, value in part.items()}
    return {**found, **{names[key]: value for key, value in part.items() if key in names}}


def test_the_name_of_a_property_in_a_view_follows_the_schema(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    configuration = {"type": "table", "properties": [{"property_id": "Cost"}]}
    view = _create(notion_sandbox, table, configuration=configuration)
    notion_sandbox.change(table[1], Cost={"name": "Price"})
    found = notion_sandbox.ok("GET", f"/v1/views/{view['id']}")["configuration"]["properties"]
    assert found[0]["property_name"] == "Price"


def test_null_takes_a_setting_away_and_the_others_stay(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    given = {"type": "gallery", "cover_size": "large", "card_layout": "list"}
    view = _create(notion_sandbox, table, "gallery", configuration=given)
    change = {"configuration": {"type": "gallery", "cover_size": None, "cover_aspect": "cover"}}
    found = notion_sandbox.ok("PATCH", f"/v1/views/{view['id']}", change)["configuration"]
    assert found == {"type": "gallery", "card_layout": "list", "cover_aspect": "cover"}


def test_a_reference_line_gets_an_id(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    line = {"value": 5, "label": "Goal", "color": "red", "dash_style": "dash"}
    configuration = {"type": "chart", "chart_type": "bar", "reference_lines": [line]}
    view = _create(notion_sandbox, table, "chart", configuration=configuration)
    found = view["configuration"]["reference_lines"][0]
    assert found == {**line, "id": found["id"]}


UNFIT: list[tuple[str, Json, str]] = [
    ("table", {"wrap_cells": "yes"}, "body.configuration.wrap_cells should be a boolean"),
    ("table", {"colour": 1}, "body.configuration.colour should be not present"),
    ("table", {"properties": [{"property_id": "Nope"}]}, "Could not find property with name or id: Nope"),
    ("table", {"properties": [{"property_id": "Cost", "width": 0}]}, "properties[0].width should be ≥ `1`"),
    ("table", {"properties": [{"property_id": "Cost"}] * 101}, "properties.length should be ≤ `100`"),
    ("board", {}, "body.configuration.group_by should be defined"),
    ("board", {"group_by": {"type": "age", "property_id": "Cost"}}, "body.configuration.group_by.type should be one"),
    ("board", {"group_by": {"type": "select", "property_id": "Stage"}}, "group_by.sort should be defined"),
    ("calendar", {}, "body.configuration.date_property_id should be defined"),
    ("timeline", {"date_property_id": "Day", "preference": {"zoom_level": "era"}}, "zoom_level should be one of"),
    ("chart", {"chart_type": "pie"}, "body.configuration.chart_type should be one of"),
    ("form", {"properties": []}, "body.configuration.properties should be not present"),
    ("list", {"type": "table"}, "body.configuration.type should be"),
]


@pytest.mark.parametrize(("kind", "given", "said"), UNFIT, ids=[f"{case[0]} {case[1]}"[:60] for case in UNFIT])
def test_a_configuration_that_does_not_fit_the_type_is_refused(
    notion_sandbox: NotionApi, table: tuple[str, str], kind: str, given: Json, said: str
) -> None:
    body = _wanted(table, kind, configuration={"type": kind, **given})
    assert said in notion_sandbox.refused("POST", "/v1/views", body)["message"]


def test_a_view_shows_properties_by_id_in_filter_sorts_and_quick_filters(
    notion_sandbox: NotionApi, table: tuple[str, str]
) -> None:
    cost = notion_sandbox.schema(table[1])["Cost"]["id"]
    dear = {"number": {"greater_than": 1}}
    view = _create(
        notion_sandbox,
        table,
        filter={"and": [{"property": "Cost", **dear}, {"or": [{"property": "Cost", "number": {"equals": 3}}]}]},
        sorts=[
            {"property": "Cost", "direction": "descending"},
            {"timestamp": "created_time", "direction": "ascending"},
        ],
        quick_filters={"Cost": dear},
    )
    inner = {"or": [{"property": cost, "number": {"equals": 3}}]}
    assert view["filter"] == {"and": [{"property": cost, **dear}, inner]}
    assert [sort.get("property") for sort in view["sorts"]] == [cost, None]
    assert view["quick_filters"] == {cost: dear}


def test_quick_filters_change_one_by_one(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    ids = {name: item["id"] for name, item in notion_sandbox.schema(table[1]).items()}
    full = {"is_not_empty": True}
    view = _create(notion_sandbox, table, quick_filters={"Cost": {"number": full}, "Day": {"date": full}})
    path = f"/v1/views/{view['id']}"
    change = {"quick_filters": {"Cost": None, "Stage": {"select": full}}}
    found = notion_sandbox.ok("PATCH", path, change)["quick_filters"]
    assert found == {ids["Day"]: {"date": full}, ids["Stage"]: {"select": full}}
    assert notion_sandbox.ok("PATCH", path, {"quick_filters": None})["quick_filters"] is None


def test_a_new_view_goes_where_it_is_put(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    path = f"/v1/views?database_id={table[0]}"
    first = notion_sandbox.ok("GET", path)["results"][0]["id"]
    end = _create(notion_sandbox, table, position={"type": "end"})["id"]
    start = _create(notion_sandbox, table, position={"type": "start"})["id"]
    middle = _create(notion_sandbox, table, position={"type": "after_view", "view_id": first})["id"]
    assert [view["id"] for view in notion_sandbox.ok("GET", path)["results"]] == [start, first, middle, end]


REFUSED: list[tuple[Json, int, str]] = [
    ({"type": "grid"}, 400, "body.type should be"),
    ({"name": None}, 400, "body.name should be defined"),
    ({"view_id": "5a4d0b0e-0000-4000-8000-000000000001"}, 400, "Exactly one of database_id"),
    ({"database_id": None}, 400, "Exactly one of database_id"),
    ({"placement": {"type": "new_row"}}, 400, "placement"),
    ({"colour": "red"}, 400, "body.colour should be not present"),
    ({"filter": {"property": "Cost", "date": {"is_empty": True}}}, 400, "does not match filter date"),
    ({"sorts": [{"property": "Cost", "direction": "ascending"}] * 101}, 400, "body.sorts.length should be ≤ `100`"),
    ({"type": "dashboard"}, 501, "dashboard"),
]


@pytest.mark.parametrize(("change", "status", "said"), REFUSED, ids=[str(case[0])[:50] for case in REFUSED])
def test_a_view_that_makes_no_sense_is_refused(
    notion_sandbox: NotionApi, table: tuple[str, str], change: Json, status: int, said: str
) -> None:
    body = {**_wanted(table, "table"), **change}
    assert said in notion_sandbox.refused("POST", "/v1/views", body, status)["message"]


def test_an_update_sorts_by_properties_only(notion_sandbox: NotionApi, table: tuple[str, str]) -> None:
    view = _create(notion_sandbox, table)
    change = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    error = notion_sandbox.refused("PATCH", f"/v1/views/{view['id']}", change)
    assert "body.sorts[0].timestamp should be not present" in error["message"]
