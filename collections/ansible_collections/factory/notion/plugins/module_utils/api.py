# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Talk to Notion: notion-client's request layer, our budget, deadline and retry policy.

notion-client 3.1 gives up on 409, 504, 529, 502 and timeouts, caps Retry-After, and defaults to an
older API version (facts, section 1.2), so its own retries are off and the version is pinned.

What may be repeated: reads always; a write only when Notion refused it (429, 529, 409). After any
other trouble a write may have landed, and :class:`WriteUnconfirmed` makes the caller read first.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import notion_client
import tenacity
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import WriteUnconfirmed
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget

NOTION_VERSION = "2026-03-11"
DEFAULT_BASE_URL = "https://api.notion.com"
_REFUSED = {409, 429, 529}
_TROUBLE = {500, 502, 503, 504}
_LONGEST_ANSWER = 60.0
"""Seconds; Notion itself gives up then (facts, section 1.2)."""
_CREATION = "POST databases"
"""Of other requests, the committed id names a row or a data source, which leads to no database."""
_DO_NOT_RETRY = "public_api_request_blocked"


class NotionError(FactoryError):
    """Notion answered with an error that repeating will not mend."""

    def __init__(self, message: str, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ResultsCut(NotionError):
    """A query has more results than Notion gives; those that it gives came before this."""


class _TryAgain(Exception):
    """This request did no harm and may be sent again, after *delay* seconds if Notion named them."""

    def __init__(self, error: NotionError, delay: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.delay = delay


class NotionApi:
    """One workspace's API, for many threads.

    :param deadline: seconds within which a request must succeed, all its repetitions together.
    :param environment: the environment's name, for messages.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        budget: RequestBudget,
        deadline: float,
        environment: str,
        in_flight: int = 8,
    ) -> None:
        self._budget = budget
        self._deadline = deadline
        self._environment = environment
        self._base_url = base_url
        if not base_url.startswith("https://") and not _is_local(base_url):
            raise FactoryError(f"{base_url} is not https; the token would travel in clear")
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        verify = base_url.startswith("https://")
        self._client = notion_client.Client(
            client=httpx.Client(limits=limits, verify=verify),
            auth=_clean_token(token, environment),
            base_url=base_url,
            notion_version=NOTION_VERSION,
            retry=False,
            timeout_ms=int(min(deadline, _LONGEST_ANSWER) * 1000),
            log_level=logging.CRITICAL,
        )

    def read(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Send a request that changes nothing; repeated through any passing trouble."""
        return self._retrying(lambda: self._send(method, path, body, query, reads=True))

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request that changes something; repeated only where Notion refused it.

        Raises ``WriteUnconfirmed`` when it may have landed.
        """
        return self._retrying(lambda: self._send(method, path, body, {}, reads=False))

    def upload(self, upload_id: str, name: str, content: bytes, content_type: str) -> Any:
        """Send a file's *content* to an upload that was begun.

        Raises ``WriteUnconfirmed`` when it may have landed.
        """
        path = f"file_uploads/{upload_id}/send"
        form = {"file": (name, content, content_type)}
        return self._retrying(lambda: self._send("POST", path, None, {}, reads=False, form=form))

    def pages(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Iterator[Any]:
        """All results of a paginated read, one request per hundred."""
        cursor: dict[str, Any] = {}
        while True:
            if method == "GET":
                answer = self.read(method, path, None, page_size=100, **query, **cursor)
            else:
                answer = self.read(method, path, {**(body or {}), "page_size": 100, **cursor}, **query)
            yield from answer["results"]
            if (answer.get("request_status") or {}).get("type") == "incomplete":
                raise ResultsCut(f"{path}: Notion answers with at most 10,000 rows, and there are more")
            if not answer.get("has_more"):
                return
            cursor = {"start_cursor": answer["next_cursor"]}

    def _retrying(self, send: Callable[[], Any]) -> Any:
        """Send until it goes through or the deadline is over; waiting for the budget does not count."""
        waited = 0.0

        def attempt() -> Any:
            nonlocal waited
            start = time.monotonic()
            self._budget.spend()
            waited += time.monotonic() - start
            return send()

        policy = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            wait=_wait,
            stop=lambda state: (state.seconds_since_start or 0) - waited + state.upcoming_sleep >= self._deadline,
            before_sleep=self._close_budget,
            reraise=True,
        )
        try:
            return policy(attempt)
        except _TryAgain as gave_up:
            raise gave_up.error from None

    def _close_budget(self, state: tenacity.RetryCallState) -> None:
        """What one thread is told to wait, all of them wait: the limit is the token's, not the request's."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgain) and error.delay is not None and error.error.status in (429, 529):
            self._budget.close_for(error.delay)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, Any],
        reads: bool,
        form: dict[str, Any] | None = None,
    ) -> Any:
        what = f"{method} {path}"
        try:
            return self._client.request(
                path, method, query=dict(query) or None, body=None if body is None else dict(body), form_data=form
            )
        except HTTPResponseError as error:
            raise self._judged(what, error, reads) from None
        except (RequestTimeoutError, httpx.TransportError, ValueError) as error:
            raise self._unanswered(what, error, reads) from None

    def _judged(self, what: str, error: HTTPResponseError, reads: bool) -> Exception:
        """What an error answer means for the caller."""
        code = str(getattr(error.code, "value", error.code) or "")
        told = NotionError(self._told(what, error, code), error.status, code)
        details = _additional_data(error)
        if error.status in _REFUSED:
            if details.get("rate_limit_reason") == _DO_NOT_RETRY or code == "row_limit_exceeded":
                return told
            return _TryAgain(told, _retry_after(error.headers))
        if error.status not in _TROUBLE:
            return told
        if reads:
            return _TryAgain(told, _retry_after(error.headers))
        made = details.get("committed_resource_id") if what == _CREATION else None
        return WriteUnconfirmed(str(told), {"id": made} if made else None)

    def _unanswered(self, what: str, error: Exception, reads: bool) -> Exception:
        where = self._base_url
        reason = str(error) or type(error).__name__
        message = f"{what}: no usable answer from {where} in the environment {self._environment} ({reason})"
        if isinstance(error, httpx.ConnectError):
            hint = "is it running? (factory sandbox notion)" if _is_local(where) else "is the network up?"
            told = NotionError(f"{where} cannot be reached in the environment {self._environment}; {hint}")
            return told if _is_local(where) else _TryAgain(told, None)
        return _TryAgain(NotionError(message), None) if reads else WriteUnconfirmed(message)

    def _told(self, what: str, error: HTTPResponseError, code: str) -> str:
        if error.status == 401:
            return (
                f"Notion refuses the token of the environment {self._environment}; "
                "set NOTION_TOKEN to the token of an integration of that workspace"
            )
        request = getattr(error, "request_id", None) or error.headers.get("x-notion-request-id")
        suffix = f" (request {request})" if request else ""
        said = str(error).strip()
        if "<" in said[:200]:
            said = "an HTML page instead of an answer, probably from a proxy"
        return f"{what}: HTTP {error.status} {code}: {said}{suffix}"


def _clean_token(token: str, environment: str) -> str:
    """*token* as a header can carry it; what cannot be one must not get into an error of a library."""
    clean = token.strip()
    if not (clean.isascii() and clean.isprintable()) or " " in clean:
        raise FactoryError(
            f"the Notion token of the environment {environment} has characters that no token has; "
            "copy it again into NOTION_TOKEN"
        )
    return clean


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TryAgain) and error.delay is not None:
        return error.delay
    return float(tenacity.wait_random_exponential(multiplier=0.2, max=10)(state))


def _retry_after(headers: httpx.Headers) -> float | None:
    with contextlib.suppress(ValueError):
        return max(float(headers["retry-after"]), 0.0) if "retry-after" in headers else None
    return None


def _additional_data(error: HTTPResponseError) -> Mapping[str, Any]:
    """From the body: notion-client leaves it out for codes that it does not know."""
    with contextlib.suppress(ValueError, AttributeError):
        return json.loads(error.body).get("additional_data") or {}
    return {}


def _is_local(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
