# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Talk to Notion: notion-client's request layer, our budget, deadline and retry policy.

notion-client 3.1 gives up on 409, 504, 529, 502 and timeouts, caps Retry-After, and defaults to an
older API version (facts, section 1.2), so its own retries are off and the version is pinned.

What may be repeated, and until when, is the policy of ``factory.core``'s ``http``.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import notion_client
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from ansible_collections.factory.core.plugins.module_utils.http import (
    REFUSED,
    HttpError,
    Requests,
    TryAgain,
    judged,
    timely,
)
from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import WriteUnconfirmed
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget

NOTION_VERSION = "2026-03-11"
DEFAULT_BASE_URL = "https://api.notion.com"
_LONGEST_ANSWER = 60.0
"""Seconds; Notion itself gives up then (facts, section 1.2)."""
_CREATION = "POST databases"
"""Of other requests, the committed id names a row or a data source, which leads to no database."""
_DO_NOT_RETRY = "public_api_request_blocked"


class NotionError(HttpError):
    """Notion answered with an error that repeating will not mend."""


class ResultsCut(NotionError):
    """A query has more results than Notion gives; those that it gives came before this."""


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
        stop: Stop | None = None,
    ) -> None:
        stop = stop or Stop()
        self.window = budget.limit
        """How many requests may be sent without waiting."""
        self._requests = Requests(budget, deadline, stop)
        self._environment = environment
        self._base_url = base_url
        if not base_url.startswith("https://") and not _is_local(base_url):
            raise FactoryError(f"{base_url} is not https; the token would travel in clear")
        limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
        longest = min(deadline, _LONGEST_ANSWER)
        verify = base_url.startswith("https://")
        self._client = notion_client.Client(
            client=httpx.Client(limits=limits, verify=verify, event_hooks=timely(longest, stop)),
            auth=_clean_token(token, environment),
            base_url=base_url,
            notion_version=NOTION_VERSION,
            retry=False,
            timeout_ms=int(longest * 1000),
            log_level=logging.CRITICAL,
        )

    def read(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Send a request that changes nothing; repeated through any passing trouble."""
        return self._requests.read(lambda: self._send(method, path, body, query, reads=True))

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request that changes something; repeated only where Notion refused it.

        Writes to one data source take turns: Notion answers 409 where two meet (facts, section 5).
        Raises ``WriteUnconfirmed`` when it may have landed.
        """
        return self._requests.write(lambda: self._send(method, path, body, {}, reads=False), touched(path, body))

    def upload(self, upload_id: str, name: str, content: bytes, content_type: str) -> Any:
        """Send a file's *content* to an upload that was begun.

        Raises ``WriteUnconfirmed`` when it may have landed.
        """
        path = f"file_uploads/{upload_id}/send"
        form = {"file": (name, content, content_type)}
        return self._requests.write(lambda: self._send("POST", path, None, {}, reads=False, form=form))

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
        blocked = details.get("rate_limit_reason") == _DO_NOT_RETRY or code == "row_limit_exceeded"
        if error.status in REFUSED and blocked:
            return told
        made = details.get("committed_resource_id") if what == _CREATION else None
        return judged(told, error.headers, reads, {"id": made} if made else None)

    def _unanswered(self, what: str, error: Exception, reads: bool) -> Exception:
        where = self._base_url
        reason = str(error) or type(error).__name__
        message = f"{what}: no usable answer from {where} in the environment {self._environment} ({reason})"
        if isinstance(error, httpx.ConnectError):
            hint = "is it running? (factory sandbox notion)" if _is_local(where) else "is the network up?"
            told = NotionError(f"{where} cannot be reached in the environment {self._environment}; {hint}")
            return told if _is_local(where) else TryAgain(told)
        return TryAgain(NotionError(message)) if reads else WriteUnconfirmed(message)

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


def touched(path: str, body: Mapping[str, Any] | None) -> frozenset[str]:
    """The ids of what a write changes: what its path and its parent name, and the far ends of two-way relations."""
    body = body or {}
    ids = {path.split("/")[1]} if "/" in path else set()
    parent = body.get("parent") or {}
    ids |= {parent["data_source_id"]} if "data_source_id" in parent else set()
    properties = {**body.get("properties", {}), **body.get("initial_data_source", {}).get("properties", {})}
    for one in properties.values():
        relation = one.get("relation") if isinstance(one, Mapping) else None
        if isinstance(relation, Mapping) and "dual_property" in relation:
            ids.add(relation["data_source_id"])
    return frozenset(ids)


def _clean_token(token: str, environment: str) -> str:
    """*token* as a header can carry it; what cannot be one must not get into an error of a library."""
    clean = token.strip()
    if not (clean.isascii() and clean.isprintable()) or " " in clean:
        raise FactoryError(
            f"the Notion token of the environment {environment} has characters that no token has; "
            "copy it again into NOTION_TOKEN"
        )
    return clean


def _additional_data(error: HTTPResponseError) -> Mapping[str, Any]:
    """From the body: notion-client leaves it out for codes that it does not know."""
    with contextlib.suppress(ValueError, AttributeError):
        return json.loads(error.body).get("additional_data") or {}
    return {}


def _is_local(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
