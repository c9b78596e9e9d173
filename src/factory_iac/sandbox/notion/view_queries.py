"""Queries of views: the result is kept for a quarter of an hour and read in pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from factory_iac.sandbox.notion import errors, pagination, query
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_millisecond

LIFETIME = timedelta(minutes=15)


def create(call: Call) -> Json:
    """POST views/{id}/queries: run the filter and the sorts of a view."""
    view = call.addressed("view")
    source = call.existing("data_source", view.body["data_source_id"])
    size = pagination.page_size(call.body.get("page_size"))
    found = query.selected(call, source, view.body["filter"], view.body["sorts"] or [])
    rows = [page.id for page in found[: call.behaviour.query_limit]]
    record = Record(new_uuid(), "view_query", view.id, {"rows": rows}, edited=call.now.timestamp())
    record.body["expires_at"] = to_millisecond(call.now + LIFETIME)
    call.store.insert(record)
    results, following = _page(rows, None, size)
    return {
        "object": "view_query",
        "id": record.id,
        "view_id": view.id,
        "expires_at": record.body["expires_at"],
        "total_count": len(rows),
        "results": results,
        "next_cursor": following,
        "has_more": following is not None,
    }


def results(call: Call) -> Json:
    """GET views/{id}/queries/{query}: a page of the kept result."""
    record = _addressed(call)
    size = pagination.page_size(call.parameter("page_size"), "query")
    found, following = _page(record.body["rows"], pagination.cursor_object(call.parameter("start_cursor")), size)
    return pagination.list_object(found, following, "page")


def delete(call: Call) -> Json:
    """DELETE views/{id}/queries/{query}."""
    record = _addressed(call)
    call.store.delete(record.id)
    return {"object": "view_query", "id": record.id, "deleted": True}


def _addressed(call: Call) -> Record:
    view = call.addressed("view")
    query_id = call.path_id("query", 1)
    found = call.store.find(query_id)
    if found is None or found.kind != "view_query" or found.parent != view.id:
        raise errors.not_found("view query", query_id)
    if datetime.fromisoformat(found.body["expires_at"]) < call.now:
        raise errors.not_found("view query", query_id)
    return found


def _page(rows: list[str], start: str | None, size: int) -> tuple[list[Json], str | None]:
    if start is not None and start not in rows:
        raise pagination.bad_cursor(start)
    first = 0 if start is None else rows.index(start)
    following = rows[first + size] if first + size < len(rows) else None
    return [{"object": "page", "id": row} for row in rows[first : first + size]], following
