"""What an object must look like to be loaded. What it leaves out is filled in; what it has must be right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion.ids import canonical_uuid

Shape = Callable[[Any, str], None]
"""Raises ValueError, naming the place, for a value that is not as Notion returns it."""


def check(entry: Any) -> None:
    """Raise ValueError, naming the place, when this is not an object as Notion returns it."""
    if not isinstance(entry, dict):
        raise ValueError(f"must be an object, not {entry!r}")
    kind = entry.get("object")
    if not isinstance(kind, str) or kind not in _OBJECTS:
        raise ValueError(f"object must be one of {', '.join(sorted(_OBJECTS))}, not {kind!r}")
    if canonical_uuid(entry.get("id")) is None:
        raise ValueError(f"{kind} has no valid id: {entry.get('id')!r}")
    _OBJECTS[kind](entry, "")


def _refuse(path: str, expected: str, value: Any) -> None:
    raise ValueError(f"{path} must be {expected}, not {value!r:.80}")


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        _refuse(path, "a text", value)


def _flag(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        _refuse(path, "true or false", value)


def _number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(path, "a number", value)


def _count(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        _refuse(path, "a whole number", value)


def _uuid(value: Any, path: str) -> None:
    if canonical_uuid(value) is None:
        _refuse(path, "a UUID", value)


def _time(value: Any, path: str) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        _refuse(path, "a time in ISO 8601", value)


def _nullable(shape: Shape) -> Shape:
    def checked(value: Any, path: str) -> None:
        if value is not None:
            shape(value, path)

    return checked


def _each(shape: Shape) -> Shape:
    def checked(value: Any, path: str) -> None:
        if not isinstance(value, list):
            _refuse(path, "a list", value)
        for at, part in enumerate(value):
            shape(part, f"{path}[{at}]")

    return checked


def _by_name(shape: Shape) -> Shape:
    def checked(value: Any, path: str) -> None:
        _object()(value, path)
        for name, part in value.items():
            shape(part, f"{path}.{name}")

    return checked


def _object(required: tuple[str, ...] = (), /, **fields: Shape) -> Shape:
    def checked(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            _refuse(path, "an object", value)
        for name in required:
            if name not in value:
                raise ValueError(f"{path}.{name} is missing".lstrip("."))
        for name, shape in fields.items():
            if name in value:
                shape(value[name], f"{path}.{name}".lstrip("."))

    return checked


def _typed(kinds: dict[str, Shape], rest: Shape, required: tuple[str, ...] = ("type",), /, **fields: Shape) -> Shape:
    """An object that has what it is under the name of its `type`, as far as it has a type."""
    outer = _object(required, type=_text, **fields)

    def checked(value: Any, path: str) -> None:
        outer(value, path)
        kind = value.get("type")
        if kind is not None:
            _object((kind,), **{kind: kinds.get(kind, rest)})(value, path)

    return checked


def _anything(_: Any, __: str) -> None:
    pass


_something = _object()
_user = _object(("id",), id=_uuid)
_rich_texts = _each(_object(type=_text, plain_text=_text))
_option = _object(("name",), id=_text, name=_text, color=_text)
_options = _object(("options",), options=_each(_object(("id", "name", "color"), id=_text, name=_text, color=_text)))
_values: dict[str, Shape] = {
    "title": _rich_texts,
    "rich_text": _rich_texts,
    "number": _nullable(_number),
    "select": _nullable(_option),
    "status": _nullable(_option),
    "multi_select": _each(_option),
    "date": _nullable(_object(("start",), start=_text, end=_nullable(_text), time_zone=_nullable(_text))),
    "people": _each(_user),
    "relation": _each(_object(("id",), id=_uuid)),
    "files": _each(_something),
    "checkbox": _flag,
    "url": _nullable(_text),
    "email": _nullable(_text),
    "phone_number": _nullable(_text),
    "unique_id": _nullable(_object(prefix=_nullable(_text), number=_nullable(_count))),
    "formula": _typed({}, _anything),
    "rollup": _typed({}, _anything),
    "created_time": _time,
    "last_edited_time": _time,
    "created_by": _user,
    "last_edited_by": _user,
}
_rules: dict[str, Shape] = {
    "select": _options,
    "multi_select": _options,
    "status": _options,
    "formula": _object(("expression",), expression=_text),
    "relation": _object(("data_source_id", "type"), data_source_id=_uuid, type=_text),
    "rollup": _object(
        ("function", "relation_property_id", "rollup_property_id"),
        function=_text,
        relation_property_id=_text,
        rollup_property_id=_text,
    ),
    "unique_id": _object(("prefix",), prefix=_nullable(_text)),
    "number": _object(format=_text),
}
_known: dict[str, Shape] = {
    "parent": _nullable(
        _object(
            page_id=_nullable(_uuid),
            block_id=_nullable(_uuid),
            database_id=_nullable(_uuid),
            data_source_id=_nullable(_uuid),
        )
    ),
    "created_time": _time,
    "last_edited_time": _time,
    "created_by": _user,
    "last_edited_by": _user,
    "in_trash": _flag,
    "is_locked": _flag,
    "icon": _nullable(_something),
    "cover": _nullable(_something),
    "url": _nullable(_text),
    "public_url": _nullable(_text),
}
_titled: dict[str, Shape] = {**_known, "title": _rich_texts, "description": _rich_texts, "is_inline": _flag}
_OBJECTS: dict[str, Shape] = {
    "user": _object(type=_text, name=_nullable(_text), person=_something, bot=_something),
    "page": _object(**_known, properties=_by_name(_typed(_values, _anything, ("id", "type"), id=_text))),
    "database": _object(**_titled, data_sources=_each(_object(("id", "name"), id=_uuid, name=_text))),
    "data_source": _object(
        **_titled,
        database_parent=_known["parent"],
        properties=_by_name(_typed(_rules, _something, ("id", "type"), id=_text, name=_text)),
    ),
    "block": _typed(
        {"child_page": _object(("title",), title=_text), "child_database": _object(("title",), title=_text)},
        _something,
        (),
        **_known,
        has_children=_flag,
    ),
    "view": _object(**_known, name=_nullable(_text), type=_text, data_source_id=_nullable(_uuid)),
    "comment": _object(**_known, discussion_id=_uuid, rich_text=_rich_texts),
    "file_upload": _object(filename=_nullable(_text), status=_text, content_type=_nullable(_text), created_time=_time),
    "custom_emoji": _object(name=_text, url=_text),
}
