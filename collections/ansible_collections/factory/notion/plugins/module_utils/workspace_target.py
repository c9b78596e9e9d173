# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge: one Notion workspace, read and written for the engine."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, FieldChange, Stage
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Findings,
    Known,
    Observation,
    PartlyApplied,
    Progress,
    World,
    WriteUnconfirmed,
)
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_diff import scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_requests import (
    container_body,
    creation_body,
    data_source_body,
    row_body,
)
from ansible_collections.factory.notion.plugins.module_utils.database_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    Row,
    parse_data_source,
)
from ansible_collections.factory.notion.plugins.module_utils.discovery import (
    Candidate,
    Discovery,
    Placement,
    discover,
)
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of, ownership_line
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    ValueWriting,
    text_of,
)
from ansible_collections.factory.notion.plugins.module_utils.row_diff import page_ids
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope

Seen = Observation[DatabaseState]


class WorkspaceTarget:
    """A Notion workspace, below one page."""

    def __init__(
        self, api: NotionApi, placement: Placement, progress: Progress = lambda stage, done, total: None
    ) -> None:
        self._api = api
        self._placement = placement
        self._progress = progress
        self._users: dict[str, str] | None = None
        self._users_lock = threading.Lock()

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
            reading = pool.map(lambda item: self._observe_one(declared.get(item[0]), *item), ids.items())
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
        return Findings(observed, {**discovery.errors, **errors}, orphans, discovery.warnings)

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
            observed = self._restore(resource, observed)
            if observed.in_trash:
                return observed
        scope = scope_of(resource, observed, world)
        if scope.live is None:
            return self._create(scope, change)
        state = self._write_shape(scope, scope.live, change)
        state = self._write_rows(dataclasses.replace(scope, live=state), state, change)
        return _observation(state, resource)

    def _is_free(self, state: DatabaseState, declared: Mapping[Address, Resource]) -> bool:
        """Whether a database may be taken over: nobody owns it, or an address that is not declared any more."""
        owner = owner_of(state.ownership, self._placement.stack)
        return state.ownership in (None, state.expected_ownership) or (owner is not None and owner not in declared)

    def _discover(
        self, pool: ThreadPoolExecutor, missing: Sequence[Resource], ids: Mapping[Address, Known]
    ) -> Discovery:
        known_ids = {known.attributes["id"] for known in ids.values()}
        return discover(self._api, pool, missing, known_ids, self._placement)

    def _observe_one(
        self, resource: Resource | None, address: Address, known: Known
    ) -> tuple[Address, Seen | FactoryError]:
        try:
            return address, self._read(resource, address, known)
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

    def _read(self, resource: Resource | None, address: Address, known: Known) -> Seen:
        source_id = known.attributes.get("data_source_id")
        if source_id is None:
            database = self._api.read("GET", f"databases/{known.attributes['id']}")
            if not database["data_sources"]:
                raise FactoryError(f"the database {database['id']} has no data source that the integration may see")
            source_id = database["data_sources"][0]["id"]
        source = self._api.read("GET", f"data_sources/{source_id}")
        state = dataclasses.replace(
            parse_data_source(source), remembered=known.parts, expected_ownership=self._ownership(address)
        )
        if source.get("in_trash"):
            return dataclasses.replace(_observation(state), in_trash=True)
        if resource is not None and "locked" in resource.spec:
            state = state.with_database(self._api.read("GET", f"databases/{state.database_id}"))
        if resource is not None and "rows" in resource.spec:
            state = dataclasses.replace(state, rows=self._read_rows(resource, state))
        return _observation(state, resource)

    def _ownership(self, address: Address) -> str | None:
        return ownership_line(self._placement.stack, address) if self._placement.marked else None

    def _read_rows(self, resource: Resource, state: DatabaseState) -> dict[str, Row]:
        """All rows by key, one query per hundred, with the declared properties only."""
        scope = _lone_scope(resource, state)
        key_name = row_key_property(resource.spec)
        kind = PROPERTY_TYPES[scope.properties[key_name]["type"]]
        key = scope.find_live(key_name)
        items = resource.spec["rows"]["items"]
        declared_keys = {text_of(item[key_name]) for item in items}
        wanted = {name for item in items for name in item} | {key_name}
        asked = [live.key for name in sorted(wanted) if (live := scope.find_live(name)) is not None]
        path = f"data_sources/{state.data_source_id}/query"
        rows: dict[str, Row] = {}
        for page in self._query(path, asked):
            row = Row(page["id"], dict(self._values_of(page)))
            if key is None or key.type != kind.name:
                raise FactoryError(
                    f"there are rows, and the {kind.name} property '{key_name}' that tells them apart is not in Notion "
                    "any more; nothing was changed, bring it back or declare another rows.key"
                )
            text = text_of(kind.read(row.value(key)) or row.id)
            if text in rows and text in declared_keys and rows[text].id != row.id:
                raise FactoryError(
                    f"two rows have {key_name} '{text}', so it cannot tell them apart: "
                    f"{rows[text].id} and {row.id}; nothing was changed, rename or remove one in Notion"
                )
            rows[row.id if text in rows else text] = row
        return rows

    def _query(self, path: str, asked: list[str]) -> Iterator[Any]:
        """All rows, oldest first, so that one that changes meanwhile is not missed between two answers."""
        body = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
        try:
            yield from self._api.pages("POST", path, body, filter_properties=asked)
        except NotionError as error:
            if error.status != 400:
                raise
            yield from self._api.pages("POST", path, body)

    def _values_of(self, page: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """A page's properties by decoded id; relations that Notion cut short are read in full."""
        for name, stored in page["properties"].items():
            value = stored
            if stored["type"] == "relation" and stored.get("has_more"):
                path = f"pages/{page['id']}/properties/{quote(stored['id'], safe='%')}"
                value = {**stored, "relation": [one["relation"] for one in self._api.pages("GET", path)]}
            yield unquote(value["id"]), {**value, "name": name}

    def _create(self, scope: SchemaScope, change: Change) -> Seen:
        address = scope.address
        place = self._placement
        body = creation_body(scope, change.fields, place.parent_page, self._ownership(address))
        database = self._api.write("POST", "databases", body)
        attributes = {"id": database["id"], "data_source_id": database["data_sources"][0]["id"]}
        try:
            if scope.resource.spec.get("locked"):
                self._api.write("PATCH", f"databases/{database['id']}", {"is_locked": True})
            return self._read(scope.resource, address, Known(attributes))
        except FactoryError as error:
            raise WriteUnconfirmed(str(error), attributes) from error

    def _restore(self, resource: Resource, observed: Seen) -> Seen:
        state = observed.state
        self._api.write("PATCH", f"databases/{state.database_id}", {"in_trash": False})
        known = Known(observed.attributes, state.remembered)
        seen = self._read(resource, resource.address, known)
        if seen.in_trash:
            self._api.write("PATCH", f"data_sources/{state.data_source_id}", {"in_trash": False})
            seen = self._read(resource, resource.address, known)
        return seen

    def _write_shape(self, scope: SchemaScope, state: DatabaseState, change: Change) -> DatabaseState:
        fields = [field for field in change.fields if field.stage is Stage.SHAPE]
        names = {field.path[0] for field in fields}
        if body := container_body(scope.resource.spec, state, names):
            state = state.with_database(self._api.write("PATCH", f"databases/{state.database_id}", body))
        if body := data_source_body(scope, fields, names):
            try:
                answer = self._api.write("PATCH", f"data_sources/{state.data_source_id}", body)
            except WriteUnconfirmed:
                raise
            except FactoryError as error:
                if container_body(scope.resource.spec, state, names):
                    raise PartlyApplied(str(error), _observation(state, scope.resource)) from error
                raise
            state = state.with_data_source(answer)
        return state

    def _write_rows(self, scope: SchemaScope, state: DatabaseState, change: Change) -> DatabaseState:
        """Create, change and remove rows, one request each, one after another; a refused one stops no other."""
        fields = [field for field in change.fields if field.stage is Stage.CONTENT]
        rows = dict(state.rows or {})
        writes: dict[str, Callable[[], Row | None]] = {}
        updates: dict[str, dict[str, Any]] = {}
        for field in fields:
            key = field.path[1]
            if len(field.path) > 2:
                updates.setdefault(key, {})[field.path[2]] = field.after
                writes[key] = partial(self._change_row, scope, rows[key], updates[key])
            elif field.after is None:
                writes[key] = partial(self._remove_row, rows[key])
            else:
                writes[key] = partial(self._create_row, scope, state, field)
        errors = []
        for key, write in writes.items():
            try:
                row = write()
            except WriteUnconfirmed:
                raise
            except FactoryError as error:
                errors.append(f"row '{key}': {error}")
                continue
            rows.pop(key, None)
            rows.update({key: row} if row is not None else {})
        state = dataclasses.replace(state, rows=rows) if fields else state
        if errors:
            raise PartlyApplied("; ".join(errors), _observation(state, scope.resource))
        return state

    def _remove_row(self, row: Row) -> None:
        self._api.write("PATCH", f"pages/{row.id}", {"in_trash": True})

    def _change_row(self, scope: SchemaScope, row: Row, values: Mapping[str, Any]) -> Row:
        body = {"properties": row_body(scope, values, self._writing(scope))}
        return self._row(self._api.write("PATCH", f"pages/{row.id}", body))

    def _create_row(self, scope: SchemaScope, state: DatabaseState, field: FieldChange) -> Row:
        parent = {"type": "data_source_id", "data_source_id": state.data_source_id}
        body = {"parent": parent, "properties": row_body(scope, field.after, self._writing(scope))}
        return self._row(self._api.write("POST", "pages", body))

    def _row(self, page: Mapping[str, Any]) -> Row:
        return Row(page["id"], dict(self._values_of(page)))

    def _writing(self, scope: SchemaScope) -> ValueWriting:
        def page_id(name: str, key: str) -> str | None:
            return next(iter(page_ids(scope, scope.properties[name], key)), None)

        return ValueWriting(self._user_id, page_id)

    def _user_id(self, email: str) -> str:
        with self._users_lock:
            if self._users is None:
                self._users = {
                    user["person"]["email"].lower(): user["id"]
                    for user in self._api.pages("GET", "users")
                    if user.get("person", {}).get("email")
                }
        with contextlib.suppress(KeyError):
            return self._users[email.lower()]
        raise FactoryError(f"nobody in the workspace has the e-mail address {email}; invite them or mend the row")


def _observation(state: DatabaseState, resource: Resource | None = None) -> Seen:
    attributes = {"id": state.database_id, "data_source_id": state.data_source_id}
    parts = _lone_scope(resource, state).parts() if resource is not None else {}
    return Observation(attributes, dataclasses.replace(state, remembered={**state.remembered, **parts}), parts)


def _lone_scope(resource: Resource, state: DatabaseState) -> SchemaScope:
    """The scope of a database for what does not concern the others."""
    return SchemaScope(resource, state, Declared({resource.address: resource}), {}, PROPERTY_TYPES)


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
