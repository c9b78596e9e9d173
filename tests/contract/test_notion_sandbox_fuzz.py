"""Nonsense in: Notion's error shape out, never a 500, never silence.

FACTORY_FUZZ_REQUESTS says how many requests; a few hundred otherwise.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notion_sandbox_api import Json, NotionApi, text

from factory_iac.sandbox.notion.endpoints import HANDLERS

REQUESTS = int(os.environ.get("FACTORY_FUZZ_REQUESTS", "400"))
WORDS = """parent page_id database_id data_source_id block_id properties title rich_text text content annotations link url
children type paragraph heading_1 table table_row cells to_do code image external file_upload file filter sorts property
timestamp direction number select multi_select status options name color date start end people relation rollup formula
expression function and or equals contains is_empty greater_than past_week any page_size start_cursor in_trash archived
icon emoji cover is_inline initial_data_source synced_from after position id query value mention user unique_id prefix
dual_property single_property description configuration quick_filters markdown insert_content replace_content new_str
discussion_id display_name view_id created_time Name Cost Stage Day Who Link Sum Twice ID""".split()
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


def test_nonsense_gets_notions_error_and_never_a_500(notion_sandbox: NotionApi) -> None:
    ids = objects(notion_sandbox)

    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(HANDLERS)), st.tuples(values, values), bodies)
    def send(endpoint: tuple[str, str], placed: tuple[str, str], body: Json) -> None:
        method, template = endpoint
        path = template
        for value in placed:
            path = path.replace("{id}", str(filled(value, ids)), 1)
        answer = notion_sandbox.call(method, path, None if method == "GET" else filled(body, ids))
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        found = answer.json()
        if answer.status_code >= 400:
            assert (found["object"], found["status"]) == ("error", answer.status_code)
            assert {"code", "message", "request_id"} <= found.keys()

    send()
