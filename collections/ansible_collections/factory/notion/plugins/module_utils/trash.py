# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find resources in the trash before they are created anew. Only asked when a create is about to happen.

Nothing lists the trash. Search can be asked for it (``filter.in_trash``, version 2026-03-11), but is behind by up to
twenty seconds; so what it shows is read and checked, and what it does not show means nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.discovery import (
    Candidate,
    Discovery,
    Placement,
    discover,
    mark_among,
)
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of, split_description
from ansible_collections.factory.notion.plugins.module_utils.page_state import parse_page
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_of
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, PAGE

_MOST_HITS = 100


def find_in_trash(
    api: NotionApi,
    pool: Executor,
    wanted: Sequence[Resource],
    known: Mapping[Address, Known],
    deleted: Mapping[Address, Known],
    place: Placement,
) -> Discovery:
    """Those of *wanted* that lie in the trash: one read for each that Factory *deleted*, one search a kind for others.

    It counts if it was where it belongs and carries the ownership line; without ownership lines, only if Factory
    deleted it. Two for one address are named in a warning, and neither is taken. What lies on a page, or in a
    database, that is in the trash itself comes back with it, and is found there as well.
    """
    search = _Trash(api, place, deleted, dict(known))
    left = list(wanted)
    errors: dict[Address, FactoryError] = {}
    while ready := [resource for resource in left if search.home_of(resource) is not None]:
        taken = [search.take(resource) for resource in ready]
        left = [resource for resource in left if resource not in ready]
        if any(taken) and left:
            around = discover(api, pool, left, search.known, dataclasses.replace(place, prune=False))
            search.add({**around.found, **around.adopted})
            errors.update(around.errors)
            left = [one for one in left if one.address not in search.known and one.address not in errors]
    return Discovery(search.found, errors=errors, warnings=tuple(search.warnings))


class _Trash:
    """What was found so far, and what search answered: it is asked once a kind."""

    def __init__(
        self, api: NotionApi, place: Placement, deleted: Mapping[Address, Known], known: dict[Address, Known]
    ) -> None:
        self._api = api
        self._place = place
        self._deleted = deleted
        self._answers: dict[str, list[Mapping[str, Any]]] = {}
        self.known = known
        self.found: dict[Address, Candidate] = {}
        self.warnings: list[str] = []

    def add(self, found: Mapping[Address, Candidate]) -> None:
        """Note what was *found*."""
        self.found.update(found)
        self.known.update({address: Known({"id": one.id}) for address, one in found.items()})

    def home_of(self, resource: Resource) -> str | None:
        """The id of the page or the database that it belongs on or in; ``None`` if that is not there."""
        if resource.address.kind == DATA_SOURCE:
            home = self.known.get(Address(KIND, resource.spec["database"]))
            return home.attributes["id"] if home is not None else None
        pages = {address: one.attributes["id"] for address, one in self.known.items() if address.kind == PAGE}
        return parent_of(resource, pages, self._place.parent_page)

    def take(self, resource: Resource) -> bool:
        """Whether *resource*, whose home is there, was found."""
        address = resource.address
        if address in self._deleted:
            ids = [self._deleted[address].attributes["id"]]
        else:
            ids = self._hits(resource) if self._place.marked else []
        candidates = [one for one in (self._candidate(hit, resource) for hit in ids) if one is not None]
        if len(candidates) == 1:
            self.add({address: candidates[0]})
        elif candidates:
            told = " and ".join(candidate.id for candidate in candidates)
            self.warnings.append(f"{address}: several in the trash carry its ownership line ({told}); none is restored")
        return len(candidates) == 1

    def _hits(self, resource: Resource) -> list[str]:
        """The ids of what may be *resource*, as far as search tells."""
        kind = resource.address.kind
        if kind == PAGE:
            pages = map(parse_page, self._search("page"))
            home = self.home_of(resource) or ""
            return [
                one.page_id
                for one in pages
                if one.title == resource.spec["title"] and _is_same(one.parent_page or "", home)
            ]
        sources = self._search("data_source")
        if kind == DATA_SOURCE:
            return [one["id"] for one in sources if plain_text(one.get("title")) == resource.spec["title"]]
        mine = [one for one in sources if self._is_mine(_line(one), resource)]
        return list(dict.fromkeys(one["parent"]["database_id"] for one in mine))

    def _search(self, kind: str) -> list[Mapping[str, Any]]:
        if kind not in self._answers:
            query = {
                "filter": {"property": "object", "value": kind, "in_trash": True},
                "sort": {"timestamp": "last_edited_time", "direction": "descending"},
                "page_size": _MOST_HITS,
            }
            try:
                self._answers[kind] = self._api.read("POST", "search", query)["results"]
            except NotionError as error:
                if error.status not in (400, 403):
                    raise
                self._answers[kind] = []  # an integration that may not search, or a version that cannot ask for this
        return self._answers[kind]

    def _is_mine(self, line: str | None, resource: Resource) -> bool:
        return owner_of(line, self._place.stack) in (resource.address, *resource.former)

    def _candidate(self, live_id: str, resource: Resource) -> Candidate | None:
        """The resource, if it lies in the trash where it belongs and is the one that *resource* declares."""
        read = {PAGE: self._page, DATA_SOURCE: self._data_source}.get(resource.address.kind, self._database)
        try:
            found = read(live_id)
        except NotionError as error:
            if error.status in (400, 403, 404):
                return None
            raise
        if found is None or not _is_same(found.parent, self.home_of(resource) or ""):
            return None
        marked = self._place.marked and resource.address.kind != DATA_SOURCE
        return None if marked and not self._is_mine(found.ownership, resource) else found

    def _database(self, live_id: str) -> Candidate | None:
        database = self._api.read("GET", f"databases/{live_id}")
        sources = [one["id"] for one in database["data_sources"]]
        if not database.get("in_trash") or not sources:
            return None
        source = sources[0] if len(sources) == 1 else None
        parent = (database.get("parent") or {}).get("page_id", "")
        return Candidate(database["id"], source, plain_text(database.get("title")), _line(database), parent)

    def _page(self, live_id: str) -> Candidate | None:
        page = self._api.read("GET", f"pages/{live_id}")
        if not page.get("in_trash"):
            return None
        state = parse_page(page)
        mark = mark_among(self._api.pages("GET", f"blocks/{live_id}/children")) if self._place.marked else None
        return Candidate(state.page_id, None, state.title, mark, state.parent_page or "")

    def _data_source(self, live_id: str) -> Candidate | None:
        source = self._api.read("GET", f"data_sources/{live_id}")
        if not source.get("in_trash"):
            return None
        return Candidate(source["id"], None, plain_text(source.get("title")), None, source["parent"]["database_id"])


def _line(stored: Mapping[str, Any]) -> str | None:
    """The ownership line in the description of a database or a data source."""
    return split_description(plain_text(stored.get("description")))[1]


def _is_same(one: str, other: str) -> bool:
    """Whether two ids are one, written with hyphens or without."""
    return one.replace("-", "").lower() == other.replace("-", "").lower()
