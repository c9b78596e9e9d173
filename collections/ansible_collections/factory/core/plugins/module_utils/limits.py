# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ends a run, or the work on one resource, before it is through: somebody's wish, or a deadline.

Nothing is cut off in the middle: a request that was sent gets its answer, and nothing is sent after it.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError


class Interrupted(Exception):
    """The run is to end, so this request was not sent. No ``FactoryError``: no resource is at fault."""


class OutOfTime(FactoryError):
    """The work on one resource took longer than it may; nothing was sent after that."""


class Stop:
    """Whether a run is to end before it is through, and why; for many threads.

    :param seconds: the run's deadline, 0 for none.
    """

    def __init__(self, seconds: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds if seconds else math.inf
        self._seconds = seconds
        self._asked = threading.Event()
        self._reason = ""

    def ask(self, reason: str) -> None:
        """Let nothing more be sent; *reason* is told. Not for signal handlers: it takes a lock."""
        self._reason = self._reason or reason
        self._asked.set()

    @property
    def reason(self) -> str:
        """Why the run is to end; empty while it may go on."""
        if not self._reason and self._clock() >= self._end:
            self.ask(f"the deadline of the run ({self._seconds:g} s) is over")
        return self._reason

    def left(self) -> float:
        """Seconds until the run's deadline."""
        return max(self._end - self._clock(), 0.0)

    def check(self) -> None:
        """Raise ``Interrupted`` if the run is to end."""
        if self.reason:
            raise Interrupted(self.reason)

    def wait(self, seconds: float) -> None:
        """Sleep. Raises ``Interrupted`` as soon as the run is to end."""
        self._asked.wait(min(seconds, self.left()))
        self.check()


@dataclass
class Work:
    """The requests of one resource: how long they took together, and how many of them wrote something."""

    deadline: float = math.inf
    seconds: float = 0.0
    writes: int = 0

    def left(self) -> float:
        """Seconds that its requests may still take."""
        return self.deadline - self.seconds

    def check(self) -> None:
        """Raise ``OutOfTime`` when it has had its time."""
        if self.left() <= 0:
            raise OutOfTime(
                f"the deadline of one resource ({self.deadline:g} s) is over; what was sent is done, the rest is not"
            )


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def current_work() -> Work:
    """The work that requests of this thread belong to."""
    return _current.get() or Work()


@contextlib.contextmanager
def working(work: Work) -> Iterator[None]:
    """Let the requests of this thread belong to *work*."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)
