"""POST data_sources/{id}/query: rows by filter, in order, in pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import errors, filters, pages, pagination, rollups
from factory_iac.sandbox.notion.call import Call, Json, object_at
from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.schemas import Properties, Property, find_property
from factory_iac.sandbox.notion.store import Record

MAX_ROWS = 10_000


def query(call: Call) -> Json:
    """Rows of a data source, the newest first unless `sorts` says otherwise."""
    source = call.addressed("data_source")
    size = pagination.page_size(call.body.get("page_size"))
    start = _start(call, source.id)
    rows = Rows(call.store, call.behaviour.url_host)
    if "filter" not in call.body and not call.body.get("sorts"):
        found = call.store.children(source.id, ["page"], newest_first=True, start=start, limit=size + 1)
        return _answer(call, rows, found, size, cut=False)
    selected = _selected(call, rows, source, call.body.get("filter"), call.body.get("sorts") or [])
    cut = len(selected) > MAX_ROWS
    if start is not None:
        position = next((at for at, page in enumerate(selected) if page.id == start.id), None)
        if position is None:
            raise pagination.bad_cursor(call.body["start_cursor"])
        selected = selected[position:]
    return _answer(call, rows, selected[: size + 1], size, cut=cut and len(selected) <= size)


def _start(call: Call, source_id: str) -> Record | None:
    cursor = call.body.get("start_cursor")
    found = pagination.cursor_object(cursor)
    if found is None:
        return None
    page = call.store.find(found)
    if page is None or page.parent != source_id:
        raise pagination.bad_cursor(cursor)
    return page


def selected(call: Call, source: Record, wanted: object, sorts: object) -> list[Record]:
    """All rows that pass a filter, in the order of `sorts`."""
    return _selected(call, Rows(call.store, call.behaviour.url_host), source, wanted, sorts)


def _selected(call: Call, rows: Rows, source: Record, condition: object, sorts: object) -> list[Record]:
    properties: Properties = source.body["properties"]
    found = call.store.children(source.id, ["page"], newest_first=True)
    if condition is not None:
        wanted = object_at(condition, "body.filter")
        filters.check(wanted, properties)
        found = [page for page in found if _passes(page, wanted, properties, rows, call.now)]
    if not isinstance(sorts, list):
        raise errors.invalid_body("body.sorts", "an array or `undefined`", sorts)
    for sort in reversed(sorts):
        found = _sorted(found, sort, properties, rows)
    return found


def _passes(page: Record, wanted: Json, properties: Properties, rows: Rows, now: datetime) -> bool:
    return filters.matches(wanted, properties, lambda item: rows.value(page, item), now)


def _sorted(found: list[Record], sort: Json, properties: Properties, rows: Rows) -> list[Record]:
    """In the order of one property; rows without a value last."""
    direction = object_at(sort, "body.sorts").get("direction", "ascending")
    if direction not in ("ascending", "descending"):
        raise errors.invalid_body("body.sorts.direction", '`"ascending"` or `"descending"`', direction)
    item = _sort_property(sort, properties)
    keyed = [(_sort_key(item, rows.value(page, item)), page) for page in found]
    filled = [pair for pair in keyed if pair[0] is not None]
    filled.sort(key=lambda pair: pair[0], reverse=direction == "descending")
    return [page for _, page in filled] + [page for key, page in keyed if key is None]


def _sort_property(sort: Json, properties: Properties) -> Property:
    timestamp = sort.get("timestamp")
    if timestamp in filters.TIMESTAMPS:
        return {"id": timestamp, "name": timestamp, "type": timestamp}
    item = find_property(properties, str(sort.get("property")))
    if item is None:
        raise errors.invalid(f"Could not find sort property with name or id: {sort.get('property')}")
    return item


def _sort_key(item: Property, value: Json) -> Any:
    found = rollups.content(value)
    kind = item["type"]
    if kind in ("select", "status"):
        order = [option["id"] for option in item[kind]["options"]]
        return order.index(found["id"]) if found else None
    if kind == "unique_id":
        return found["number"]
    if kind == "checkbox":
        return bool(found)
    if isinstance(found, dict):
        return day_or_moment(found["start"]) if found.get("start") else str(found.get("name", "")).casefold()
    if kind in filters.TIMESTAMPS:
        return day_or_moment(found)
    if isinstance(found, list):
        text = plain(found) if kind in ("title", "rich_text") else ", ".join(str(p.get("name", "")) for p in found)
        return text.casefold() or None
    return found.casefold() or None if isinstance(found, str) else found


def _answer(call: Call, rows: Rows, found: list[Record], size: int, *, cut: bool) -> Json:
    only = pages.filtered(call)
    following = pagination.snapshot_cursor(found[size].id) if len(found) > size else None
    results = [pages.shown(rows, page, only) for page in found[:size]]
    answer = pagination.list_object(results, following, "page_or_data_source")
    if cut:
        answer["request_status"] = {
            "type": "incomplete",
            "incomplete_reason": "query_result_limit_reached",
        }
    return answer
