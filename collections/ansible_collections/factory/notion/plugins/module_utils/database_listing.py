# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read databases as they are, for people's own playbooks."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.connection import (
    connection_from,
    parent_page_from,
)
from ansible_collections.factory.notion.plugins.module_utils.database_state import parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.discovery import databases_under


def list_databases(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One database by ``database_id``, or all under ``parent_page``.

    Raises ``FactoryError``.
    """
    connection = connection_from(arguments)
    api = connection.open()
    if arguments["database_id"]:
        return [_described(api, arguments["database_id"])]
    page = parent_page_from(arguments)
    ids = [database_id for database_id, _title in databases_under(api, page, connection.environment)]
    with ThreadPoolExecutor(max_workers=connection.in_flight) as pool:
        found = pool.map(lambda database_id: _described_if_visible(api, database_id), ids)
        return [one for one in found if one is not None]


def _described_if_visible(api: NotionApi, database_id: str) -> dict[str, Any] | None:
    """Nothing for a linked view of a database that the integration does not see."""
    try:
        return _described(api, database_id)
    except NotionError as error:
        if error.status in (400, 403, 404):
            return None
        raise


def _described(api: NotionApi, database_id: str) -> dict[str, Any]:
    database = api.read("GET", f"databases/{database_id}")
    if not database["data_sources"]:
        raise NotionError(f"the database {database_id} has no data source that the integration may see", 404)
    source = api.read("GET", f"data_sources/{database['data_sources'][0]['id']}")
    state = parse_data_source(source)
    return {
        "id": state.database_id,
        "data_source_id": state.data_source_id,
        "title": state.title,
        "description": state.description,
        "ownership": state.ownership,
        "in_trash": bool(source.get("in_trash")),
        "properties": {
            name: {"id": one.id, "type": one.type, one.type: dict(one.config)} for name, one in state.properties.items()
        },
    }
