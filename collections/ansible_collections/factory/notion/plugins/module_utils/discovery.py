# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find databases that the identity cache does not know: under the parent page, by their ownership line.

A listing of a page's children is strongly consistent, unlike search, so that what it does not show
is not there (facts, section 2.4). Databases in columns, toggles and the like are found as well.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of, split_description
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text

_HOLDS_DATABASES = frozenset(
    (
        *("column_list", "column", "toggle", "callout", "synced_block", "quote", "template"),
        *("heading_1", "heading_2", "heading_3", "heading_4"),
        *("bulleted_list_item", "numbered_list_item", "to_do"),
    )
)
"""Blocks in which people put databases (developers.notion.com, reference/block)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the databases of a run belong, and how they say whose they are."""

    parent_page: str
    stack: str
    environment: str
    marked: bool = True
    in_flight: int = 8
    prune: bool = False
    resource_deadline: float = math.inf
    """Seconds that reading one database may take."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live database under the parent page."""

    database_id: str
    data_source_id: str
    title: str
    ownership: str | None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the parent page holds, judged for the resources that are looked for."""

    found: Mapping[Address, Candidate]
    adopted: Mapping[Address, Candidate]
    errors: Mapping[Address, FactoryError]
    orphans: Mapping[Address, Candidate]
    warnings: tuple[str, ...] = ()


def discover(
    api: NotionApi,
    pool: Executor,
    wanted: Sequence[Resource],
    known_ids: set[str],
    place: Placement,
) -> Discovery:
    """Look for *wanted* under the parent page: one listing, and a read per database that may be one."""
    under = databases_under(api, place.parent_page, place.environment)
    listed = {block: title for block, title in under if block not in known_ids}
    titles = {resource.spec["title"] for resource in wanted}
    likely = [block for block, title in listed.items() if title in titles]
    candidates = [one for one in pool.map(lambda block: _candidate(api, block), likely) if one is not None]
    owners = {owner_of(one.ownership, place.stack) for one in candidates}
    if place.prune or not {resource.address for resource in wanted} <= owners:
        rest = [block for block in listed if block not in likely]
        candidates += [one for one in pool.map(lambda block: _candidate(api, block), rest) if one is not None]
    return judge(wanted, candidates, place.stack, place.marked)


def judge(wanted: Sequence[Resource], candidates: Iterable[Candidate], stack: str, marked: bool) -> Discovery:
    """Which candidate is which resource: by mark; by title only where adoption is asked for. Pure."""
    by_mark: dict[Address, list[Candidate]] = {}
    unowned: dict[str, list[Candidate]] = {}
    others: dict[str, Candidate] = {}
    for candidate in candidates:
        owner = owner_of(candidate.ownership, stack)
        if owner is not None:
            by_mark.setdefault(owner, []).append(candidate)
        elif candidate.ownership is None:
            unowned.setdefault(candidate.title, []).append(candidate)
        else:
            others[candidate.title] = candidate
    found: dict[Address, Candidate] = {}
    adopted: dict[Address, Candidate] = {}
    errors: dict[Address, FactoryError] = {}
    warnings: list[str] = []
    for resource in wanted:
        address = resource.address
        mine = by_mark.pop(address, [])
        same_title = unowned.get(resource.spec["title"], [])
        if len(mine) > 1:
            errors[address] = _ambiguous("carry its ownership line", mine)
        elif mine:
            found[address] = mine[0]
        elif resource.metadata.get("adopt") is True and len(same_title) > 1:
            errors[address] = _ambiguous(f"are titled '{resource.spec['title']}'", same_title)
        elif resource.metadata.get("adopt") is True and same_title:
            adopted[address] = same_title[0]
        elif same_title:
            told = f"a database titled '{resource.spec['title']}' exists already ({same_title[0].database_id})"
            if marked:
                warnings.append(f"{address}: {told}; set metadata.adopt to take it over instead of creating one")
            else:
                errors[address] = FactoryError(
                    f"{told}, and without ownership lines nothing tells whether it is this one; "
                    "set metadata.adopt to take it over, or rename it"
                )
        elif other := others.get(resource.spec["title"]):
            errors[address] = FactoryError(
                f"a database titled '{other.title}' exists already ({other.database_id}) and belongs to somebody else "
                f"('{other.ownership}'); rename one of them, or remove that line from its description in Notion and "
                "set metadata.adopt to take it over"
            )
    orphans = {owner: marked_as[0] for owner, marked_as in by_mark.items()}
    return Discovery(found, adopted, errors, orphans, tuple(warnings))


def _ambiguous(what: str, candidates: Sequence[Candidate]) -> FactoryError:
    ids = " and ".join(candidate.database_id for candidate in candidates)
    return FactoryError(
        f"{len(candidates)} live databases {what}: {ids}; nothing was changed, "
        "remove one or give the right one's id as metadata.adopt"
    )


def databases_under(api: NotionApi, page: str, environment: str) -> Iterator[tuple[str, str]]:
    """Id and title of every database below *page*, but not below its sub-pages.

    Raises ``FactoryError`` when the page cannot be read.
    """
    try:
        children = list(api.pages("GET", f"blocks/{page}/children"))
    except NotionError as error:
        if error.status in (400, 404):
            raise FactoryError(
                f"the parent page {page} of the environment {environment} cannot be read: it does not exist or is not "
                "shared with the integration; share it in Notion (••• → Connections) or set NOTION_PARENT_PAGE"
            ) from error
        raise
    yield from _databases_among(api, children)


def _databases_among(api: NotionApi, blocks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if block["type"] == "child_database":
            yield block["id"], block["child_database"]["title"]
        elif block.get("has_children") and block["type"] in _HOLDS_DATABASES:
            with contextlib.suppress(NotionError):  # a synced block may come from where nobody shared anything
                yield from _databases_among(api, list(api.pages("GET", f"blocks/{block['id']}/children")))


def _candidate(api: NotionApi, database_id: str) -> Candidate | None:
    """The database, unless it is a linked view of one that the integration does not see."""
    try:
        database: Mapping[str, Any] = api.read("GET", f"databases/{database_id}")
    except NotionError as error:
        if error.status in (400, 403, 404):
            return None
        raise
    if database.get("in_trash") or not database["data_sources"]:
        return None
    _, ownership = split_description(plain_text(database.get("description")))
    title = plain_text(database.get("title"))
    return Candidate(database["id"], database["data_sources"][0]["id"], title, ownership)
