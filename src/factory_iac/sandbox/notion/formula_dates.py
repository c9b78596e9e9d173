"""Functions of formulas on dates. A period stands for its start where a moment is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.formula_values import Period, text

_UNITS: dict[str, timedelta] = {
    "weeks": timedelta(weeks=1),
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "seconds": timedelta(seconds=1),
    "milliseconds": timedelta(milliseconds=1),
}
_MONTHS = {"years": 12, "quarters": 3, "months": 1}
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def start_of(found: Any) -> Any:
    """A moment for a moment or period."""
    return found.start if isinstance(found, Period) else found


def _end_of(found: Any) -> Any:
    return found.end if isinstance(found, Period) else found


def _shifted(found: Any, amount: float, unit: str) -> datetime | None:
    moment = start_of(found)
    if moment is None:
        return None
    if unit in _MONTHS:
        months = moment.month - 1 + int(amount) * _MONTHS[unit]
        year, month = moment.year + months // 12, months % 12 + 1
        last = (datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        return datetime.combine(moment.replace(year=year, month=month, day=min(moment.day, last)), moment.timetz())
    shifted: datetime = moment + amount * _UNITS[unit]
    return shifted


def _between(first: Any, second: Any, unit: str) -> int | None:
    later, earlier = start_of(first), start_of(second)
    if later is None or earlier is None:
        return None
    if unit in _MONTHS:
        months = (later.year - earlier.year) * 12 + later.month - earlier.month
        if later.day < earlier.day:
            months -= 1
        return int(months / _MONTHS[unit])
    return int((later - earlier) / _UNITS[unit])


def _of(part: Callable[[datetime], Any]) -> Callable[[Any], Any]:
    """A function on a moment that leaves nothing as nothing."""
    return lambda found: None if found is None else part(start_of(found))


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else _SUFFIXES.get(day % 10, 'th')}"


# The signs of Moment.js, which Notion's reference of formatDate refers to.
_SIGNS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: f"{at:%B}",
    "MMM": lambda at: f"{at:%b}",
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "Do": lambda at: _ordinal(at.day),
    "DDDD": lambda at: f"{at:%j}",
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: str(at.day),
    "dddd": lambda at: f"{at:%A}",
    "ddd": lambda at: f"{at:%a}",
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "h": lambda at: str(at.hour % 12 or 12),
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "A": lambda at: f"{at:%p}",
    "a": lambda at: f"{at:%p}".lower(),
    "Q": lambda at: str((at.month + 2) // 3),
    "WW": lambda at: f"{at.isocalendar().week:02}",
    "W": lambda at: str(at.isocalendar().week),
    "X": lambda at: str(int(at.timestamp())),
    "x": lambda at: str(int(at.timestamp() * 1000)),
}
_SIGN = re.compile(r"\[([^\]]*)\]|" + "|".join(sorted(_SIGNS, key=len, reverse=True)))


def _formatted(found: Any, form: str) -> str:
    moment = start_of(found)
    if moment is None:
        return ""
    return _SIGN.sub(lambda sign: _SIGNS[sign[0]](moment) if sign[0] in _SIGNS else sign[1], form)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "parseDate": lambda value: day_or_moment(text(value)),
    "dateAdd": _shifted,
    "dateSubtract": lambda moment, amount, unit: _shifted(moment, -amount, unit),
    "dateBetween": _between,
    "dateRange": Period,
    "dateStart": start_of,
    "dateEnd": _end_of,
    "formatDate": _formatted,
    "year": _of(lambda moment: moment.year),
    "month": _of(lambda moment: moment.month),
    "week": _of(lambda moment: moment.isocalendar().week),
    "date": _of(lambda moment: moment.day),
    "day": _of(lambda moment: moment.isoweekday()),
    "hour": _of(lambda moment: moment.hour),
    "minute": _of(lambda moment: moment.minute),
    "timestamp": _of(lambda moment: int(moment.timestamp() * 1000)),
    "fromTimestamp": lambda number: datetime.fromtimestamp(number / 1000, UTC),
}
