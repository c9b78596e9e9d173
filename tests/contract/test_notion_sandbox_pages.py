"""Pages: values, children, trash, blocks and search."""

from __future__ import annotations

from typing import Any

import pytest
from notion_client import APIResponseError, Client
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.users import ADA_ID

VALUES: list[tuple[str, Any, Any]] = [
    ("number", 4.5, 4.5),
    ("checkbox", True, True),
    ("url", "https://example.com", "https://example.com"),
    ("email", "ada@example.com", "ada@example.com"),
    ("phone_number", "+43 1 234", "+43 1 234"),
    ("date", {"start": "2026-01-02"}, {"start": "2026-01-02", "end": None, "time_zone": None}),
    (
        "date",
        {"start": "2026-06-27T18:01:15.3", "time_zone": "Europe/London"},
        {"start": "2026-06-27T18:01:00.000+01:00", "end": None, "time_zone": None},
    ),
    ("files", [], []),
    ("place", None, None),
]


@pytest.mark.parametrize(("kind", "given", "stored"), VALUES)
def test_a_value_comes_back_as_notion_stores_it(notion_sandbox: NotionApi, kind: str, given: Any, stored: Any) -> None:
    _, source = notion_sandbox.database(P={kind: {}})
    page = notion_sandbox.row(source, P={kind: given})
    assert notion_sandbox.page(page["id"])["properties"]["P"][kind] == stored


def test_people_are_shown_with_their_address(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(P={"people": {}})
    page = notion_sandbox.row(source, P={"people": [{"id": ADA_ID}]})
    assert page["properties"]["P"]["people"][0]["person"]["email"] == "ada@example.com"


READ_ONLY: list[tuple[str, Json]] = [
    ("formula", {"expression": "1"}),
    ("unique_id", {}),
    ("created_time", {}),
    ("created_by", {}),
    ("last_edited_time", {}),
    ("last_edited_by", {}),
]


@pytest.mark.parametrize(("kind", "config"), READ_ONLY, ids=[kind for kind, _ in READ_ONLY])
def test_a_computed_value_cannot_be_written(notion_sandbox: NotionApi, kind: str, config: Json) -> None:
    _, source = notion_sandbox.database(P={kind: config})
    page = notion_sandbox.row(source)
    error = notion_sandbox.refused("PATCH", f"/v1/pages/{page['id']}", {"properties": {"P": {kind: {}}}})
    assert "read-only" in error["message"]


TOO_LARGE: list[tuple[str, Json, str]] = [
    (
        "text",
        {"T": {"rich_text": text("x" * 2001)}},
        "text.content.length should be ≤ `2000`, instead was `2001`",
    ),
    ("texts", {"T": {"rich_text": text("x") * 101}}, "length should be ≤ `100`, instead was `101`"),
    ("url", {"U": {"url": "x" * 2001}}, "≤ `2000`"),
    ("email", {"E": {"email": "x" * 201}}, "≤ `200`"),
    ("options", {"M": {"multi_select": [{"name": str(at)} for at in range(101)]}}, "≤ `100`"),
    ("relations", {"R": {"relation": [{"id": ADA_ID}] * 101}}, "≤ `100`"),
]


@pytest.mark.parametrize(("values", "said"), [case[1:] for case in TOO_LARGE], ids=[case[0] for case in TOO_LARGE])
def test_what_is_too_large_is_refused(notion_sandbox: NotionApi, values: Json, said: str) -> None:
    _, source = notion_sandbox.database(T={"rich_text": {}}, U={"url": {}}, E={"email": {}}, M={"multi_select": {}})
    relation = {"data_source_id": source, "type": "single_property", "single_property": {}}
    notion_sandbox.change(source, R={"relation": relation})
    page = notion_sandbox.row(source)
    error = notion_sandbox.refused("PATCH", f"/v1/pages/{page['id']}", {"properties": values})
    assert said in error["message"]


def test_rows_are_numbered_in_the_order_of_their_creation(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(ID={"unique_id": {"prefix": "T"}})
    pages = [notion_sandbox.row(source) for _ in range(3)]
    assert [page["properties"]["ID"]["unique_id"] for page in pages] == [
        {"prefix": "T", "number": number} for number in (1, 2, 3)
    ]


def test_children_are_listed_in_order_without_the_trash(notion_sandbox: NotionApi) -> None:
    root = notion_sandbox.sandbox.root_page_id
    databases = [notion_sandbox.database(name)[0] for name in "ABC"]
    gone = notion_sandbox.ok("DELETE", f"/v1/blocks/{databases[1]}")
    assert (gone["type"], gone["in_trash"]) == ("child_database", True)
    found = notion_sandbox.ok("GET", f"/v1/blocks/{root}/children?page_size=1")
    assert [block["child_database"]["title"] for block in found["results"]] == ["A"]
    rest = notion_sandbox.ok("GET", f"/v1/blocks/{root}/children?start_cursor={found['next_cursor']}")
    assert [block["child_database"]["title"] for block in rest["results"]] == ["C"]


def test_a_trashed_database_is_read_and_restored_but_not_edited(notion_sandbox: NotionApi) -> None:
    database, source = notion_sandbox.database()
    path = f"/v1/databases/{database}"
    notion_sandbox.ok("PATCH", path, {"in_trash": True})
    assert notion_sandbox.ok("GET", path)["in_trash"] is True
    assert notion_sandbox.ok("GET", f"/v1/data_sources/{source}")["in_trash"] is True
    assert "archived" in notion_sandbox.refused("PATCH", path, {"title": text("X")})["message"]
    assert notion_sandbox.ok("PATCH", path, {"in_trash": False})["in_trash"] is False
    assert notion_sandbox.ok("GET", f"/v1/data_sources/{source}")["in_trash"] is False


@pytest.mark.parametrize(("version", "name"), [("2025-09-03", "archived"), ("2026-03-11", None)])
def test_only_the_older_version_says_archived(notion_sandbox: NotionApi, version: str, name: str | None) -> None:
    database, source = notion_sandbox.database()
    headers = {"Notion-Version": version}
    for path in (f"/v1/databases/{database}", f"/v1/data_sources/{source}"):
        assert ("archived" in notion_sandbox.ok("GET", path, headers=headers)) is (name is not None)


def test_blocks_are_stored_in_their_place(notion_sandbox: NotionApi) -> None:
    root = notion_sandbox.sandbox.root_page_id
    blocks = [{"type": "paragraph", "paragraph": {"rich_text": text(letter)}} for letter in "AC"]
    added = notion_sandbox.ok("PATCH", f"/v1/blocks/{root}/children", {"children": blocks})["results"]
    between = {
        "children": [{"type": "to_do", "to_do": {"rich_text": text("B")}}],
        "position": {"type": "after_block", "after_block": {"id": added[0]["id"]}},
    }
    notion_sandbox.ok("PATCH", f"/v1/blocks/{root}/children", between)
    found = notion_sandbox.ok("GET", f"/v1/blocks/{root}/children")["results"]
    assert [block[block["type"]]["rich_text"][0]["plain_text"] for block in found] == ["A", "B", "C"]


def test_search_finds_titles_and_answers_whole_schemas(notion_sandbox: NotionApi) -> None:
    notion_sandbox.database("Customers", Cost={"number": {}})
    notion_sandbox.database("Invoices")
    body = {"query": "custom", "filter": {"property": "object", "value": "data_source"}}
    found = notion_sandbox.ok("POST", "/v1/search", body)["results"]
    assert [set(source["properties"]) for source in found] == [{"Name", "Cost"}]


@pytest.fixture
def client(notion_sandbox: NotionApi) -> Client:
    sandbox = notion_sandbox.sandbox
    return Client(auth=sandbox.token, base_url=sandbox.base_url, notion_version="2026-03-11")


def test_the_official_style_client_works_against_the_sandbox(notion_sandbox: NotionApi, client: Client) -> None:
    parent = {"type": "page_id", "page_id": notion_sandbox.sandbox.root_page_id}
    schema = {"Name": {"title": {}}, "Done": {"checkbox": {}}}
    database: Any = client.databases.create(
        parent=parent, title=text("Tasks"), initial_data_source={"properties": schema}
    )
    source = database["data_sources"][0]["id"]
    values = {"Name": {"title": text("First")}, "Done": {"checkbox": True}}
    client.pages.create(parent={"type": "data_source_id", "data_source_id": source}, properties=values)
    done = {"property": "Done", "checkbox": {"equals": True}}
    found: Any = client.data_sources.query(source, filter=done)
    assert len(found["results"]) == 1
    people: Any = client.users.list()
    assert [user["type"] for user in people["results"]] == ["person", "person", "bot"]


def test_the_client_raises_what_notion_would_make_it_raise(client: Client) -> None:
    with pytest.raises(APIResponseError) as raised:
        client.pages.retrieve("00000000-0000-0000-0000-000000000000")
    assert raised.value.code == "object_not_found"


def test_a_page_needs_a_parent_that_a_connection_can_write_to(notion_sandbox: NotionApi) -> None:
    for body in ({"properties": {}}, {"parent": {"type": "workspace", "workspace": True}}):
        message = notion_sandbox.refused("POST", "/v1/pages", body)["message"]
        assert message.startswith("Provide a `parent.page_id` or `parent.database_id` parameter to create a page")


def test_a_parent_that_is_not_named_is_told_what_it_could_be(notion_sandbox: NotionApi) -> None:
    message = notion_sandbox.refused("POST", "/v1/pages", {"parent": {"database_id": "DATABASE_ID"}})["message"]
    assert message == (
        "body failed validation. Fix one:\n"
        "body.parent.page_id should be defined, instead was `undefined`.\n"
        'body.parent.database_id should be a valid uuid, instead was `"DATABASE_ID"`.\n'
        "body.parent.data_source_id should be defined, instead was `undefined`.\n"
        "body.parent.workspace should be defined, instead was `undefined`."
    )


def test_a_field_that_nobody_knows_is_refused(notion_sandbox: NotionApi) -> None:
    path = f"/v1/pages/{notion_sandbox.sandbox.root_page_id}"
    message = notion_sandbox.refused("PATCH", path, {"an_incorrect_key": "value"})["message"]
    assert message == 'body failed validation: body.an_incorrect_key should be not present, instead was `"value"`.'


def test_a_page_is_trashed_by_the_word_of_its_version(notion_sandbox: NotionApi) -> None:
    parent = {"page_id": notion_sandbox.sandbox.root_page_id}
    path = f"/v1/pages/{notion_sandbox.ok('POST', '/v1/pages', {'parent': parent})['id']}"
    assert "body.archived should be not present" in notion_sandbox.refused("PATCH", path, {"archived": True})["message"]
    trashed = notion_sandbox.ok("PATCH", path, {"archived": True}, headers={"Notion-Version": "2025-09-03"})
    assert (trashed["archived"], trashed["in_trash"]) == (True, True)


def test_a_new_page_goes_where_its_position_says(notion_sandbox: NotionApi) -> None:
    parent = {"page_id": notion_sandbox.sandbox.root_page_id}
    made: list[str] = []
    for position in ({"type": "page_end"}, {"type": "page_start"}):
        made.append(notion_sandbox.ok("POST", "/v1/pages", {"parent": parent, "position": position})["id"])
    behind = {"type": "after_block", "after_block": {"id": made[1]}}
    made.append(notion_sandbox.ok("POST", "/v1/pages", {"parent": parent, "position": behind})["id"])
    found = notion_sandbox.ok("GET", f"/v1/blocks/{parent['page_id']}/children")["results"]
    assert [block["id"] for block in found] == [made[1], made[2], made[0]]


def test_the_content_of_a_page_can_be_erased(notion_sandbox: NotionApi) -> None:
    block = {"paragraph": {"rich_text": text("x")}}
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}, "children": [block]}
    page = notion_sandbox.ok("POST", "/v1/pages", body)["id"]
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", {"erase_content": True})
    assert notion_sandbox.ok("GET", f"/v1/blocks/{page}/children")["results"] == []


def test_templates_and_archiving_are_not_made_up(notion_sandbox: NotionApi) -> None:
    path = f"/v1/pages/{notion_sandbox.sandbox.root_page_id}"
    for change in ({"template": {"type": "default"}}, {"is_archived": True}):
        assert notion_sandbox.refused("PATCH", path, change, 501)["code"] == "not_implemented"


def test_a_write_answers_only_the_properties_that_are_asked_for(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(A={"number": {}}, B={"number": {}})
    wanted = notion_sandbox.schema(source)["A"]["id"]
    body = {"parent": {"data_source_id": source}}
    page = notion_sandbox.ok("POST", f"/v1/pages?filter_properties={wanted}", body)
    assert list(page["properties"]) == ["A"]


def test_a_long_text_is_read_in_pages_by_its_own_address(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(T={"rich_text": {}})
    items = [{**item, "annotations": {"bold": at % 2 == 0}} for at in range(5) for item in text(str(at))]
    page = notion_sandbox.row(source, T={"rich_text": items})
    path = f"/v1/pages/{page['id']}/properties/{page['properties']['T']['id']}?page_size=3"
    first = notion_sandbox.ok("GET", path)
    rest = notion_sandbox.ok("GET", first["property_item"]["next_url"])
    found = [item["rich_text"]["plain_text"] for item in [*first["results"], *rest["results"]]]
    assert (found, rest["property_item"]["next_url"]) == (list("01234"), None)


def test_search_looks_in_the_trash_only_when_asked(notion_sandbox: NotionApi) -> None:
    parent = {"page_id": notion_sandbox.sandbox.root_page_id}
    page = notion_sandbox.ok("POST", "/v1/pages", {"parent": parent, "properties": {"title": text("Lost")}})["id"]
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    found = [
        [one["id"] for one in notion_sandbox.ok("POST", "/v1/search", {"query": "Lost", **more})["results"]]
        for more in ({}, {"filter": {"in_trash": True}}, {"filter": {"property": "object", "value": "page"}})
    ]
    assert found == [[], [page], []]


def test_search_for_databases_is_of_an_older_version(notion_sandbox: NotionApi) -> None:
    body = {"filter": {"property": "object", "value": "database"}}
    message = notion_sandbox.refused("POST", "/v1/search", body)["message"]
    assert 'body.filter.value should be `"page"` or `"data_source"`, instead was `"database"`.' in message
