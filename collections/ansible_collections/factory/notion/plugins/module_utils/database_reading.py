# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read one database: its schema, and of the rest what its manifest declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known, Observation
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.row_reading import read_rows
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import lone_scope


def read_database(
    api: NotionApi,
    resource: Resource | None,
    known: Known,
    expected_ownership: str | None,
    source: Mapping[str, Any] | None = None,
) -> Observation[DatabaseState]:
    """One read when the data source's id is known, and more only for what *resource* declares.

    No read of the data source if *source* is given, as the API answered it elsewhere.

    Raises ``FactoryError``, a ``NotionError`` where Notion answered with one.
    """
    source_id = known.attributes.get("data_source_id")
    if source is None and source_id is None:
        database = api.read("GET", f"databases/{known.attributes['id']}")
        if not database["data_sources"]:
            raise FactoryError(f"the database {database['id']} has no data source that the integration may see")
        source_id = database["data_sources"][0]["id"]
    source = source or api.read("GET", f"data_sources/{source_id}")
    state = dataclasses.replace(
        parse_data_source(source), remembered=known.parts, expected_ownership=expected_ownership
    )
    if source.get("in_trash"):
        return dataclasses.replace(database_observation(state), in_trash=True)
    if resource is not None and "locked" in resource.spec:
        state = state.with_database(api.read("GET", f"databases/{state.database_id}"))
    if resource is not None and "rows" in resource.spec:
        state = dataclasses.replace(state, rows=read_rows(api, resource, state))
    return database_observation(state, resource)


def database_observation(state: DatabaseState, resource: Resource | None = None) -> Observation[DatabaseState]:
    """*state* as the engine sees it; with the ids of the properties that *resource* declares."""
    attributes = {"id": state.database_id, "data_source_id": state.data_source_id}
    parts = lone_scope(resource, state, PROPERTY_TYPES).parts() if resource is not None else {}
    return Observation(attributes, dataclasses.replace(state, remembered={**state.remembered, **parts}), parts)
