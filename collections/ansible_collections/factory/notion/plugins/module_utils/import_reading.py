# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what lies under a page, to write manifests for it: pages and databases, also those on the pages below it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Progress
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.import_found import (
    Found,
    FoundPage,
    FoundTable,
    FoundWorkspace,
    LeftOut,
)
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import Content, read_content
from ansible_collections.factory.notion.plugins.module_utils.page_state import parse_page
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.row_query import live_rows
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND
from ansible_collections.factory.notion.plugins.module_utils.view_reading import read_all_views, views_of
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView

_INVISIBLE = (400, 403, 404)
"""What Notion answers for something that the integration may not see."""
_NOT_SHARED = "it is not shared with the integration"


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of a table to read."""

    rows: bool = False
    bodies: bool = False
    """What is on the pages of the rows: a request for each."""
    own_sources: frozenset[str] = frozenset()
    """Ids of data sources of which it is known that they are a database's own, whichever comes first."""


@dataclass(frozen=True, slots=True)
class _Child:
    """A page or a database as the page it lies on shows it."""

    kind: str
    id: str
    title: str
    on_page: str


def read_under_page(api: NotionApi, pool: Executor, page: str, asked: Asked, progress: Progress) -> FoundWorkspace:
    """Everything under *page*. Raises ``FactoryError`` when the page cannot be read."""
    walked = _walk(api, pool, page, progress)
    databases = [child for child, read in walked.values() if read is None]
    tables: dict[str, list[FoundTable | LeftOut]] = {}
    for done, read in enumerate(pool.map(lambda one: _read_database(api, one, asked), databases), 1):
        progress("read", done, len(databases))
        tables[databases[done - 1].id] = read
    return _workspace(one for child, page_read in walked.values() for one in tables.get(child.id, [page_read]) if one)


def _walk(
    api: NotionApi, pool: Executor, root: str, progress: Progress
) -> dict[str, tuple[_Child, FoundPage | LeftOut | None]]:
    """What lies under *root*, by id, a level at a time: pages as they were read, databases as they are listed."""
    found: dict[str, tuple[_Child, FoundPage | LeftOut | None]] = {}
    level = _children(root, _content_of_root(api, root))
    listed = 0
    while level:
        pages = [one for one in level if one.kind == "child_page"]
        found.update({one.id: (one, None) for one in level})
        level = []
        for page, (read, content) in zip(pages, pool.map(lambda one: _read_page(api, one), pages), strict=True):
            listed += 1
            progress("pages", listed, listed + len(level))
            found[page.id] = (page, read)
            level += [one for one in _children(page.id, content) if one.id not in found]
        level = list({one.id: one for one in level}.values())
    return found


def read_one_database(api: NotionApi, database_id: str, asked: Asked) -> FoundWorkspace:
    """A single database, with all its data sources. Raises ``FactoryError`` when it cannot be read."""
    read = _read_database(api, _Child("child_database", database_id, "", ""), asked)
    if isinstance(read[0], LeftOut):
        raise FactoryError(f"the database {database_id} cannot be imported: {read[0].reason}")
    return _workspace(read)


def _workspace(read: Iterable[Found | LeftOut]) -> FoundWorkspace:
    """What was read, each once."""
    found: dict[tuple[str, str], Found] = {}
    left_out: list[LeftOut] = []
    for one in read:
        if isinstance(one, LeftOut):
            left_out.append(one)
        else:
            found.setdefault((one.kind, one.id), one)
    return FoundWorkspace(tuple(found.values()), tuple(left_out))


def _content_of_root(api: NotionApi, page: str) -> Content:
    try:
        return read_content(api, page)
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        raise FactoryError(
            f"the page {page} cannot be read: it does not exist, is no page, or is not shared with the "
            "integration; share it in Notion (••• → Connections), or give the id of another"
        ) from error


def _children(page: str, content: Content) -> list[_Child]:
    return [_Child(one["type"], one["id"], one[one["type"]]["title"], page) for one in content.at_any_depth]


def _read_page(api: NotionApi, child: _Child) -> tuple[FoundPage | LeftOut, Content]:
    """A page and what is on it: two requests, one more for each hundred blocks and each with something inside."""
    try:
        state = parse_page(api.read("GET", f"pages/{child.id}"))
        content = read_content(api, child.id)
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        return LeftOut(f"the page '{child.title}' ({child.id})", _NOT_SHARED), Content((), (), ())
    return FoundPage(state.with_content(content), child.on_page), content


def _read_database(api: NotionApi, child: _Child, asked: Asked) -> list[FoundTable | LeftOut]:
    """A database and its further data sources; why not, first of all, when it cannot be read."""
    shown = f"the database '{child.title}' ({child.id})"
    try:
        database = api.read("GET", f"databases/{child.id}")
        sources = [one["id"] for one in database["data_sources"]]
        if not sources:
            return [LeftOut(shown, "it is a linked view; the API does not tell what it shows")]
        sources.sort(key=lambda one: one not in asked.own_sources)
        source = api.read("GET", f"data_sources/{sources[0]}")
        if database.get("in_trash") or source.get("in_trash"):
            return [LeftOut(shown, "it is in the trash")]
        state = dataclasses.replace(parse_data_source(source), locked=False)
        if database.get("is_locked"):
            state = state.with_database(database)
        views = read_all_views(api, state.database_id)
        own = _with_contents(api, FoundTable(KIND, state, child.on_page or state.parent_page), views, asked)
        titles = {plain_text(source["title"]), plain_text(database["title"])} - {state.title, ""}
        own = dataclasses.replace(own, other_title=next(iter(titles), ""))
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        return [LeftOut(shown, "it is a linked view, or not shared with the integration")]
    return [own, *(_read_further(api, one, views, asked) for one in sources[1:])]


def _read_further(api: NotionApi, source_id: str, views: tuple[LiveView, ...], asked: Asked) -> FoundTable | LeftOut:
    try:
        source = api.read("GET", f"data_sources/{source_id}")
        if source.get("in_trash"):
            return LeftOut(f"the data source '{plain_text(source['title'])}' ({source_id})", "it is in the trash")
        return _with_contents(api, FoundTable(DATA_SOURCE, parse_data_source(source), None), views, asked)
    except NotionError as error:
        if error.status not in _INVISIBLE:
            raise
        return LeftOut(f"the data source {source_id}", _NOT_SHARED)


def _with_contents(api: NotionApi, table: FoundTable, views: tuple[LiveView, ...], asked: Asked) -> FoundTable:
    """*table* with those of *views* that show it, and its rows as far as somebody asked for them."""
    table = dataclasses.replace(table, views=views_of(table.state, views))
    if not asked.rows:
        return table
    pages = tuple(_rows_of(api, table.state))
    bodies = {page["id"]: read_content(api, page["id"]).blocks for page in pages} if asked.bodies else {}
    return dataclasses.replace(table, pages=pages, bodies=bodies)


def _rows_of(api: NotionApi, state: DatabaseState) -> Iterator[Mapping[str, Any]]:
    """All rows, oldest first, with relations that Notion cut short in full."""
    keys = [one.key for one in state.properties.values()]
    return (_in_full(api, page) for page in live_rows(api, state.data_source_id, keys))


def _in_full(api: NotionApi, page: Mapping[str, Any]) -> Mapping[str, Any]:
    cut = {name: one for name, one in page["properties"].items() if one["type"] == "relation" and one.get("has_more")}
    if not cut:
        return page
    whole = {}
    for name, stored in cut.items():
        path = f"pages/{page['id']}/properties/{quote(stored['id'], safe='%')}"
        whole[name] = {**stored, "relation": [one["relation"] for one in api.pages("GET", path)]}
    return {**page, "properties": {**page["properties"], **whole}}
