# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find databases in the trash before they are created anew. Only asked when a create is about to happen.

Nothing lists the trash. Search can be asked for it (``filter.in_trash``, version 2026-03-11), but is behind by up to
twenty seconds; so what it shows is read and checked, and what it does not show means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.discovery import Candidate, Discovery, Placement
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of, split_description
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text

_MOST_HITS = 100


def find_in_trash(
    api: NotionApi, wanted: Sequence[Resource], deleted: Mapping[Address, str], place: Placement
) -> Discovery:
    """Those of *wanted* that lie in the trash: one read for each that Factory *deleted*, one search for the others.

    A database counts if it was directly below the parent page and carries the ownership line; without ownership
    lines, only if Factory deleted it. Two for one address are named in a warning, and neither is taken.
    """
    found: dict[Address, Candidate] = {}
    for resource in wanted:
        if resource.address in deleted:
            candidate = _candidate(api, deleted[resource.address], resource, place)
            found.update({resource.address: candidate} if candidate else {})
    unknown = [resource for resource in wanted if resource.address not in deleted] if place.marked else []
    warnings: list[str] = []
    for resource, ids in _hits(api, unknown, place) if unknown else ():
        candidates = [one for one in (_candidate(api, hit, resource, place) for hit in ids) if one is not None]
        if len(candidates) == 1:
            found[resource.address] = candidates[0]
        elif candidates:
            told = " and ".join(candidate.database_id for candidate in candidates)
            warnings.append(
                f"{resource.address}: several in the trash carry its ownership line ({told}); none is restored"
            )
    return Discovery(found, {}, {}, {}, tuple(warnings))


def _hits(api: NotionApi, wanted: Sequence[Resource], place: Placement) -> list[tuple[Resource, list[str]]]:
    """The ids of databases in the trash whose data sources seem to be one of *wanted*, as search has it."""
    query = {
        "filter": {"property": "object", "value": "data_source", "in_trash": True},
        "sort": {"timestamp": "last_edited_time", "direction": "descending"},
        "page_size": _MOST_HITS,
    }
    try:
        results = api.read("POST", "search", query)["results"]
    except NotionError as error:
        if error.status in (400, 403):  # an integration that may not search, or a version that cannot ask for this
            return []
        raise
    owned: dict[Address, list[str]] = {}
    for source in results:
        _, line = split_description(plain_text(source.get("description")))
        owner = owner_of(line, place.stack)
        if owner is not None:
            owned.setdefault(owner, []).append(source["parent"]["database_id"])
    hits = []
    for resource in wanted:
        ids = [one for address in (resource.address, *resource.former) for one in owned.get(address, ())]
        hits.append((resource, list(dict.fromkeys(ids))))
    return hits


def _candidate(api: NotionApi, database_id: str, resource: Resource, place: Placement) -> Candidate | None:
    """The database, if it lies in the trash of this parent page and is the one that *resource* declares."""
    try:
        database: Mapping[str, Any] = api.read("GET", f"databases/{database_id}")
    except NotionError as error:
        if error.status in (400, 403, 404):
            return None
        raise
    parent = (database.get("parent") or {}).get("page_id", "")
    if not database.get("in_trash") or not database["data_sources"] or not _is_same(parent, place.parent_page):
        return None
    _, line = split_description(plain_text(database.get("description")))
    if place.marked and owner_of(line, place.stack) not in (resource.address, *resource.former):
        return None
    title = plain_text(database.get("title"))
    return Candidate(database["id"], database["data_sources"][0]["id"], title, line)


def _is_same(one: str, other: str) -> bool:
    """Whether two ids are one, written with hyphens or without."""
    return one.replace("-", "").lower() == other.replace("-", "").lower()
