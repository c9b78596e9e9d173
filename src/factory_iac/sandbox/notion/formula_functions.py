"""The functions that formulas of the sandbox may call."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any

from factory_iac.sandbox.notion import formula_dates
from factory_iac.sandbox.notion.formula_values import Person, Row, text


def _empty(found: Any = None) -> bool:
    return found in (None, "", 0, False) or found == []


def _contains(where: Any, what: Any) -> bool:
    return what in where if isinstance(where, list) else text(what) in text(where)


def _to_number(found: Any) -> float | int | None:
    if isinstance(found, bool):
        return int(found)
    if isinstance(found, datetime):
        return int(found.timestamp() * 1000)
    if isinstance(found, int | float):
        return found
    match = re.match(r"\s*-?\d+(\.\d+)?", text(found))
    if match is None:
        return None
    number = float(match.group())
    return int(number) if number.is_integer() else number


MAX_TEXT = 1_000_000


def power(base: float, exponent: float) -> float | int:
    """A power as Notion's floating-point numbers have it: too large a one raises OverflowError, and at once."""
    found = math.pow(base, exponent)
    return int(found) if found.is_integer() else found


def bounded(found: Any) -> Any:
    """The same, unless it is a number too large for floating point: that raises OverflowError."""
    if isinstance(found, int):
        float(found)
    return found


def _repeat(value: Any, times: float) -> str:
    shown = text(value)
    if len(shown) * times > MAX_TEXT:
        raise ValueError("the text is too long")
    return shown * int(times)


def _round(number: float, places: int = 0) -> float | int:
    scale = math.pow(10, places)
    found = math.floor(number * scale + 0.5) / scale
    return int(found) if float(found).is_integer() else found


def _flat(*values: Any) -> list[Any]:
    return [part for value in values for part in (value if isinstance(value, list) else [value])]


def _mean(*values: Any) -> float:
    numbers = _flat(*values)
    return float(sum(numbers) / len(numbers))


def _substring(value: Any, start: int, end: int | None = None) -> str:
    return text(value)[int(start) : None if end is None else int(end)]


def _pattern(found: Any) -> str:
    """A regular expression of JavaScript, as far as Python writes it otherwise."""
    return text(found).replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")


def _replacement(found: Any) -> str:
    """A replacement of JavaScript: `$1` is a group, `$&` all that was found."""
    escaped = text(found).replace("\\", "\\\\").replace("$&", r"\g<0>")
    return re.sub(r"\$([1-9]\d?)", r"\\g<\1>", escaped)


def _unique(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _flattened(values: list[Any]) -> list[Any]:
    return [part for value in values for part in (_flattened(value) if isinstance(value, list) else [value])]


def _padded(value: Any, length: int, sign: str, *, at_start: bool) -> str:
    shown, missing = text(value), int(length)
    if not sign or len(shown) >= missing:
        return shown
    if missing > MAX_TEXT:
        raise ValueError("the text is too long")
    padding = (sign * missing)[: missing - len(shown)]
    return padding + shown if at_start else shown + padding


def _person(part: str) -> Callable[[Any], str]:
    return lambda found: getattr(found, part) if isinstance(found, Person) else ""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "empty": _empty,
    "not": lambda value: not value,
    "length": lambda value: len(value) if isinstance(value, list) else len(text(value)),
    "format": text,
    "toNumber": _to_number,
    "concat": lambda *values: (
        _flat(*values) if any(isinstance(v, list) for v in values) else "".join(map(text, values))
    ),
    "join": lambda values, sign="": text(sign).join(map(text, values)),
    "split": lambda value, sign=" ": text(value).split(text(sign)),
    "contains": _contains,
    "includes": _contains,
    "lower": lambda value: text(value).lower(),
    "upper": lambda value: text(value).upper(),
    "trim": lambda value: text(value).strip(),
    "repeat": _repeat,
    "substring": _substring,
    "replace": lambda value, old, new: re.sub(_pattern(old), _replacement(new), text(value), count=1),
    "replaceAll": lambda value, old, new: re.sub(_pattern(old), _replacement(new), text(value)),
    "test": lambda value, pattern: re.search(_pattern(pattern), text(value)) is not None,
    "match": lambda value, pattern: [found[0] for found in re.finditer(_pattern(pattern), text(value))],
    "padStart": lambda value, length, sign=" ": _padded(value, length, sign, at_start=True),
    "padEnd": lambda value, length, sign=" ": _padded(value, length, sign, at_start=False),
    "style": lambda value, *_: text(value),
    "unstyle": lambda value, *_: text(value),
    "link": lambda label, _: text(label),
    "name": _person("name"),
    "email": _person("email"),
    "id": lambda row: row.id.replace("-", "") if isinstance(row, Row) else "",
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "at": lambda values, index: values[int(index)] if -len(values) <= index < len(values) else None,
    "reverse": lambda values: values[::-1],
    "sort": sorted,
    "unique": _unique,
    "slice": lambda values, start, end=None: values[int(start) : None if end is None else int(end)],
    "flat": _flattened,
    "count": len,
    "abs": abs,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "cbrt": math.cbrt,
    "pow": power,
    "mod": lambda first, second: first % second,
    "add": lambda first, second: first + second,
    "subtract": lambda first, second: first - second,
    "multiply": lambda first, second: first * second,
    "divide": lambda first, second: first / second,
    "sign": lambda number: (number > 0) - (number < 0),
    "exp": math.exp,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "min": lambda *values: min(_flat(*values)),
    "max": lambda *values: max(_flat(*values)),
    "sum": lambda *values: sum(_flat(*values)),
    "mean": _mean,
    "median": lambda *values: median(_flat(*values)),
    "pi": lambda: math.pi,
    "e": lambda: math.e,
    "equal": lambda first, second: first == second,
    "unequal": lambda first, second: first != second,
    **formula_dates.FUNCTIONS,
}
