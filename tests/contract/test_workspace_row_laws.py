"""Laws of rows: any row comes back as declared, any edit writes the changed rows only, any crash leaves none twice."""

from __future__ import annotations

import copy
import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_workspace_crash import AFTER, BEFORE, killed
from workspace_runs import Stack, assert_applied, assert_settled, connected, database, options

from factory_iac.sandbox.process import Sandbox

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
WORD = st.sampled_from(["Ada", "Grace", "Lin"])
DAY = st.dates(min_value=date(1970, 1, 2)).map(lambda day: day.isoformat())
MOMENT = st.tuples(DAY, st.integers(0, 23), st.integers(0, 59), st.sampled_from(["Z", "+05:30", "-03:00"])).map(
    lambda parts: f"{parts[0]}T{parts[1]:02}:{parts[2]:02}{parts[3]}"
)
RANGE = st.tuples(DAY, DAY).map(sorted).map(lambda days: {"start": days[0], "end": days[1]})
ZONED = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"]).map(
    lambda zone: {"start": "2026-03-28T09:00", "end": "2026-03-29T09:30", "time_zone": zone}
)
LINK = st.builds(lambda name: {"name": name or "x", "url": f"https://example.com/{len(name)}"}, TEXT)
FILE = st.sampled_from([{"file": "a.txt"}, {"file": "b.txt", "name": "B"}])
EMOJI = st.sampled_from(["🦊", "🐝", None])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Text": TEXT,
    "Number": st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6).map(lambda one: round(one, 3)), st.none()),
    "Select": st.sampled_from(["One", "Two", None]),
    "Free": st.sampled_from(["x", "y", None]),
    "Multi": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
    "Status": st.sampled_from(["Todo", "Won"]),
    "Date": st.one_of(DAY, MOMENT, RANGE, ZONED, st.none()),
    "People": st.lists(st.sampled_from(["ada@example.com", "Grace@example.com"]), unique=True),
    "Files": st.lists(st.one_of(LINK, FILE), max_size=3),
    "Check": st.booleans(),
    "Url": st.sampled_from(["https://example.com", None]),
    "Email": st.sampled_from(["a@example.com", None]),
    "Phone": st.sampled_from(["+49 30 1", ""]),
    "Links": st.lists(WORD, unique=True),
    "$icon": EMOJI,
    "$cover": st.sampled_from(["https://example.com/c.png", None]),
}
ROW = st.fixed_dictionaries({}, optional=VALUES)
SCHEMA: dict[str, Any] = {
    "Text": {"type": "rich_text"},
    "Number": {"type": "number"},
    "Select": {"type": "select", "options": options("One", "Two")},
    "Free": {"type": "select"},
    "Multi": {"type": "multi_select", "options": options("a", "b", "c")},
    "Status": {"type": "status", "options": options("Todo", "Won")},
    "Date": {"type": "date"},
    "People": {"type": "people"},
    "Files": {"type": "files"},
    "Check": {"type": "checkbox"},
    "Url": {"type": "url"},
    "Email": {"type": "email"},
    "Phone": {"type": "phone_number"},
    "Links": {"type": "relation", "database": "people"},
}
PEOPLE = database("people", rows={"items": [{"Name": one} for one in ("Ada", "Grace", "Lin")]})


def things(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return database("things", SCHEMA, rows={"items": [{"Name": name, **row} for name, row in rows.items()]})


def declare(stack: Stack, rows: dict[str, dict[str, Any]]) -> None:
    stack.declare(PEOPLE, things(rows))
    for name in ("a.txt", "b.txt"):
        (stack.stack_folder / name).write_text(name)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.dictionaries(st.sampled_from("abcdef"), ROW, min_size=1), edited=st.data())
def test_any_rows_come_back_as_declared_and_an_edit_writes_what_it_changes(
    notion_process: Sandbox, tmp_path_factory: pytest.TempPathFactory, rows: dict[str, Any], edited: st.DataObject
) -> None:
    stack = Stack(connected(notion_process), tmp_path_factory.mktemp("rows"))
    declare(stack, rows)
    assert_applied(stack.apply())
    assert_settled(stack)
    changed = copy.deepcopy(rows)
    for name in edited.draw(st.lists(st.sampled_from(sorted(rows)), unique=True)):
        changed[name]["Number"] = 10**10 + len(name)
    declare(stack, changed)
    assert_applied(stack.apply())
    assert stack.requests.count("PATCH pages/{id}") == sum(changed[name] != rows[name] for name in rows)
    assert stack.requests.writes == stack.requests.count("PATCH pages/{id}")
    assert_settled(stack)


BUSY = {
    "one": {"Files": [{"file": "a.txt"}], "Links": ["Ada"], "$icon": "🦊", "People": ["ada@example.com"]},
    "two": {"Number": 2, "Multi": ["a"], "Date": "2026-03-01", "$body": "Hello.\n\n- item\n  - inside\n"},
    "back": {"Number": 3},
}


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("stripe", [0, 1])
def test_killed_at_any_request_no_row_is_there_twice_and_no_value_is_lost(
    notion_process: Sandbox, tmp_path: Path, moment: str, stripe: int
) -> None:
    """Rows to create, to change and to restore in one apply."""
    for kill_at in itertools.count(1 + stripe, 2):
        stack = Stack(connected(notion_process), tmp_path / f"{kill_at}")
        declare(stack, {"two": {"Number": 1}, "back": {"Number": 3}, "left": {}})
        assert_applied(stack.apply())
        page = stack.row("Things", "back")["id"]
        stack.api.ok("PATCH", f"/v1/pages/{page}", {"in_trash": True})
        declare(stack, BUSY)
        if not killed(notion_process, stack.folder, kill_at, moment):
            assert kill_at > 8
            break
        assert_applied(stack.apply())
        assert stack.row_names("Things") == ["back", "left", "one", "two"], kill_at
        assert stack.row("Things", "back")["id"] == page, kill_at
        assert stack.value("Things", "two", "Number") == 2
        assert [one["name"] for one in stack.value("Things", "one", "Files")] == ["a.txt"], kill_at
        body = stack.api.ok("GET", f"/v1/blocks/{stack.row('Things', 'two')['id']}/children")["results"]
        assert [one["type"] for one in body] == ["paragraph", "bulleted_list_item"], kill_at
        assert_settled(stack)
