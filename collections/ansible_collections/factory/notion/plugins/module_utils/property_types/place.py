# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""place: a spot on the map, which no other type converts to or from (facts, section 1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)

_EXPECTED = "expected {lat, lon} in degrees, and maybe a name and an address"
_TEXTS = ("name", "address")


class Place(PropertyType):
    """``place``."""

    convertible = False

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """Latitude and longitude in degrees; name and address are texts."""
        if not isinstance(value, dict) or not {"lat", "lon"} <= value.keys() <= {"lat", "lon", *_TEXTS}:
            yield fault(_EXPECTED, value)
            return
        for key, most in (("lat", 90), ("lon", 180)):
            degrees = value[key]
            if not isinstance(degrees, int | float) or isinstance(degrees, bool) or abs(degrees) > most:
                yield fault(f"expected degrees from -{most} to {most}", degrees, key)
        for key in _TEXTS:
            if not isinstance(value.get(key, ""), str):
                yield fault("expected text", value[key], key)

    def normal(self, value: Any) -> Any:
        """What a manifest can say of a place, with nothing left out."""
        return {key: value.get(key) for key in ("lat", "lon", *_TEXTS)} if value else None

    def read(self, stored: Any) -> Any:
        """The same of what Notion stores; the ids that map services give it are its own."""
        return self.normal(stored)

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """As written in the manifest."""
        return dict(value)
