# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what lies under a page, to write manifests for it: its databases, also those on the pages below it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Progress
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.row_query import live_rows
from ansible_collections.factory.notion.plugins.module_utils.view_reading import read_views
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView

_INVISIBLE = (400, 403, 404)
"""What Notion answers for a linked view of something that the integration may not see."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that no manifest says, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundDatabase:
    """A live database, with the pages among its rows where they were asked for."""

    state: DatabaseState
    views: tuple[LiveView, ...] = ()
    further_sources: int = 0
    pages: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class FoundWorkspace:
    """What was found, in the order in which people see it."""

    databases: tuple[FoundDatabase, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a page shows: ids and titles of databases and pages."""

    databases: tuple[tuple[str, str], ...]
    pages: tuple[tuple[str, str], ...]


def read_under_page(api: NotionApi, pool: Executor, page: str, rows: bool, progress: Progress) -> FoundWorkspace:
    """Everything under *page*. Raises ``FactoryError`` when the page cannot be read."""
    listed = _everything_under(api, pool, page)
    databases = list(dict.fromkeys(listed.databases))
    total = len(databases)
    found: list[FoundDatabase] = []
    left_out = [
        LeftOut(f"the page '{title}' ({one})", "pages are not imported; databases on it are")
        for one, title in dict.fromkeys(listed.pages)
    ]
    reading = pool.map(lambda one: _read_database(api, one[0], one[1], rows), databases)
    for done, one in enumerate(reading, 1):
        progress("read", done, total)
        if isinstance(one, LeftOut):
            left_out.append(one)
        elif all(one.state.database_id != other.state.database_id for other in found):
            found.append(one)
    return FoundWorkspace(tuple(found), tuple(left_out))


def read_one_database(api: NotionApi, database_id: str, rows: bool) -> FoundWorkspace:
    """A single database. Raises ``FactoryError`` when it cannot be read."""
    found = _read_database(api, database_id, "", rows)
    if isinstance(found, LeftOut):
        raise FactoryError(f"the database {database_id} cannot be imported: {found.reason}")
    return FoundWorkspace((found,), ())


def _everything_under(api: NotionApi, pool: Executor, page: str) -> _Listed:
    """What *page* and the pages below it show, a level at a time."""
    databases: list[tuple[str, str]] = []
    pages: list[tuple[str, str]] = []
    seen = {page}
    level = [page]
    while level:
        below: list[str] = []
        for listed in pool.map(lambda one: _listed_on(api, one, one == page), level):
            databases += listed.databases
            pages += listed.pages
            below += [one for one, _title in listed.pages if one not in seen]
            seen.update(below)
        level = below
    return _Listed(tuple(databases), tuple(pages))


def _listed_on(api: NotionApi, page: str, is_root: bool) -> _Listed:
    try:
        blocks = list(api.pages("GET", f"blocks/{page}/children"))
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        if is_root:
            raise FactoryError(
                f"the page {page} cannot be read: it does not exist, is no page, or is not shared with the "
                "integration; share it in Notion (••• → Connections), or give the id of another"
            ) from error
        return _Listed((), ())
    databases: list[tuple[str, str]] = []
    pages: list[tuple[str, str]] = []
    for block in blocks:
        if block["type"] == "child_database":
            databases.append((block["id"], block["child_database"]["title"]))
        elif block["type"] == "child_page":
            pages.append((block["id"], block["child_page"]["title"]))
        elif block.get("has_children") and block["type"] != "table":
            inner = _listed_on(api, block["id"], False)
            databases += inner.databases
            pages += inner.pages
    return _Listed(tuple(databases), tuple(pages))


def _read_database(api: NotionApi, database_id: str, title: str, rows: bool) -> FoundDatabase | LeftOut:
    shown = f"the database '{title}' ({database_id})"
    try:
        database = api.read("GET", f"databases/{database_id}")
        if not database["data_sources"]:
            return LeftOut(shown, "it is a linked view; the API does not tell what it shows")
        source = api.read("GET", f"data_sources/{database['data_sources'][0]['id']}")
        if database.get("in_trash") or source.get("in_trash"):
            return LeftOut(shown, "it is in the trash")
        state = dataclasses.replace(parse_data_source(source), locked=bool(database.get("is_locked")))
        views = read_views(api, state)
        pages = _rows_of(api, state) if rows else None
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        return LeftOut(shown, "it is a linked view, or not shared with the integration")
    return FoundDatabase(state, views, len(database["data_sources"]) - 1, pages)


def _rows_of(api: NotionApi, state: DatabaseState) -> tuple[Mapping[str, Any], ...]:
    """All rows, oldest first, with relations that Notion cut short in full."""
    keys = [one.key for one in state.properties.values()]
    return tuple(_in_full(api, page) for page in live_rows(api, state.data_source_id, keys))


def _in_full(api: NotionApi, page: Mapping[str, Any]) -> Mapping[str, Any]:
    cut = {name: one for name, one in page["properties"].items() if one["type"] == "relation" and one.get("has_more")}
    if not cut:
        return page
    whole = {}
    for name, stored in cut.items():
        path = f"pages/{page['id']}/properties/{quote(stored['id'], safe='%')}"
        whole[name] = {**stored, "relation": [one["relation"] for one in api.pages("GET", path)]}
    return {**page, "properties": {**page["properties"], **whole}}
