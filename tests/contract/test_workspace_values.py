"""Every value a row can have goes there and comes back, and the second plan is empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_applied, assert_settled, database, drift_of, errors_of, options

from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests

LINKS = [f"Link {index}" for index in range(30)]
LONG = "".join(f"{index:05d} äöü 🚀\n" for index in range(450))
SCHEMA: dict[str, Any] = {
    "Text": {"type": "rich_text"},
    "Number": {"type": "number"},
    "Select": {"type": "select", "options": options("One", "Two")},
    "Multi": {"type": "multi_select", "options": options("a", "b", "c")},
    "Free": {"type": "multi_select"},
    "Status": {"type": "status", "options": options("Todo", "Won")},
    "Date": {"type": "date"},
    "People": {"type": "people"},
    "Files": {"type": "files"},
    "Check": {"type": "checkbox"},
    "Url": {"type": "url"},
    "Email": {"type": "email"},
    "Phone": {"type": "phone_number"},
    "Links": {"type": "relation", "database": "links"},
}
FILES = [{"name": "a.pdf", "url": "https://example.com/a.pdf"}, {"name": "b", "url": "https://example.com/b"}]


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def manifests(**values: Any) -> list[dict[str, Any]]:
    return [
        database("links", rows={"items": [{"Name": one} for one in LINKS]}),
        database("things", SCHEMA, rows={"items": [{"Name": "It", **values}]}),
    ]


def plain(parts: list[dict[str, Any]]) -> str:
    return "".join(part["plain_text"] for part in parts)


def moments(value: dict[str, Any]) -> tuple[str, str | None]:
    return value["start"], value["end"]


VALUES: list[tuple[str, Any, Any]] = [
    ("Text", "plain", "plain"),
    ("Text", "", ""),
    ("Text", "ünï — 漢字 🧱 \u200bzero", "ünï — 漢字 🧱 \u200bzero"),
    ("Text", "two\nlines\n", "two\nlines\n"),
    ("Text", "  spaces  ", "  spaces  "),
    ("Text", LONG, LONG),
    ("Text", "x" * 2000, "x" * 2000),
    ("Text", "x" * 2001, "x" * 2001),
    ("Text", "🚀" * 1500, "🚀" * 1500),
    ("Number", 0, 0),
    ("Number", 7, 7),
    ("Number", 7.0, 7),
    ("Number", -0.5, -0.5),
    ("Number", 0.1, 0.1),
    ("Number", 1e15, 1e15),
    ("Number", 1.5e-9, 1.5e-9),
    ("Select", "Two", "Two"),
    ("Select", None, None),
    ("Multi", ["c", "a"], ["a", "c"]),
    ("Multi", ["a", "a"], ["a"]),
    ("Multi", [], []),
    ("Free", ["new", "Neu"], ["Neu", "new"]),
    ("Status", "Won", "Won"),
    ("Date", "2026-03-01", ("2026-03-01", None)),
    ("Date", {"start": "2026-03-01", "end": "2026-03-05"}, ("2026-03-01", "2026-03-05")),
    ("Date", "2026-03-01T09:00:00+01:00", ("2026-03-01T09:00:00.000+01:00", None)),
    ("Date", "2026-03-01T09:00:00Z", ("2026-03-01T09:00:00.000+00:00", None)),
    ("Date", "2026-03-01T09:00", ("2026-03-01T09:00:00.000+00:00", None)),
    ("Date", "2026-03-01T09:00:42+01:00", ("2026-03-01T09:00:00.000+01:00", None)),
    (
        "Date",
        {"start": "2026-03-28T09:00:00", "end": "2026-03-29T09:00:00", "time_zone": "Europe/Berlin"},
        ("2026-03-28T09:00:00.000+01:00", "2026-03-29T09:00:00.000+02:00"),
    ),
    ("Date", {"start": "2026-03-01", "end": None}, ("2026-03-01", None)),
    ("Date", None, None),
    ("People", ["ada@example.com"], ["ada@example.com"]),
    ("People", ["Grace@Example.com", "ada@example.com"], ["ada@example.com", "grace@example.com"]),
    ("People", ["ada@example.com", "Ada@example.com"], ["ada@example.com"]),
    ("People", [], []),
    ("Files", FILES, [(one["name"], one["url"]) for one in FILES]),
    ("Files", [], []),
    ("Check", True, True),
    ("Check", False, False),
    ("Url", "https://example.com/?q=ä", "https://example.com/?q=ä"),
    ("Url", "", None),
    ("Email", "ada@example.com", "ada@example.com"),
    ("Phone", "+49 30 1234", "+49 30 1234"),
    ("Links", "Link 1", 1),
    ("Links", ["Link 1", "Link 1"], 1),
    ("Links", LINKS, 30),
    ("Links", [], 0),
]


def live(stack: Stack, prop: str) -> Any:
    """What the API says, in the form of the table."""
    if prop == "Links":
        page = stack.row("Things", "It")
        path = f"/v1/pages/{page['id']}/properties/{page['properties'][prop]['id']}"
        return len(stack.api.ok("GET", path, params={"page_size": 100})["results"])
    value = stack.value("Things", "It", prop)
    match prop:
        case "Text":
            return plain(value)
        case "Select" | "Status":
            return value and value["name"]
        case "Multi" | "Free":
            return sorted(one["name"] for one in value)
        case "Date":
            return value and moments(value)
        case "People":
            return sorted(one["person"]["email"] for one in value)
        case "Files":
            return [(one["name"], one["external"]["url"]) for one in value]
    return value


@pytest.mark.parametrize(("prop", "value", "expected"), VALUES, ids=lambda one: str(one)[:40])
def test_a_value_goes_there_and_comes_back(stack: Stack, prop: str, value: Any, expected: Any) -> None:
    stack.declare(*manifests(**{prop: value}))
    applied = stack.apply()
    assert_applied(applied)
    assert live(stack, prop) == expected
    assert_settled(stack)
    if (prop, value) != ("Date", "2026-03-01T09:00:42+01:00"):  # Notion keeps no seconds
        assert [one.name for outcome in applied.outcomes for one in outcome.change.unmanageable] == []


CLEARED = {
    "Text": "text",
    "Number": 1,
    "Select": "One",
    "Multi": ["a"],
    "Date": "2026-03-01",
    "People": ["ada@example.com"],
    "Files": FILES,
    "Check": True,
    "Url": "https://example.com",
    "Email": "ada@example.com",
    "Phone": "1",
    "Links": ["Link 2", "Link 3"],
}
EMPTY = ([], None, False, "", 0)


@pytest.mark.parametrize("prop", CLEARED)
def test_null_clears_a_value(stack: Stack, prop: str) -> None:
    stack.declare(*manifests(**{prop: CLEARED[prop]}))
    assert_applied(stack.apply())
    assert live(stack, prop) not in EMPTY
    stack.declare(*manifests(**{prop: None}))
    planned = stack.plan()
    assert drift_of(planned) == []
    assert_applied(stack.apply())
    assert live(stack, prop) in EMPTY
    assert_settled(stack)


def test_all_values_of_a_row_change_with_one_write(stack: Stack) -> None:
    stack.declare(*manifests(**CLEARED))
    assert_applied(stack.apply())
    other = {"Text": "else", "Number": 2, "Select": "Two", "Multi": ["b"], "Check": False, "Links": ["Link 3"]}
    stack.declare(*manifests(**{**CLEARED, **other}))
    assert_applied(stack.apply())
    assert stack.requests.writes == 1
    assert_settled(stack)


def test_a_property_that_the_row_does_not_name_is_left_alone(stack: Stack) -> None:
    stack.declare(*manifests(Number=1))
    assert_applied(stack.apply())
    page = stack.row("Things", "It")["id"]
    stack.api.ok("PATCH", f"/v1/pages/{page}", {"properties": {"Url": {"url": "https://hand.example"}}})
    assert_settled(stack)
    assert stack.value("Things", "It", "Url") == "https://hand.example"


def test_somebody_unknown_is_named_and_the_next_apply_goes_on(stack: Stack) -> None:
    stack.declare(*manifests(People=["nobody@example.com"]))
    (error,) = errors_of(stack.apply())
    assert "nobody@example.com" in error
    stack.declare(*manifests(People=["ada@example.com"]))
    assert_applied(stack.apply())
    assert_settled(stack)
    assert stack.row_names("Things") == ["It"]


def test_a_back_property_holds_what_the_other_side_says(stack: Stack) -> None:
    two_way = {"type": "relation", "database": "links", "synced_property": "Things"}
    linked = database("things", {"Links": two_way}, rows={"items": [{"Name": "It", "Links": LINKS}]})
    stack.declare(manifests()[0], linked)
    assert_applied(stack.apply())
    assert len(stack.value("Links", "Link 7", "Things")) == 1
    assert_settled(stack)


FORMATTED = {
    "**bold** and *slanted*": ("bold and slanted", "bold"),
    "see [the page](https://example.com/a?b=c)": ("see the page", "link"),
    '<span color="red">red</span>, `code`, ~~gone~~, <u>under</u>': ("red, code, gone, under", "color"),
    "only plain": ("only plain", None),
}


def styles(parts: list[dict[str, Any]]) -> set[str]:
    """How the parts of a text look, as the API says it."""
    looks = [name for part in parts for name, value in part["annotations"].items() if value not in (False, "default")]
    return {*looks, *(["link"] if any(part["text"].get("link") for part in parts) else [])}


@pytest.mark.parametrize("markdown", FORMATTED)
def test_a_formatted_text_goes_there_and_comes_back(stack: Stack, markdown: str) -> None:
    stack.declare(*manifests(Text={"markdown": markdown}))
    applied = stack.apply()
    assert_applied(applied)
    assert [one.name for outcome in applied.outcomes for one in outcome.change.unmanageable] == []
    said, style = FORMATTED[markdown]
    found = stack.value("Things", "It", "Text")
    assert (plain(found), style in {*styles(found), None}) == (said, True)
    assert_settled(stack)


def test_formatting_by_hand_is_drift_and_a_link_is_part_of_a_text(stack: Stack) -> None:
    stack.declare(*manifests(Text="plain"))
    assert_applied(stack.apply())
    page = stack.row("Things", "It")["id"]
    bold = {"type": "text", "text": {"content": "plain"}, "annotations": {"bold": True}}
    stack.api.ok("PATCH", f"/v1/pages/{page}", {"properties": {"Text": {"rich_text": [bold]}}})
    assert drift_of(stack.plan()) == ["things rows.It.Text"]
    assert_applied(stack.apply())
    assert styles(stack.value("Things", "It", "Text")) == set()
    assert_settled(stack)


def test_a_row_is_known_by_its_title_whatever_that_looks_like(stack: Stack) -> None:
    stack.declare(*manifests())
    assert_applied(stack.apply())
    row = stack.row("Things", "It")["id"]
    bold = {"type": "text", "text": {"content": "It"}, "annotations": {"bold": True}}
    stack.api.ok("PATCH", f"/v1/pages/{row}", {"properties": {"Name": {"title": [bold]}}})
    assert drift_of(stack.plan()) == ["things rows.It.Name"]
    assert_applied(stack.apply())
    assert stack.row("Things", "It")["id"] == row
    assert styles(stack.row("Things", "It")["properties"]["Name"]["title"]) == set()
    assert_settled(stack)


@pytest.mark.parametrize("wrong", [{"markdwon": "x"}, {"markdown": 1}, ["x"], {"markdown": "x", "also": "y"}])
def test_a_text_that_is_neither_plain_nor_markdown_is_refused(stack: Stack, wrong: Any) -> None:
    stack.declare(*manifests(Text=wrong))
    with pytest.raises(InvalidManifests, match=r"expected text, or \{markdown: text\}"):
        stack.plan()


def test_what_tells_rows_apart_is_plain(stack: Stack) -> None:
    stack.declare(database("things", rows={"items": [{"Name": {"markdown": "**It**"}}]}))
    with pytest.raises(InvalidManifests, match="what tells rows apart is plain"):
        stack.plan()


KEYS: list[tuple[str, list[Any]]] = [
    ("rich_text", ["a", "b  c", "ü🧱"]),
    ("number", [1, 2.0, 2.5]),
    ("select", ["One", "Two"]),
    ("url", ["https://example.com/1", "https://example.com/2"]),
    ("email", ["a@example.com", "b@example.com"]),
    ("phone_number", ["1", "2"]),
]


@pytest.mark.parametrize(("kind", "keys"), KEYS, ids=[kind for kind, _ in KEYS])
def test_any_text_like_property_can_tell_rows_apart(stack: Stack, kind: str, keys: list[Any]) -> None:
    rows = {"key": "Key", "items": [{"Key": key, "Name": "same"} for key in keys]}
    stack.declare(database("things", {"Key": {"type": kind}}, rows=rows))
    assert_applied(stack.apply())
    assert stack.row_names("Things") == ["same"] * len(keys)
    assert_settled(stack)


DESCRIPTIONS = ["one line", "two\nlines", "ends with a newline\n", "\nbegins with one", "x" * 4500, "gap\n\n\ngap"]


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("text", DESCRIPTIONS, ids=lambda one: one[:20])
def test_a_description_goes_there_and_comes_back(stack: Stack, text: str, marked: bool) -> None:
    stack.marked = marked
    stack.declare(database("things", description=text))
    applied = stack.apply()
    assert_applied(applied)
    assert [one.name for outcome in applied.outcomes for one in outcome.change.unmanageable] == []
    assert plain(stack.container("Things")["description"]).startswith(text.rstrip("\n"))
    assert_settled(stack)
