# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read one database: its schema, and of the rest what its manifest declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known, Observation
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.orphaned_ends import other_ends
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.renamed_options import with_renamed_options
from ansible_collections.factory.notion.plugins.module_utils.row_body import body_parts
from ansible_collections.factory.notion.plugins.module_utils.row_reading import read_rows
from ansible_collections.factory.notion.plugins.module_utils.row_relations import rows_elsewhere
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, lone_scope
from ansible_collections.factory.notion.plugins.module_utils.view_reading import read_views
from ansible_collections.factory.notion.plugins.module_utils.view_state import view_parts


def read_database(
    api: NotionApi,
    resource: Resource | None,
    known: Known,
    expected_ownership: str | None,
    further: Collection[str] = (),
    fresh: bool = False,
) -> Observation[DatabaseState]:
    """One read when the data source's id is known, and more only for what *resource* declares.

    *further* are the titles of its data sources that other manifests declare.
    A *fresh* database was created by us just now, and has no rows.

    Raises ``FactoryError``, a ``NotionError`` where Notion answered with one.
    """
    source_id = known.attributes.get("data_source_id")
    if source_id is None:
        database = api.read("GET", f"databases/{known.attributes['id']}")
        if not database["data_sources"]:
            raise FactoryError(f"the database {database['id']} has no data source that the integration may see")
        source_id = _first_source(database["data_sources"], further)
    source = api.read("GET", f"data_sources/{source_id}")
    state = dataclasses.replace(
        parse_data_source(source), remembered=known.parts, expected_ownership=expected_ownership
    )
    if source.get("in_trash"):
        return dataclasses.replace(database_observation(state), in_trash=True)
    if resource is not None and "locked" in resource.spec:
        state = state.with_database(api.read("GET", f"databases/{state.database_id}"))
    if resource is not None:
        state = _with_contents(api, resource, state, fresh)
    return database_observation(state, resource)


def _with_contents(api: NotionApi, resource: Resource, state: DatabaseState, fresh: bool = False) -> DatabaseState:
    """*state* with the rows and views that *resource* declares, and how many rows have an option to be renamed."""
    if "rows" in resource.spec:
        state = dataclasses.replace(state, elsewhere=rows_elsewhere(api, resource))
        state = dataclasses.replace(state, rows={}) if fresh else read_rows(api, resource, state)
    state = with_renamed_options(api, resource, state)
    if "views" in resource.spec:
        state = dataclasses.replace(state, views=read_views(api, state))
    return state


def _first_source(sources: Sequence[Mapping[str, Any]], further: Collection[str]) -> str:
    """The data source that is the database's own: the first one that nobody else declares."""
    own = [one["id"] for one in sources if one["name"] not in further]
    return str((own or [one["id"] for one in sources])[0])


def read_data_source(api: NotionApi, resource: Resource | None, known: Known) -> Observation[DatabaseState]:
    """A further data source of a database: one read, and more only for what *resource* declares.

    It has no ownership line of its own; what its database says shows in it and does not count.
    """
    source = api.read("GET", f"data_sources/{known.attributes['id']}")
    state = dataclasses.replace(parse_data_source(source), remembered=known.parts, ownership=None)
    if resource is not None and not source.get("in_trash"):
        state = _with_contents(api, resource, state)
    if resource is None:
        attributes = {"id": state.data_source_id, "database_id": state.database_id}
        return Observation(attributes, state, in_trash=bool(source.get("in_trash")))
    return dataclasses.replace(database_observation(state, resource), in_trash=bool(source.get("in_trash")))


def database_observation(state: DatabaseState, resource: Resource | None = None) -> Observation[DatabaseState]:
    """*state* as the engine sees it; with the ids of what *resource* declares of it.

    Raises ``FactoryError`` when two views have the name of one that it declares.
    """
    attributes = {"id": state.database_id, "data_source_id": state.data_source_id}
    if resource is not None and resource.address.kind == DATA_SOURCE:
        attributes = {"id": state.data_source_id, "database_id": state.database_id}
    parts = other_ends(state)
    if resource is not None:
        declared = lone_scope(resource, state, PROPERTY_TYPES).parts()
        parts = {**parts, **declared, **body_parts(resource, state)}
    if resource is not None and "views" in resource.spec and state.views is not None:
        owned = state.ownership == state.expected_ownership
        parts.update(view_parts(resource.spec["views"], state.views, state.remembered, owned))
    return Observation(attributes, dataclasses.replace(state, remembered={**state.remembered, **parts}), parts)
