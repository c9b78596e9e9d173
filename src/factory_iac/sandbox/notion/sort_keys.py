"""What a row is sorted by: one comparable key for a value of any type."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.rollups import content
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.schemas import Property, title_property

Key = tuple[int, Any]
_NUMBER, _DATE, _TEXT, _LIST = range(4)


def sort_key(rows: Rows, item: Property, value: dict[str, Any]) -> Key | None:
    """The key of a value of `item`, None when it is empty. Keys of different kinds can be compared."""
    found, kind = content(value), item["type"]
    if found is None:
        return None
    if kind in ("select", "status", "multi_select"):
        order = [option["id"] for option in item[kind]["options"]]
        chosen = found if isinstance(found, list) else [found]
        return (_LIST, [order.index(option["id"]) for option in chosen]) if chosen else None
    if kind == "unique_id":
        return _NUMBER, found["number"]
    if kind == "relation":
        return _of_texts([_title(rows, link["id"]) for link in found])
    return _of_plain(value["type"], found)


def _of_plain(kind: str, found: Any) -> Key | None:
    """The key of what a property holds, or of what a formula or rollup computes."""
    if isinstance(found, bool | int | float):
        return _NUMBER, found
    if kind in ("title", "rich_text") and isinstance(found, list):
        return _of_texts([plain(found)])
    if isinstance(found, list):
        return _of_texts([_shown(part) for part in found])
    if isinstance(found, dict) and "start" in found:
        return _DATE, day_or_moment(found["start"])
    if kind in ("created_time", "last_edited_time"):
        return _DATE, day_or_moment(found)
    return _of_texts([_shown(found)])


def _of_texts(texts: list[str]) -> Key | None:
    joined = ", ".join(text for text in texts if text).casefold()
    return (_TEXT, joined) if joined else None


def _shown(part: Any) -> str:
    """A person, a file, or a value in the list of a rollup as text."""
    if isinstance(part, dict) and "name" in part:
        return str(part["name"])
    if isinstance(part, dict) and part.get("type") in part:
        inner = content(part)
        return plain(inner) if part["type"] in ("title", "rich_text") else _shown(inner)
    return "" if part is None or isinstance(part, dict) else str(part)


def _title(rows: Rows, page_id: str) -> str:
    page = rows.record(page_id)
    if page is None or not page.body.get("row"):
        return ""
    schema = rows.schema(page.parent)
    return plain(rows.value(page, title_property(schema))["title"]) if schema else ""
