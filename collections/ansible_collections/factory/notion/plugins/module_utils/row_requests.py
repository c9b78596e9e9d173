# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bodies of the requests that write rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.database_state import icon_object
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import ValueWriting
from ansible_collections.factory.notion.plugins.module_utils.row_schema import DECORATIONS
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope


def row_body(scope: SchemaScope, values: Mapping[str, Any], writing: ValueWriting) -> dict[str, Any]:
    """A page with declared *values*, as far as their properties exist, and its icon and cover."""
    body: dict[str, Any] = {}
    for name in sorted(DECORATIONS & values.keys()):
        body[name.removeprefix("$")] = None if values[name] is None else icon_object(values[name])
    properties: dict[str, Any] = {}
    for name, value in values.items():
        live = scope.find_live(name) if name in scope.properties else None
        if live is not None:
            kind = PROPERTY_TYPES[scope.properties[name]["type"]]
            properties[live.name] = {
                kind.name: _empty(kind.name) if value is None else kind.write(value, name, writing)
            }
    return {**body, "properties": properties} if properties else body


def _empty(kind: str) -> Any:
    """What Notion takes for "nothing"."""
    match kind:
        case "title" | "rich_text" | "multi_select" | "people" | "files" | "relation":
            return []
        case "checkbox":
            return False
        case _:
            return None
