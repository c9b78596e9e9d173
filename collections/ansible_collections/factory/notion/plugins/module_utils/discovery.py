# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find what the identity cache does not know: on the pages where it belongs, by its ownership line.

A listing of a page's children is strongly consistent, unlike search, so that what it does not show
is not there (facts, section 2.4). Databases in columns, toggles and the like are found as well.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    is_ownership_line,
    owner_of,
    split_description,
)
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_of
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, PAGE

_HOLDS_DATABASES = frozenset(
    (
        *("column_list", "column", "toggle", "callout", "synced_block", "quote", "template"),
        *("heading_1", "heading_2", "heading_3", "heading_4"),
        *("bulleted_list_item", "numbered_list_item", "to_do"),
    )
)
"""Blocks in which people put databases (developers.notion.com, reference/block)."""
_CHILD_KINDS = {"child_database": KIND, "child_page": PAGE}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the databases of a run belong, and how they say whose they are."""

    parent_page: str
    stack: str
    environment: str
    marked: bool = True
    in_flight: int = 8
    prune: bool = False
    destroy: bool = False
    """Whether all that is declared is to go as well."""
    resource_deadline: float = math.inf
    """Seconds that reading one resource may take."""


@dataclass(frozen=True, slots=True)
class Child:
    """A page or a database on a page, as the listing of the page says it."""

    kind: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live database, data source or page that may be a declared one.

    ``data_source_id`` is there for a database that has only one; ``parent`` is the page that it was listed on.
    """

    id: str
    data_source_id: str | None
    title: str
    ownership: str | None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the listed pages hold, judged for the resources that are looked for."""

    found: Mapping[Address, Candidate] = field(default_factory=dict)
    adopted: Mapping[Address, Candidate] = field(default_factory=dict)
    errors: Mapping[Address, FactoryError] = field(default_factory=dict)
    orphans: Mapping[Address, Candidate] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def discover(
    api: NotionApi,
    pool: Executor,
    wanted: Sequence[Resource],
    known: Mapping[Address, Known],
    place: Placement,
) -> Discovery:
    """Look for *wanted*: one listing for each page that one of them belongs on, and a read for each that may be one.

    Pages come first, one level after the other, since others may lie on them.
    """
    search = _Search(api, pool, place, {one.attributes["id"] for one in known.values()})
    pages = {address: one.attributes["id"] for address, one in known.items() if address.kind == PAGE}
    wanted_pages = [resource for resource in wanted if resource.address.kind == PAGE]
    found = Discovery()
    while search.list_pages(_rooms(wanted, pages, place)):
        if not wanted_pages and not pages and not place.prune:
            continue
        found = search.judged(PAGE, wanted_pages, _parents(wanted_pages, pages, place))
        new = (*found.found.items(), *found.adopted.items(), *found.orphans.items())
        pages.update({address: one.id for address, one in new})
    databases = [resource for resource in wanted if resource.address.kind == KIND]
    tables = search.judged(KIND, databases, _parents(databases, pages, place))
    homes = {address: one.attributes["id"] for address, one in known.items() if address.kind == KIND}
    homes.update({address: one.id for address, one in (*tables.found.items(), *tables.adopted.items())})
    sources = [resource for resource in wanted if resource.address.kind == DATA_SOURCE]
    return _joined(found, tables, find_data_sources(api, pool, sources, homes))


def _rooms(wanted: Sequence[Resource], pages: Mapping[Address, str], place: Placement) -> set[str]:
    """The pages to list: those that *wanted* belong on, and to prune also all that are declared."""
    on_pages = [resource for resource in wanted if resource.address.kind in (KIND, PAGE)]
    rooms = set(_parents(on_pages, pages, place).values())
    return rooms | {place.parent_page, *pages.values()} if place.prune else rooms


def _parents(resources: Sequence[Resource], pages: Mapping[Address, str], place: Placement) -> dict[Address, str]:
    """The page that each of *resources* belongs on, unless it is not there yet."""
    found = {resource.address: parent_of(resource, pages, place.parent_page) for resource in resources}
    return {address: parent for address, parent in found.items() if parent is not None}


def _joined(*parts: Discovery) -> Discovery:
    return Discovery(
        {address: one for part in parts for address, one in part.found.items()},
        {address: one for part in parts for address, one in part.adopted.items()},
        {address: one for part in parts for address, one in part.errors.items()},
        {address: one for part in parts for address, one in part.orphans.items()},
        tuple(warning for part in parts for warning in part.warnings),
    )


class _Search:
    """What was listed and read so far in one discovery: nothing is read twice."""

    def __init__(self, api: NotionApi, pool: Executor, place: Placement, known_ids: set[str]) -> None:
        self._api = api
        self._pool = pool
        self._place = place
        self._known_ids = known_ids
        self._listed: dict[str, list[Child]] = {}
        self._read: dict[str, Candidate | None] = {}

    def list_pages(self, pages: set[str]) -> bool:
        """List those of *pages* that were not yet; false when there is none."""
        new = sorted(pages - self._listed.keys())
        self._listed.update(zip(new, self._pool.map(self._list, new), strict=True))
        return bool(new)

    def _list(self, page: str) -> list[Child]:
        if page == self._place.parent_page:
            return children_of_parent(self._api, page, self._place.environment)
        try:
            return list(children_under(self._api, page))
        except NotionError as error:
            if error.status not in (400, 404):
                raise
            raise FactoryError(
                f"the page {page}, which a manifest names as a parent, cannot be read: it does not exist or is not "
                "shared with the integration; share it in Notion (••• → Connections) or name another one"
            ) from error

    def judged(self, kind: str, wanted: Sequence[Resource], parents: Mapping[Address, str]) -> Discovery:
        """Those of one kind among what was listed, likely ones first, all if one is not found or to prune."""
        listed = [
            (child, page)
            for page, children in self._listed.items()
            for child in children
            if child.kind == kind and child.id not in self._known_ids
        ]
        reachable = [resource for resource in wanted if resource.address in parents]
        titles = {resource.spec["title"] for resource in reachable}
        likely = [one for one in listed if one[0].title in titles]
        candidates = self._candidates(likely)
        owners = {owner_of(one.ownership, self._place.stack) for one in candidates}
        if self._place.prune or not all(owners & {resource.address, *resource.former} for resource in reachable):
            candidates += self._candidates([one for one in listed if one not in likely])
        return judge(reachable, candidates, self._place.stack, self._place.marked, parents)

    def _candidates(self, listed: Sequence[tuple[Child, str]]) -> list[Candidate]:
        new = [one for one in listed if one[0].id not in self._read]
        found = self._pool.map(lambda one: _candidate(self._api, *one), new)
        self._read.update(zip([child.id for child, _ in new], found, strict=True))
        return [one for child, _ in listed if (one := self._read[child.id]) is not None]


def judge(
    wanted: Sequence[Resource],
    candidates: Iterable[Candidate],
    stack: str,
    marked: bool,
    parents: Mapping[Address, str] | None = None,
) -> Discovery:
    """Which candidate is which resource: by mark; by title only where adoption is asked for. Pure.

    A mark counts wherever it is found, a title only on the page of *parents* that the resource belongs on.
    """
    by_mark: dict[Address, list[Candidate]] = {}
    unowned: dict[tuple[str, str], list[Candidate]] = {}
    others: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        owner = owner_of(candidate.ownership, stack)
        if owner is not None:
            by_mark.setdefault(owner, []).append(candidate)
        elif candidate.ownership is None:
            unowned.setdefault((candidate.parent, candidate.title), []).append(candidate)
        else:
            others[candidate.parent, candidate.title] = candidate
    found: dict[Address, Candidate] = {}
    adopted: dict[Address, Candidate] = {}
    errors: dict[Address, FactoryError] = {}
    warnings: list[str] = []
    for resource in wanted:
        address, what = resource.address, noun(resource.address)
        spot = ((parents or {}).get(address, ""), resource.spec["title"])
        mine = by_mark.pop(address, []) or [one for old in resource.former for one in by_mark.pop(old, [])]
        same_title = unowned.get(spot, [])
        if len(mine) > 1:
            errors[address] = _ambiguous(f"{what}s carry its ownership line", mine)
        elif mine:
            found[address] = mine[0]
        elif resource.metadata.get("adopt") is True and len(same_title) > 1:
            errors[address] = _ambiguous(f"{what}s are titled '{resource.spec['title']}'", same_title)
        elif resource.metadata.get("adopt") is True and same_title:
            adopted[address] = same_title[0]
        elif same_title:
            told = f"a {what} titled '{resource.spec['title']}' exists already ({same_title[0].id})"
            if marked:
                warnings.append(f"{address}: {told}; set metadata.adopt to take it over instead of creating one")
            else:
                errors[address] = FactoryError(
                    f"{told}, and without ownership lines nothing tells whether it is this one; "
                    "set metadata.adopt to take it over, or rename it"
                )
        elif other := others.get(spot):
            line = "from its description" if what == "database" else "at its end"
            errors[address] = FactoryError(
                f"a {what} titled '{other.title}' exists already ({other.id}) and belongs to somebody else "
                f"('{other.ownership}'); rename one of them, or remove that line {line} in Notion and "
                "set metadata.adopt to take it over"
            )
    orphans = {owner: marked_as[0] for owner, marked_as in by_mark.items()}
    return Discovery(found, adopted, errors, orphans, tuple(warnings))


def _ambiguous(what: str, candidates: Sequence[Candidate]) -> FactoryError:
    ids = " and ".join(candidate.id for candidate in candidates)
    return FactoryError(
        f"{len(candidates)} live {what}: {ids}; nothing was changed, "
        "remove one or give the right one's id as metadata.adopt"
    )


def noun(address: Address) -> str:
    """What people call a resource of a kind."""
    return {PAGE: "page", DATA_SOURCE: "data source"}.get(address.kind, "database")


def find_data_sources(
    api: NotionApi, pool: Executor, wanted: Sequence[Resource], homes: Mapping[Address, str]
) -> Discovery:
    """The data sources of that title in the databases *homes*: one read for each database.

    The database carries the ownership line, so that what is in it is ours.
    """
    by_home: dict[str, list[Resource]] = {}
    for resource in wanted:
        home = homes.get(Address(KIND, resource.spec["database"]))
        if home is not None:
            by_home.setdefault(home, []).append(resource)
    found: dict[Address, Candidate] = {}
    errors: dict[Address, FactoryError] = {}
    databases = pool.map(lambda home: api.read("GET", f"databases/{home}"), by_home)
    for resources, database in zip(by_home.values(), databases, strict=True):
        for resource in resources:
            title = resource.spec["title"]
            same = [Candidate(one["id"], None, title, None) for one in database["data_sources"] if one["name"] == title]
            if len(same) > 1:
                errors[resource.address] = _ambiguous(f"data sources are titled '{title}'", same)
            elif same:
                found[resource.address] = same[0]
    return Discovery(found, errors=errors)


def databases_under(api: NotionApi, page: str, environment: str) -> Iterator[tuple[str, str]]:
    """Id and title of every database below *page*, but not below its sub-pages.

    Raises ``FactoryError`` when the page cannot be read.
    """
    for child in children_of_parent(api, page, environment):
        if child.kind == KIND:
            yield child.id, child.title


def children_of_parent(api: NotionApi, page: str, environment: str) -> list[Child]:
    """What is on the parent page of an environment.

    Raises ``FactoryError`` when the page cannot be read.
    """
    try:
        return list(children_under(api, page))
    except NotionError as error:
        if error.status in (400, 404):
            raise FactoryError(
                f"the parent page {page} of the environment {environment} cannot be read: it does not exist or is not "
                "shared with the integration; share it in Notion (••• → Connections) or set NOTION_PARENT_PAGE"
            ) from error
        raise


def children_under(api: NotionApi, page: str) -> Iterator[Child]:
    """Every page and database on *page*, in columns, toggles and the like too, but not below its sub-pages.

    Raises ``NotionError`` when the page cannot be read.
    """
    yield from _children_among(api, list(api.pages("GET", f"blocks/{page}/children")))


def _children_among(api: NotionApi, blocks: Iterable[Mapping[str, Any]]) -> Iterator[Child]:
    for block in blocks:
        if block["type"] in _CHILD_KINDS:
            yield Child(_CHILD_KINDS[block["type"]], block["id"], block[block["type"]]["title"])
        elif block.get("has_children") and block["type"] in _HOLDS_DATABASES:
            with contextlib.suppress(NotionError):  # a synced block may come from where nobody shared anything
                yield from _children_among(api, list(api.pages("GET", f"blocks/{block['id']}/children")))


def _candidate(api: NotionApi, child: Child, parent: str) -> Candidate | None:
    """The page or the database, unless it is a linked view of one that the integration does not see."""
    try:
        if child.kind == PAGE:
            mark = mark_among(api.pages("GET", f"blocks/{child.id}/children"))
            return Candidate(child.id, None, child.title, mark, parent)
        database: Mapping[str, Any] = api.read("GET", f"databases/{child.id}")
    except NotionError as error:
        if error.status in (400, 403, 404):
            return None
        raise
    if database.get("in_trash") or not database["data_sources"]:
        return None
    _, ownership = split_description(plain_text(database.get("description")))
    sources = [one["id"] for one in database["data_sources"]]
    title = plain_text(database.get("title"))
    return Candidate(database["id"], sources[0] if len(sources) == 1 else None, title, ownership, parent)


def mark_among(blocks: Iterable[Mapping[str, Any]]) -> str | None:
    """The ownership line among the blocks of a page, as the API answers them; the last one counts."""
    texts = (plain_text(block["paragraph"].get("rich_text")) for block in blocks if block["type"] == "paragraph")
    marks = [text.strip() for text in texts if is_ownership_line(text)]
    return marks[-1] if marks else None
