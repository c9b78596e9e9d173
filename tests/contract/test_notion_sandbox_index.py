"""Many rows: what SQLite serves from an index is what looking at every row would find."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.ids import encoded, new_property_id
from factory_iac.sandbox.notion.row_index import plan

ROWS = 1200
SOURCE = "5a4d0b0e-0000-4000-8000-0000000b0000"
OPEN, DONE = "5a4d0b0e-0000-4000-8000-0000000b0001", "5a4d0b0e-0000-4000-8000-0000000b0002"

COST = "c%5C%27%5D"
"""A property id as Notion gives them out: of signs that mean something in SQL and in JSON."""


def cost(at: int) -> int | None:
    return None if at % 11 == 0 else (at * 37) % 101


NOTES = ["", "Ärger", "zebra", "Zander", "éclair"]


def day(at: int) -> str:
    """Days, and times whose day is another one in UTC."""
    of_month = at % 28 + 1
    return f"2026-03-{of_month:02}" if at % 2 else f"2026-03-{of_month:02}T23:30:00.000-08:00"


def runs(content: str) -> list[Json]:
    return [{**text(content)[0], "plain_text": content}] if content else []


def row(at: int) -> Json:
    title = runs(f"Row {at}")
    stage = {"id": OPEN if at % 3 else DONE, "name": "Open" if at % 3 else "Done", "color": "red"}
    return {
        "object": "page",
        "id": f"5a4d0b0e-0000-4000-8000-0000001{at:05}",
        "parent": {"type": "data_source_id", "data_source_id": SOURCE},
        "properties": {
            "Name": {"id": "title", "type": "title", "title": title},
            "Cost": {"id": COST, "type": "number", "number": cost(at)},
            "Stage": {"id": "stge", "type": "select", "select": stage},
            "Day": {"id": "dayy", "type": "date", "date": {"start": day(at), "end": None, "time_zone": None}},
            "Flag": {"id": "flag", "type": "checkbox", "checkbox": at % 4 == 0},
            "Note": {"id": "note", "type": "rich_text", "rich_text": runs(NOTES[at % 5])},
            "Code": {"id": "code", "type": "unique_id", "unique_id": {"prefix": None, "number": at + 1}},
        },
    }


@pytest.fixture
def many(notion_sandbox: NotionApi) -> NotionApi:
    notion_sandbox.ok("POST", "/_sandbox/load", {"objects": [row(at) for at in range(ROWS)]})
    return notion_sandbox


def numbers(api: NotionApi, query: Json) -> list[int]:
    """The rows that a query finds, over all pages."""
    found: list[int] = []
    cursor: Json = {}
    while True:
        page = api.ok("POST", f"/v1/data_sources/{SOURCE}/query", {**query, **cursor})
        found += [int(one["id"][-5:]) for one in page["results"]]
        if not page["has_more"]:
            return found
        cursor = {"start_cursor": page["next_cursor"]}


def by_cost(rows: list[int], *, descending: bool) -> list[int]:
    valued = sorted((at for at in rows if cost(at) is not None), key=lambda at: cost(at) or 0, reverse=descending)
    return valued + [at for at in rows if cost(at) is None]


NEWEST_FIRST = list(range(ROWS))[::-1]
DEAR = {"property": "Cost", "number": {"greater_than": 60}}
OPEN_ONES = {"property": "Stage", "select": {"equals": "Open"}}
UP = [{"property": "Cost", "direction": "ascending"}]
DOWN = [{"property": "Cost", "direction": "descending"}]
CASES: list[tuple[Json, list[int]]] = [
    ({"sorts": UP}, by_cost(NEWEST_FIRST, descending=False)),
    ({"sorts": DOWN}, by_cost(NEWEST_FIRST, descending=True)),
    ({"filter": DEAR}, [at for at in NEWEST_FIRST if (cost(at) or 0) > 60]),
    (
        {"filter": {"and": [DEAR, OPEN_ONES]}, "sorts": DOWN},
        by_cost([at for at in NEWEST_FIRST if (cost(at) or 0) > 60 and at % 3], descending=True),
    ),
    ({"filter": {"or": [DEAR, OPEN_ONES]}}, [at for at in NEWEST_FIRST if (cost(at) or 0) > 60 or at % 3]),
    ({"filter": {"property": "Cost", "number": {"is_empty": True}}}, [at for at in NEWEST_FIRST if cost(at) is None]),
    ({"filter": {"property": "Name", "title": {"equals": "ROW 77"}}}, [77]),
    ({"filter": {"property": "Name", "rich_text": {"starts_with": "row 119"}}}, [*range(1199, 1189, -1), 119]),
    ({"sorts": [{"property": "Name"}]}, sorted(range(ROWS), key=lambda at: f"row {at}")),
    ({"filter": {"property": "Note", "rich_text": {"equals": "ärger"}}}, [at for at in NEWEST_FIRST if at % 5 == 1]),
    ({"filter": {"property": "Note", "rich_text": {"equals": ""}}}, [at for at in NEWEST_FIRST if at % 5 == 0]),
    ({"sorts": [{"property": "Note"}]}, [at for of in (3, 2, 1, 4, 0) for at in NEWEST_FIRST if at % 5 == of]),
    ({"filter": {"property": "Flag", "checkbox": {"equals": True}}}, [at for at in NEWEST_FIRST if at % 4 == 0]),
    ({"filter": {"property": "Flag", "checkbox": {"does_not_equal": True}}}, [at for at in NEWEST_FIRST if at % 4]),
    (
        {"sorts": [{"property": "Flag", "direction": "descending"}]},
        [at for at in NEWEST_FIRST if at % 4 == 0] + [at for at in NEWEST_FIRST if at % 4],
    ),
    ({"filter": {"property": "Day", "date": {"equals": "2026-03-09"}}}, [at for at in NEWEST_FIRST if at % 28 == 8]),
    ({"filter": {"property": "Day", "date": {"before": "2026-03-03"}}}, [at for at in NEWEST_FIRST if at % 28 < 2]),
    (
        {"filter": {"property": "Day", "date": {"after": "2026-03-27"}}, "sorts": [{"property": "Day"}]},
        [at for at in NEWEST_FIRST if at % 28 == 27],
    ),
    (
        {"filter": {"property": "Flag", "checkbox": {"equals": True}}, "sorts": DOWN},
        by_cost([at for at in NEWEST_FIRST if at % 4 == 0], descending=True),
    ),
    ({"filter": {"property": "Code", "unique_id": {"less_than": 3}}}, [1, 0]),
    ({"sorts": [{"property": "Code"}]}, list(range(ROWS))),
    ({"sorts": [{"timestamp": "created_time", "direction": "descending"}]}, NEWEST_FIRST),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_an_index_finds_what_looking_at_every_row_would(many: NotionApi, query: Json, expected: list[int]) -> None:
    assert numbers(many, query) == expected


def test_the_rows_of_every_property_id_that_is_given_out_can_be_indexed() -> None:
    ids = {encoded(new_property_id(())) for _ in range(2000)}
    condition = {"property": "Cost", "number": {"greater_than": 60}}
    plans = {id_: plan(condition, UP, {"Cost": {"id": id_, "name": "Cost", "type": "number"}}) for id_ in ids}
    assert [id_ for id_, found in plans.items() if not (found.where and found.order)] == []


def test_an_index_follows_what_is_written(many: NotionApi) -> None:
    query: Json = {"filter": {"property": "Cost", "number": {"greater_than": 1000}}}
    before = numbers(many, query)
    changed: Any = {"properties": {"Cost": {"number": 2000}}}
    many.ok("PATCH", f"/v1/pages/{row(7)['id']}", changed)
    assert (before, numbers(many, query)) == ([], [7])


@pytest.mark.parametrize("direction", ["ascending", "descending"])
def test_rows_come_by_the_time_of_their_creation_up_to_the_limit(notion_sandbox: NotionApi, direction: str) -> None:
    late = [{**row(at), "created_time": f"2026-01-01T{at * 7 % 24:02}:00:00.000Z"} for at in range(24)]
    notion_sandbox.ok("POST", "/_sandbox/load", {"objects": late})
    notion_sandbox.behave(query_limit=20)
    query = {"sorts": [{"timestamp": "created_time", "direction": direction}]}
    expected = sorted(range(24), key=lambda at: at * 7 % 24, reverse=direction == "descending")
    assert numbers(notion_sandbox, query) == expected[:20]
    answer = notion_sandbox.ok("POST", f"/v1/data_sources/{SOURCE}/query", query)
    assert answer["request_status"]["incomplete_reason"] == "query_result_limit_reached"
