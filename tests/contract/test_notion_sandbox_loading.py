"""Objects loaded as Notion returns them, and the time of the workspace."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi, text

SOURCE = "5a4d0b0e-0000-4000-8000-0000000a0001"
ROW = "5a4d0b0e-0000-4000-8000-0000000a0002"
PERSON = "5a4d0b0e-0000-4000-8000-0000000a0003"
OPTION = "5a4d0b0e-0000-4000-8000-0000000a0004"
DATABASE = "5a4d0b0e-0000-4000-8000-0000000a0005"
BOT = "5a4d0b0e-0000-4000-8000-0000000a0006"


def a_row(**properties: Json) -> Json:
    title = {"id": "title", "type": "title", "title": [{**text("Roof")[0], "plain_text": "Roof"}]}
    parent = {"type": "data_source_id", "data_source_id": SOURCE, "database_id": DATABASE}
    return {"object": "page", "id": ROW, "parent": parent, "properties": {"Name": title, **properties}}


def load(api: NotionApi, *objects: Json, **options: Any) -> int:
    count: int = api.ok("POST", "/_sandbox/load", {"objects": list(objects), **options})["loaded"]
    return count


def test_a_loaded_row_keeps_its_ids_and_implies_its_schema(notion_sandbox: NotionApi) -> None:
    stage = {"id": "a%3Ab", "type": "select", "select": {"id": OPTION, "name": "Open", "color": "red"}}
    load(notion_sandbox, a_row(Stage=stage))
    assert notion_sandbox.page(ROW)["properties"]["Stage"] == stage
    assert notion_sandbox.schema(SOURCE)["Stage"]["select"]["options"] == [
        {"id": OPTION, "name": "Open", "color": "red", "description": None}
    ]
    assert notion_sandbox.ok("GET", f"/v1/databases/{DATABASE}")["id"] == DATABASE


def test_a_computed_value_stands_as_loaded_while_its_rule_is_unknown(notion_sandbox: NotionApi) -> None:
    twice = {"id": "fxfx", "type": "formula", "formula": {"type": "number", "number": 42}}
    load(notion_sandbox, a_row(Twice=twice))
    assert notion_sandbox.page(ROW)["properties"]["Twice"] == twice


def test_numbers_of_new_rows_go_on_after_loaded_ones(notion_sandbox: NotionApi) -> None:
    number = {"id": "idid", "type": "unique_id", "unique_id": {"prefix": "JOB", "number": 7}}
    load(notion_sandbox, a_row(ID=number))
    assert notion_sandbox.row(SOURCE, "Next")["properties"]["ID"]["unique_id"] == {"prefix": "JOB", "number": 8}


def test_a_loaded_bot_is_the_one_the_token_stands_for(notion_sandbox: NotionApi) -> None:
    load(notion_sandbox, {"object": "user", "id": BOT, "type": "bot", "name": "Loaded", "bot": {}}, replace=True)
    assert notion_sandbox.ok("GET", "/v1/users/me")["name"] == "Loaded"
    error = notion_sandbox.refused("GET", f"/v1/pages/{ROW}", status=404)
    assert (error["additional_data"], '"Loaded"' in error["message"]) == ({"integration_id": BOT}, True)


def test_replacing_forgets_what_was_there(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    load(notion_sandbox, a_row(), replace=True)
    notion_sandbox.refused("GET", f"/v1/data_sources/{source}", status=404)


BROKEN: list[tuple[Any, str]] = [
    (None, "objects must be a list"),
    ([1], "objects[0]: must be an object, not 1"),
    ([a_row(), {"object": "spaceship", "id": ROW}], f"objects[1] (spaceship {ROW}): object must be one of block"),
    ([{"object": "page", "id": "no"}], "page has no valid id: 'no'"),
    ([{"object": "page", "id": ROW, "parent": {"page_id": 5}}], f"(page {ROW}): parent.page_id must be a UUID, not 5"),
    ([a_row(Stage={"id": "a", "select": None})], "properties.Stage.type is missing"),
    ([a_row(Stage={"id": "a", "type": "select"})], "properties.Stage.select is missing"),
    ([a_row(Cost={"id": "a", "type": "number", "number": "5"})], "properties.Cost.number must be a number, not '5'"),
    ([a_row(Who={"id": "a", "type": "people", "people": [{}]})], "properties.Who.people[0].id is missing"),
    (
        [
            {
                "object": "data_source",
                "id": SOURCE,
                "properties": {"F": {"id": "f", "name": "F", "type": "formula", "formula": {}}},
            }
        ],
        "properties.F.formula.expression is missing",
    ),
    ([{"object": "block", "id": ROW, "type": "paragraph", "created_time": "now"}], "created_time must be a time"),
    ([{"object": "database", "id": DATABASE, "title": "Jobs"}], "title must be a list, not 'Jobs'"),
]


@pytest.mark.parametrize(("objects", "said"), BROKEN)
def test_what_is_no_object_of_notion_is_refused_by_name_and_nothing_loaded(
    notion_sandbox: NotionApi, objects: Any, said: str
) -> None:
    assert said in notion_sandbox.refused("POST", "/_sandbox/load", {"objects": objects, "replace": True})["error"]
    assert notion_sandbox.page(notion_sandbox.sandbox.root_page_id)


def test_a_reset_after_replacing_brings_the_root_page_back(notion_sandbox: NotionApi) -> None:
    load(notion_sandbox, {"object": "page", "id": ROW}, replace=True)
    notion_sandbox.refused("GET", f"/v1/pages/{notion_sandbox.sandbox.root_page_id}", status=404)
    notion_sandbox.ok("POST", "/_sandbox/reset")
    assert notion_sandbox.page(notion_sandbox.sandbox.root_page_id)


def test_the_clock_decides_when_something_was_made(notion_sandbox: NotionApi) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2030-05-06T07:08:09Z", "frozen": True})
    _, source = notion_sandbox.database()
    assert notion_sandbox.row(source)["created_time"] == "2030-05-06T07:08:00.000Z"


def test_the_clock_decides_what_last_month_is(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(Day={"date": {}})
    notion_sandbox.row(source, "march", Day={"date": {"start": "2030-03-31"}})
    condition = {"filter": {"property": "Day", "date": {"past_month": {}}}}
    found = []
    for day in ("2030-04-30", "2030-05-01"):
        notion_sandbox.ok("POST", "/_sandbox/clock", {"now": day})
        found.append(notion_sandbox.names(source, **condition))
    assert found == [["march"], []]


def titles(api: NotionApi, query: str) -> list[str]:
    results = api.ok("POST", "/v1/search", {"query": query})["results"]
    return [result["title"][0]["plain_text"] for result in results if result["object"] == "data_source"]


def test_search_finds_what_shares_a_word_in_one_or_many(notion_sandbox: NotionApi) -> None:
    for name in ("Open Jobs", "Job archive", "Clients"):
        notion_sandbox.database(name)
    assert titles(notion_sandbox, "the job") == ["Job archive", "Open Jobs"]


def test_search_lags_behind_what_is_made_and_what_is_removed(notion_sandbox: NotionApi) -> None:
    notion_sandbox.behave(search_lag=20)
    database, _ = notion_sandbox.database("Jobs")
    found = [titles(notion_sandbox, "Jobs")]
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 21})
    found.append(titles(notion_sandbox, "Jobs"))
    notion_sandbox.ok("DELETE", f"/v1/blocks/{database}")
    found.append(titles(notion_sandbox, "Jobs"))
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 21})
    found.append(titles(notion_sandbox, "Jobs"))
    assert found == [[], ["Jobs"], ["Jobs"], []]


def test_a_lag_of_search_can_be_taken_back(notion_sandbox: NotionApi) -> None:
    for lag in (20, 0.5, 0):
        notion_sandbox.behave(search_lag=lag)
    notion_sandbox.database("Jobs")
    assert titles(notion_sandbox, "Jobs") == ["Jobs"]


@pytest.mark.parametrize(("edition", "budget"), [("free", 180), ("business", 600)])
def test_an_edition_has_a_budget_of_requests_a_minute(notion_sandbox: NotionApi, edition: str, budget: int) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2030-01-01T00:00:00Z", "frozen": True})
    notion_sandbox.behave(edition=edition)
    notion_sandbox.ok("GET", "/v1/users/me")
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 15})
    statuses = [notion_sandbox.call("GET", "/v1/users/me").status_code for _ in range(budget - 1)]
    over = notion_sandbox.call("GET", "/v1/users/me")
    assert (set(statuses), over.status_code, over.headers["Retry-After"]) == ({200}, 429, "45")
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 45})
    notion_sandbox.ok("GET", "/v1/users/me")


def test_odds_are_the_same_every_time_for_a_seed(notion_sandbox: NotionApi) -> None:
    def statuses() -> list[int]:
        notion_sandbox.ok("DELETE", "/_sandbox/faults")
        notion_sandbox.fail("status", probability=0.5, seed=3, times=1000)
        return [notion_sandbox.call("GET", "/v1/users/me").status_code for _ in range(40)]

    first, second = statuses(), statuses()
    assert first == second
    assert set(first) == {200, 503}
