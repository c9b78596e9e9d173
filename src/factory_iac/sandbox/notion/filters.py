"""Filters of queries: one decision per property value."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.dates import day_or_moment, has_time
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.schemas import Properties, Property, find_property

Value = dict[str, Any]
Read = Callable[[Property], Value]
TIMESTAMPS = ("created_time", "last_edited_time")
_TEXTS = frozenset({"title", "rich_text", "url", "email", "phone_number", "string"})
_SIDES: dict[str, Callable[[list[bool]], bool]] = {
    "any": any,
    "every": lambda found: bool(found) and all(found),
    "none": lambda found: not any(found),
}
_NUMBER_TESTS: dict[str, Callable[[float, float], bool]] = {
    "equals": lambda found, wanted: found == wanted,
    "greater_than": lambda found, wanted: found > wanted,
    "less_than": lambda found, wanted: found < wanted,
    "greater_than_or_equal_to": lambda found, wanted: found >= wanted,
    "less_than_or_equal_to": lambda found, wanted: found <= wanted,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda found, wanted: found == wanted,
    "contains": lambda found, wanted: wanted in found,
    "starts_with": lambda found, wanted: found.startswith(wanted),
    "ends_with": lambda found, wanted: found.endswith(wanted),
}
_NEGATED = {"does_not_equal": "equals", "does_not_contain": "contains"}
MAX_DEPTH = 2


def check(given: object, properties: Properties, path: str = "body.filter", depth: int = 0) -> None:
    """Refuse a filter that no row could be asked: too deep, or about a property that is not there."""
    if not isinstance(given, dict):
        raise errors.invalid_body(path, "an object", given)
    for name in ("and", "or"):
        if name in given:
            if depth >= MAX_DEPTH or not isinstance(given[name], list):
                raise errors.invalid_body(f"{path}.{name}", "an array, at most two levels deep", given[name])
            for at, part in enumerate(given[name]):
                check(part, properties, f"{path}.{name}[{at}]", depth + 1)
            return
    if "timestamp" in given:
        if given["timestamp"] not in TIMESTAMPS or not isinstance(given.get(given["timestamp"]), dict):
            raise errors.missing(f"{path}.created_time")
        return
    item = find_property(properties, str(given.get("property")))
    if item is None:
        raise errors.invalid(f"Could not find property with name or id: {given.get('property')}")
    kind = _kind(given)
    if kind is None:
        raise errors.missing(f"{path}.{item['type']}")
    _check_condition(kind, given[kind], f"{path}.{kind}")


def _check_condition(kind: str, condition: object, path: str) -> None:
    """A condition says something; those of formulas and rollups say it about what is computed."""
    if not isinstance(condition, dict) or not condition:
        raise errors.invalid_body(path, "an object with a condition", condition)
    if kind in ("formula", "rollup", *_SIDES):
        inner = next(iter(condition))
        _check_condition(inner, condition[inner], f"{path}.{inner}")


def _kind(given: Value) -> str | None:
    return next((key for key in given if key not in ("property", "type")), None)


def matches(given: Value, properties: Properties, read: Read, now: datetime, path: str = "body.filter") -> bool:
    """Whether a row passes a checked filter at a time. `read` gives a value of it."""
    for name, decide in (("and", all), ("or", any)):
        if name in given:
            parts = enumerate(given[name])
            return decide(matches(part, properties, read, now, f"{path}.{name}[{at}]") for at, part in parts)
    if "timestamp" in given:
        stamp = given["timestamp"]
        item: Property = {"id": stamp, "name": stamp, "type": stamp}
        return _date(read(item)[stamp], given[stamp], f"{path}.{stamp}", now)
    kind = str(_kind(given))
    found = find_property(properties, str(given["property"]))
    return found is not None and _value(read(found), kind, given[kind], f"{path}.{kind}", now)


def _value(value: Value, kind: str, condition: Value, path: str, now: datetime) -> bool:
    actual = value["type"]
    found: Any = value.get(actual)
    if actual in ("formula", "rollup") and kind == actual:
        return _computed(found, condition, path, now)
    if kind in ("rich_text", "title", "url", "email", "phone_number", "string") and actual in _TEXTS:
        return _text(plain(found) if isinstance(found, list) else found or "", condition, path)
    if kind in ("select", "status") and actual in ("select", "status"):
        return _choice(found["name"] if found else None, condition, path)
    if kind in ("multi_select", "people", "relation", "files") and isinstance(found, list):
        return _several([str(part.get("name" if kind == "multi_select" else "id")) for part in found], condition, path)
    if kind in ("created_by", "last_edited_by", "people") and actual in ("created_by", "last_edited_by"):
        return _several([found["id"]], condition, path)
    if kind in ("date", *TIMESTAMPS) and actual in ("date", *TIMESTAMPS):
        return _date(found, condition, path, now)
    if kind == "unique_id" and actual == "unique_id":
        return _number(found["number"], condition, path)
    if kind == actual and kind in ("number", "checkbox", "boolean"):
        return (_number if kind == "number" else _checkbox)(found, condition, path)
    raise errors.invalid(f"database property {actual} does not match filter {kind}")


def _computed(found: Value, condition: Value, path: str, now: datetime) -> bool:
    side = next((name for name in _SIDES if name in condition), None)
    if side is not None:
        inner = condition[side]
        kind = next(iter(inner))
        parts = [_value(part, kind, inner[kind], f"{path}.{side}.{kind}", now) for part in found.get("array", [])]
        return bool(_SIDES[side](parts))
    kind = next(iter(condition))
    actual = {"checkbox": "boolean"}.get(kind, kind)
    if actual != found["type"] and not (actual in _TEXTS and found["type"] == "string"):
        return kind in condition and bool(condition[kind].get("is_empty"))
    return _value(found, actual, condition[kind], f"{path}.{kind}", now)


def _emptiness(is_empty: bool, condition: Value) -> bool | None:
    if "is_empty" in condition:
        return is_empty
    return not is_empty if "is_not_empty" in condition else None


def _unknown(condition: Value, path: str) -> errors.ApiError:
    return errors.invalid_body(f"{path}.{next(iter(condition))}", "not present", next(iter(condition.values())))


def _text(found: str, condition: Value, path: str) -> bool:
    emptiness = _emptiness(not found, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    test = _TEXT_TESTS.get(_NEGATED.get(name, name))
    if test is None:
        raise _unknown(condition, path)
    return test(found.casefold(), str(wanted).casefold()) != (name in _NEGATED)


def _number(found: float | None, condition: Value, path: str) -> bool:
    emptiness = _emptiness(found is None, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    test = _NUMBER_TESTS.get(_NEGATED.get(name, name))
    if test is None or isinstance(wanted, bool) or not isinstance(wanted, int | float):
        raise _unknown(condition, path)
    if found is None:
        return name in _NEGATED
    return test(found, wanted) != (name in _NEGATED)


def _checkbox(found: bool | None, condition: Value, path: str) -> bool:
    name, wanted = next(iter(condition.items()))
    if name not in ("equals", "does_not_equal"):
        raise _unknown(condition, path)
    return (bool(found) is wanted) == (name == "equals")


def _choice(found: str | None, condition: Value, path: str) -> bool:
    emptiness = _emptiness(found is None, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    if name not in ("equals", "does_not_equal"):
        raise _unknown(condition, path)
    choices = wanted if isinstance(wanted, list) else [wanted]
    return (found in choices) == (name == "equals")


def _several(found: list[str], condition: Value, path: str) -> bool:
    emptiness = _emptiness(not found, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    if name not in ("contains", "does_not_contain"):
        raise _unknown(condition, path)
    choices = wanted if isinstance(wanted, list) else [wanted]
    return any(choice in found for choice in choices) == (name == "contains")


def _date(value: Any, condition: Value, path: str, now: datetime) -> bool:
    start = value.get("start") if isinstance(value, dict) else value
    emptiness = _emptiness(start is None, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    if start is None:
        return False
    moment = day_or_moment(start)
    if name in _PERIODS:
        first, last = _PERIODS[name](now)
        return first.date() <= moment.date() <= last.date()
    try:
        bound = day_or_moment(str(wanted))
    except ValueError as error:
        raise errors.invalid_body(f"{path}.{name}", "a valid ISO 8601 date string", wanted) from error
    return _compared(name, moment, bound, whole_day=not has_time(str(wanted)), condition=condition, path=path)


def _compared(name: str, moment: datetime, bound: datetime, *, whole_day: bool, condition: Value, path: str) -> bool:
    """Notion compares days with days and minutes with minutes."""
    if whole_day:
        found, wanted = moment.replace(hour=0, minute=0, second=0, microsecond=0), bound
        found, wanted = found.replace(tzinfo=None), wanted.replace(tzinfo=None)
    else:
        found, wanted = moment, bound.replace(second=0, microsecond=0)
    if name == "equals":
        return found == wanted
    if name in ("before", "on_or_before"):
        return found < wanted or (found == wanted and name == "on_or_before")
    if name in ("after", "on_or_after"):
        return found > wanted or (found == wanted and name == "on_or_after")
    raise _unknown(condition, path)


def _this_week(now: datetime) -> tuple[datetime, datetime]:
    sunday = now - timedelta(days=now.isoweekday() % 7)
    return sunday, sunday + timedelta(days=6)


def _months(moment: datetime, count: int) -> datetime:
    """The same day some months later or, negative, before; the last of the month when it has no such day."""
    years, month = divmod(moment.month - 1 + count, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


_PERIODS: dict[str, Callable[[datetime], tuple[datetime, datetime]]] = {
    "this_week": _this_week,
    "past_week": lambda now: (now - timedelta(days=7), now),
    "past_month": lambda now: (_months(now, -1), now),
    "past_year": lambda now: (_months(now, -12), now),
    "next_week": lambda now: (now, now + timedelta(days=7)),
    "next_month": lambda now: (now, _months(now, 1)),
    "next_year": lambda now: (now, _months(now, 12)),
}
