"""What a comparison passes over, by rule only; every application is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from factory_iac.replay.binding import Binding

Json = dict[str, Any]
REQUEST_ID = "request id"
TIME = "timestamp (format compared)"
SIGNED_URL = "signed URL"
SLUG = "slug of a page address"
API_HOST = "host of an API address"
COLOR = "option colour chosen by the server"

_TIMES = (
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"),
)
_PAGE_URL = re.compile(r"(https://(?:www\.notion\.so|app\.notion\.com)/(?:p/)?)(?:[^/?]*-)?([0-9a-f]{32})(.*)")
_COLORS = frozenset({"default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"})


class Masks:
    """The rules, how often each applied, and the colours that requests asked for."""

    def __init__(self, applied: Counter[str], binding: Binding) -> None:
        self._applied = applied
        self._binding = binding
        self._asked_for: set[str] = set()
        self._chosen: dict[str, tuple[str, str]] = {}

    def note_request(self, body: Any) -> None:
        """Remember the options for which a request names a colour: those are compared."""
        for entry in _dicts(body):
            if isinstance(entry.get("name"), str) and entry.get("color") is not None:
                self._asked_for.add(entry["name"])

    def hides(self, owner: Json, key: str, recorded: Any, ours: Any) -> bool:
        """Whether a rule lets `ours` stand for `recorded` under this key of an object."""
        rule = self._rule(owner, key, recorded, ours)
        if rule is not None:
            self._applied[rule] += 1
        return rule is not None

    def _rule(self, owner: Json, key: str, recorded: Any, ours: Any) -> str | None:
        if not isinstance(recorded, str) or not isinstance(ours, str):
            return None
        if key == "request_id":
            return REQUEST_ID
        if key.endswith(("_time", "_at")) and _time_form(recorded) is not None:
            return TIME if _time_form(recorded) == _time_form(ours) else None
        if key in ("url", "upload_url") and "expiry_time" in owner and recorded != ours:
            return SIGNED_URL
        if key == "status_url" and recorded != ours and _path(self._binding.text(recorded)) == _path(ours):
            return API_HOST
        if key == "color" and self._is_chosen(owner, recorded, ours):
            return COLOR
        return SLUG if key in ("url", "public_url") and self._same_page(recorded, ours) else None

    def _is_chosen(self, owner: Json, recorded: str, ours: str) -> bool:
        """A colour that nobody asked for may differ, but must stay what it was."""
        option_id, name = owner.get("id"), owner.get("name")
        if recorded == ours or not {recorded, ours} <= _COLORS or not isinstance(option_id, str):
            return False
        if name in self._asked_for or not self._binding.is_ours(option_id):
            return False
        return self._chosen.setdefault(option_id, (recorded, ours)) == (recorded, ours)

    def _same_page(self, recorded: str, ours: str) -> bool:
        one, other = _PAGE_URL.fullmatch(self._binding.text(recorded)), _PAGE_URL.fullmatch(ours)
        return recorded != ours and one is not None and other is not None and one.groups() == other.groups()


def _path(address: str) -> str:
    return "/".join(address.split("/")[3:])


def _time_form(text: str) -> int | None:
    return next((at for at, form in enumerate(_TIMES) if form.fullmatch(text)), None)


def _dicts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _dicts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _dicts(part)
