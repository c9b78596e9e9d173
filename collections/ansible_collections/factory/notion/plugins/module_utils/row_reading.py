# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the rows of a data source, by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, Row
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import lone_scope


def read_rows(api: NotionApi, resource: Resource, state: DatabaseState) -> dict[str, Row]:
    """All rows by key, one query per hundred, with the declared properties only.

    Raises ``FactoryError`` when nothing tells the rows apart.
    """
    scope = lone_scope(resource, state, PROPERTY_TYPES)
    key_name = row_key_property(resource.spec)
    kind = PROPERTY_TYPES[scope.properties[key_name]["type"]]
    key = scope.find_live(key_name)
    items = resource.spec["rows"]["items"]
    declared_keys = {text_of(item[key_name]) for item in items}
    wanted = {name for item in items for name in item} | {key_name}
    asked = [live.key for name in sorted(wanted) if (live := scope.find_live(name)) is not None]
    path = f"data_sources/{state.data_source_id}/query"
    rows: dict[str, Row] = {}
    for page in _query(api, path, asked):
        row = row_of(api, page)
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


def row_of(api: NotionApi, page: Mapping[str, Any]) -> Row:
    """A page as a row."""
    return Row(page["id"], dict(_values_of(api, page)))


def _query(api: NotionApi, path: str, asked: list[str]) -> Iterator[Any]:
    """All rows, oldest first, so that one that changes meanwhile is not missed between two answers."""
    body = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    try:
        yield from api.pages("POST", path, body, filter_properties=asked)
    except NotionError as error:
        if error.status != 400:
            raise
        yield from api.pages("POST", path, body)


def _values_of(api: NotionApi, page: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A page's properties by decoded id; relations that Notion cut short are read in full."""
    for name, stored in page["properties"].items():
        value = stored
        if stored["type"] == "relation" and stored.get("has_more"):
            path = f"pages/{page['id']}/properties/{quote(stored['id'], safe='%')}"
            value = {**stored, "relation": [one["relation"] for one in api.pages("GET", path)]}
        yield unquote(value["id"]), {**value, "name": name}
