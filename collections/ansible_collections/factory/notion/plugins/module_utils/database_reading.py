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
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    former_owner,
    is_protected,
    marks_same,
    owner_of,
)
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
    source: Mapping[str, Any] | None = None,
) -> Observation[DatabaseState]:
    """One read when the data source's id is known, and more only for what *resource* declares.

    *further* are the titles of its data sources that other manifests declare.
    A *fresh* database was created by us just now, and has no rows.
    No read of the data source if *source* is given, as the API answered it elsewhere.

    Raises ``FactoryError``, a ``NotionError`` where Notion answered with one.
    """
    source_id = known.attributes.get("data_source_id")
    if source is None and source_id is None:
        database = api.read("GET", f"databases/{known.attributes['id']}")
        if not database["data_sources"]:
            raise FactoryError(f"the database {database['id']} has no data source that the integration may see")
        source_id = _first_source(database["data_sources"], further)
    source = source or api.read("GET", f"data_sources/{source_id}")
    state = dataclasses.replace(
        parse_data_source(source), remembered=known.parts, expected_ownership=expected_ownership
    )
    if source.get("in_trash"):
        return dataclasses.replace(database_observation(state, resource), in_trash=True, parts={})
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


def read_data_source(
    api: NotionApi, resource: Resource | None, known: Known, stack: str | None
) -> Observation[DatabaseState]:
    """A further data source of a database: one read, and more only for what *resource* declares.

    It has no ownership line of its own. What its database says shows in it: it is ours if the database is of *stack*
    (``None``: there are no lines), and protected if the database is.
    """
    source = api.read("GET", f"data_sources/{known.attributes['id']}")
    state = dataclasses.replace(parse_data_source(source), remembered=known.parts)
    line, state = state.ownership, dataclasses.replace(state, ownership=None)
    if resource is not None and stack is not None and line is not None and owner_of(line, stack) is None:
        raise FactoryError(f"the data source {state.data_source_id} lies in a database of somebody else's ('{line}')")
    if resource is not None and not source.get("in_trash"):
        state = _with_contents(api, resource, state)
    if resource is None:
        attributes = {"id": state.data_source_id, "database_id": state.database_id}
        seen = Observation(attributes, state, inside=state.database_id)
    else:
        seen = database_observation(state, resource)
    return dataclasses.replace(
        seen,
        in_trash=bool(source.get("in_trash")),
        owned=stack is None or owner_of(line, stack) is not None,
        protected=is_protected(line),
    )


def database_observation(state: DatabaseState, resource: Resource | None = None) -> Observation[DatabaseState]:
    """*state* as the engine sees it; with the ids of what *resource* declares of it.

    Raises ``FactoryError`` when two views have the name of one that it declares.
    """
    attributes = {"id": state.database_id, "data_source_id": state.data_source_id}
    if resource is not None and resource.address.kind == DATA_SOURCE:
        attributes = {"id": state.data_source_id, "database_id": state.database_id}
    former = former_owner(state.ownership, state.expected_ownership, resource.former if resource is not None else ())
    owned = _carries_its_line(state) or former is not None
    parts = other_ends(state)
    if resource is not None:
        declared = lone_scope(resource, state, PROPERTY_TYPES).parts()
        parts = {**parts, **declared, **body_parts(resource, state)}
    if resource is not None and "views" in resource.spec and state.views is not None:
        parts.update(view_parts(resource.spec["views"], state.views, state.remembered, owned))
    return Observation(
        attributes,
        dataclasses.replace(state, remembered={**state.remembered, **parts}),
        parts,
        owned=owned,
        former=former,
        protected=is_protected(state.ownership),
        inside=state.parent_page if "data_source_id" in attributes else state.database_id,
    )


def _carries_its_line(state: DatabaseState) -> bool:
    """Whether it carries its ownership line, or is not to carry any."""
    return state.expected_ownership is None or marks_same(state.ownership, state.expected_ownership)
