"""Which part of a query SQLite can do from an index. What it lets through is still asked the whole filter."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from factory_iac.sandbox.notion import options
from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.filter_checks import RELATIVE_DATES, TIMESTAMPS, kind_of
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.row_plan import Plan, Term
from factory_iac.sandbox.notion.schemas import Properties, Property, named_property

_COMPARISONS = {
    "equals": "=",
    "greater_than": ">",
    "less_than": "<",
    "greater_than_or_equal_to": ">=",
    "less_than_or_equal_to": "<=",
}
_RUNS = ("title", "rich_text")
_CHOICES = ("select", "status")
# A day is compared where it was written: no place on Earth is further than this from UTC, nor is the end of its day.
_MARGIN = 2 * 24 * 3600
_PAST_ANY_TEXT = "\U0010ffff"


def plan(condition: Any, sorts: list[Any], properties: Properties) -> Plan:
    """The part of a checked query that an index can serve."""
    where = [term for part in _conjunction(condition) for term in _tested(part, properties)]
    order = _ordered(sorts[0], properties) if len(sorts) == 1 else None
    descending = order is not None and sorts[0].get("direction") == "descending"
    return Plan(where, order, descending)


def _conjunction(condition: Any) -> list[Any]:
    """The parts of a filter that all have to hold."""
    if not isinstance(condition, dict):
        return []
    return condition["and"] if isinstance(condition.get("and"), list) else [condition]


def _tested(part: dict[str, Any], properties: Properties) -> list[Term]:
    item = _meant(part, properties)
    expression = _expression(item) if item is not None else None
    if item is None or expression is None:
        return []
    condition = part[item["type"] if "timestamp" in part else str(kind_of(part))]
    name, wanted = next(iter(condition.items()))
    return [Term(expression, sign, value) for sign, value in _TESTS[item["type"]](item, name, wanted)]


def _ordered(sort: dict[str, Any], properties: Properties) -> Term | None:
    """The order of a choice is that of its options, which no stored value tells."""
    item = _meant(sort, properties)
    expression = _expression(item) if item is not None and item["type"] not in _CHOICES else None
    return None if expression is None else Term(expression)


def _meant(part: dict[str, Any], properties: Properties) -> Property | None:
    """The property, or the time of a row, that a part of a filter or a sort is about."""
    stamp = part.get("timestamp")
    if stamp in TIMESTAMPS:
        return {"id": stamp, "name": stamp, "type": stamp}
    return named_property(properties, part)


def _expression(item: Property) -> str | None:
    """The stored value of a row as it is compared, for the types that can be compared so."""
    kind, property_id = item["type"], decoded(item["id"])
    if kind not in _TESTS or '"' in property_id:  # No path of SQLite's can name such a key.
        return None
    if kind in TIMESTAMPS:
        return f"moment(json_extract(body, '$.{kind}'))"
    if kind == "unique_id":
        return "json_extract(body, '$.number')"
    key = json.dumps(property_id, ensure_ascii=False).replace("'", "''")
    path = f"'$.values.{key}'"
    if kind == "date":
        return f"moment(json_extract(body, {path[:-1]}.start'))"
    if kind == "checkbox":
        return f"coalesce(json_extract(body, {path}), 0)"
    return f"folded(json_extract(body, {path}))" if kind in _RUNS else f"json_extract(body, {path})"


Tests = list[tuple[str, Any]]


def _of_number(_: Property, name: str, wanted: Any) -> Tests:
    is_exact = name in _COMPARISONS and abs(wanted) < 2**53  # Beyond, SQLite and Python round differently.
    return [(_COMPARISONS[name], wanted)] if is_exact else []


def _of_choice(item: Property, name: str, wanted: Any) -> Tests:
    """An option by its id, but for the one that rows without a status show."""
    config = item[item["type"]]
    default = options.default_status_option(config) if item["type"] == "status" else None
    chosen = next((option for option in config["options"] if option["name"] == wanted), None)
    return [("=", chosen["id"])] if name == "equals" and chosen is not None and chosen != default else []


def _of_checkbox(_: Property, name: str, wanted: Any) -> Tests:
    return [("=", int(wanted == (name == "equals")))]


def _of_text(_: Property, name: str, wanted: Any) -> Tests:
    text = wanted.casefold() if isinstance(wanted, str) else ""
    if name == "equals" and text:
        return [("=", text)]
    return [(">=", text), ("<", text + _PAST_ANY_TEXT)] if name == "starts_with" and text else []


def _of_date(_: Property, name: str, wanted: Any) -> Tests:
    if not isinstance(wanted, str) or wanted in RELATIVE_DATES:
        return []
    bound = day_or_moment(wanted).timestamp()
    latest, earliest = ("<=", bound + _MARGIN), (">=", bound - _MARGIN)
    if name == "equals":
        return [earliest, latest]
    return [latest] if name in ("before", "on_or_before") else [earliest]


_TESTS: dict[str, Callable[[Property, str, Any], Tests]] = {
    **dict.fromkeys(("number", "unique_id"), _of_number),
    **dict.fromkeys(_CHOICES, _of_choice),
    **dict.fromkeys(_RUNS, _of_text),
    **dict.fromkeys(("date", *TIMESTAMPS), _of_date),
    "checkbox": _of_checkbox,
}
