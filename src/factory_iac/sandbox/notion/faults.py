"""Faults on demand: which request gets which, and with what body."""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from factory_iac.sandbox.notion.endpoints import HANDLERS

_WHERE = frozenset({"fault", "method", "endpoint", "nth", "times", "probability", "seed"})
_STATUS = frozenset({"status", "code", "message", "retry_after"})
FIELDS: dict[str, frozenset[str]] = {
    "status": _STATUS,
    "status_after_write": _STATUS,
    "html": frozenset({"status"}),
    "reset": frozenset(),
    "reset_after_write": frozenset(),
    "slow": frozenset({"delay"}),
    "truncate": frozenset(),
    "overlap": frozenset({"delay"}),
}
"""The kinds of fault, and what each takes besides which requests it strikes."""
AFTER_WRITE = frozenset({"status_after_write", "reset_after_write", "truncate"})

_BODIES: dict[int, tuple[str, str]] = {
    409: ("conflict_error", "Conflict occurred while saving. Please try again."),
    429: ("rate_limited", "You have been rate limited. Please try again later."),
    500: ("internal_server_error", "Unexpected error occurred."),
    502: ("bad_gateway", "Notion is unavailable. Please try again later."),
    503: ("service_unavailable", "Notion is unavailable. Please try again later."),
    504: ("gateway_timeout", "Notion timed out while handling the request. Please try again later."),
    529: ("service_overload", "Notion is overloaded. Please try again later."),
}
_SAVED = (
    "The change was saved, but the response could not be built in time. Read the object again before "
    "repeating the request."
)
HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
    "</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass
class Fault:
    """One order: from the `nth` matching request on, do `fault`, `times` often or without end."""

    fault: str
    method: str | None = None
    endpoint: str | None = None
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    delay: float = 0.0
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def as_json(self) -> dict[str, Any]:
        """The order as far as it means something, how many matching requests it has seen, and how many it struck."""
        kept = _WHERE | FIELDS[self.fault] | {"seen", "struck"}
        return {name: value for name, value in asdict(self).items() if name in kept}

    def is_due(self, method: str, endpoint: str) -> bool:
        """Note a request; whether this is one that fails."""
        if self.method not in (None, method) or self.endpoint not in (None, endpoint):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.struck >= self.times):
            return False
        return self.probability >= 1 or self._dice.random() < self.probability

    def wait(self, window: int) -> int:
        """The seconds to wait: as ordered, else the rest of the rate `window`."""
        return window if self.retry_after is None else self.retry_after

    def headers(self, window: int) -> dict[str, str]:
        """Headers that go with the status."""
        return {"Retry-After": str(self.wait(window))} if self.status in (429, 529) else {}

    def body(self, window: int, written: dict[str, Any] | None = None) -> dict[str, Any]:
        """The error body, as Notion words it; `written` is the answer of a write that was done before it failed."""
        code, message = _BODIES.get(self.status, ("internal_server_error", "Unexpected error occurred."))
        body: dict[str, Any] = {
            "object": "error",
            "status": self.status,
            "code": self.code or code,
            "message": self.message or message,
        }
        if self.status == 429:
            body["additional_data"] = {
                "rate_limit_reason": "public_api_request_rate_limit",
                "retry_after": str(self.wait(window)),
            }
        if written is not None:
            body["message"] = self.message or _SAVED
            body["additional_data"] = {
                "retry_guidance": ["Read the object again before retrying.", "Do not repeat the write."]
            }
            body["additional_data"] |= _committed(written)
        return body


def _committed(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("object") == "list":
        return {"committed_child_ids": [item["id"] for item in answer["results"]]}
    return {"committed_resource_id": answer["id"]} if "id" in answer else {}


def struck(orders: list[Fault], method: str, endpoint: str) -> Fault | None:
    """The fault that hits this request: the first that is due. All take note of the request."""
    due = [fault for fault in orders if fault.is_due(method, endpoint)]
    if not due:
        return None
    due[0].struck += 1
    return due[0]


def parse(order: dict[str, Any]) -> list[Fault]:
    """Orders from JSON. Raises ValueError when they make no sense."""
    entries = order.get("faults")
    if set(order) != {"faults"} or not isinstance(entries, list):
        raise ValueError('the body must be {"faults": [...]}, a list of faults and nothing else')
    return [_parse(entry, at) for at, entry in enumerate(entries)]


def _parse(entry: Any, at: int) -> Fault:
    try:
        return _checked(entry)
    except ValueError as error:
        raise ValueError(f"faults[{at}]: {error}") from None


def _checked(entry: Any) -> Fault:
    if not isinstance(entry, dict):
        raise ValueError("must be an object")
    kind = entry.get("fault")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise ValueError(f"fault must be one of {', '.join(FIELDS)}")
    known = _WHERE | FIELDS[kind]
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ValueError(f"{kind} does not take {', '.join(unknown)}; it takes {', '.join(sorted(known - {'fault'}))}")
    for name, value in entry.items():
        expected, is_right = _RULES.get(name, ("", _anything))
        if not is_right(value):
            raise ValueError(f"{name} must be {expected}, not {value!r}")
    _check_endpoint(entry.get("method"), entry.get("endpoint"))
    if "delay" in known and "delay" not in entry:
        raise ValueError(f"{kind} needs a delay in seconds")
    if entry.get("status", 503) not in _BODIES and "code" not in entry:
        raise ValueError(f"status {entry['status']} needs a code, such as validation_error")
    defaults: dict[str, Any] = {"status": 502 if kind == "html" else 503}
    if "probability" in entry:
        defaults["times"] = None
    return Fault(**{**defaults, **entry})


def _check_endpoint(method: str | None, endpoint: str | None) -> None:
    templates = sorted({template for _, template in HANDLERS})
    if endpoint is not None and endpoint not in templates:
        near = difflib.get_close_matches(endpoint, templates, n=1, cutoff=0)
        raise ValueError(f"there is no endpoint {endpoint!r}; did you mean {near[0]!r}?")
    if method is not None and endpoint is not None and (method, endpoint) not in HANDLERS:
        there = ", ".join(sorted(one for one, template in HANDLERS if template == endpoint))
        raise ValueError(f"there is no {method} {endpoint}, only {there}")


def _anything(_: Any) -> bool:
    return True


def _whole(least: int, most: int = 10**9) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(above: float, most: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and above < value <= most


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


METHODS = sorted({method for method, _ in HANDLERS})
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "method": (f"one of {', '.join(METHODS)}", lambda value: value in METHODS),
    "endpoint": ("a path with {id} for every id, such as /v1/pages/{id}", _text),
    "nth": ("a whole number from 1", _whole(1)),
    "times": ("a whole number from 1, or null for no end", lambda value: value is None or _whole(1)(value)),
    "probability": ("a number above 0 and up to 1", _number(0, 1)),
    "seed": ("a whole number from 0", _whole(0)),
    "status": ("a status from 400 to 599", _whole(400, 599)),
    "code": ("a text", _text),
    "message": ("a text", _text),
    "retry_after": ("a whole number of seconds from 0", _whole(0)),
    "delay": ("a number of seconds above 0, at most 3600", _number(0, 3600)),
}
