"""The budget of requests that Notion gives a connection: so many in a window of a minute, at any pace."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=60)
BUDGETS = {"unlimited": None, "free": 180, "business": 600}


class RateBudget:
    """A fixed window that begins with the first request after the last one ended."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._spent = 0

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds until a new window begins; a full one when none runs."""
        if self._began is None or not self._began <= now < self._began + WINDOW:
            return int(WINDOW.total_seconds())
        return max(1, math.ceil((self._began + WINDOW - now).total_seconds()))

    def spend(self, now: datetime, edition: str) -> int | None:
        """Take one request from the budget of an edition: None, or how many seconds to wait when it is spent."""
        if self._began is None or not self._began <= now < self._began + WINDOW:
            self._began, self._spent = now, 0
        self._spent += 1
        budget = BUDGETS[edition]
        return None if budget is None or self._spent <= budget else self.seconds_left(now)
