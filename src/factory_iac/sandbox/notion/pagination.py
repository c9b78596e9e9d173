"""Lists in pages: sizes, cursors and the list object."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.call import Call
from factory_iac.sandbox.notion.ids import canonical_uuid, new_uuid
from factory_iac.sandbox.notion.store import Record

MAX_PAGE_SIZE = 100


def page_size(value: object, where: str = "body") -> int:
    """The page size of a request, 100 when it names none."""
    if value is None:
        return MAX_PAGE_SIZE
    if where == "query" and isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        got = f"a number or `undefined`, instead was {errors.shown(value)}"
        raise errors.invalid(f"{where} failed validation: {where}.page_size should be {got}.")
    if not 1 <= value <= MAX_PAGE_SIZE:
        bound = f"≤ `{MAX_PAGE_SIZE}`" if value > MAX_PAGE_SIZE else "≥ `1`"
        raise errors.invalid(f"{where} failed validation: {where}.page_size should be {bound}, instead was `{value}`.")
    return value


def cursor_object(cursor: object) -> str | None:
    """The id that a cursor points to: a bare id, or the last part of `s:<id>:<id>`."""
    if cursor is None:
        return None
    found = canonical_uuid(str(cursor).rsplit(":", 1)[-1])
    if found is None:
        raise bad_cursor(cursor)
    return found


def of_children(call: Call, parent: str, kind: str, *, newest_first: bool = False) -> tuple[list[Record], str | None]:
    """A page of the objects of one kind under `parent`, and where the next one begins."""
    size = page_size(call.parameter("page_size"), "query")
    cursor = cursor_object(call.parameter("start_cursor"))
    start = None if cursor is None else call.store.find(cursor)
    if cursor is not None and (start is None or start.kind != kind or start.parent != parent):
        raise bad_cursor(cursor)
    found = call.store.children(parent, [kind], newest_first=newest_first, start=start, limit=size + 1)
    return found[:size], found[size].id if len(found) > size else None


def of_objects(call: Call, objects: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str | None]:
    """A page of objects that are known already, and where the next one begins."""
    size = page_size(call.parameter("page_size"), "query")
    cursor = cursor_object(call.parameter("start_cursor"))
    first = 0 if cursor is None else next((at for at, one in enumerate(objects) if one["id"] == cursor), None)
    if first is None:
        raise bad_cursor(cursor)
    following = objects[first + size]["id"] if len(objects) > first + size else None
    return objects[first : first + size], following


def bad_cursor(cursor: object) -> errors.ApiError:
    """A cursor that leads nowhere."""
    return errors.invalid(f"The start_cursor provided is invalid: {cursor}")


def snapshot_cursor(object_id: str) -> str:
    """The form of cursor that queries use."""
    return f"s:{new_uuid()}:{object_id}"


def offset_of(cursor: object) -> int:
    """The position in a numbered cursor, as lists without stable objects use it."""
    if cursor is None:
        return 0
    text = str(cursor)
    if not text.isdecimal() or len(text) > 18:
        raise bad_cursor(cursor)
    return int(text)


def list_object(results: list[Any], next_cursor: str | None, kind: str) -> dict[str, Any]:
    """The envelope of a page of results."""
    return {
        "object": "list",
        "results": results,
        "next_cursor": next_cursor,
        "has_more": next_cursor is not None,
        "type": kind,
        kind: {},
    }
