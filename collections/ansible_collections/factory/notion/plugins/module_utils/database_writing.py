# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create, restore, change and release one database: its container and its schema."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change, Stage
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Known,
    Observation,
    PartlyApplied,
    WriteUnconfirmed,
)
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_reading import (
    database_observation,
    read_database,
)
from ansible_collections.factory.notion.plugins.module_utils.database_requests import (
    container_body,
    creation_body,
    data_source_body,
)
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.ownership import marked_description
from ansible_collections.factory.notion.plugins.module_utils.rich_text import to_rich_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    DATA_SOURCE,
    SchemaScope,
    further_titles,
)
from ansible_collections.factory.notion.plugins.module_utils.twins import (
    ChildDatabases,
    discard_twin,
    older_twin,
)

Seen = Observation[DatabaseState]


def create_database(
    api: NotionApi,
    scope: SchemaScope,
    change: Change,
    parent_page: str,
    ownership: str | None,
    children: ChildDatabases,
) -> Seen:
    """Create what *change* says and read it back.

    Raises ``WriteUnconfirmed`` with the ids when it was created and could not be read, or somebody was faster.
    """
    body = creation_body(scope, change.fields, parent_page, ownership)
    database = api.write("POST", "databases", body)
    attributes = {"id": database["id"], "data_source_id": database["data_sources"][0]["id"]}
    try:
        older = older_twin(api, children, database) if ownership is not None else None
        if older is not None:
            discard_twin(api, attributes, body["initial_data_source"]["properties"])
            raise WriteUnconfirmed("another apply created it at the same time", older)
        if scope.resource.spec.get("locked"):
            api.write("PATCH", f"databases/{database['id']}", {"is_locked": True})
        return read_database(api, scope.resource, Known(attributes), ownership, fresh=True)
    except WriteUnconfirmed as error:
        raise error if error.attributes else WriteUnconfirmed(str(error), attributes) from error
    except (FactoryError, Interrupted) as error:
        raise WriteUnconfirmed(str(error), attributes) from error


def restore_database(api: NotionApi, resource: Resource, observed: Seen) -> Seen:
    """Take the database, and if need be its data source, out of the trash."""
    state = observed.state
    known = Known(observed.attributes, state.remembered)
    api.write("PATCH", f"databases/{state.database_id}", {"in_trash": False})
    seen = read_database(api, resource, known, state.expected_ownership)
    if seen.in_trash:
        api.write("PATCH", f"data_sources/{state.data_source_id}", {"in_trash": False})
        seen = read_database(api, resource, known, state.expected_ownership)
    return seen


def release_database(api: NotionApi, observed: Seen) -> None:
    """Take the ownership line off, and leave everything else as it is."""
    if observed.state.ownership is not None:
        body = {"description": marked_description(observed.state.rich_description, None)}
        api.write("PATCH", f"databases/{observed.id}", body)


def write_shape(api: NotionApi, scope: SchemaScope, state: DatabaseState, change: Change) -> DatabaseState:
    """At most one write to the container and one to the data source.

    Raises ``PartlyApplied`` when only the second was refused.
    """
    fields = [field for field in change.fields if field.stage is Stage.SHAPE]
    if any("options" in field.path[2:3] for field in fields):
        # The list is replaced by what is sent: an option that somebody added meanwhile would be lost.
        state = state.with_data_source(api.read("GET", f"data_sources/{state.data_source_id}"))
        scope = dataclasses.replace(scope, live=state)
    names = {field.path[0] for field in fields}
    if body := _container_body(scope, state, names):
        state = state.with_database(api.write("PATCH", f"databases/{state.database_id}", body))
    if body := data_source_body(scope, fields, names):
        try:
            answer = api.write("PATCH", f"data_sources/{state.data_source_id}", body)
        except WriteUnconfirmed:
            raise
        except FactoryError as error:
            if _container_body(scope, state, names):
                raise PartlyApplied(str(error), database_observation(state, scope.resource)) from error
            raise
        state = state.with_data_source(answer)
    return state


def _container_body(scope: SchemaScope, state: DatabaseState, names: set[str]) -> dict[str, Any]:
    """What goes to the container: nothing of a further data source, which has a title and an icon of its own."""
    if scope.address.kind == DATA_SOURCE:
        return {}
    body = container_body(scope.resource.spec, state, names)
    if "title" in names and scope.address.name in scope.declared.once(further_titles):
        body["title"] = to_rich_text(scope.resource.spec["title"])
    return body
