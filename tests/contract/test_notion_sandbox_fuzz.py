"""Nonsense in: Notion's error shape out, never a 500, never silence.

FACTORY_FUZZ_REQUESTS says how many requests; a few hundred otherwise.
"""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.call import VERSIONS
from factory_iac.sandbox.notion.endpoints import HANDLERS

REQUESTS = int(os.environ.get("FACTORY_FUZZ_REQUESTS", "400"))
WORDS = [
    *("parent", "page_id", "database_id", "data_source_id", "block_id", "properties", "title", "rich_text", "text"),
    *("content", "children", "type", "paragraph", "image", "external", "file_upload", "filter", "sorts", "property"),
    *("number", "select", "options", "name", "date", "start", "relation", "formula", "and", "equals", "is_empty"),
    *("page_size", "start_cursor", "in_trash", "icon", "position", "id", "mention", "Name", "Cost", "Stage", "Day"),
]
NOTHING = "5a4d0b0e-0000-4000-8000-00000000ffff"
IDS = ["page", "row", "block", "database", "source", "view"]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", NOTHING, "ascending", "table", "2026-01-01", "{id}", "\x00", "🐍", 'prop("Cost")', "x" * 2001]
    ),
    st.sampled_from(IDS).map(lambda name: f"<{name}>"),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
bodies = st.dictionaries(
    st.sampled_from(WORDS),
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)
# Requests that are right, each to be spoiled in one place.
TITLE = [{"text": {"content": "Hi", "link": {"url": "https://example.com/"}}, "annotations": {"bold": True}}]
MENTION = [{"mention": {"type": "page", "page": {"id": "<page>"}}}, {"mention": {"date": {"start": "2026-01-01"}}}]
SCHEMA: Json = {
    "Name": {"title": {}},
    "Cost": {"number": {"format": "euro"}, "description": "What it costs"},
    "Stage": {"select": {"options": [{"name": "Open"}]}},
    "Done": {"status": {"options": [{"name": "Yes"}]}},
    "Link": {"relation": {"data_source_id": "<source>", "type": "dual_property", "dual_property": {}}},
    "Sum": {"rollup": {"function": "sum", "relation_property_name": "Link", "rollup_property_name": "Cost"}},
    "Twice": {"formula": {"expression": 'prop("Cost") * 2 + length("a")'}},
    "ID": {"unique_id": {"prefix": "A"}},
}
VALUES: Json = {
    "Name": {"title": TITLE},
    "Cost": {"number": 1},
    "Stage": {"select": {"name": "New", "color": "red"}},
    "Day": {"date": {"start": "2026-01-01T10:00:00", "end": "2026-01-02", "time_zone": "Europe/London"}},
    "Who": {"people": [{"id": NOTHING}]},
    "Link": {"relation": [{"id": "<row>"}]},
}
FILTER: Json = {
    "and": [
        {"property": "Cost", "number": {"greater_than": 0}},
        {
            "or": [
                {"property": "Sum", "rollup": {"number": {"equals": 1}}},
                {"property": "Day", "date": {"past_week": {}}},
            ]
        },
        {"property": "Twice", "formula": {"string": {"contains": "H"}}},
        {"property": "Stage", "select": {"equals": "Open"}},
        {"timestamp": "created_time", "created_time": {"after": "2020-01-01"}},
    ]
}
SORTS: list[Json] = [{"property": "Day", "direction": "descending"}, {"timestamp": "created_time"}]
BLOCKS: list[Json] = [
    {"paragraph": {"rich_text": TITLE + MENTION, "children": [{"to_do": {"rich_text": TITLE, "checked": True}}]}},
    {"table": {"table_width": 1, "children": [{"table_row": {"cells": [TITLE]}}]}},
    {"image": {"type": "external", "external": {"url": "https://example.com/a.png"}, "caption": TITLE}},
    {"synced_block": {"synced_from": {"type": "block_id", "block_id": "<block>"}}},
    {"column_list": {"children": [{"column": {"children": [{"divider": {}}]}}]}},
]
PARENT: Json = {"type": "page_id", "page_id": "<page>"}
RIGHT: list[tuple[str, str, Json]] = [
    ("POST", "/v1/databases", {"parent": PARENT, "title": TITLE, "initial_data_source": {"properties": SCHEMA}}),
    ("PATCH", "/v1/databases/<database>", {"title": TITLE, "icon": {"emoji": "x"}, "is_inline": True}),
    ("POST", "/v1/data_sources", {"parent": {"database_id": "<database>"}, "properties": SCHEMA, "title": TITLE}),
    ("PATCH", "/v1/data_sources/<source>", {"properties": {**SCHEMA, "Name": {"name": "Name"}}}),
    ("POST", "/v1/data_sources/<source>/query", {"filter": FILTER, "sorts": SORTS, "page_size": 2}),
    ("POST", "/v1/pages", {"parent": {"data_source_id": "<source>"}, "properties": VALUES, "children": BLOCKS}),
    ("PATCH", "/v1/pages/<row>", {"properties": VALUES, "icon": {"external": {"url": "https://example.com/"}}}),
    ("POST", "/v1/pages/<row>/move", {"parent": PARENT}),
    ("PATCH", "/v1/pages/<page>/markdown", {"type": "insert_content", "insert_content": {"content": "# Hi\n- a"}}),
    ("PATCH", "/v1/blocks/<page>/children", {"children": BLOCKS, "position": {"type": "start"}}),
    ("PATCH", "/v1/blocks/<block>", {"paragraph": {"rich_text": TITLE}}),
    ("POST", "/v1/comments", {"parent": {"page_id": "<page>"}, "rich_text": TITLE}),
    ("POST", "/v1/file_uploads", {"mode": "single_part", "filename": "a.txt"}),
    ("POST", "/v1/search", {"query": "Hi", "filter": {"property": "object", "value": "page"}, "sort": SORTS[1]}),
    (
        "POST",
        "/v1/views",
        {"database_id": "<database>", "data_source_id": "<source>", "name": "V", "type": "table", "sorts": SORTS},
    ),
    ("PATCH", "/v1/views/<view>", {"filter": FILTER, "quick_filters": {"Cost": {"number": {"equals": 1}}}}),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside some JSON."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in parts for place in ((*at, key), *places(part, (*at, key)))]


def spoiled(value: Any, place: tuple[Any, ...], part: Any) -> Any:
    """The same JSON with something else in one place."""
    if not place:
        return part
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = spoiled(value[place[0]], place[1:], part)
    return copy


SPOILED = [(method, path, body, place) for method, path, body in RIGHT for place in places(body)]
values = st.sampled_from([f"<{name}>" for name in IDS] + [NOTHING, "title", "nonsense", "%00", "a/b", "task_1"])


def objects(api: NotionApi) -> dict[str, str]:
    """One object of every kind, so that not everything ends in a 404."""
    database, source = api.database(
        Cost={"number": {}},
        Stage={"select": {"options": [{"name": "Open"}]}},
        Day={"date": {}},
        Who={"people": {}},
        Twice={"formula": {"expression": 'prop("Name")'}},
        ID={"unique_id": {}},
    )
    api.change(source, Link={"relation": {"data_source_id": source, "single_property": {}}})
    api.change(
        source, Sum={"rollup": {"function": "sum", "relation_property_name": "Link", "rollup_property_name": "Cost"}}
    )
    root = api.sandbox.root_page_id
    children = [{"paragraph": {"rich_text": text("Hi")}}]
    return {
        "page": root,
        "row": api.row(source, Cost={"number": 1})["id"],
        "block": api.ok("PATCH", f"/v1/blocks/{root}/children", {"children": children})["results"][0]["id"],
        "database": database,
        "source": source,
        "view": api.ok("GET", f"/v1/views?database_id={database}")["results"][0]["id"],
    }


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(part, ids) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, ids) for part in value]
    return ids.get(value.strip("<>"), value) if isinstance(value, str) and value.startswith("<") else value


def send(api: NotionApi, method: str, path: str, body: Json | None, version: str) -> None:
    answer = api.call(method, path, body, headers={"Notion-Version": version})
    check(answer.status_code, answer.content)


def check(status: int, content: bytes) -> None:
    """Never a 500, and Notion's shape for every error."""
    assert status < 500 or status == 501, content
    found = json.loads(content)
    if status >= 400:
        assert (found["object"], found["status"]) == ("error", status)
        assert {"code", "message", "request_id"} <= found.keys()


def nested(depth: int, opening: str, closing: str, inner: str = "{}") -> bytes:
    return (opening * depth + inner + closing * depth).encode()


versions = st.sampled_from(VERSIONS)
depths = st.sampled_from([3, 100, 500, 900, 2000, 20_000])
raw_bodies = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [
            *(b"", b" ", b"{", b"null", b"[]", b'"', b"1", b"\xff\xfe", b"\xef\xbb\xbf{}", "{}".encode("utf-16")),
            *(b'{"a":1,"a":2}', b'{"page_size":1e999}', b'{"page_size":NaN}', b'{"query":"\\ud800"}', b'{"":{}}'),
            *(b'{"page_size":' + b"9" * 5000 + b"}", b'{"query":"' + b"x" * 600_000 + b'"}'),
            *(
                b"--x\r\n\r\n--x--",
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhi\r\n--x--',
            ),
        ]
    ),
    depths.map(lambda depth: nested(depth, "[", "]", "1")),
    depths.map(lambda depth: b'{"filter":' + nested(depth, '{"and":[', "]}") + b"}"),
    depths.map(
        lambda depth: b'{"children":' + nested(depth, '[{"paragraph":{"rich_text":[],"children":', "}}]") + b"}"
    ),
    depths.map(lambda depth: b'{"paragraph":' + nested(depth, '{"mention":', "}") + b"}"),
    depths.map(
        lambda depth: b'{"properties":{"Twice":{"formula":{"expression":"' + nested(depth, "(", ")", "1") + b'"}}}}'
    ),
    depths.map(lambda depth: b'{"properties":{"Twice":{"formula":{"expression":"1' + b"+1" * depth + b'"}}}}'),
)
content_types = st.sampled_from(
    [
        None,
        "",
        "text/plain",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ]
)
ODD_PARTS = ["", "%00", "%ff%fe", "..", "%2e%2e%2f", "%F0%9F%90%8D", "x" * 20_000, "me", "%22", "{id}", "%C2%B2", "*"]
odd_parts = st.sampled_from([*ODD_PARTS, NOTHING, NOTHING.upper(), *(f"<{name}>" for name in IDS)])
odd_queries = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "page_size",
                "start_cursor",
                "filter_properties",
                "filter_properties[]",
                "block_id",
                "database_id",
                "%ff",
                "",
            ]
        ),
        st.sampled_from(["", "0", "-1", "1", "1e3", "%C2%B2", "%D9%A3", "9" * 5000, "%ff", "%00", "title", "null"])
        | odd_parts,
    ),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))


def test_nonsense_gets_notions_error_and_never_a_500(notion_sandbox: NotionApi) -> None:
    ids = objects(notion_sandbox)

    @settings(max_examples=REQUESTS // 3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(HANDLERS)), st.tuples(values, values), bodies, versions)
    def try_it(endpoint: tuple[str, str], placed: tuple[str, str], body: Json, version: str) -> None:
        method, template = endpoint
        path = template
        for value in placed:
            path = path.replace("{id}", str(filled(value, ids)), 1)
        send(notion_sandbox, method, path, None if method == "GET" else filled(body, ids), version)

    try_it()


def test_a_right_request_spoiled_in_one_place_gets_notions_error_and_never_a_500(notion_sandbox: NotionApi) -> None:
    ids = objects(notion_sandbox)

    @settings(max_examples=REQUESTS // 3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(SPOILED), scalars | st.lists(scalars, max_size=2) | bodies, versions)
    def try_it(request: tuple[str, str, Json, tuple[Any, ...]], part: Any, version: str) -> None:
        method, path, body, place = request
        for name, object_id in ids.items():
            path = path.replace(f"<{name}>", object_id)
        send(notion_sandbox, method, path, filled(spoiled(body, place, part), ids), version)

    try_it()


def test_odd_requests_get_notions_error_and_never_a_500(notion_sandbox: NotionApi) -> None:
    ids = objects(notion_sandbox)
    server = urlsplit(notion_sandbox.sandbox.base_url)
    connection = HTTPConnection(server.hostname or "", server.port, timeout=30)
    methods = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "FOO"]

    @settings(max_examples=REQUESTS // 3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(sorted(HANDLERS)),
        st.none() | st.sampled_from(methods),
        st.tuples(odd_parts, odd_parts),
        odd_queries,
        content_types,
        raw_bodies,
        versions,
    )
    def try_it(
        endpoint: tuple[str, str],
        odd_method: str | None,
        placed: tuple[str, str],
        query: str,
        content_type: str | None,
        body: bytes,
        version: str,
    ) -> None:
        method, path = endpoint
        for value in placed:
            path = path.replace("{id}", str(filled(value, ids)), 1)
        headers = {"Authorization": f"Bearer {notion_sandbox.sandbox.token}", "Notion-Version": version}
        if content_type is not None:
            headers["Content-Type"] = content_type
        target = f"{path}?{query}" if query else path
        connection.request(odd_method or method, str(filled_query(target, ids)), body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if odd_method != "HEAD":
            check(answer.status, content)

    try_it()
    connection.close()


def filled_query(target: str, ids: dict[str, str]) -> str:
    for name, object_id in ids.items():
        target = target.replace(f"<{name}>", object_id)
    return target


DEEP = 950
HEAVY = {
    "lists": "[" * 400 + "1" + "]" * 400,
    "conditions": '{"and":[' * DEEP + "{}" + "]}" * DEEP,
    "blocks": '[{"paragraph":{"rich_text":[],"children":' * DEEP + "[]" + "}}]" * DEEP,
    "brackets": '"' + "(" * DEEP + "1" + ")" * DEEP + '"',
    "a sum": '"1' + "+1" * DEEP + '"',
    "quotes": '"' + "> " * DEEP + 'a"',
    "a number": "1" * DEEP,
    "a power": '"9^9^9^9^9"',
    "a product": '"' + "9" * 300 + " * " + "9" * 300 + '"',
    "places": '"round(1.5, 1000000000)"',
    "repetition": r'"repeat(repeat(repeat(\"aaaaaaaaaa\", 10000), 10000), 10000)"',
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_what_is_deep_or_huge_neither_breaks_nor_halts_it(notion_sandbox: NotionApi, heavy: str) -> None:
    ids = objects(notion_sandbox)
    for method, path, body, place in SPOILED:
        content = json.dumps(filled(spoiled(body, place, "@"), ids)).replace('"@"', HEAVY[heavy])
        answer = notion_sandbox.http.request(method, filled_query(path, ids), content=content)
        check(answer.status_code, answer.content)
    twice = {"Twice": {"formula": {"expression": "@"}}}
    content = json.dumps({"properties": twice}).replace('"@"', HEAVY[heavy])
    changed = notion_sandbox.http.patch(filled_query("/v1/data_sources/<source>", ids), content=content)
    check(changed.status_code, changed.content)
    notion_sandbox.row(ids["source"])
