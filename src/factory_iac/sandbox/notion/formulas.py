"""Formulas: references in both forms, checks at writing, values of rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import errors, formula_language, formula_syntax
from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.formula_functions import FormulaError, text
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.schemas import Properties, by_id, find_property
from factory_iac.sandbox.notion.store import Record

_PROP = re.compile(r"""prop\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)""")
_TOKEN = re.compile(r"\{\{notion:block_property:([^:}]+):([0-9a-f-]{36}):[0-9a-f-]{36}\}\}")


def config(
    owner: Record, space_id: str, current: dict[str, Any] | None, given: dict[str, Any], path: str
) -> dict[str, Any]:
    """The configuration of a formula after a write, with its references as tokens."""
    expression = given.get("expression")
    if expression is None:
        return current or {"expression": ""}
    if not isinstance(expression, str):
        raise errors.invalid_body(f"{path}.expression", "a string or `undefined`", expression)
    source, names = _with_variables(with_tokens(expression, owner, space_id))
    try:
        formula_syntax.check(source)
    except FormulaError as error:
        raise errors.invalid(f"Type error with formula: {error}") from error
    return {"expression": _restored(_reprinted(source), names)}


def _with_variables(expression: str) -> tuple[str, dict[str, str]]:
    """The expression with a `$number` for every token, and the tokens by it."""
    names: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        name = f"$reference{len(names)}"
        names[name] = match.group(0)
        return name

    return _TOKEN.sub(variable, expression), names


def _restored(source: str, names: dict[str, str]) -> str:
    return re.sub(r"\$reference\d+", lambda match: names.get(match.group(0), match.group(0)), source)


def _reprinted(source: str) -> str:
    try:
        return formula_syntax.printed(formula_syntax.parse(source))
    except FormulaError:
        return source


def with_tokens(expression: str, owner: Record, space_id: str) -> str:
    """The expression with every `prop("Name")` as a token. Unknown names are refused."""
    properties: Properties = owner.body["properties"]

    def token(match: re.Match[str]) -> str:
        name = match.group(1)[1:-1].replace('\\"', '"').replace("\\'", "'")
        found = properties.get(name) or find_property(properties, name)
        if found is None:
            raise errors.invalid(f'Type error with formula: Undefined property "{name}"')
        return f"{{{{notion:block_property:{found['id']}:{owner.id}:{space_id}}}}}"

    for match in _TOKEN.finditer(expression):
        if by_id(properties, decoded(match.group(1))) is None:
            raise errors.invalid(f'Type error with formula: Undefined property "{match.group(1)}"')
    return _PROP.sub(token, expression)


def with_names(expression: str, properties: Properties) -> str:
    """The expression with every token as `prop("Name")`, where the property still exists."""

    def named(match: re.Match[str]) -> str:
        found = by_id(properties, decoded(match.group(1)))
        if found is None:
            return match.group(0)
        return 'prop("{}")'.format(found["name"].replace('"', '\\"'))

    return _TOKEN.sub(named, expression)


def value(expression: str, read: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
    """The formula object of a row. `read` gives the value of a property by decoded id."""
    source, names = _with_variables(expression)

    def variable(name: str) -> Any:
        token = _TOKEN.fullmatch(names[name])
        return operand(read(decoded(token.group(1)))) if token is not None else None

    try:
        found = formula_language.evaluate(formula_syntax.parse(source), variable)
    except (FormulaError, RecursionError):  # a sum of a thousand parts is as deep as it is long
        return {"type": "string", "string": None}
    return _answer(found)


def is_known(expression: str | None) -> bool:
    """Whether there is an expression in the subset that is evaluated."""
    if expression is None:
        return False
    try:
        formula_syntax.check(_with_variables(expression)[0])
    except FormulaError:
        return False
    return True


def operand(item: dict[str, Any] | None) -> Any:
    """A property value as a formula sees it."""
    if item is None:
        return None
    kind = item["type"]
    found = item.get(kind)
    if kind in ("formula", "rollup") and found:
        return operand({"type": found["type"], found["type"]: found.get(found["type"])})
    if kind in ("title", "rich_text"):
        return plain(found or [])
    if kind in ("select", "status"):
        return found["name"] if found else ""
    if kind == "date":
        return day_or_moment(found["start"]) if found else None
    if kind in ("created_time", "last_edited_time"):
        return day_or_moment(found) if found else None
    if kind == "unique_id" and found:
        return "-".join(str(part) for part in (found["prefix"], found["number"]) if part is not None)
    if kind == "array":
        return [operand(part) for part in found or []]
    if isinstance(found, list):
        return [part.get("name", part.get("id")) for part in found]
    if isinstance(found, dict):
        return found.get("name")
    return found


def _answer(found: Any) -> dict[str, Any]:
    if isinstance(found, bool):
        return {"type": "boolean", "boolean": found}
    if isinstance(found, int | float):
        return {"type": "number", "number": int(found) if float(found).is_integer() else found}
    if isinstance(found, datetime):
        shown = found.isoformat(timespec="milliseconds")
        start = shown[:10] if shown.endswith("T00:00:00.000+00:00") else shown
        return {"type": "date", "date": {"start": start, "end": None, "time_zone": None}}
    if isinstance(found, list):
        return {"type": "string", "string": ",".join(text(part) for part in found)}
    return {"type": "string", "string": found if found else None}
