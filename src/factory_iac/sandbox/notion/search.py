"""POST search: pages and data sources by title."""

from __future__ import annotations

import re

from factory_iac.sandbox.notion import data_sources, pages, pagination
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.store import Record

MIN_BEGINNING = 3
_KINDS = ("page", "data_source")


def search(call: Call) -> Json:
    """Objects whose title shares a word with the query, the last edited first."""
    kinds, trash_only = _filter(call)
    sort = call.body.get("sort", {})
    size = pagination.page_size(call.body.get("page_size"))
    known = call.store.indexed(
        kinds,
        ascending=sort.get("direction") == "ascending",
        trash_only=trash_only,
        until=call.now.timestamp() - call.behaviour.search_lag,
    )
    wanted = _words(call.body.get("query", ""))
    found = [record for record in known if not wanted or _share_a_word(wanted, _words(record.title))]
    start = pagination.cursor_object(call.body.get("start_cursor"))
    if start is not None:
        position = next((at for at, record in enumerate(found) if record.id == start), None)
        if position is None:
            raise pagination.bad_cursor(call.body["start_cursor"])
        found = found[position:]
    following = found[size].id if len(found) > size else None
    rows = Rows(call.store, call.behaviour.url_host, call.now)
    results = [_shown(call, rows, record) for record in found[:size]]
    return pagination.list_object(results, following, "page_or_data_source")


def _words(text: str) -> set[str]:
    """The words of a text, without the difference between one and many."""
    words = re.findall(r"\w+", text.casefold())
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words}


def _share_a_word(wanted: set[str], title: set[str]) -> bool:
    """Whether any word is the same, or the beginning of one that is still being typed."""
    return bool(wanted & title) or any(
        word.startswith(begun) for begun in wanted if len(begun) >= MIN_BEGINNING for word in title
    )


def _filter(call: Call) -> tuple[tuple[str, ...], bool]:
    """The kinds that are searched, and whether in the trash."""
    given = call.body.get("filter", {})
    return (given["value"],) if "value" in given else _KINDS, given.get("in_trash") is True


def _shown(call: Call, rows: Rows, record: Record) -> Json:
    if record.kind == "data_source":
        return data_sources.shown(call, record)
    return pages.shown(rows, record)
