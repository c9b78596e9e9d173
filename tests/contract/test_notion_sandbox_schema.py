"""Schemas of data sources: what Notion makes of a schema write."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.users import ADA_ID

DEFAULTS: list[tuple[str, Json, Json]] = [
    ("number", {"number": {}}, {"format": "number"}),
    ("select", {"select": {}}, {"options": []}),
    ("unique_id", {"unique_id": {}}, {"prefix": None}),
    ("date", {"date": {}}, {}),
    ("people", {"type": "people", "people": {}}, {}),
    ("place", {"place": {}}, {}),
]


@pytest.mark.parametrize(("kind", "given", "stored"), DEFAULTS, ids=[kind for kind, _, _ in DEFAULTS])
def test_a_property_without_configuration_gets_the_defaults_of_its_type(
    notion_sandbox: NotionApi, kind: str, given: Json, stored: Json
) -> None:
    _, source = notion_sandbox.database(P=given)
    item = notion_sandbox.schema(source)["P"]
    assert (item["type"], item[kind], item["description"]) == (kind, stored, None)


def test_creating_a_database_answers_the_container_without_a_schema(notion_sandbox: NotionApi) -> None:
    database, source = notion_sandbox.database("Tasks")
    found = notion_sandbox.ok("GET", f"/v1/databases/{database}")
    assert "properties" not in found
    assert found["data_sources"] == [{"id": source, "name": "Tasks"}]


def test_a_database_without_a_schema_gets_a_name(notion_sandbox: NotionApi) -> None:
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}}
    found = notion_sandbox.ok("POST", "/v1/databases", body)
    assert found["title"][0]["plain_text"] == "New database"
    source = notion_sandbox.ok("GET", f"/v1/data_sources/{found['data_sources'][0]['id']}")
    assert source["title"] == []
    assert list(source["properties"]) == ["Name"]


def test_a_new_name_keeps_id_and_values(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(Cost={"number": {}})
    page = notion_sandbox.row(source, Cost={"number": 3})
    before = notion_sandbox.schema(source)["Cost"]["id"]
    after = notion_sandbox.change(source, Cost={"name": "Price"})
    assert "Cost" not in after
    assert after["Price"]["id"] == before
    assert notion_sandbox.page(page["id"])["properties"]["Price"]["number"] == 3


@pytest.mark.parametrize("form", ["encoded", "decoded", "name"])
def test_a_property_answers_to_its_name_and_its_id(notion_sandbox: NotionApi, form: str) -> None:
    from urllib.parse import unquote

    _, source = notion_sandbox.database(Cost={"number": {}})
    encoded = notion_sandbox.schema(source)["Cost"]["id"]
    key = {"encoded": encoded, "decoded": unquote(encoded), "name": "Cost"}[form]
    assert notion_sandbox.change(source, **{key: {"number": {"format": "euro"}}})["Cost"]["number"] == {
        "format": "euro"
    }


def test_a_property_that_comes_back_has_another_id_and_no_values(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(Cost={"number": {}})
    page = notion_sandbox.row(source, Cost={"number": 3})
    before = notion_sandbox.schema(source)["Cost"]["id"]
    notion_sandbox.change(source, Cost=None)
    after = notion_sandbox.change(source, Cost={"number": {}})["Cost"]["id"]
    assert after != before
    assert notion_sandbox.page(page["id"])["properties"]["Cost"]["number"] is None


def test_an_empty_schema_write_answers_the_whole_object(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(Cost={"number": {}})
    assert set(notion_sandbox.change(source)) == {"Name", "Cost"}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("the title cannot be deleted", {"Name": None}, "title"),
    ("the title cannot become a number", {"Name": {"number": {}}}, "Cannot convert"),
    ("there is only one title", {"Other": {"title": {}}}, "title"),
    ("nothing becomes a place", {"Cost": {"place": {}}}, "Cannot convert"),
    ("what is not there cannot be deleted", {"Nope": None}, "Could not find property with name or id: Nope"),
    ("what is not there cannot be renamed", {"Nope": {"name": "X"}}, "Could not find property"),
    ("names are unique", {"Cost": {"name": "Name"}}, "exists already"),
    (
        "a formula needs its properties",
        {"F": {"formula": {"expression": 'prop("Nope")'}}},
        "Undefined property",
    ),
    (
        "a formula needs its brackets",
        {"F": {"formula": {"expression": 'length(prop("Name")'}}},
        "Missing ')'",
    ),
    ("a relation needs a data source", {"R": {"relation": {"single_property": {}}}}, "data_source_id"),
    ("a rollup needs a relation", {"R": {"rollup": {"function": "count"}}}, "relation_property_name"),
    ("an unknown type", {"R": {"location": {}}}, "body.properties.R.location"),
]


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_schema_write_that_makes_no_sense_is_refused_and_changes_nothing(
    notion_sandbox: NotionApi, change: dict[str, Any], said: str
) -> None:
    _, source = notion_sandbox.database(Cost={"number": {}})
    before = notion_sandbox.schema(source)
    error = notion_sandbox.refused(
        "PATCH", f"/v1/data_sources/{source}", {"properties": {"New": {"url": {}}, **change}}
    )
    assert error["code"] == "validation_error"
    assert said in error["message"]
    assert notion_sandbox.schema(source) == before


def test_a_button_is_accepted_and_ignored(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    assert set(notion_sandbox.change(source, Go={"button": {}})) == {"Name"}


def test_a_prefix_stays_taken_after_its_property_is_gone(notion_sandbox: NotionApi) -> None:
    _, first = notion_sandbox.database(ID={"unique_id": {"prefix": "TASK"}})
    _, second = notion_sandbox.database()
    notion_sandbox.change(first, ID=None)
    change = {"properties": {"ID": {"unique_id": {"prefix": "TASK"}}}}
    assert "TASK" in notion_sandbox.refused("PATCH", f"/v1/data_sources/{second}", change)["message"]


def test_a_schema_over_50_kb_is_refused_by_its_largest_property(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    options = [{"name": f"{number:03}" + "x" * 90} for number in range(100)]
    change = {f"P{at}": {"select": {"options": options}} for at in range(4)}
    error = notion_sandbox.refused("PATCH", f"/v1/data_sources/{source}", {"properties": change})
    assert "largest property" in error["message"]


CONVERSIONS: list[tuple[str, Json, Json, Json, Any]] = [
    ("text to number", {"rich_text": {}}, {"rich_text": text("12.5")}, {"number": {}}, 12.5),
    ("words to number", {"rich_text": {}}, {"rich_text": text("many")}, {"number": {}}, None),
    ("text to date", {"rich_text": {}}, {"rich_text": text("2026-01-02")}, {"date": {}}, "2026-01-02"),
    ("text to checkbox", {"rich_text": {}}, {"rich_text": text("yes")}, {"checkbox": {}}, True),
    ("text to select", {"rich_text": {}}, {"rich_text": text("High")}, {"select": {}}, "High"),
    ("select to text", {"select": {}}, {"select": {"name": "High"}}, {"rich_text": {}}, "High"),
    ("number to url", {"number": {}}, {"number": 4}, {"url": {}}, "4"),
    ("number to text", {"number": {}}, {"number": 2.5}, {"rich_text": {}}, "2.5"),
    ("text to many", {"rich_text": {}}, {"rich_text": text("a, b")}, {"multi_select": {}}, "a, b"),
    ("many to one", {"multi_select": {}}, {"multi_select": [{"name": "a"}, {"name": "b"}]}, {"select": {}}, "a"),
    ("one to many", {"select": {}}, {"select": {"name": "a"}}, {"multi_select": {}}, "a"),
    ("select to status", {"select": {}}, {"select": {"name": "Late"}}, {"status": {}}, "Late"),
    ("status to select", {"status": {}}, {"status": {"name": "Done"}}, {"select": {}}, "Done"),
    ("status to text", {"status": {}}, {"status": {"name": "Done"}}, {"rich_text": {}}, "Done"),
    ("date to text", {"date": {}}, {"date": {"start": "2026-01-02"}}, {"rich_text": {}}, "2026-01-02"),
    ("checkbox to text", {"checkbox": {}}, {"checkbox": True}, {"rich_text": {}}, "Yes"),
    ("email to text", {"email": {}}, {"email": "a@example.com"}, {"rich_text": {}}, "a@example.com"),
    ("text to email", {"rich_text": {}}, {"rich_text": text("a@example.com")}, {"email": {}}, "a@example.com"),
    ("phone to number", {"phone_number": {}}, {"phone_number": "123"}, {"number": {}}, 123),
    ("people to text", {"people": {}}, {"people": [{"id": ADA_ID}]}, {"rich_text": {}}, "Ada Example"),
    ("number to people", {"number": {}}, {"number": 4}, {"people": {}}, ""),
]


@pytest.mark.parametrize(
    ("before", "value", "after", "expected"),
    [case[1:] for case in CONVERSIONS],
    ids=[case[0] for case in CONVERSIONS],
)
def test_another_type_converts_the_values_it_can(
    notion_sandbox: NotionApi, before: Json, value: Json, after: Json, expected: Any
) -> None:
    _, source = notion_sandbox.database(P=before)
    page = notion_sandbox.row(source, P=value)
    notion_sandbox.change(source, P=after)
    item = notion_sandbox.page(page["id"])["properties"]["P"]
    found = item[item["type"]]
    if isinstance(found, list):
        found = ", ".join(part.get("plain_text") or part["name"] for part in found)
    if isinstance(found, dict):
        found = found.get("name", found.get("start"))
    assert found == expected


def test_title_and_description_are_mirrored_between_container_and_table(notion_sandbox: NotionApi) -> None:
    database, source = notion_sandbox.database("Before")
    notion_sandbox.ok("PATCH", f"/v1/databases/{database}", {"title": text("After"), "description": text("Why")})
    found = notion_sandbox.ok("GET", f"/v1/data_sources/{source}")
    assert (found["title"][0]["plain_text"], found["description"][0]["plain_text"]) == ("After", "Why")
    notion_sandbox.ok("PATCH", f"/v1/data_sources/{source}", {"title": text("Last")})
    found = notion_sandbox.ok("GET", f"/v1/databases/{database}")
    assert found["title"][0]["plain_text"] == found["data_sources"][0]["name"] == "Last"


def test_a_second_data_source_keeps_its_own_title(notion_sandbox: NotionApi) -> None:
    database, _ = notion_sandbox.database("Items")
    body = {
        "parent": {"type": "database_id", "database_id": database},
        "title": text("People"),
        "properties": {"Name": {"title": {}}},
    }
    notion_sandbox.ok("POST", "/v1/data_sources", body)
    found = notion_sandbox.ok("GET", f"/v1/databases/{database}")
    assert [source["name"] for source in found["data_sources"]] == ["Items", "People"]


def test_a_data_source_moves_to_another_database(notion_sandbox: NotionApi) -> None:
    left, source = notion_sandbox.database("A")
    right, _ = notion_sandbox.database("B")
    change = {"parent": {"type": "database_id", "database_id": right}}
    assert notion_sandbox.ok("PATCH", f"/v1/data_sources/{source}", change)["parent"]["database_id"] == right
    assert notion_sandbox.ok("GET", f"/v1/databases/{left}")["data_sources"] == []
    assert len(notion_sandbox.ok("GET", f"/v1/databases/{right}")["data_sources"]) == 2


@pytest.mark.parametrize("name", ["icon", "cover"])
def test_null_does_not_clear_the_looks_of_a_database(notion_sandbox: NotionApi, name: str) -> None:
    database, source = notion_sandbox.database()
    error = notion_sandbox.refused("PATCH", f"/v1/databases/{database}", {name: None})
    assert f"body.{name} should be an object or `undefined`" in error["message"]
    if name == "icon":
        assert notion_sandbox.ok("PATCH", f"/v1/data_sources/{source}", {"icon": None})["icon"] is None


def test_what_a_row_has_by_itself_stays_when_its_type_changes(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(
        ID={"unique_id": {"prefix": "KEEP"}}, Made={"created_time": {}}, By={"created_by": {}}
    )
    page = notion_sandbox.row(source)
    before = page["properties"]
    notion_sandbox.change(source, ID={"rich_text": {}}, Made={"date": {}}, By={"people": {}})
    after = notion_sandbox.page(page["id"])["properties"]
    assert after["ID"]["rich_text"][0]["plain_text"] == "KEEP-1"
    assert after["Made"]["date"]["start"] == before["Made"]["created_time"]
    assert [person["id"] for person in after["By"]["people"]] == [before["By"]["created_by"]["id"]]


def test_the_pages_of_a_relation_become_their_titles(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    relation = {"relation": {"data_source_id": target, "type": "single_property", "single_property": {}}}
    _, owner = notion_sandbox.database("B", Link=relation)
    links = [{"id": notion_sandbox.row(target, name)["id"]} for name in ("one", "two")]
    page = notion_sandbox.row(owner, Link={"relation": links})
    notion_sandbox.change(owner, Link={"rich_text": {}})
    found = notion_sandbox.page(page["id"])["properties"]["Link"]["rich_text"]
    assert found[0]["plain_text"] == "one, two"


def test_the_options_of_a_select_that_becomes_a_status_are_all_to_do(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(P={"select": {"options": [{"name": "A"}, {"name": "B"}]}})
    before = notion_sandbox.schema(source)["P"]["select"]["options"]
    status = notion_sandbox.change(source, P={"status": {}})["P"]["status"]
    assert status["options"] == before
    groups = {group["name"]: group["option_ids"] for group in status["groups"]}
    assert groups == {"To-do": [option["id"] for option in before], "In progress": [], "Complete": []}


UNKNOWN_KEYS: list[tuple[str, str, Json]] = [
    ("POST", "/v1/databases", {"properties": {}}),
    ("POST", "/v1/databases", {"is_locked": True}),
    ("PATCH", "/v1/databases/{database}", {"properties": {}}),
    ("POST", "/v1/data_sources", {"cover": {}}),
    ("PATCH", "/v1/data_sources/{source}", {"description": []}),
]


@pytest.mark.parametrize(("method", "path", "body"), UNKNOWN_KEYS)
def test_a_key_that_a_request_does_not_have_is_refused(
    notion_sandbox: NotionApi, method: str, path: str, body: Json
) -> None:
    database, source = notion_sandbox.database()
    error = notion_sandbox.refused(method, path.format(database=database, source=source), body)
    assert f"body.{next(iter(body))} should be not present" in error["message"]


def test_a_data_source_that_moves_gets_a_table_view_and_leaves_its_old_ones(notion_sandbox: NotionApi) -> None:
    left, source = notion_sandbox.database("A")
    right, _ = notion_sandbox.database("B")
    before = {database: _views(notion_sandbox, database) for database in (left, right)}
    notion_sandbox.ok("PATCH", f"/v1/data_sources/{source}", {"parent": {"database_id": right}})
    assert _views(notion_sandbox, left) == before[left]
    new = [view for view in _views(notion_sandbox, right) if view not in before[right]]
    view = notion_sandbox.ok("GET", f"/v1/views/{new[0]}")
    assert (len(new), view["type"], view["data_source_id"]) == (1, "table", source)


def _views(notion_sandbox: NotionApi, database: str) -> list[str]:
    return [view["id"] for view in notion_sandbox.ok("GET", f"/v1/views?database_id={database}")["results"]]
