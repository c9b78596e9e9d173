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
    Findings,
    Known,
    Observation,
    Progress,
    World,
)
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_diff import scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_reading import (
    database_observation,
    read_database,
)
from ansible_collections.factory.notion.plugins.module_utils.database_search import doubtful, searched_sources, told
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.database_writing import (
    Seen,
    create_database,
    restore_database,
    write_shape,
)
from ansible_collections.factory.notion.plugins.module_utils.discovery import (
    Candidate,
    Discovery,
    Placement,
    discover,
)
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of, ownership_line
from ansible_collections.factory.notion.plugins.module_utils.people_directory import PeopleDirectory
from ansible_collections.factory.notion.plugins.module_utils.row_writing import write_rows
from ansible_collections.factory.notion.plugins.module_utils.twins import ChildDatabases


class WorkspaceTarget:
    """A Notion workspace, below one page."""

    def __init__(
        self, api: NotionApi, placement: Placement, progress: Progress = lambda stage, done, total: None
    ) -> None:
        self._api = api
        self._placement = placement
        self._progress = progress
        self._people = PeopleDirectory(api)
        self._children = ChildDatabases(api, placement.parent_page)

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[DatabaseState]:
        """One read per database whose ids are known; the others are looked for under the parent page."""
        observed: dict[Address, Seen] = {}
        errors: dict[Address, FactoryError] = {}
        orphans: dict[Address, Seen] = {}
        declared = {resource.address: resource for resource in resources}
        with ThreadPoolExecutor(max_workers=self._placement.in_flight) as pool:
            ids = dict(known)
            ids.update(_ids_to_adopt(resources, ids))
            missing = [resource for resource in resources if resource.address not in ids]
            looking = missing or self._placement.prune
            discovery = self._discover(pool, missing, ids) if looking else Discovery({}, {}, {}, {})
            for address, candidate in (*discovery.found.items(), *discovery.adopted.items()):
                ids[address] = _known(candidate)
            ids.update({address: _known(one) for address, one in discovery.orphans.items() if address not in ids})
            total = len(ids)
            searched = self._as_searched(pool, declared, ids) if total > self._api.window else {}
            warnings = (told(total, self._api.window),) if total > self._api.window else ()

            def look(item: tuple[Address, Known]) -> tuple[Address, Seen | FactoryError]:
                address, one = item
                if address in searched:
                    return address, searched[address]
                return self._observe_one(declared.get(address), address, one)

            reading = pool.map(look, ids.items())
            for done, (address, result) in enumerate(reading, 1):
                self._progress("observe", done, total)
                if isinstance(result, FactoryError):
                    if address in declared:
                        errors[address] = result
                elif address not in declared:
                    orphans.update({} if result.in_trash else {address: result})
                elif address in known or address in discovery.found:
                    observed[address] = result
                elif self._is_free(result.state, declared):
                    mine = result.state.ownership is not None
                    mine = mine and result.state.ownership == result.state.expected_ownership
                    observed[address] = dataclasses.replace(result, adopted=not mine)
                else:
                    errors[address] = FactoryError(
                        f"the database {result.id} is not free to be adopted; its description says: "
                        f"{result.state.ownership}"
                    )
        return Findings(observed, {**discovery.errors, **errors}, orphans, (*discovery.warnings, *warnings))

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Seen | None,
        world: World[DatabaseState],
    ) -> Seen | None:
        """Write *change*: at most a container, a schema and the rows, in this order."""
        if change.action is Action.DELETE or resource is None:
            if observed is not None:
                self._api.write("PATCH", f"databases/{observed.id}", {"in_trash": True})
            return None
        if change.action is Action.RESTORE and observed is not None:
            observed = restore_database(self._api, resource, observed)
            if observed.in_trash:
                return observed
        scope = scope_of(resource, observed, world)
        if scope.live is None:
            ownership = self._ownership(change.address)
            return create_database(self._api, scope, change, self._placement.parent_page, ownership, self._children)
        state = write_shape(self._api, scope, scope.live, change)
        state = write_rows(self._api, self._people, dataclasses.replace(scope, live=state), state, change)
        return database_observation(state, resource)

    def _is_free(self, state: DatabaseState, declared: Mapping[Address, Resource]) -> bool:
        """Whether a database may be taken over: nobody owns it, or an address that is not declared any more."""
        owner = owner_of(state.ownership, self._placement.stack)
        return state.ownership in (None, state.expected_ownership) or (owner is not None and owner not in declared)

    def _as_searched(
        self, pool: ThreadPoolExecutor, declared: Mapping[Address, Resource], ids: Mapping[Address, Known]
    ) -> dict[Address, Seen]:
        """Those that a search shows exactly as declared."""
        wanted = {source: address for address, one in ids.items() if (source := one.attributes.get("data_source_id"))}
        sources = searched_sources(self._api, wanted)

        def look(source_id: str) -> tuple[Address, Seen | FactoryError]:
            address = wanted[source_id]
            return self._observe_one(declared.get(address), address, ids[address], sources[source_id])

        seen = {address: one for address, one in pool.map(look, sources) if isinstance(one, Observation)}
        for address in doubtful(declared, seen):
            del seen[address]
        return seen

    def _discover(
        self, pool: ThreadPoolExecutor, missing: Sequence[Resource], ids: Mapping[Address, Known]
    ) -> Discovery:
        known_ids = {known.attributes["id"] for known in ids.values()}
        return discover(self._api, pool, missing, known_ids, self._placement)

    def _observe_one(
        self, resource: Resource | None, address: Address, known: Known, source: Mapping[str, Any] | None = None
    ) -> tuple[Address, Seen | FactoryError]:
        try:
            with working(Work(self._placement.resource_deadline)):
                return address, read_database(self._api, resource, known, self._ownership(address), source)
        except NotionError as error:
            if error.status == 401:
                raise
            if error.status != 404:
                return address, error
            return address, FactoryError(
                f"the database {known.attributes['id']} cannot be found: it was deleted for good, or it is no longer "
                "shared with the integration. Share it again; if it is gone for good, remove {address} from "
                f".factory/{self._placement.environment}/identity.json, and it will be created anew"
            )
        except FactoryError as error:
            return address, error

    def _ownership(self, address: Address) -> str | None:
        return ownership_line(self._placement.stack, address) if self._placement.marked else None


def _known(candidate: Candidate) -> Known:
    return Known({"id": candidate.database_id, "data_source_id": candidate.data_source_id})


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
