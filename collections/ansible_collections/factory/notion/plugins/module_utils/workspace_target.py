# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge: one Notion workspace, read and written for the engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change
from ansible_collections.factory.core.plugins.module_utils.limits import Work, working
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Findings,
    Known,
    Observation,
    Progress,
    World,
)
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.data_source_writing import (
    create_data_source,
    restore_data_source,
)
from ansible_collections.factory.notion.plugins.module_utils.database_diff import scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_reading import (
    database_observation,
    read_data_source,
    read_database,
)
from ansible_collections.factory.notion.plugins.module_utils.database_search import doubtful, searched_sources, told
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.database_writing import (
    Seen,
    create_database,
    release_database,
    restore_database,
    write_shape,
)
from ansible_collections.factory.notion.plugins.module_utils.discovery import (
    Candidate,
    Discovery,
    Placement,
    children_under,
    discover,
    noun,
)
from ansible_collections.factory.notion.plugins.module_utils.option_moving import move_options
from ansible_collections.factory.notion.plugins.module_utils.ownership import marks_same, owner_of, ownership_line
from ansible_collections.factory.notion.plugins.module_utils.page_children import position
from ansible_collections.factory.notion.plugins.module_utils.page_pruning import (
    Doomed,
    pruning_error,
    pruning_warning,
)
from ansible_collections.factory.notion.plugins.module_utils.page_reading import read_page
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState
from ansible_collections.factory.notion.plugins.module_utils.page_writing import (
    change_page,
    create_page,
    release_page,
    restore_page,
)
from ansible_collections.factory.notion.plugins.module_utils.people_directory import PeopleDirectory
from ansible_collections.factory.notion.plugins.module_utils.row_progress import RowProgress
from ansible_collections.factory.notion.plugins.module_utils.row_writing import write_rows
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    DATA_SOURCE,
    KIND,
    PAGE,
    further_titles,
)
from ansible_collections.factory.notion.plugins.module_utils.stale_ids import (
    not_alone,
    not_found,
    not_what_it_was,
    with_possible_ids,
)
from ansible_collections.factory.notion.plugins.module_utils.trash import find_in_trash
from ansible_collections.factory.notion.plugins.module_utils.trashing import put_in_trash
from ansible_collections.factory.notion.plugins.module_utils.twins import ChildDatabases
from ansible_collections.factory.notion.plugins.module_utils.view_writing import write_views

_ENDPOINTS = {KIND: "databases", DATA_SOURCE: "data_sources", PAGE: "pages"}


class WorkspaceTarget:
    """A Notion workspace, below one page."""

    def __init__(
        self, api: NotionApi, placement: Placement, progress: Progress = lambda stage, done, total: None
    ) -> None:
        self._api = api
        self._placement = placement
        self._progress = progress
        self._people = PeopleDirectory(api)
        self._rows = RowProgress(progress)
        self._children: dict[str, ChildDatabases] = {}

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[Any]:
        """One read per resource whose ids are known; the others are looked for on the pages where they belong."""
        observed: dict[Address, Observation[Any]] = {}
        errors: dict[Address, FactoryError] = {}
        orphans: dict[Address, Observation[Any]] = {}
        declared = {resource.address: resource for resource in resources}
        deleted = {address: one for address, one in known.items() if one.deleted}
        known = with_possible_ids({address: one for address, one in known.items() if not one.deleted})
        with ThreadPoolExecutor(max_workers=self._placement.in_flight) as pool:
            ids = dict(known)
            ids.update(_ids_to_adopt(resources, ids))
            missing = [resource for resource in resources if resource.address not in ids]
            looking = missing or self._placement.prune
            discovery = self._discover(pool, missing, ids) if looking else Discovery()
            for address, candidate in (*discovery.found.items(), *discovery.adopted.items()):
                ids[address] = _known(candidate)
            ids.update({address: _known(one) for address, one in discovery.orphans.items() if address not in ids})
            trashed = find_in_trash(self._api, pool, _absent(missing, ids, discovery), ids, deleted, self._placement)
            ids.update({address: _known(one) for address, one in trashed.found.items()})
            further = further_titles(Declared(declared))
            total = len(ids)
            crowded = total > self._api.window and any(address.kind == KIND for address in ids)
            searched = self._as_searched(pool, declared, ids) if crowded else {}

            def look(address: Address) -> tuple[Address, Observation[Any] | FactoryError]:
                if address in searched:
                    return address, searched[address]
                return self._observe_one(declared.get(address), address, ids[address], address not in known, further)

            results: dict[Address, Observation[Any] | FactoryError] = {}
            for done, (address, result) in enumerate(pool.map(look, ids), 1):
                self._progress("observe", done, total)
                results[address] = result
            results.update(self._doubted(pool, declared, known, results))
            for address, result in results.items():
                if isinstance(result, FactoryError):
                    if address in declared:
                        errors[address] = result
                elif address not in declared:
                    orphans.update({} if result.in_trash or not result.owned else {address: result})
                elif address in known or address in discovery.found or address in trashed.found:
                    observed[address] = result
                elif self._is_free(result.state, declared):
                    mine = result.owned and result.state.ownership is not None
                    observed[address] = dataclasses.replace(result, adopted=not mine)
                else:
                    errors[address] = FactoryError(
                        f"the {noun(address)} {result.id} is not free to be adopted; it says: {result.state.ownership}"
                    )
        warnings = [*discovery.warnings, *trashed.warnings]
        warnings += [told(total, self._api.window)] if crowded else []
        errors = {**discovery.errors, **trashed.errors, **errors}
        if self._placement.prune:
            live = {ids[address].attributes["id"]: resource for address, resource in declared.items() if address in ids}
            errors.update(self._what_goes_with_pages(observed, orphans, live, ids, warnings))
        return Findings(observed, errors, orphans=orphans, warnings=tuple(warnings))

    def _doubted(
        self,
        pool: ThreadPoolExecutor,
        declared: Mapping[Address, Resource],
        known: Mapping[Address, Known],
        results: Mapping[Address, Observation[Any] | FactoryError],
    ) -> dict[Address, FactoryError]:
        """Why remembered resources must be left alone; of those that are gone, whether another carries the mark."""
        errors: dict[Address, FactoryError] = {}
        gone: dict[Address, Observation[Any] | NotionError] = {}
        for address, one in known.items():
            result = results[address]
            if address not in declared:
                continue
            if isinstance(result, NotionError) and result.status == 404:
                gone[address] = result
            elif isinstance(result, Observation) and not self._placement.destroy:
                if stray := not_what_it_was(address, one, result, self._placement):
                    errors[address] = stray
                elif result.in_trash and self._placement.marked:
                    gone[address] = result
        others = self._carrying_marks(pool, [declared[address] for address in gone], known) if gone else {}
        for address, result in gone.items():
            other = others.get(address)
            if isinstance(result, NotionError):
                errors[address] = not_found(address, known[address], self._placement, other)
            elif other is not None:
                errors[address] = not_alone(address, result, self._placement, other)
        return errors

    def _carrying_marks(
        self, pool: ThreadPoolExecutor, resources: Sequence[Resource], known: Mapping[Address, Known]
    ) -> Mapping[Address, Candidate]:
        """What else carries the ownership lines of *resources*, where they belong."""
        tops = [one for one in resources if one.address.kind != DATA_SOURCE]
        place = dataclasses.replace(self._placement, prune=False)
        return discover(self._api, pool, tops, known, place).found if tops and self._placement.marked else {}

    def _what_goes_with_pages(
        self,
        observed: Mapping[Address, Observation[Any]],
        orphans: Mapping[Address, Observation[Any]],
        declared: Mapping[str, Resource],
        ids: Mapping[Address, Known],
        warnings: list[str],
    ) -> dict[Address, FactoryError]:
        """Look at the pages that are to go: the errors for those that cannot, and what is lost with the others."""
        errors = {}
        pages = {address: one.attributes["id"] for address, one in ids.items() if address.kind == PAGE}
        ours = frozenset(one.id for one in orphans.values()) | declared.keys()
        going = {**orphans, **observed} if self._placement.destroy else orphans
        for address, one in going.items():
            if address.kind == PAGE and not one.in_trash:
                doomed = Doomed(address, one.id, tuple(children_under(self._api, one.id)))
                error = None if self._placement.destroy else pruning_error(doomed, declared, pages)
                if error is not None:
                    errors[address] = error
                warning = pruning_warning(doomed, ours)
                warnings.extend([warning] if warning else [])
        return errors

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Observation[Any] | None,
        world: World[Any],
    ) -> Observation[Any] | None:
        """Write *change*: of a table at most a container, a schema, the rows and the views, in this order."""
        if change.action is Action.FORGET and observed is not None:
            self._release(change.address, observed)
            return None
        if change.action is Action.DELETE or resource is None:
            if observed is not None:
                put_in_trash(self._api, f"{_ENDPOINTS[change.address.kind]}/{observed.id}")
            return None
        if change.action is Action.RESTORE and observed is not None:
            observed = self._restore(resource, observed)
            if observed.in_trash:
                return observed
        if observed is None:
            return self._create(change, resource, world)
        if change.address.kind == PAGE:
            return change_page(self._api, resource, observed, change)
        return self._change_table(change, resource, observed, world)

    def _release(self, address: Address, observed: Observation[Any]) -> None:
        """Take our mark off. A data source has none: its database has, and stays ours."""
        if address.kind == KIND:
            release_database(self._api, observed)
        elif address.kind == PAGE:
            release_page(self._api, observed)

    def _restore(self, resource: Resource, observed: Observation[Any]) -> Observation[Any]:
        if resource.address.kind == PAGE:
            return restore_page(self._api, resource, observed)
        if resource.address.kind == DATA_SOURCE:
            return restore_data_source(self._api, resource, observed, self._marking_stack)
        return restore_database(self._api, resource, observed)

    def _create(self, change: Change, resource: Resource, world: World[Any]) -> Observation[Any]:
        ownership = self._ownership(change.address, resource)
        parent = resource.spec.get("parent", self._placement.parent_page)
        if change.address.kind == PAGE:
            return create_page(self._api, resource, change, parent, ownership, position(change.address, world))
        scope = scope_of(resource, None, world)
        if change.address.kind == DATA_SOURCE:
            return create_data_source(self._api, scope, change, world.observed, self._marking_stack)
        children = self._children.setdefault(parent, ChildDatabases(self._api, parent))
        return create_database(self._api, scope, change, parent, ownership, children)

    def _change_table(self, change: Change, resource: Resource, observed: Seen, world: World[DatabaseState]) -> Seen:
        scope = scope_of(resource, observed, world)
        state = write_shape(self._api, scope, observed.state, change)
        state = move_options(self._api, scope, state, change)
        scope = dataclasses.replace(scope, live=state)
        state = write_rows(self._api, self._people, scope, state, change, self._rows)
        state = write_views(self._api, scope, state, change)
        return database_observation(state, resource)

    def _is_free(self, state: DatabaseState | PageState, declared: Mapping[Address, Resource]) -> bool:
        """Whether it may be taken over: nobody owns it, or an address that is not declared any more."""
        owner = owner_of(state.ownership, self._placement.stack)
        unowned = state.ownership is None or marks_same(state.ownership, state.expected_ownership)
        return unowned or (owner is not None and owner not in declared)

    def _as_searched(
        self, pool: ThreadPoolExecutor, declared: Mapping[Address, Resource], ids: Mapping[Address, Known]
    ) -> dict[Address, Seen]:
        """Those databases that a search shows exactly as declared."""
        wanted = {
            source: address
            for address, one in ids.items()
            if address.kind == KIND and (source := one.attributes.get("data_source_id"))
        }
        sources = searched_sources(self._api, wanted)

        def look(source_id: str) -> tuple[Address, Seen | FactoryError]:
            address = wanted[source_id]
            return self._observe_one(declared.get(address), address, ids[address], False, {}, sources[source_id])

        seen = {address: one for address, one in pool.map(look, sources) if isinstance(one, Observation)}
        for address in doubtful(declared, seen):
            del seen[address]
        return seen

    def _discover(
        self, pool: ThreadPoolExecutor, missing: Sequence[Resource], ids: Mapping[Address, Known]
    ) -> Discovery:
        return discover(self._api, pool, missing, ids, self._placement)

    def _observe_one(
        self,
        resource: Resource | None,
        address: Address,
        known: Known,
        found_anew: bool,
        further: Mapping[str, Sequence[str]],
        source: Mapping[str, Any] | None = None,
    ) -> tuple[Address, Observation[Any] | FactoryError]:
        mark = self._ownership(address, resource)
        try:
            with working(Work(self._placement.resource_deadline)):
                if address.kind == PAGE:
                    with_blocks = found_anew or (known.check_mark and self._placement.marked)
                    return address, read_page(self._api, resource, known, mark, with_blocks)
                if address.kind == DATA_SOURCE:
                    return address, read_data_source(self._api, resource, known, self._marking_stack)
                own = further.get(address.name, ())
                return address, read_database(self._api, resource, known, mark, own, source=source)
        except NotionError as error:
            if error.status == 401:
                raise
            return address, error
        except FactoryError as error:
            return address, error

    @property
    def _marking_stack(self) -> str | None:
        """The stack whose name marks carry; ``None`` when marking is switched off."""
        return self._placement.stack if self._placement.marked else None

    def _ownership(self, address: Address, resource: Resource | None) -> str | None:
        protected = resource is not None and bool(resource.metadata.get("protect"))
        return ownership_line(self._placement.stack, address, protected) if self._placement.marked else None


def _known(candidate: Candidate) -> Known:
    source = {"data_source_id": candidate.data_source_id} if candidate.data_source_id is not None else {}
    return Known({"id": candidate.id, **source})


def _absent(missing: Sequence[Resource], ids: Mapping[Address, Known], discovery: Discovery) -> list[Resource]:
    return [one for one in missing if one.address not in ids and one.address not in discovery.errors]


def _adopted_id(resource: Resource) -> str | None:
    adopt = resource.metadata.get("adopt")
    return adopt if isinstance(adopt, str) else None


def _ids_to_adopt(resources: Sequence[Resource], known: Mapping[Address, Any]) -> dict[Address, Known]:
    """The databases that manifests name by id and the cache does not know yet."""
    return {
        resource.address: Known({"id": adopt})
        for resource in resources
        if resource.address not in known and (adopt := _adopted_id(resource)) is not None
    }
