# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP with a budget, deadlines and a policy of what may be repeated: what providers with an HTTP API share.

What may be repeated: reads always; a write only when the target refused it (429, 529, 409). After any
other trouble a write may have landed, and ``WriteUnconfirmed`` makes the caller read first. How
often is a matter of time: until the request's deadline, the resource's or the run's is over.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import httpx
import tenacity

from ansible_collections.factory.core.plugins.module_utils.limits import Stop, current_work
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import WriteUnconfirmed
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget

REFUSED = frozenset({409, 429, 529})
"""Whatever the request was, the target did not do it."""
TROUBLE = frozenset({500, 502, 503, 504})
"""It may have been done."""
_HAD_ENOUGH = (429, 529)
_LEAST_SECONDS = 0.01


class HttpError(FactoryError):
    """The target answered with an error that repeating will not mend."""

    def __init__(self, message: str, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class TryAgain(Exception):
    """This request did no harm and may be sent again, after *delay* seconds if the target named them."""

    def __init__(self, error: HttpError, delay: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.delay = delay


def judged(error: HttpError, headers: Mapping[str, str], reads: bool, made: Mapping[str, str] | None) -> Exception:
    """What an error answer means for the caller; *made* names what a write committed before it failed."""
    if error.status in REFUSED:
        return TryAgain(error, retry_after(headers))
    if error.status not in TROUBLE:
        return error
    return TryAgain(error, retry_after(headers)) if reads else WriteUnconfirmed(str(error), made)


class Requests:
    """Sends the requests to one target, for many threads, inside its budget and all deadlines.

    :param deadline: seconds within which a request must succeed, all its repetitions together; waiting
        for the budget does not count.
    """

    def __init__(self, budget: RequestBudget, deadline: float, stop: Stop) -> None:
        self._budget = budget
        self._deadline = deadline
        self._stop = stop
        self._turns: dict[str, threading.Lock] = {}
        self._turns_lock = threading.Lock()

    def read(self, send: Callable[[], Any]) -> Any:
        """What *send* answers; repeated while it raises ``TryAgain``."""
        return self._repeated(send)

    def write(self, send: Callable[[], Any], touched: Iterable[str] = ()) -> Any:
        """The same for a request that changes something; those that touch the same things take turns."""
        with self._turn(touched):
            answer = self._repeated(send)
        current_work().writes += 1
        return answer

    def _repeated(self, send: Callable[[], Any]) -> Any:
        waited = 0.0
        work = current_work()

        def attempt() -> Any:
            nonlocal waited
            self._stop.check()
            work.check()
            start = time.monotonic()
            self._budget.spend()
            waited += time.monotonic() - start
            self._stop.check()
            start = time.monotonic()
            try:
                return send()
            finally:
                work.seconds += time.monotonic() - start

        def over(state: tenacity.RetryCallState) -> bool:
            spent = (state.seconds_since_start or 0) - waited + state.upcoming_sleep
            return spent >= self._deadline or state.upcoming_sleep >= work.left()

        def sleep(seconds: float) -> None:
            self._stop.wait(seconds)
            work.seconds += seconds

        policy = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            wait=_wait,
            stop=over,
            before_sleep=self._close_budget,
            sleep=sleep,
            reraise=True,
        )
        try:
            return policy(attempt)
        except TryAgain as gave_up:
            raise gave_up.error from None

    def _close_budget(self, state: tenacity.RetryCallState) -> None:
        """What one thread is told to wait, all of them wait: the limit is the token's, not the request's."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryAgain) and error.delay is not None and error.error.status in _HAD_ENOUGH:
            self._budget.close_for(error.delay)

    @contextlib.contextmanager
    def _turn(self, touched: Iterable[str]) -> Iterator[None]:
        """Hold the locks of everything that is touched; in one order, so that nobody waits in a circle."""
        with self._turns_lock:
            locks = [self._turns.setdefault(one, threading.Lock()) for one in sorted(set(touched))]
        with contextlib.ExitStack() as held:
            for lock in locks:
                held.enter_context(lock)
            yield


def timely(longest: float, stop: Stop) -> dict[str, list[Callable[..., Any]]]:
    """Event hooks for an httpx client: answers come before all deadlines or not at all, however slowly they trickle.

    Raises ``httpx.ReadTimeout`` when time is over. Hooks and not a transport, since a client with a transport
    of its own takes no notice of HTTPS_PROXY.
    """

    def sent(request: httpx.Request) -> None:
        seconds = max(min(longest, stop.left(), current_work().left()), _LEAST_SECONDS)
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        request.extensions["end"] = time.monotonic() + seconds

    def answered(response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _TimelyStream(response.stream, response.request.extensions["end"], response.request)

    return {"request": [sent], "response": [answered]}


class _TimelyStream(httpx.SyncByteStream):
    """The body of an answer, until a moment of the monotonic clock."""

    def __init__(self, stream: httpx.SyncByteStream, end: float, request: httpx.Request) -> None:
        self._stream = stream
        self._end = end
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if time.monotonic() > self._end:
                raise httpx.ReadTimeout("the answer took too long", request=self._request)
            yield part

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait, if it asks."""
    with contextlib.suppress(ValueError):
        return max(float(headers["retry-after"]), 0.0) if "retry-after" in headers else None
    return None


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TryAgain) and error.delay is not None:
        return error.delay
    return float(tenacity.wait_random_exponential(multiplier=0.2, max=10)(state))
