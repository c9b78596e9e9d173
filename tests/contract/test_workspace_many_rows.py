"""More rows than one query gives: none is lost or doubled, and of ten thousand only the changed ones are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notion_sandbox_api import NotionApi, text
from workspace_runs import Stack, assert_applied, assert_settled, connected, database, errors_of, fields_of

from factory_iac.sandbox.process import Sandbox

QUERY = "POST data_sources/{id}/query"
MANY = 10_050
CHANGED = 100


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    notion_sandbox.http.timeout = 120
    return Stack(notion_sandbox, tmp_path)


def declared(sizes: dict[str, int], **spec: Any) -> dict[str, Any]:
    items = [{"Name": name, "Size": size} for name, size in sizes.items()]
    return database("big", {"Size": {"type": "number"}}, rows={"items": items}, **spec)


def load(stack: Stack, sizes: dict[str, int], minute_of: dict[str, int]) -> None:
    """Put rows where an import would have put them, created in the minutes that are given."""
    source, schema = stack.source_id("Big"), stack.schema("Big")

    def page(index: int, name: str) -> dict[str, Any]:
        minute = minute_of[name]
        created = f"2026-01-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00.000Z"
        title = [{**text(name)[0], "plain_text": name}]
        return {
            "object": "page",
            "id": f"{index:08x}-0000-4000-8000-000000000000",
            "created_time": created,
            "last_edited_time": created,
            "parent": {"type": "data_source_id", "data_source_id": source},
            "properties": {
                "Name": {"id": "title", "type": "title", "title": title},
                "Size": {"id": schema["Size"]["id"], "type": "number", "number": sizes[name]},
            },
        }

    pages = [page(index, name) for index, name in enumerate(sizes)]
    for start in range(0, len(pages), 1000):
        stack.api.ok("POST", "/_sandbox/load", {"objects": pages[start : start + 1000]})


def test_ten_thousand_rows_take_a_request_a_page_and_one_a_changed_row(stack: Stack) -> None:
    sizes = {f"Row {index}": index for index in range(MANY)}
    stack.declare(declared({}))
    assert_applied(stack.apply())
    load(stack, sizes, {name: size // 7 for name, size in sizes.items()})
    stack.declare(declared({name: -size if size <= CHANGED else size for name, size in sizes.items()}))
    planned = stack.plan()
    pages = 100 + 1  # the limit of a query, then what is left
    assert stack.requests.count(QUERY) == pages
    assert len(fields_of(planned)) == CHANGED
    assert_applied(stack.apply())
    assert (stack.requests.count(QUERY), stack.requests.writes) == (pages, CHANGED)
    assert stack.requests.by_endpoint.total() == 1 + pages + CHANGED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 12), max_size=40), limit=st.integers(8, 15))
def test_whatever_the_limit_of_a_query_no_row_is_lost_or_doubled(
    notion_process: Sandbox, tmp_path_factory: pytest.TempPathFactory, minutes: list[int], limit: int
) -> None:
    stack = Stack(connected(notion_process), tmp_path_factory.mktemp("rows"))
    sizes = {f"Row {index}": index for index in range(len(minutes))}
    stack.declare(declared({}))
    assert_applied(stack.apply())
    load(stack, sizes, {f"Row {index}": minute for index, minute in enumerate(minutes)})
    stack.api.behave(query_limit=limit)
    stack.declare(declared(sizes))
    crowded = max(map(minutes.count, minutes), default=0)
    planned = stack.plan()
    if errors_of(planned):
        assert crowded >= limit
        assert "created at 2026-01-01" in errors_of(planned)[0]
    else:
        assert fields_of(planned) == []
        assert_settled(stack)
