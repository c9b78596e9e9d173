"""Recorded ids and ours: bound one to one when they are first seen in the same place."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_TOKEN = re.compile(r"(block_property:)([^:}]+)(:)")


def _plain(text: str) -> str:
    return text.replace("-", "")


class Binding:
    """Both directions, for object ids and for property ids."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._our_properties: dict[str, str] = {}
        self._recorded_properties: dict[str, str] = {}

    def learn_text(self, recorded: str, ours: str) -> None:
        """Bind the ids in two texts, pair by pair."""
        for one, other in zip(UUID.findall(recorded), UUID.findall(ours), strict=False):
            self._learn(_plain(one), _plain(other))
        for one, other in zip(_TOKEN.findall(recorded), _TOKEN.findall(ours), strict=False):
            self.learn_property(one[1], other[1])

    def _learn(self, recorded: str, ours: str) -> None:
        if recorded not in self._ours and ours not in self._recorded:
            self._ours[recorded] = ours
            self._recorded[ours] = recorded

    def learn_property(self, recorded: str, ours: str) -> None:
        """Bind two property ids, encoded or not."""
        one, other = unquote(recorded), unquote(ours)
        if one not in self._our_properties and other not in self._recorded_properties:
            self._our_properties[one] = other
            self._recorded_properties[other] = one

    def is_bound(self, recorded: str) -> bool:
        """Whether it is known what stands for a recorded id."""
        return _plain(recorded) in self._ours

    def is_ours(self, recorded: str) -> bool:
        """Whether an object was made by our server, not loaded."""
        plain = _plain(recorded)
        return self._ours.get(plain, plain) != plain

    def property_id(self, recorded: str, *, plain: bool = False) -> str:
        """A property id as ours: percent-encoded, or plain as rollups show it."""
        ours = self._our_properties.get(unquote(recorded))
        if ours is None:
            return recorded
        return ours if plain else quote(ours, safe="")

    def text(self, recorded: str) -> str:
        """A recorded text with our ids in it."""
        said = UUID.sub(lambda match: self._same_form(match.group(0)), recorded)
        return _TOKEN.sub(lambda match: f"{match[1]}{self.property_id(match[2])}{match[3]}", said)

    def _same_form(self, recorded: str) -> str:
        ours = self._ours.get(_plain(recorded))
        if ours is None:
            return recorded
        if "-" not in recorded:
            return ours
        return f"{ours[:8]}-{ours[8:12]}-{ours[12:16]}-{ours[16:20]}-{ours[20:]}"

    def request_text(self, recorded: str) -> str:
        """A text of a request, which may be a property id and nothing else."""
        known = unquote(recorded) in self._our_properties
        return self.property_id(recorded) if known else self.text(recorded)

    def request(self, value: Any) -> Any:
        """A request body with our ids."""
        if isinstance(value, dict):
            return {self.request_text(key): self.request(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.request(part) for part in value]
        return self.request_text(value) if isinstance(value, str) else value

    def path(self, recorded: str) -> str:
        """A path and its query with our ids."""
        before, mark, after = recorded.partition("?")
        parts = [self.request_text(part) for part in before.split("/")]
        return "/".join(parts) + mark + self._query(after)

    def _query(self, text: str) -> str:
        pairs = [pair.partition("=") for pair in text.split("&")]
        return "&".join(f"{name}{mark}{self.request_text(value)}" for name, mark, value in pairs)
