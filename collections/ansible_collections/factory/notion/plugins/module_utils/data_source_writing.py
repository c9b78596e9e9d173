# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create and restore a further data source of a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known, Observation, WriteUnconfirmed
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_reading import read_data_source
from ansible_collections.factory.notion.plugins.module_utils.database_requests import property_bodies
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, icon_object
from ansible_collections.factory.notion.plugins.module_utils.rich_text import to_rich_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND, SchemaScope

Seen = Observation[DatabaseState]


def create_data_source(
    api: NotionApi, scope: SchemaScope, change: Change, observed: Mapping[Address, Observation[Any]], stack: str | None
) -> Seen:
    """Create what *change* says in its database, and read it back.

    Raises ``WriteUnconfirmed`` with the id when it was created and could not be read.
    """
    spec = scope.resource.spec
    home = observed[Address(KIND, spec["database"])].id
    body: dict[str, Any] = {
        "parent": {"type": "database_id", "database_id": home},
        "title": to_rich_text(spec["title"]),
        "properties": property_bodies(scope, change.fields),
        **({"icon": icon_object(spec["icon"])} if "icon" in spec else {}),
    }
    try:
        made = api.write("POST", "data_sources", body)
    except WriteUnconfirmed as unconfirmed:
        database = api.read("GET", f"databases/{home}")
        found = [one["id"] for one in database["data_sources"] if one["name"] == spec["title"]]
        raise WriteUnconfirmed(str(unconfirmed), {"id": found[0]} if found else None) from unconfirmed
    attributes = {"id": made["id"], "database_id": home}
    try:
        return read_data_source(api, scope.resource, Known(attributes), stack)
    except (FactoryError, Interrupted) as error:
        raise WriteUnconfirmed(str(error), attributes) from error


def restore_data_source(api: NotionApi, resource: Resource, observed: Seen, stack: str | None) -> Seen:
    """Take the data source out of the trash."""
    api.write("PATCH", f"data_sources/{observed.id}", {"in_trash": False})
    return read_data_source(api, resource, Known(observed.attributes, observed.state.remembered), stack)
