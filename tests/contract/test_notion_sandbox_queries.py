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


DATES: list[tuple[Json, str]] = [
    ({"equals": "today"}, "today"),
    ({"before": "today"}, "month ago, week ago, yesterday"),
    ({"on_or_after": "tomorrow"}, "month, tomorrow, week"),
    ({"equals": "yesterday"}, "yesterday"),
    ({"on_or_before": "one_week_ago"}, "month ago, week ago"),
    ({"equals": "one_week_from_now"}, "week"),
    ({"equals": "one_month_ago"}, "month ago"),
    ({"equals": "one_month_from_now"}, "month"),
    ({"this_week": {}}, "today, tomorrow, yesterday"),
]


@pytest.mark.parametrize(("condition", "expected"), DATES, ids=[str(case[0]) for case in DATES])
def test_a_date_is_compared_with_a_day_relative_to_now(
    notion_sandbox: NotionApi, condition: Json, expected: str
) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2026-03-31T12:00:00+00:00", "frozen": True})
    _, source = notion_sandbox.database(Day={"date": {}})
    days = {
        "month ago": "2026-02-28", "week ago": "2026-03-24", "yesterday": "2026-03-30", "today": "2026-03-31",
        "tomorrow": "2026-04-01", "week": "2026-04-07", "month": "2026-04-30",
    }  # fmt: skip
    for name, day in days.items():
        notion_sandbox.row(source, name, Day={"date": {"start": day}})
    found = notion_sandbox.names(source, filter={"property": "Day", "date": condition})
    assert ", ".join(sorted(found)) == expected


def test_me_is_whom_the_token_stands_for(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(Who={"people": {}}, By={"created_by": {}})
    me = notion_sandbox.ok("GET", "/v1/users/me")["id"]
    notion_sandbox.row(source, "mine", Who={"people": [{"id": me}]})
    notion_sandbox.row(source, "hers", Who={"people": [{"id": ADA_ID}]})
    assert notion_sandbox.names(source, filter={"property": "Who", "people": {"contains": "me"}}) == ["mine"]
    assert notion_sandbox.names(source, filter={"property": "Who", "people": {"does_not_contain": "me"}}) == ["hers"]
    assert len(notion_sandbox.names(source, filter={"property": "By", "created_by": {"contains": "me"}})) == 2


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"property": "Choice", "select": {"equals": ["X", "Y"]}}, "ab"),
        ({"property": "Choice", "select": {"does_not_equal": ["X", "Y"]}}, "c"),
        ({"property": "State", "status": {"equals": ["Done"]}}, "a"),
        ({"property": "Tags", "multi_select": {"contains": ["blue", "green"]}}, "a"),
    ],
)
def test_a_choice_may_be_one_of_several(notion_sandbox: NotionApi, table: str, condition: Json, expected: str) -> None:
    assert sorted(notion_sandbox.names(table, filter=condition)) == list(expected)


UNFIT: list[tuple[Json, str]] = [
    ({"property": "Number", "checkbox": {"equals": True}}, "property number does not match filter checkbox"),
    ({"property": "State", "select": {"equals": "Done"}}, "property status does not match filter select"),
    ({"property": "Number", "number": {"contains": 1}}, "body.filter.number.contains should be not present"),
    ({"property": "Number", "number": {"equals": "1"}}, "body.filter.number.equals should be a number"),
    ({"property": "Number", "number": {"is_empty": False}}, "body.filter.number.is_empty should be `true`"),
    ({"property": "Number", "number": {"less_than": 1, "equals": 2}}, "body.filter.number.equals should be not"),
    ({"property": "Day", "date": {"before": "soon"}}, "body.filter.date.before should be a valid ISO 8601"),
    ({"property": "Who", "people": {"contains": "Ada"}}, "body.filter.people.contains should be a valid uuid"),
    ({"property": "Twice", "formula": {"people": {"is_empty": True}}}, "body.filter.formula.people should be not"),
    ({"property": "Total", "rollup": {"some": {}}}, "body.filter.rollup.some should be not present"),
    ({"and": [{"or": [{"and": []}]}]}, "body.filter.and[0].or[0].and should be an array, at most two levels"),
]


@pytest.mark.parametrize(("condition", "said"), UNFIT, ids=[str(case[0]) for case in UNFIT])
def test_a_filter_that_does_not_fit_is_refused_even_without_rows(
    notion_sandbox: NotionApi, table: str, condition: Json, said: str
) -> None:
    for page in notion_sandbox.ok("POST", f"/v1/data_sources/{table}/query", {})["results"]:
        notion_sandbox.ok("PATCH", f"/v1/pages/{page['id']}", {"in_trash": True})
    error = notion_sandbox.refused("POST", f"/v1/data_sources/{table}/query", {"filter": condition})
    assert (error["code"], said in error["message"]) == ("validation_error", True)


def test_a_property_may_be_called_none(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(**{"None": {"number": {}}})
    notion_sandbox.row(source, "one", **{"None": {"number": 1}})
    part = {"property": "None", "number": {"equals": 1}}
    assert notion_sandbox.names(source, filter={"and": [{"or": [part]}]}) == ["one"]
    error = notion_sandbox.refused("POST", f"/v1/data_sources/{source}/query", {"filter": {"number": {"equals": 1}}})
    assert "Could not find property" in error["message"]


def test_rows_in_the_trash_are_found_when_asked_for(notion_sandbox: NotionApi, table: str) -> None:
    gone = notion_sandbox.row(table, "gone")
    notion_sandbox.ok("PATCH", f"/v1/pages/{gone['id']}", {"in_trash": True})
    assert "gone" not in notion_sandbox.names(table)
    assert notion_sandbox.names(table, in_trash=True) == ["gone"]


def test_the_result_type_chooses_between_rows_and_data_sources(notion_sandbox: NotionApi, table: str) -> None:
    assert len(notion_sandbox.names(table, result_type="page")) == 3
    assert notion_sandbox.names(table, result_type="data_source") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Choice", "abc"), ("Tags", "bac"), ("Flag", "cba"), ("Who", "abc"), ("Link", "bca"), ("Mail", "acb"),
     ("Twice", "cab"), ("Total", "bca"), ("ID", "abc"), ("File", "cba")],
)  # fmt: skip
def test_rows_are_sorted_by_a_property_of_any_type(
    notion_sandbox: NotionApi, table: str, name: str, expected: str
) -> None:
    sorts = [{"property": name, "direction": "ascending"}]
    found = "".join(notion_sandbox.names(table, sorts=sorts))
    assert sorted(found) == list("abc")
    assert found == expected


def test_a_query_ends_at_ten_thousand_rows_and_says_so(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    parent = {"type": "data_source_id", "data_source_id": source}
    rows = [
        {"object": "page", "id": f"5a4d0b0e-0000-4000-8000-0000001{at:05}", "parent": parent, "properties": {}}
        for at in range(10_050)
    ]
    notion_sandbox.ok("POST", "/_sandbox/load", {"objects": rows})
    path = f"/v1/data_sources/{source}/query"
    start = rows[10_049 - 9_960]["id"]
    page = notion_sandbox.ok("POST", path, {"start_cursor": start})
    assert [page["has_more"], len(page["results"])] == [False, 40]
    assert page["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    assert "request_status" not in notion_sandbox.ok("POST", path, {})


BAD: list[tuple[Any, str]] = [
    (
        {"filter": {"property": "Nope", "title": {"equals": "a"}}},
        "Could not find property with name or id: Nope",
    ),
    ({"filter": {"property": "Number", "checkbox": {"equals": True}}}, "does not match filter"),
    ({"sorts": [{"property": "Nope"}]}, "Could not find sort property"),
    ({"page_size": 101}, "body.page_size should be ≤ `100`"),
    ({"page_size": 0}, "body.page_size should be ≥ `1`"),
    ({"page_size": "5"}, "body.page_size should be a number"),
    ({"start_cursor": "nonsense"}, "start_cursor"),
    ({"filter_properties": ["title"]}, "body.filter_properties should be not present"),
    ({"result_type": "row"}, "body.result_type"),
    ({"sorts": [{"property": "Name", "direction": "up"}]}, "body.sorts[0].direction"),
]


@pytest.mark.parametrize(("query", "said"), BAD)
def test_a_query_that_makes_no_sense_is_refused(notion_sandbox: NotionApi, table: str, query: Json, said: str) -> None:
    assert said in notion_sandbox.refused("POST", f"/v1/data_sources/{table}/query", query)["message"]
