"""Faults on demand: which request gets which, and with what body."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

KINDS = (
    "status", "status_after_write", "html", "reset", "reset_after_write", "slow", "truncate", "overlap",
)  # fmt: skip
AFTER_WRITE = frozenset({"status_after_write", "reset_after_write", "truncate"})

_BODIES: dict[int, tuple[str, str]] = {
    409: ("conflict_error", "Conflict occurred while saving. Please try again."),
    429: ("rate_limited", "You have been rate limited. Please try again later."),
    500: ("internal_server_error", "Unexpected error occurred."),
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
    """One order: from the `nth` matching request on, for `times` requests, do `kind`."""

    kind: str
    method: str | None = None
    endpoint: str | None = None
    nth: int = 1
    times: int = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    delay: float = 0.0
    seen: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def as_json(self) -> dict[str, Any]:
        """The order, and how many matching requests it has seen."""
        return asdict(self)

    def strikes(self, method: str, endpoint: str) -> bool:
        """Note a request; whether this is one that fails."""
        if self.method not in (None, method) or self.endpoint not in (None, endpoint):
            return False
        self.seen += 1
        due = self.nth <= self.seen < self.nth + self.times
        return due and (self.probability >= 1 or self._dice.random() < self.probability)

    def wait(self, window: int) -> int:
        """The seconds to wait: as ordered, else the rest of the rate `window`."""
        return window if self.retry_after is None else self.retry_after

    def headers(self, window: int) -> dict[str, str]:
        """Headers that go with the status."""
        return {"Retry-After": str(self.wait(window))} if self.status in (429, 529) else {}

    def body(self, window: int, committed: dict[str, Any] | None = None) -> dict[str, Any]:
        """The error body, as Notion words it; `committed` tells what a write made before it failed."""
        code, message = _BODIES.get(self.status, ("internal_server_error", "Unexpected error occurred."))
        body: dict[str, Any] = {
            "object": "error",
            "status": self.status,
            "code": self.code or code,
            "message": self.message or message,
        }
        if self.status == 429:
            body["additional_data"] = rate_limited(self.wait(window))
        if self.kind == "status_after_write":
            body["message"] = self.message or _SAVED
            body["additional_data"] = {
                "retry_guidance": ["Read the object again before retrying.", "Do not repeat the write."]
            }
            body["additional_data"] |= _committed(committed or {})
        return body


def rate_limited(seconds: int) -> dict[str, Any]:
    """What a 429 says besides its message; the seconds are a text."""
    return {"rate_limit_reason": "public_api_request_rate_limit", "retry_after": str(seconds)}


def _committed(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("object") == "list":
        return {"committed_child_ids": [item["id"] for item in answer["results"]]}
    return {"committed_resource_id": answer["id"]} if "id" in answer else {}


def parse(value: Any) -> list[Fault]:
    """Orders from JSON. Raises ValueError when they make no sense."""
    entries = value.get("faults") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise ValueError("faults must be a list")
    return [_parse(entry) for entry in entries]


def _parse(entry: Any) -> Fault:
    if not isinstance(entry, dict) or entry.get("fault") not in KINDS:
        raise ValueError(f"fault must be one of {', '.join(KINDS)}")
    options = {key: value for key, value in entry.items() if key != "fault"}
    if not 0 <= float(options.get("probability", 1)) <= 1:
        raise ValueError("probability must be between 0 and 1")
    try:
        return Fault(entry["fault"], **options)
    except TypeError as error:
        raise ValueError(str(error).removeprefix("Fault.__init__() ")) from error


def struck(faults: list[Fault], method: str, endpoint: str) -> Fault | None:
    """The first fault that hits this request; all take note of it."""
    hits = [fault for fault in faults if fault.strikes(method, endpoint)]
    return hits[0] if hits else None
