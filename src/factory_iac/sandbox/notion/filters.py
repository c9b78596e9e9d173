"""Filters of queries: one decision per property value."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from factory_iac.sandbox.notion.dates import day_or_moment, has_time
from factory_iac.sandbox.notion.filter_checks import ME, SIDES, TEXTS, TIMESTAMPS, kind_of, mismatch
from factory_iac.sandbox.notion.ids import canonical_uuid
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.schemas import Properties, Property, find_property

Value = dict[str, Any]
Read = Callable[[Property], Value]
_SIDE_DECISIONS: dict[str, Callable[[list[bool]], bool]] = {
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


@dataclass(frozen=True)
class Asker:
    """Who asks and when: what `me` and `today` mean."""

    now: datetime
    user_id: str

    def meant(self, text: str) -> str:
        """The id that a filter names."""
        return self.user_id if text == ME else canonical_uuid(text) or text


def matches(given: Value, properties: Properties, read: Read, asker: Asker) -> bool:
    """Whether a row passes a filter that `filter_checks.check` let through. `read` gives a value of the row."""
    for name, decide in (("and", all), ("or", any)):
        if name in given:
            return decide(matches(part, properties, read, asker) for part in given[name])
    if "timestamp" in given:
        stamp = given["timestamp"]
        item: Property = {"id": stamp, "name": stamp, "type": stamp}
        return _date(read(item)[stamp], given[stamp], asker.now)
    kind = str(kind_of(given))
    found = find_property(properties, str(given["property"]))
    return found is not None and _value(read(found), kind, given[kind], asker)


def _value(value: Value, kind: str, condition: Value, asker: Asker) -> bool:
    actual = value["type"]
    found: Any = value.get(actual)
    if actual in ("formula", "rollup") and kind == actual:
        return _computed(found, condition, asker)
    if kind in TEXTS and actual in TEXTS:
        return _text(plain(found) if isinstance(found, list) else found or "", condition)
    if kind == actual and kind in ("select", "status"):
        return _choice(found["name"] if found else None, condition)
    if kind == actual and kind == "multi_select":
        return _several([part["name"] for part in found], condition, str)
    if kind in ("people", "relation", "files") and isinstance(found, list):
        return _several([str(part.get("id")) for part in found], condition, asker.meant)
    if kind in ("created_by", "last_edited_by", "people") and actual in ("created_by", "last_edited_by"):
        return _several([found["id"]], condition, asker.meant)
    if kind in ("date", *TIMESTAMPS) and actual in ("date", *TIMESTAMPS):
        return _date(found, condition, asker.now)
    if kind == "unique_id" and actual == "unique_id":
        return _number(found["number"], condition)
    if kind == "verification" and actual == kind:
        return _verified(found["state"] if found else "none", condition)
    if kind == actual and kind in ("number", "checkbox", "boolean"):
        return (_number if kind == "number" else _checkbox)(found, condition)
    raise mismatch(actual, kind)


def _computed(found: Value, condition: Value, asker: Asker) -> bool:
    side = next((name for name in SIDES if name in condition), None)
    if side is not None:
        kind, inner = next(iter(condition[side].items()))
        parts = [_value(part, kind, inner, asker) for part in found.get("array", [])]
        return bool(_SIDE_DECISIONS[side](parts))
    kind = next(iter(condition))
    actual = {"checkbox": "boolean"}.get(kind, kind)
    if actual != found["type"] and not (actual in TEXTS and found["type"] == "string"):
        return bool(condition[kind].get("is_empty"))
    return _value(found, actual, condition[kind], asker)


def _emptiness(is_empty: bool, condition: Value) -> bool | None:
    if "is_empty" in condition:
        return is_empty
    return not is_empty if "is_not_empty" in condition else None


def _text(found: str, condition: Value) -> bool:
    emptiness = _emptiness(not found, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    test = _TEXT_TESTS[_NEGATED.get(name, name)]
    return test(found.casefold(), wanted.casefold()) != (name in _NEGATED)


def _number(found: float | None, condition: Value) -> bool:
    emptiness = _emptiness(found is None, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    if found is None:
        return name in _NEGATED
    return _NUMBER_TESTS[_NEGATED.get(name, name)](found, wanted) != (name in _NEGATED)


def _checkbox(found: bool | None, condition: Value) -> bool:
    name, wanted = next(iter(condition.items()))
    return (bool(found) is wanted) == (name == "equals")


def _choice(found: str | None, condition: Value) -> bool:
    emptiness = _emptiness(found is None, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    choices = wanted if isinstance(wanted, list) else [wanted]
    return bool((found in choices) == (name == "equals"))


def _several(found: list[str], condition: Value, meant: Callable[[str], str]) -> bool:
    emptiness = _emptiness(not found, condition)
    if emptiness is not None:
        return emptiness
    name, wanted = next(iter(condition.items()))
    choices = wanted if isinstance(wanted, list) else [wanted]
    return any(meant(choice) in found for choice in choices) == (name == "contains")


def _verified(found: str, condition: Value) -> bool:
    name, wanted = next(iter(condition.items()))
    return bool((found == wanted) == (name == "status"))


def _date(value: Any, condition: Value, now: datetime) -> bool:
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
    day = _RELATIVE_DATES[wanted](now).date().isoformat() if wanted in _RELATIVE_DATES else wanted
    return _compared(name, moment, day_or_moment(day), whole_day=not has_time(day))


def _compared(name: str, moment: datetime, bound: datetime, *, whole_day: bool) -> bool:
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
    return found > wanted or (found == wanted and name == "on_or_after")


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
_RELATIVE_DATES: dict[str, Callable[[datetime], datetime]] = {
    "today": lambda now: now,
    "tomorrow": lambda now: now + timedelta(days=1),
    "yesterday": lambda now: now - timedelta(days=1),
    "one_week_ago": lambda now: now - timedelta(days=7),
    "one_week_from_now": lambda now: now + timedelta(days=7),
    "one_month_ago": lambda now: _months(now, -1),
    "one_month_from_now": lambda now: _months(now, 1),
}
