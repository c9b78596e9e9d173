"""The functions that formulas of the sandbox may call."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from factory_iac.sandbox.notion.dates import day_or_moment


class FormulaError(Exception):
    """The formula is wrong, or beyond what the sandbox computes."""


def text(found: Any) -> str:
    """A value as a formula shows it in text."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    if isinstance(found, datetime):
        return f"{found:%B} {found.day}, {found.year}" + (f" {found:%H:%M}" if found.hour or found.minute else "")
    if isinstance(found, list):
        return ", ".join(text(part) for part in found)
    return str(found)


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
    return text(found)


def _shifted(moment: datetime | None, amount: float, unit: str) -> datetime | None:
    if moment is None:
        return None
    if unit in ("years", "quarters", "months"):
        months = moment.month - 1 + int(amount) * {"years": 12, "quarters": 3, "months": 1}[unit]
        year, month = moment.year + months // 12, months % 12 + 1
        last = (datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        return moment.replace(year=year, month=month, day=min(moment.day, last))
    return moment + amount * _UNITS[unit]


def _between(later: datetime | None, earlier: datetime | None, unit: str) -> int | None:
    if later is None or earlier is None:
        return None
    if unit in ("years", "quarters", "months"):
        months = (later.year - earlier.year) * 12 + later.month - earlier.month
        if later.day < earlier.day:
            months -= 1
        return int(months / {"years": 12, "quarters": 3, "months": 1}[unit])
    return int((later - earlier) / _UNITS[unit])


_UNITS: dict[str, timedelta] = {
    "weeks": timedelta(weeks=1),
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "seconds": timedelta(seconds=1),
    "milliseconds": timedelta(milliseconds=1),
}

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
    "replace": lambda value, old, new: re.sub(_pattern(old), text(new), text(value), count=1),
    "replaceAll": lambda value, old, new: re.sub(_pattern(old), text(new), text(value)),
    "test": lambda value, pattern: re.search(_pattern(pattern), text(value)) is not None,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "at": lambda values, index: values[int(index)] if -len(values) <= index < len(values) else None,
    "reverse": lambda values: values[::-1],
    "sort": sorted,
    "unique": lambda values: list(dict.fromkeys(values)),
    "abs": abs,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
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
    "equal": lambda first, second: first == second,
    "unequal": lambda first, second: first != second,
    "now": lambda: datetime.now(UTC),
    "today": lambda: datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
    "parseDate": lambda value: day_or_moment(text(value)),
    "dateAdd": _shifted,
    "dateSubtract": lambda moment, amount, unit: _shifted(moment, -amount, unit),
    "dateBetween": _between,
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "date": lambda moment: moment.day,
    "day": lambda moment: moment.isoweekday(),
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "timestamp": lambda moment: int(moment.timestamp() * 1000),
    "fromTimestamp": lambda number: datetime.fromtimestamp(number / 1000, UTC),
}
