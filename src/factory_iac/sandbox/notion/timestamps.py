"""Times as Notion writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def to_minute(moment: datetime) -> str:
    """Pages, data sources and blocks: truncated to the minute."""
    return moment.strftime("%Y-%m-%dT%H:%M:00.000Z")


def to_millisecond(moment: datetime) -> str:
    """Databases: milliseconds with an offset."""
    return moment.isoformat(timespec="milliseconds")


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
