# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A budget of requests per window of time, shared by all threads that talk to one target.

A window's budget may be spent at once; only when it is spent does anybody wait, until the window
ends. There is no delay between requests (facts: Notion's limit is a fixed budget per 60 seconds).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RequestBudget:
    """At most *limit* requests in any window of *window* seconds that starts with a request."""

    def __init__(
        self,
        limit: int,
        window: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        waiting: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        self.limit = limit
        self._window = window
        self._clock = clock
        self._sleep = sleep
        self._waiting = waiting
        self._lock = threading.Lock()
        self._window_end = float("-inf")
        self._spent = 0
        self._closed_until = float("-inf")

    def spend(self) -> None:
        """Take one request from the budget; blocks while it is spent."""
        while (seconds := self._try_spend()) > 0:
            self._waiting(seconds)
            self._sleep(seconds)

    def close_for(self, seconds: float) -> None:
        """Let nobody send for *seconds*: the target said that it has had enough."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def _try_spend(self) -> float:
        """Spend and return 0, or the seconds to wait before trying again."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return self._closed_until - now
            if now >= self._window_end:
                self._window_end, self._spent = now + self._window, 0
            if self._spent >= self.limit:
                return self._window_end - now
            self._spent += 1
            return 0.0
