"""POST search: pages and data sources by title."""

from __future__ import annotations

from factory_iac.sandbox.notion import data_sources, errors, pages, pagination
from factory_iac.sandbox.notion.call import Call, Json, object_at
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.store import Record

_KINDS = ("page", "data_source")


def search(call: Call) -> Json:
    """Objects whose title contains the query, the last edited first."""
    kinds, with_trash = _filter(call)
    sort = object_at(call.body.get("sort") or {}, "body.sort")
    size = pagination.page_size(call.body.get("page_size"))
    found = call.store.search(
        kinds,
        str(call.body.get("query") or ""),
        ascending=sort.get("direction") == "ascending",
        with_trash=with_trash,
        until=call.now.timestamp() - call.behaviour.search_lag,
    )
    start = pagination.cursor_object(call.body.get("start_cursor"))
    if start is not None:
        position = next((at for at, record in enumerate(found) if record.id == start), None)
        if position is None:
            raise pagination.bad_cursor(call.body["start_cursor"])
        found = found[position:]
    following = found[size].id if len(found) > size else None
    rows = Rows(call.store, call.behaviour.url_host)
    results = [_shown(call, rows, record) for record in found[:size]]
    return pagination.list_object(results, following, "page_or_data_source")


def _filter(call: Call) -> tuple[tuple[str, ...], bool]:
    given = object_at(call.body.get("filter") or {}, "body.filter")
    with_trash = given.get("in_trash") is True
    value = given.get("value")
    if value is None:
        return _KINDS, with_trash
    if value not in _KINDS:
        raise errors.invalid_body("body.filter.value", '`"page"` or `"data_source"`', value)
    return (value,), with_trash


def _shown(call: Call, rows: Rows, record: Record) -> Json:
    if record.kind == "data_source":
        return data_sources.shown(call, record)
    return pages.shown(rows, record)
