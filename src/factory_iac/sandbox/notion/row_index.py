"""Which conditions and orders of a query SQLite can serve from an index: the stored value is what is compared."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.row_plan import Plan, Term
from factory_iac.sandbox.notion.schemas import Properties, Property, find_property

_COMPARISONS = {
    "equals": "=",
    "greater_than": ">",
    "less_than": "<",
    "greater_than_or_equal_to": ">=",
    "less_than_or_equal_to": "<=",
}


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


def _tested(part: Any, properties: Properties) -> list[Term]:
    item = find_property(properties, str(part.get("property"))) if isinstance(part, dict) else None
    expression = _expression(item) if item is not None else None
    if item is None or expression is None or not isinstance(part.get(item["type"]), dict):
        return []
    name, wanted = next(iter(part[item["type"]].items()), ("", None))
    if item["type"] == "select":
        options = {option["name"]: option["id"] for option in item["select"]["options"]}
        known = name == "equals" and isinstance(wanted, str) and wanted in options
        return [Term(expression, "=", options[wanted])] if known else []
    is_number = isinstance(wanted, int | float) and not isinstance(wanted, bool) and abs(wanted) < 2**53
    return [Term(expression, _COMPARISONS[name], wanted)] if name in _COMPARISONS and is_number else []


def _ordered(sort: Any, properties: Properties) -> Term | None:
    if isinstance(sort, dict) and sort.get("timestamp") == "created_time":
        return Term("json_extract(body, '$.created_time')")
    item = find_property(properties, str(sort.get("property"))) if isinstance(sort, dict) else None
    expression = _expression(item) if item is not None and item["type"] == "number" else None
    return None if expression is None else Term(expression)


def _expression(item: Property) -> str | None:
    """Where a row keeps a value, for the types that are compared as they are stored."""
    property_id = decoded(item["id"])
    if item["type"] not in ("number", "select") or any(sign in property_id for sign in "\"'\\"):
        return None
    return f"json_extract(body, '$.values.\"{property_id}\"')"
