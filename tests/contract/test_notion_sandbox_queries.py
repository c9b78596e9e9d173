"""Queries: filters of every property type, sorts, pages."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.users import ADA_ID, GRACE_ID


@pytest.fixture
def table(notion_sandbox: NotionApi) -> str:
    """Three rows: a and b with values, c empty."""
    _, source = notion_sandbox.database(
        Number={"number": {}}, Text={"rich_text": {}}, Choice={"select": {}}, Tags={"multi_select": {}},
        State={"status": {}}, Day={"date": {}}, Flag={"checkbox": {}}, Who={"people": {}}, ID={"unique_id": {}},
        Twice={"formula": {"expression": 'prop("Number") * 2'}}, Mail={"email": {}}, File={"files": {}},
    )  # fmt: skip
    link = {"data_source_id": source, "type": "single_property", "single_property": {}}
    notion_sandbox.change(source, Link={"relation": link})
    total = {"function": "sum", "relation_property_name": "Link", "rollup_property_name": "Number"}
    notion_sandbox.change(source, Total={"rollup": total})
    first = notion_sandbox.row(
        source, "a", Number={"number": 1}, Text={"rich_text": text("Hello world")}, Choice={"select": {"name": "X"}},
        Tags={"multi_select": [{"name": "red"}, {"name": "blue"}]}, State={"status": {"name": "Done"}},
        Day={"date": {"start": "2026-01-10"}}, Flag={"checkbox": True}, Who={"people": [{"id": ADA_ID}]},
        Mail={"email": "a@example.com"},
    )  # fmt: skip
    notion_sandbox.row(
        source, "b", Number={"number": 5}, Text={"rich_text": text("Goodbye")}, Choice={"select": {"name": "Y"}},
        Tags={"multi_select": [{"name": "red"}]}, Day={"date": {"start": "2026-02-10"}},
        Who={"people": [{"id": GRACE_ID}]}, Link={"relation": [{"id": first["id"]}]},
    )  # fmt: skip
    notion_sandbox.row(source, "c")
    return source


FILTERS: list[tuple[Json, str]] = [
    ({"property": "Name", "title": {"equals": "a"}}, "a"),
    ({"property": "Number", "number": {"greater_than": 1}}, "b"),
    ({"property": "Number", "number": {"does_not_equal": 1}}, "bc"),
    ({"property": "Number", "number": {"is_empty": True}}, "c"),
    ({"property": "Text", "rich_text": {"contains": "WORLD"}}, "a"),
    ({"property": "Text", "rich_text": {"does_not_contain": "world"}}, "bc"),
    ({"property": "Text", "rich_text": {"starts_with": "Good"}}, "b"),
    ({"property": "Mail", "email": {"ends_with": "example.com"}}, "a"),
    ({"property": "Choice", "select": {"equals": "X"}}, "a"),
    ({"property": "Choice", "select": {"equals": ["X", "Y"]}}, "ab"),
    ({"property": "Choice", "select": {"is_empty": True}}, "c"),
    ({"property": "Tags", "multi_select": {"contains": "red"}}, "ab"),
    ({"property": "Tags", "multi_select": {"does_not_contain": "blue"}}, "bc"),
    ({"property": "State", "status": {"equals": "Not started"}}, "bc"),
    ({"property": "Day", "date": {"before": "2026-02-01"}}, "a"),
    ({"property": "Day", "date": {"on_or_after": "2026-02-10"}}, "b"),
    ({"property": "Day", "date": {"equals": "2026-01-10"}}, "a"),
    ({"property": "Flag", "checkbox": {"equals": False}}, "bc"),
    ({"property": "Who", "people": {"contains": ADA_ID}}, "a"),
    ({"property": "Link", "relation": {"is_not_empty": True}}, "b"),
    ({"property": "File", "files": {"is_empty": True}}, "abc"),
    ({"property": "ID", "unique_id": {"less_than": 3}}, "ab"),
    ({"property": "Twice", "formula": {"number": {"equals": 10}}}, "b"),
    ({"property": "Total", "rollup": {"number": {"equals": 1}}}, "b"),
    ({"timestamp": "created_time", "created_time": {"past_week": {}}}, "abc"),
    ({"timestamp": "last_edited_time", "last_edited_time": {"before": "2020-01-01"}}, ""),
    (
        {
            "and": [
                {"property": "Tags", "multi_select": {"contains": "red"}},
                {
                    "or": [
                        {"property": "Name", "title": {"equals": "b"}},
                        {"property": "Name", "title": {"equals": "c"}},
                    ]
                },
            ]
        },
        "b",
    ),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=[str(case[0])[:70] for case in FILTERS])
def test_a_filter_finds(notion_sandbox: NotionApi, table: str, condition: Json, expected: str) -> None:
    assert sorted(notion_sandbox.names(table, filter=condition)) == list(expected)


SORTS: list[tuple[list[Json], str]] = [
    ([], "cba"),
    ([{"property": "Name", "direction": "ascending"}], "abc"),
    ([{"property": "Number", "direction": "descending"}], "bac"),
    (
        [{"property": "State", "direction": "descending"}, {"property": "Name", "direction": "ascending"}],
        "abc",
    ),
    ([{"property": "Day", "direction": "ascending"}], "abc"),
    (
        [
            {"timestamp": "created_time", "direction": "ascending"},
            {"property": "ID", "direction": "ascending"},
        ],
        "abc",
    ),
]


@pytest.mark.parametrize(("sorts", "expected"), SORTS)
def test_rows_come_newest_first_or_as_sorted(
    notion_sandbox: NotionApi, table: str, sorts: list[Json], expected: str
) -> None:
    assert "".join(notion_sandbox.names(table, sorts=sorts)) == expected


@pytest.mark.parametrize("query", [{}, {"sorts": [{"property": "Name", "direction": "descending"}]}])
def test_pages_of_a_query_add_up(notion_sandbox: NotionApi, table: str, query: Json) -> None:
    path = f"/v1/data_sources/{table}/query"
    first = notion_sandbox.ok("POST", path, {**query, "page_size": 2})
    rest = notion_sandbox.ok("POST", path, {**query, "page_size": 2, "start_cursor": first["next_cursor"]})
    found = [page["properties"]["Name"]["title"][0]["plain_text"] for page in [*first["results"], *rest["results"]]]
    assert (found, rest["has_more"]) == (["c", "b", "a"], False)


def test_filter_properties_leaves_the_others_out(notion_sandbox: NotionApi, table: str) -> None:
    number = notion_sandbox.schema(table)["Number"]["id"]
    path = f"/v1/data_sources/{table}/query?filter_properties={number}"
    assert set(notion_sandbox.ok("POST", path, {})["results"][0]["properties"]) == {"Number"}


BAD: list[tuple[Any, str]] = [
    (
        {"filter": {"property": "Nope", "title": {"equals": "a"}}},
        "Could not find property with name or id: Nope",
    ),
    ({"filter": {"property": "Number", "checkbox": {"equals": True}}}, "does not match filter"),
    ({"sorts": [{"property": "Nope"}]}, "Could not find sort property"),
    ({"page_size": 101}, "body.page_size should be ≤ `100`"),
    ({"start_cursor": "nonsense"}, "start_cursor"),
]


@pytest.mark.parametrize(("query", "said"), BAD)
def test_a_query_that_makes_no_sense_is_refused(notion_sandbox: NotionApi, table: str, query: Json, said: str) -> None:
    assert said in notion_sandbox.refused("POST", f"/v1/data_sources/{table}/query", query)["message"]
