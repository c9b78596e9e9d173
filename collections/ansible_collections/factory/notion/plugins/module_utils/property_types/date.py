# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""date: a day or an instant, or a range of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)

_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_KEYS = {"start", "end", "time_zone"}
_EXPECTED = "expected a date such as 2026-03-01 or 2026-03-01T09:00:00+01:00, or {start, end, time_zone}"


class Date(PropertyType):
    """``date``."""

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """ISO 8601, alone or as a mapping."""
        if isinstance(value, str):
            value = {"start": value}
            at_start: tuple[str, ...] = ()
        elif isinstance(value, dict) and "start" in value:
            at_start = ("start",)
        else:
            yield fault(_EXPECTED, value)
            return
        for key in value.keys() - _KEYS:
            yield ValueFault(f"unknown key '{key}'{did_you_mean(key, _KEYS)}", (key,), at_key=True)
        zone = value.get("time_zone")
        if zone is not None and not _is_zone(zone):
            yield fault("expected a time zone such as Europe/Berlin", zone, "time_zone")
            zone = None
        for path, text in ((at_start, value["start"]), (("end",), value.get("end"))):
            if text is not None and not _is_moment(text, zone):
                yield fault(_EXPECTED, text, *path)
                return
        if value.get("end") is not None and _instant(value["end"], zone) < _instant(value["start"], zone):
            yield ValueFault("the end is before the start", ("end",))

    def normal(self, value: Any) -> Any:
        """Start and end as days or instants in UTC: Notion keeps the instant, not always the zone."""
        if value is None:
            return None
        if isinstance(value, str):
            value = {"start": value}
        zone = value.get("time_zone")
        end = value.get("end")
        return [_instant(value["start"], zone), _instant(end, zone) if end else None]

    def read(self, stored: Any) -> Any:
        """The same of what Notion stores."""
        return self.normal(stored)

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """As written in the manifest."""
        return {"start": value} if isinstance(value, str) else value


def _is_zone(name: Any) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        return False
    return True


def _is_moment(text: Any, zone: str | None) -> bool:
    try:
        _instant(text, zone)
    except (ValueError, TypeError):
        return False
    return True


def _instant(text: str, zone: str | None) -> str:
    if _DAY.match(text):
        return date.fromisoformat(text).isoformat()
    if not _MOMENT.match(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
