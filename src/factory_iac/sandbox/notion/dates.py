"""Dates of rows: checking, normalising and comparing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from factory_iac.sandbox.notion import errors


def day_or_moment(text: str) -> datetime:
    """A comparable moment for an ISO day or date-time; days begin at midnight UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def has_time(text: str) -> bool:
    """Whether an ISO text says more than the day."""
    return len(text) > 10


def normalise(value: object, path: str) -> dict[str, Any] | None:
    """A date value as stored: days stay days, times lose their seconds, zones become offsets."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise errors.invalid_body(path, "an object or `null`", value)
    if value.get("start") is None:
        raise errors.missing(f"{path}.start")
    zone = _zone(value.get("time_zone"), f"{path}.time_zone")
    start = _edge(value["start"], zone, f"{path}.start")
    end = None if value.get("end") is None else _edge(value["end"], zone, f"{path}.end")
    if end is not None and day_or_moment(end) < day_or_moment(start):
        raise errors.invalid_body(f"{path}.end", "after the start of the date", value["end"])
    return {"start": start, "end": end, "time_zone": None}


def _zone(name: object, path: str) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise errors.invalid_body(path, "a valid time zone", name) from error


def _edge(text: object, zone: ZoneInfo | None, path: str) -> str:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise errors.invalid_body(path, "a valid ISO 8601 date string", text) from error
    if not has_time(str(text)):
        return moment.date().isoformat()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or UTC)
    return moment.replace(second=0, microsecond=0).isoformat(timespec="milliseconds")
