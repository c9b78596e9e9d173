"""POST data_sources/{id}/query: rows by filter, in order, in pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from factory_iac.sandbox.notion import errors, filters, pages, pagination, rollups, row_index
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
        return _answer(call, rows, found, cut=False)
    passed = _selected(call, rows, source, call.body.get("filter"), call.body.get("sorts") or [])
    taken, cut = _cut_out(call, passed, start, size)
    return _answer(call, rows, taken, cut=cut)


def _cut_out(call: Call, found: Iterable[Record], start: Record | None, size: int) -> tuple[list[Record], bool]:
    """The rows of a page and the one after it, and whether the limit of rows cuts the list off there."""
    taken: list[Record] = []
    begun = start is None
    for position, page in enumerate(found):
        if position >= MAX_ROWS:
            return taken, True
        begun = begun or (start is not None and page.id == start.id)
        if begun:
            taken.append(page)
        if len(taken) > size:
            return taken, False
    if not begun:
        raise pagination.bad_cursor(call.body["start_cursor"])
    return taken, False


def _start(call: Call, source_id: str) -> Record | None:
    cursor = call.body.get("start_cursor")
    found = pagination.cursor_object(cursor)
    if found is None:
        return None
    page = call.store.find(found)
    if page is None or page.parent != source_id:
        raise pagination.bad_cursor(cursor)
    return page


def selected(call: Call, source: Record, condition: object, sorts: object) -> list[Record]:
    """The rows that pass a filter, in the order of `sorts`, up to the limit."""
    rows = Rows(call.store, call.behaviour.url_host)
    return list(islice(_selected(call, rows, source, condition, sorts), MAX_ROWS))


def _selected(call: Call, rows: Rows, source: Record, condition: object, sorts: object) -> Iterable[Record]:
    """Rows one by one: SQLite narrows and orders what it can, the rest is asked of every row."""
    properties: Properties = source.body["properties"]
    if not isinstance(sorts, list):
        raise errors.invalid_body("body.sorts", "an array or `undefined`", sorts)
    if condition is not None:
        filters.check(condition, properties)
    for sort in sorts:
        _check_sort(sort, properties)
    plan = row_index.plan(condition, sorts, properties)
    found: Iterable[Record] = call.store.rows(source.id, plan)
    if isinstance(condition, dict):
        found = (page for page in found if _passes(page, condition, properties, rows, call.now))
    if plan.order is None and sorts:
        ordered = list(found)
        for sort in reversed(sorts):
            ordered = _sorted(ordered, sort, properties, rows)
        return ordered
    return found


def _check_sort(sort: object, properties: Properties) -> None:
    direction = object_at(sort, "body.sorts").get("direction", "ascending")
    if direction not in ("ascending", "descending"):
        raise errors.invalid_body("body.sorts.direction", '`"ascending"` or `"descending"`', direction)
    _sort_property(object_at(sort, "body.sorts"), properties)


def _passes(page: Record, wanted: Json, properties: Properties, rows: Rows, now: datetime) -> bool:
    return filters.matches(wanted, properties, lambda item: rows.value(page, item), now)


def _sorted(found: list[Record], sort: Json, properties: Properties, rows: Rows) -> list[Record]:
    """In the order of one property; rows without a value last."""
    direction = sort.get("direction", "ascending")
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


def _answer(call: Call, rows: Rows, found: list[Record], *, cut: bool) -> Json:
    size = pagination.page_size(call.body.get("page_size"))
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
