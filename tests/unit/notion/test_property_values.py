"""Per property type: what YAML says and what the API says compare in one form, and wrong values are told."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    ValueWriting,
    text_of,
)

WRITING = ValueWriting(
    lambda email: f"id of {email}",
    lambda name, key: f"{name}/{key}" if key != "gone" else None,
    lambda path, name: f"{path} as {name}",
)


def rich(*parts: str) -> list[dict[str, Any]]:
    return [{"type": "text", "plain_text": part, "text": {"content": part}} for part in parts]


def person(user_id: str, email: str | None = None) -> dict[str, Any]:
    return {"object": "user", "id": user_id, **({"person": {"email": email}} if email else {})}


SAME = [
    ("title", "a", rich("a")),
    ("title", None, []),
    ("rich_text", "", []),
    ("rich_text", "ab", rich("a", "b")),
    ("number", 1, 1.0),
    ("number", 0, 0),
    ("number", None, None),
    ("select", "a", {"id": "x", "name": "a", "color": "red"}),
    ("select", None, None),
    ("multi_select", ["b", "a"], [{"name": "a"}, {"name": "b"}]),
    ("multi_select", ["a", "a"], [{"name": "a"}]),
    ("multi_select", None, []),
    ("status", "a", {"name": "a"}),
    ("date", "2026-03-01", {"start": "2026-03-01", "end": None, "time_zone": None}),
    ("date", "2026-03-01T09:00:00+01:00", {"start": "2026-03-01T08:00:00.000+00:00", "end": None}),
    ("date", "2026-03-01T09:00", {"start": "2026-03-01T09:00:00.000+00:00", "end": None}),
    ("date", "2026-03-01T09:00Z", {"start": "2026-03-01T10:00:00.000+01:00", "end": None}),
    (
        "date",
        {"start": "2026-07-01T09:00:00", "time_zone": "Europe/Berlin"},
        {"start": "2026-07-01T09:00:00.000+02:00", "end": None, "time_zone": None},
    ),
    ("date", {"start": "2026-03-01", "end": "2026-03-02"}, {"start": "2026-03-01", "end": "2026-03-02"}),
    ("date", None, None),
    ("people", ["B@x.org", "a@x.org"], [person("1", "a@x.org"), person("2", "b@x.org")]),
    ("people", ["a@x.org", "A@x.org"], [person("1", "a@x.org")]),
    ("people", None, []),
    ("files", [{"name": "a", "url": "u"}], [{"name": "a", "type": "external", "external": {"url": "u"}}]),
    ("files", None, []),
    ("checkbox", True, True),
    ("url", "", None),
    ("email", "a@x.org", "a@x.org"),
    ("phone_number", None, None),
]


@pytest.mark.parametrize(("kind", "declared", "stored"), SAME)
def test_a_declared_and_a_stored_value_are_the_same(kind: str, declared: Any, stored: Any) -> None:
    assert PROPERTY_TYPES[kind].normal(declared) == PROPERTY_TYPES[kind].read(stored)


DIFFERENT = [
    ("title", "a", rich("A")),
    ("number", 0, None),
    ("number", 1, 1.0001),
    ("select", "a", {"name": "b"}),
    ("multi_select", ["a"], [{"name": "a"}, {"name": "b"}]),
    ("date", "2026-03-01", {"start": "2026-03-01T00:00:00.000+00:00"}),
    ("date", "2026-03-01", {"start": "2026-03-01", "end": "2026-03-02"}),
    ("date", "2026-03-01T09:00+01:00", {"start": "2026-03-01T09:00:00.000+00:00"}),
    ("people", ["a@x.org"], [person("1")]),
    ("files", [{"name": "a", "url": "u"}], [{"name": "a", "type": "file", "file": {"url": "u"}}]),
    ("files", [{"name": "a", "url": "u"}], [{"name": "b", "external": {"url": "u"}}]),
    ("checkbox", True, False),
]


@pytest.mark.parametrize(("kind", "declared", "stored"), DIFFERENT)
def test_a_declared_and_a_stored_value_differ(kind: str, declared: Any, stored: Any) -> None:
    assert PROPERTY_TYPES[kind].normal(declared) != PROPERTY_TYPES[kind].read(stored)


WRITTEN = [
    ("title", "a", [{"type": "text", "text": {"content": "a"}}]),
    ("rich_text", "", []),
    ("number", 1.5, 1.5),
    ("select", "a", {"name": "a"}),
    ("multi_select", ["a", "b"], [{"name": "a"}, {"name": "b"}]),
    ("status", "a", {"name": "a"}),
    ("date", "2026-03-01", {"start": "2026-03-01"}),
    ("date", {"start": "2026-03-01", "end": "2026-03-02"}, {"start": "2026-03-01", "end": "2026-03-02"}),
    ("people", ["a@x.org"], [{"object": "user", "id": "id of a@x.org"}]),
    ("files", [{"name": "a", "url": "u"}], [{"name": "a", "type": "external", "external": {"url": "u"}}]),
    ("checkbox", False, False),
    ("url", "https://x.org", "https://x.org"),
    ("relation", "Ada", [{"id": "P/Ada"}]),
    ("relation", ["Ada", "gone", "Grace"], [{"id": "P/Ada"}, {"id": "P/Grace"}]),
]


@pytest.mark.parametrize(("kind", "declared", "sent"), WRITTEN)
def test_a_value_is_sent_as_the_api_takes_it(kind: str, declared: Any, sent: Any) -> None:
    assert PROPERTY_TYPES[kind].write(declared, "P", WRITING) == sent


ONE_OPTION = {"options": [{"name": "High"}, {"name": "Low"}]}
FAULTS = [
    ("title", 1, {}, [((), "expected text")]),
    ("rich_text", ["a"], {}, [((), "expected text")]),
    ("number", "1", {}, [((), "expected a number")]),
    ("number", True, {}, [((), "expected a number")]),
    ("select", "Hihg", ONE_OPTION, [((), "did you mean 'High'")]),
    ("select", "a,b", {}, [((), "no comma")]),
    ("select", "", {}, [((), "expected the name of an option")]),
    ("multi_select", "High", ONE_OPTION, [((), "expected a list")]),
    ("multi_select", ["High", "x", 3], ONE_OPTION, [((1,), "not a declared option"), ((2,), "name of an option")]),
    ("multi_select", ["a"] * 101, {}, [((), "at most 100")]),
    ("status", "Nope", ONE_OPTION, [((), "not a declared option")]),
    ("date", 5, {}, [((), "expected a date")]),
    ("date", "tomorrow", {}, [((), "expected a date")]),
    ("date", "2026-02-30", {}, [((), "expected a date")]),
    ("date", {"start": "2026-03-01", "end": "x"}, {}, [(("end",), "expected a date")]),
    ("date", {"start": "2026-03-01", "ende": "2026-03-02"}, {}, [(("ende",), "unknown key")]),
    ("date", {"start": "2026-03-01", "time_zone": "Berlin"}, {}, [(("time_zone",), "expected a time zone")]),
    ("date", {"end": "2026-03-01"}, {}, [((), "expected a date")]),
    ("date", {"start": "2026-03-05", "end": "2026-03-01"}, {}, [(("end",), "")]),
    ("people", "a@x.org", {}, [((), "e-mail")]),
    ("people", ["a@x.org", "ada"], {}, [((1,), "e-mail")]),
    ("files", ["https://x.org"], {}, [((), "expected a list")]),
    ("files", [{"name": "a"}], {}, [((), "expected a list")]),
    ("checkbox", "yes", {}, [((), "true or false")]),
    ("url", 1, {}, [((), "expected text")]),
    ("relation", [{"a": 1}], {}, [((), "row keys")]),
    ("relation", list(range(101)), {}, [((), "at most 100")]),
]


@pytest.mark.parametrize(("kind", "value", "declared", "expected"), FAULTS)
def test_a_wrong_value_is_told_at_its_place(
    kind: str, value: Any, declared: dict[str, Any], expected: list[tuple[tuple[Any, ...], str]]
) -> None:
    found = list(PROPERTY_TYPES[kind].value_faults(value, declared))
    assert [fault.path for fault in found] == [path for path, _ in expected]
    assert all(part in fault.message for fault, (_, part) in zip(found, expected, strict=True))


@pytest.mark.parametrize(("kind", "value"), [(kind, declared) for kind, declared, _ in SAME if declared is not None])
def test_a_good_value_has_no_fault(kind: str, value: Any) -> None:
    assert list(PROPERTY_TYPES[kind].value_faults(value, {})) == [] or (kind, value) == ("select", "")


READ_ONLY = ["formula", "rollup", "unique_id", "created_time", "created_by", "last_edited_time", "last_edited_by"]


def test_what_notion_computes_cannot_be_written() -> None:
    assert sorted(READ_ONLY) == sorted(name for name, one in PROPERTY_TYPES.items() if not one.writable)


KEYS = [(1, "1"), (1.0, "1"), (1.5, "1.5"), ("1", "1"), ("a b", "a b"), (-0.0, "0")]


@pytest.mark.parametrize(("value", "text"), KEYS)
def test_a_key_is_told_as_text(value: Any, text: str) -> None:
    assert text_of(value) == text
