"""Identifiers: UUIDs of objects and the four-character ids of properties."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Container
from functools import lru_cache
from urllib.parse import quote, unquote

TITLE_ID = "title"

_ALPHABET = "".join(chr(code) for code in range(ord(":"), ord("~") + 1))
_NIL = "0" * 32
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[1-8][0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}", re.IGNORECASE)


def new_uuid() -> str:
    """A fresh id for an object."""
    return str(uuid.uuid4())


def canonical_uuid(text: object) -> str | None:
    """The dashed, lower-case form of a UUID, or None when Notion would not take it for one.

    The variant and version bits are checked, as Notion does; the nil UUID passes.
    """
    if not isinstance(text, str):
        return None
    if not _UUID.fullmatch(text) and text.replace("-", "") != _NIL:
        return None
    plain = text.replace("-", "").lower()
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


def new_property_id(taken: Container[str]) -> str:
    """A decoded property id that is not among `taken`."""
    while True:
        candidate = "".join(secrets.choice(_ALPHABET) for _ in range(4))
        if candidate not in taken:
            return candidate


def encoded(property_id: str) -> str:
    """The percent-encoded form that the API shows in `id`."""
    return quote(property_id, safe="")


@lru_cache(maxsize=16_384)
def decoded(property_id: str) -> str:
    """The plain form of a property id that may be percent-encoded. Kept, because every value of every row asks."""
    return unquote(property_id)
