"""Icons and covers: what a request may send and what is answered."""

from __future__ import annotations

import re
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.call import object_at
from factory_iac.sandbox.notion.rich_text import check_length
from factory_iac.sandbox.notion.shapes import Choice, Fields, OneOf, Shape, Text, Uuid

_ICONS = ("emoji", "external", "file_upload", "custom_emoji", "icon", "file")
_NATIVE = re.compile(
    r"https://(?:www\.)?notion\.so/icons/(?P<name>[a-z0-9-]+)_"
    r"(?P<color>gray|lightgray|brown|yellow|orange|green|blue|purple|pink|red)\.svg"
)
_COVERS = ("external", "file_upload", "file")
_COLORS = ("gray", "lightgray", "brown", "yellow", "orange", "green", "blue", "purple", "pink", "red")


def _kind(name: str, shape: Shape) -> Fields:
    return Fields({name: shape}, {"type": Choice((name,))})


_UPLOAD = _kind("file_upload", Fields({"id": Uuid()}))
_EXTERNAL = _kind("external", Fields({"url": Text(2000, populated=True)}))
ICON = OneOf(
    (
        _UPLOAD,
        _kind("emoji", Text(populated=True)),
        _EXTERNAL,
        _kind("custom_emoji", Fields({"id": Uuid()}, {"name": Text(), "url": Text()})),
        _kind("icon", Fields({"name": Text(populated=True)}, {"color": Choice(_COLORS)})),
    )
)
COVER = OneOf((_UPLOAD, _EXTERNAL))


def icon(value: object, path: str, *, nullable: bool) -> dict[str, Any] | None:
    """An icon as stored."""
    found = _decoration(value, path, _ICONS, nullable=nullable)
    if found is None or found["type"] != "external":
        return found
    native = _NATIVE.fullmatch(str(found["external"].get("url")))
    return found if native is None else {"type": "icon", "icon": native.groupdict()}


def cover(value: object, path: str, *, nullable: bool) -> dict[str, Any] | None:
    """A cover as stored."""
    return _decoration(value, path, _COVERS, nullable=nullable)


def _decoration(value: object, path: str, kinds: tuple[str, ...], *, nullable: bool) -> dict[str, Any] | None:
    if value is None and nullable:
        return None
    if not isinstance(value, dict):
        allowed = "an object, `null`, or `undefined`" if nullable else "an object or `undefined`"
        raise errors.invalid_body(path, allowed, value)
    kind = value.get("type") or next((key for key in kinds if key in value), None)
    if kind not in kinds or kind not in value:
        raise errors.missing(f"{path}.{kinds[0]}")
    inner = value[kind]
    if kind == "external":
        inner = object_at(inner, f"{path}.external")
        check_length(f"{path}.external.url", str(inner.get("url", "")), 2000)
    if kind == "icon" and isinstance(inner, dict):
        inner = {"name": inner.get("name"), "color": inner.get("color", "gray")}
    return {"type": kind, kind: inner}
