# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop asking a server that fails again and again, and try one call after a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class CircuitBreaker:
    """Opens after ``failures`` in a row; after ``seconds`` lets one call through, whose end decides."""

    failures: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _opened: float = 0.0
    _trying: bool = False

    def wait(self) -> float:
        """0 when a call may be sent, and is taken for sent; else the seconds until one may."""
        if self._failed < self.failures:
            return 0.0
        left = self._opened + self.seconds - self.clock()
        if left > 0 or self._trying:
            return max(left, 0.001)
        self._trying = True
        return 0.0

    def succeeded(self) -> None:
        """A call reached the server."""
        self._failed, self._trying = 0, False

    def failed(self) -> None:
        """A call did not reach the server, or was left unanswered."""
        self._failed, self._trying = self._failed + 1, False
        if self._failed >= self.failures:
            self._opened = self.clock()
