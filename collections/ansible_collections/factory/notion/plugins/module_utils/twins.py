# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two applies of one stack from two checkouts, which share no lock, may each create the same thing.

Notion has no unique names. So whoever created something looks what is there now; of two with the same mark
(a database's ownership line, a row's key) the older one stays. As each looks after it created, at least the
later one sees both, and both choose the same.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.ownership import split_description
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import PropertyType
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.row_query import rows_with_keys
from ansible_collections.factory.notion.plugins.module_utils.row_reading import stored_value
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.trashing import put_in_trash


class ChildDatabases:
    """The databases on a page, listed once for all threads that created one since the last listing began."""

    def __init__(self, api: NotionApi, page: str) -> None:
        self._api = api
        self._path = f"blocks/{page}/children"
        self._moments = itertools.count(1)
        self._began = 0
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def now(self) -> Mapping[str, str]:
        """Titles by id, as of a moment after this call."""
        asked = next(self._moments)
        with self._lock:
            if self._began < asked:
                self._began = next(self._moments)
                self._found = {
                    block["id"]: block["child_database"]["title"]
                    for block in self._api.pages("GET", self._path)
                    if block["type"] == "child_database"
                }
            return self._found


def older_twin(api: NotionApi, children: ChildDatabases, made: Mapping[str, Any]) -> dict[str, str] | None:
    """The ids of the oldest other database with the ownership line of *made*, if it is older.

    *made* is a database as ``POST databases`` answered it.
    """
    title, line = plain_text(made["title"]), _line(made)
    alike = [other for other, called in children.now().items() if called == title and other != made["id"]]
    twins = [one for one in (_read(api, other) for other in alike) if one is not None and _line(one) == line]
    oldest = min([made, *twins], key=lambda one: (one["created_time"], one["id"]))
    if oldest["id"] == made["id"] or not oldest["data_sources"]:
        return None
    return {"id": oldest["id"], "data_source_id": oldest["data_sources"][0]["id"]}


def discard_twin(api: NotionApi, made: Mapping[str, str], properties: Mapping[str, Any]) -> None:
    """Trash a database that was just created with *properties*; first its two-way relations, which show elsewhere."""
    two_way = [name for name, one in properties.items() if "dual_property" in (one.get("relation") or {})]
    if two_way:
        body = {"properties": dict.fromkeys(two_way)}
        api.write("PATCH", f"data_sources/{made['data_source_id']}", body)
    put_in_trash(api, f"databases/{made['id']}")


def _read(api: NotionApi, database_id: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = api.read("GET", f"databases/{database_id}")
    except NotionError as error:
        if error.status in (400, 403, 404):
            return None
        raise
    return None if found.get("in_trash") else found


def _line(database: Mapping[str, Any]) -> str | None:
    return split_description(plain_text(database.get("description")))[1]


def drop_younger_rows(
    api: NotionApi,
    scope: SchemaScope,
    kind: PropertyType,
    key_name: str,
    made: Mapping[str, Any],
    known: Collection[str],
) -> bool:
    """Of rows with one key, of which this run made one and did not know the others, trash all but the oldest.

    *made* are the keys of the rows that this run created, by their texts; *known* the ids of those found before.
    """
    key = scope.find_live(key_name)
    if key is None or scope.live is None:
        return False
    alike: dict[str, list[tuple[str, str]]] = {}
    for page in rows_with_keys(api, scope.live.data_source_id, key, made.values()):
        text = kind.key_of(stored_value(page, key))
        if text in made and page["id"] not in known:
            alike.setdefault(text, []).append((page["created_time"], page["id"]))
    younger = [page_id for twins in alike.values() for _, page_id in sorted(twins)[1:]]
    for page_id in younger:
        put_in_trash(api, f"pages/{page_id}")
    return bool(younger)
