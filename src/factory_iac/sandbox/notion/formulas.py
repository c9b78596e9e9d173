"""Formulas: references in both forms, checks at writing, values of rows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import errors, formula_language, formula_syntax
from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.formula_values import MAX_REFERENCES, FormulaError, Period, Person, Row, text
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.schemas import Properties, by_id, find_property
from factory_iac.sandbox.notion.store import Record

# After a dot, `prop` means a property of another page: that one is looked up when the formula is computed.
_PROP = re.compile(r"""(?<!\.)\bprop\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)""")
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
    return {"expression": _restored(_reprinted(source), names)}


def _reprinted(source: str) -> str:
    """The formula as Notion writes it, which makes sure that it can be computed."""
    try:
        formula_syntax.check(source)
        node = formula_syntax.parse(source)
    except FormulaError as error:
        raise errors.invalid(f"Type error with formula: {error}") from error
    unknown = formula_language.unknown(node)
    if unknown in formula_language.ABSENT:
        raise errors.absent(f"the formula function {unknown}")
    if unknown is not None:
        raise errors.invalid(f"Type error with formula: {unknown} is not defined")
    return formula_syntax.printed(node)


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


def value(expression: str, row: Row, now: datetime) -> dict[str, Any]:
    """The formula object of a row."""
    source, names = _with_variables(expression)

    def variable(name: str) -> Any:
        token = _TOKEN.fullmatch(names[name])
        return operand(row.read(decoded(token.group(1))), row) if token is not None else None

    try:
        found = formula_language.evaluate(
            formula_syntax.parse(source), formula_language.Scope(variable, _property_of, now)
        )
    except (FormulaError, RecursionError):  # a sum of a thousand parts is as deep as it is long
        return {"type": "string", "string": None}
    return _answer(found)


def _property_of(page: Any, name: str) -> Any:
    return operand(page.read(name), page) if isinstance(page, Row) else None


def is_known(expression: str | None) -> bool:
    """Whether there is an expression in the subset that is evaluated."""
    if expression is None:
        return False
    try:
        node = formula_syntax.parse(_with_variables(expression)[0])
    except FormulaError:
        return False
    return formula_language.unknown(node) is None


def operand(item: dict[str, Any] | None, row: Row) -> Any:
    """A property value of a row as a formula sees it."""
    if item is None:
        return None
    kind = item["type"]
    found = item.get(kind)
    if kind in ("formula", "rollup") and found:
        return operand({"type": found["type"], found["type"]: found.get(found["type"])}, row)
    if kind in ("title", "rich_text"):
        return plain(found or [])
    if kind in ("select", "status"):
        return found["name"] if found else ""
    if kind == "date":
        return _date(found)
    if kind in ("created_time", "last_edited_time"):
        return day_or_moment(found) if found else None
    if kind == "unique_id" and found:
        return "-".join(str(part) for part in (found["prefix"], found["number"]) if part is not None)
    if kind == "array":
        return [operand(part, row) for part in found or []]
    if kind == "relation":
        followed = [row.follow(link["id"]) for link in (found or [])[:MAX_REFERENCES]]
        return [page for page in followed if page is not None]
    if kind == "people":
        return [_person(part) for part in (found or [])[:MAX_REFERENCES]]
    if kind in ("created_by", "last_edited_by") and found:
        return _person(found)
    if isinstance(found, list):
        return [part.get("name", part.get("id")) for part in found]
    if isinstance(found, dict):
        return found.get("name")
    return found


def _person(found: dict[str, Any]) -> Person:
    return Person(found["id"], found.get("name") or "", (found.get("person") or {}).get("email") or "")


def _date(found: dict[str, Any] | None) -> datetime | Period | None:
    if not found:
        return None
    start = day_or_moment(found["start"])
    return Period(start, day_or_moment(found["end"])) if found.get("end") else start


def _answer(found: Any) -> dict[str, Any]:
    if isinstance(found, bool):
        return {"type": "boolean", "boolean": found}
    if isinstance(found, int | float):
        return {"type": "number", "number": int(found) if float(found).is_integer() else found}
    if isinstance(found, datetime | Period):
        start, end = (found, None) if isinstance(found, datetime) else (found.start, found.end)
        date = {"start": _shown(start), "end": None if end is None else _shown(end), "time_zone": None}
        return {"type": "date", "date": date}
    if isinstance(found, list):
        return {"type": "string", "string": ",".join(text(part) for part in found)}
    return {"type": "string", "string": text(found) or None}


def _shown(moment: datetime) -> str:
    shown = moment.isoformat(timespec="milliseconds")
    return shown[:10] if shown.endswith("T00:00:00.000+00:00") else shown
