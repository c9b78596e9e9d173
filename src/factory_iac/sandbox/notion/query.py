"""POST data_sources/{id}/query: rows by filter, in order, in pages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from factory_iac.sandbox.notion import errors, filter_checks, filters, pages, pagination, row_index
from factory_iac.sandbox.notion.call import Call, Json, object_at
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.schemas import Properties, Property, named_property
from factory_iac.sandbox.notion.sort_keys import sort_key
from factory_iac.sandbox.notion.store import Record

MAX_ROWS = 10_000


def query(call: Call) -> Json:
    """Rows of a data source, the newest first unless `sorts` says otherwise."""
    source = call.addressed("data_source")
    call.only("sorts", "filter", "start_cursor", "page_size", "in_trash", "archived", "result_type")
    size = pagination.page_size(call.body.get("page_size"))
    kind = call.body.get("result_type", "page")
    if kind not in ("page", "data_source"):
        raise errors.invalid_body("body.result_type", '`"page"`, `"data_source"`, or `undefined`', kind)
    from_trash = call.trash_wish() or False
    start = _start(call, source.id)
    rows = Rows(call.store, call.behaviour.url_host, call.now)
    condition, sorts = call.body.get("filter"), call.body.get("sorts") or []
    if kind == "data_source":
        return _answer(call, rows, [], cut=False)
    if condition is None and not sorts and not from_trash:
        found = call.store.children(source.id, ["page"], newest_first=True, start=start, limit=size + 1)
        left = MAX_ROWS - (0 if start is None else call.store.rows_before(start, MAX_ROWS))
        return _answer(call, rows, found[:left], cut=len(found) > left)
    passed = _selected(call, rows, source, condition, sorts, from_trash=from_trash)
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
    rows = Rows(call.store, call.behaviour.url_host, call.now)
    return list(islice(_selected(call, rows, source, condition, sorts), MAX_ROWS))


def _selected(
    call: Call, rows: Rows, source: Record, condition: object, sorts: object, *, from_trash: bool = False
) -> Iterable[Record]:
    """Rows one by one: SQLite narrows and orders what it can, the rest is asked of every row."""
    properties: Properties = source.body["properties"]
    if not isinstance(sorts, list):
        raise errors.invalid_body("body.sorts", "an array or `undefined`", sorts)
    if condition is not None:
        filter_checks.check(condition, properties)
    for at, sort in enumerate(sorts):
        check_sort(sort, properties, f"body.sorts[{at}]")
    plan = row_index.plan(condition, sorts, properties)
    found: Iterable[Record] = call.store.rows(source.id, plan, in_trash=from_trash)
    if isinstance(condition, dict):
        asker = filters.Asker(call.now, call.store.users.bot["id"])
        found = (page for page in found if _passes(page, condition, properties, rows, asker))
    if plan.order is None and sorts:
        ordered = list(found)
        for sort in reversed(sorts):
            ordered = _sorted(ordered, sort, properties, rows)
        return ordered
    return found


def check_sort(given: object, properties: Properties, path: str) -> None:
    """Refuse a sort that has no property or direction."""
    sort = object_at(given, path)
    for key, value in sort.items():
        if key not in ("property", "timestamp", "direction"):
            raise errors.invalid_body(f"{path}.{key}", "not present", value)
    direction = sort.get("direction", "ascending")
    if direction not in ("ascending", "descending"):
        raise errors.invalid_body(f"{path}.direction", '`"ascending"` or `"descending"`', direction)
    _sort_property(sort, properties)


def _passes(page: Record, wanted: Json, properties: Properties, rows: Rows, asker: filters.Asker) -> bool:
    return filters.matches(wanted, properties, lambda item: rows.value(page, item), asker)


def _sorted(found: list[Record], sort: Json, properties: Properties, rows: Rows) -> list[Record]:
    """In the order of one property; rows without a value last."""
    direction = sort.get("direction", "ascending")
    item = _sort_property(sort, properties)
    keyed = [(sort_key(rows, item, rows.value(page, item)), page) for page in found]
    filled = [(key, page) for key, page in keyed if key is not None]
    filled.sort(key=itemgetter(0), reverse=direction == "descending")
    return [page for _, page in filled] + [page for key, page in keyed if key is None]


def _sort_property(sort: Json, properties: Properties) -> Property:
    timestamp = sort.get("timestamp")
    if timestamp in filter_checks.TIMESTAMPS:
        return {"id": timestamp, "name": timestamp, "type": timestamp}
    item = named_property(properties, sort)
    if item is None:
        raise errors.invalid(f"Could not find sort property with name or id: {sort.get('property')}")
    return item


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
