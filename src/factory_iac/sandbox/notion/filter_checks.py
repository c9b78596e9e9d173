"""Filters before any row is asked: which condition suits which type of property.

The conditions are those of the types `PropertyFilter` and `TimestampFilter` of @notionhq/client 5.26.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.ids import canonical_uuid
from factory_iac.sandbox.notion.schemas import Properties, named_property

TIMESTAMPS = ("created_time", "last_edited_time")
TEXTS = frozenset({"title", "rich_text", "url", "email", "phone_number", "string"})
SIDES = ("any", "every", "none")
PERIODS = ("this_week", "past_week", "past_month", "past_year", "next_week", "next_month", "next_year")
RELATIVE_DATES = (
    "today",
    "tomorrow",
    "yesterday",
    "one_week_ago",
    "one_week_from_now",
    "one_month_ago",
    "one_month_from_now",
)
ME = "me"
MAX_DEPTH = 2


@dataclass(frozen=True)
class _Wanted:
    """What a condition may be compared with, and how Notion words it."""

    words: str
    fits: Callable[[object], bool]


def _is_day(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if value in RELATIVE_DATES:
        return True
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_choice(value: object) -> bool:
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(isinstance(entry, str) for entry in entries)


_TRUE = _Wanted("`true`", lambda value: value is True)
_TEXT = _Wanted("a string", lambda value: isinstance(value, str))
_NUMBER = _Wanted("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool))
_FLAG = _Wanted("a boolean", lambda value: isinstance(value, bool))
_CHOICE = _Wanted("a string or an array of strings", _is_choice)
_DAY = _Wanted("a valid ISO 8601 date string", _is_day)
_NOTHING = _Wanted("an empty object", lambda value: value == {})
_PERSON = _Wanted("a valid uuid", lambda value: value == ME or canonical_uuid(value) is not None)
_PAGE = _Wanted("a valid uuid", lambda value: canonical_uuid(value) is not None)
_VERIFIED = _Wanted('`"verified"`, `"expired"`, or `"none"`', lambda value: value in ("verified", "expired", "none"))

_EXISTENCE = {"is_empty": _TRUE, "is_not_empty": _TRUE}
_OF_TEXTS = {
    **_EXISTENCE,
    **dict.fromkeys(("equals", "does_not_equal", "contains", "does_not_contain", "starts_with", "ends_with"), _TEXT),
}
_OF_NUMBERS = {
    **_EXISTENCE,
    **dict.fromkeys(
        (
            "equals",
            "does_not_equal",
            "greater_than",
            "less_than",
            "greater_than_or_equal_to",
            "less_than_or_equal_to",
        ),
        _NUMBER,
    ),
}
_OF_CHECKBOXES = {"equals": _FLAG, "does_not_equal": _FLAG}
_OF_CHOICES = {**_EXISTENCE, "equals": _CHOICE, "does_not_equal": _CHOICE}
_OF_PEOPLE = {**_EXISTENCE, "contains": _PERSON, "does_not_contain": _PERSON}
_OF_DATES = {
    **_EXISTENCE,
    **dict.fromkeys(("equals", "before", "after", "on_or_before", "on_or_after"), _DAY),
    **dict.fromkeys(PERIODS, _NOTHING),
}
_CONDITIONS: dict[str, dict[str, _Wanted]] = {
    **dict.fromkeys(TEXTS, _OF_TEXTS),
    "number": _OF_NUMBERS,
    "unique_id": _OF_NUMBERS,
    "checkbox": _OF_CHECKBOXES,
    "select": _OF_CHOICES,
    "status": _OF_CHOICES,
    "multi_select": {**_EXISTENCE, "contains": _CHOICE, "does_not_contain": _CHOICE},
    **dict.fromkeys(("people", "created_by", "last_edited_by"), _OF_PEOPLE),
    "relation": {**_EXISTENCE, "contains": _PAGE, "does_not_contain": _PAGE},
    "files": _EXISTENCE,
    **dict.fromkeys(("date", *TIMESTAMPS), _OF_DATES),
    "verification": {"status": _VERIFIED, "does_not_equal": _VERIFIED},
}
_OF_FORMULAS = ("string", "checkbox", "number", "date")
_OF_PARTS = (
    "rich_text",
    "number",
    "checkbox",
    "select",
    "multi_select",
    "relation",
    "date",
    "people",
    "files",
    "status",
)
_WIDER: dict[str, frozenset[str]] = {
    **dict.fromkeys(TEXTS, TEXTS - {"string"}),
    **dict.fromkeys(("people", "created_by", "last_edited_by"), frozenset({"people", "created_by", "last_edited_by"})),
    **dict.fromkeys(("date", *TIMESTAMPS), frozenset({"date", *TIMESTAMPS})),
}


def check(given: object, properties: Properties, path: str = "body.filter", depth: int = 0) -> None:
    """Refuse a filter that no row could be asked."""
    if not isinstance(given, dict):
        raise errors.invalid_body(path, "an object", given)
    for name in ("and", "or"):
        if name in given:
            _only(given, [name], path)
            if depth >= MAX_DEPTH or not isinstance(given[name], list):
                raise errors.invalid_body(f"{path}.{name}", "an array, at most two levels deep", given[name])
            for at, part in enumerate(given[name]):
                check(part, properties, f"{path}.{name}[{at}]", depth + 1)
            return
    if "timestamp" in given:
        _check_timestamp(given, path)
    else:
        _check_property(given, properties, path)


def _check_timestamp(given: dict[str, Any], path: str) -> None:
    stamp = given["timestamp"]
    if stamp not in TIMESTAMPS or not isinstance(given.get(stamp), dict):
        raise errors.missing(f"{path}.created_time")
    _only(given, ["timestamp", "type", stamp], path)
    _check_condition(given[stamp], _OF_DATES, f"{path}.{stamp}")


def _check_property(given: dict[str, Any], properties: Properties, path: str) -> None:
    item = named_property(properties, given)
    if item is None:
        raise errors.invalid(f"Could not find property with name or id: {given.get('property')}")
    kind = kind_of(given)
    if kind is None:
        raise errors.missing(f"{path}.{item['type']}")
    _only(given, ["property", "type", kind], path)
    if kind not in (*_CONDITIONS, "formula", "rollup") or kind == "string":
        raise errors.invalid_body(f"{path}.{kind}", "not present", given[kind])
    where = f"{path}.{kind}"
    if kind == "formula":
        _check_one_of(given[kind], _OF_FORMULAS, where)
    elif kind == "rollup":
        _check_rollup(given[kind], where)
    else:
        _check_condition(given[kind], _CONDITIONS[kind], where)
    if item["type"] not in _WIDER.get(kind, {kind}):
        raise mismatch(item["type"], kind)


def mismatch(actual: str, kind: str) -> errors.ApiError:
    """A filter for another type than the one that the property has."""
    return errors.invalid(
        "The property type in the database does not match the property type of the filter provided: "
        f"database property {actual} does not match filter {kind}"
    )


def kind_of(given: dict[str, Any]) -> str | None:
    """The type of property that a filter is for."""
    return next((key for key in given if key not in ("property", "type")), None)


def _check_rollup(given: object, path: str) -> None:
    side = next((name for name in SIDES if isinstance(given, dict) and name in given), None)
    if side is None or not isinstance(given, dict):
        _check_one_of(given, ("date", "number"), path)
    else:
        _only(given, [side], path)
        _check_one_of(given[side], _OF_PARTS, f"{path}.{side}")


def _check_one_of(given: object, kinds: tuple[str, ...], path: str) -> None:
    if not isinstance(given, dict) or not given:
        raise errors.invalid_body(path, "an object with a condition", given)
    kind = next(iter(given))
    _only(given, [kind] if kind in kinds else [], path)
    _check_condition(given[kind], _CONDITIONS[kind], f"{path}.{kind}")


def _check_condition(given: object, known: dict[str, _Wanted], path: str) -> None:
    if not isinstance(given, dict) or not given:
        raise errors.invalid_body(path, "an object with a condition", given)
    name, value = next(iter(given.items()))
    _only(given, [name] if name in known else [], path)
    if not known[name].fits(value):
        raise errors.invalid_body(f"{path}.{name}", known[name].words, value)


def _only(given: dict[str, Any], names: list[str], path: str) -> None:
    """Refuse every other key."""
    for key, value in given.items():
        if key not in names:
            raise errors.invalid_body(f"{path}.{key}", "not present", value)
