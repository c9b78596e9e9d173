"""The time of a workspace: the real one until somebody moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from factory_iac.sandbox.notion.timestamps import now

YEARS = range(1970, 3000)
"""Dates far from here would leave no room to count from them."""


class Clock:
    """A clock that can be set, moved on and stopped."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._stopped: datetime | None = None

    def now(self) -> datetime:
        """The present, in UTC."""
        return self._stopped or now() + self._offset

    def change(self, order: dict[str, Any]) -> None:
        """`now`: set it (null for the real time); `advance`: seconds to move on; `frozen`: stop or run.

        Raises ValueError when the order makes no sense.
        """
        unknown = set(order) - {"now", "advance", "frozen"}
        if unknown:
            raise ValueError(f"unknown clock order {', '.join(sorted(unknown))}; known are now, advance and frozen")
        frozen = order.get("frozen", self._stopped is not None)
        if not isinstance(frozen, bool):
            raise ValueError(f"frozen must be true or false, not {frozen!r}")
        moment = _moment(order["now"]) if "now" in order else self.now()
        advance = order.get("advance", 0)
        if isinstance(advance, bool) or not isinstance(advance, int | float):
            raise ValueError(f"advance must be a number of seconds, not {advance!r}")
        try:
            moment += timedelta(seconds=advance)
        except (OverflowError, ValueError) as error:
            raise ValueError(f"advance is too far: {advance}") from error
        if moment.year not in YEARS:
            raise ValueError(f"the time must lie in the years {YEARS[0]} to {YEARS[-1]}, not in {moment.year}")
        self._stopped = moment if frozen else None
        self._offset = moment - now()

    def as_json(self) -> dict[str, Any]:
        """The time and whether it stands still."""
        return {"now": self.now().isoformat(timespec="milliseconds"), "frozen": self._stopped is not None}


def _moment(text: object) -> datetime:
    if text is None:
        return now()
    if not isinstance(text, str):
        raise ValueError(f"now must be an ISO 8601 text or null, not {text!r}")
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"now must be an ISO 8601 text or null, not {text!r}") from error
