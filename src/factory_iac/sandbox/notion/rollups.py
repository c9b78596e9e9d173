"""Rollups: their configuration, and their values over the rows a relation reaches."""

from __future__ import annotations

from statistics import median
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.schemas import Properties, Property, Schemas, find_property
from factory_iac.sandbox.notion.store import Record

_COUNTS = frozenset(
    [
        "count",
        "count_values",
        "empty",
        "not_empty",
        "unique",
        "percent_empty",
        "percent_not_empty",
        "checked",
        "unchecked",
        "percent_checked",
        "percent_unchecked",
    ]
)
_NUMBERS = frozenset(["sum", "average", "median", "min", "max", "range"])
_DATES = frozenset(["earliest_date", "latest_date", "date_range"])
_ARRAYS = frozenset({"show_original", "show_unique"})
_GROUPS = frozenset({"count_per_group", "percent_per_group"})
FUNCTIONS = _COUNTS | _NUMBERS | _DATES | _ARRAYS | _GROUPS

Value = dict[str, Any]


def config(
    schemas: Schemas, owner: Record, current: dict[str, Any] | None, given: dict[str, Any], path: str
) -> dict[str, Any]:
    """The configuration of a rollup after a write. Any function goes with any type, as in Notion."""
    function = given.get("function", (current or {}).get("function"))
    if not isinstance(function, str) or function not in FUNCTIONS:
        raise (
            errors.missing(f"{path}.function")
            if function is None
            else errors.invalid_body(f"{path}.function", "a known rollup function", function)
        )
    relation = _selected(owner.body["properties"], "relation", current, given, path)
    if relation["type"] != "relation":
        raise errors.invalid(f"Rollup relation property {relation['name']!r} is not a relation.")
    target = schemas.get(relation["relation"]["data_source_id"])
    same_relation = current is not None and current["relation_property_id"] == decoded(relation["id"])
    shown = _selected(target.body["properties"], "rollup", current if same_relation else None, given, path)
    return {
        "rollup_property_name": shown["name"],
        "relation_property_name": relation["name"],
        "rollup_property_id": decoded(shown["id"]),
        "relation_property_id": decoded(relation["id"]),
        "function": function,
    }


def _selected(
    properties: Properties, side: str, current: dict[str, Any] | None, given: dict[str, Any], path: str
) -> Property:
    """The property that `<side>_property_id` or `<side>_property_name` means."""
    by_name, by_id = f"{side}_property_name", f"{side}_property_id"
    wanted = given.get(by_id) or given.get(by_name)
    if wanted is None and current is not None:
        wanted = current[by_id]
    if wanted is None:
        raise errors.missing(f"{path}.{by_name}")
    found = find_property(properties, str(wanted))
    if found is None:
        raise errors.invalid(f"Could not find {side} property with name or id: {wanted}")
    return found


def value(function: str, values: list[Value]) -> Value:
    """The rollup object over these property values, one a related row."""
    if function in _COUNTS:
        return _answer("number", _count(function, values), function)
    if function in _NUMBERS:
        return _answer(
            "number",
            _calculated(function, [item for item in map(_number, values) if item is not None]),
            function,
        )
    if function in _DATES:
        return _answer("date", _date(function, values), function)
    if function in _ARRAYS:
        shown = [{key: part for key, part in item.items() if key not in ("id", "has_more")} for item in values]
        return _answer("array", _unique(shown) if function == "show_unique" else shown, function)
    return _answer("unsupported", {}, function)


def _answer(kind: str, found: Any, function: str) -> Value:
    return {"type": kind, kind: found, "function": function}


def content(item: Value) -> Any:
    """What a value holds, with formulas and rollups opened."""
    inner = item.get(item["type"])
    if item["type"] in ("formula", "rollup") and isinstance(inner, dict):
        return inner.get(inner["type"])
    return inner


def is_empty(item: Value) -> bool:
    """Whether a value counts as empty: a checkbox without its tick does, the number 0 does not."""
    found = content(item)
    return found is None or found is False or found in ("", [], {})


def _number(item: Value) -> float | None:
    found = content(item)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _unique(values: list[Value]) -> list[Value]:
    found: list[Value] = []
    for item in values:
        if item not in found:
            found.append(item)
    return found


def _count(function: str, values: list[Value]) -> float:
    total = len(values)
    filled = [item for item in values if not is_empty(item)]
    if function == "count":
        return total
    if function == "count_values":
        return sum(
            len(found) if isinstance(found := content(item), list) and item["type"] != "title" else 1 for item in filled
        )
    if function == "unique":
        return len(_unique([{"type": item["type"], item["type"]: item.get(item["type"])} for item in filled]))
    matching = len(filled) if "not_empty" in function or function.endswith("_checked") else total - len(filled)
    if function == "checked":
        matching = len(filled)
    if not function.startswith("percent_"):
        return matching
    return matching / total if total else 0


def _calculated(function: str, numbers: list[float]) -> float | None:
    if not numbers:
        return None
    if function == "sum":
        return sum(numbers)
    if function == "average":
        return sum(numbers) / len(numbers)
    if function == "median":
        return median(numbers)
    if function == "min":
        return min(numbers)
    if function == "max":
        return max(numbers)
    return max(numbers) - min(numbers)


def _date(function: str, values: list[Value]) -> dict[str, Any] | None:
    found = [_date_of(item) for item in values]
    edges = [text for item in found if item for text in (item["start"], item.get("end")) if text]
    if not edges:
        return None
    earliest, latest = min(edges, key=day_or_moment), max(edges, key=day_or_moment)
    if function == "date_range":
        return {"start": earliest, "end": latest, "time_zone": None}
    return {"start": earliest if function == "earliest_date" else latest, "end": None, "time_zone": None}


def _date_of(item: Value) -> dict[str, Any] | None:
    found = content(item)
    if isinstance(found, dict) and "start" in found:
        return found
    if item["type"] in ("created_time", "last_edited_time"):
        return {"start": found, "end": None}
    return None
