# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bodies of the requests that bring a database to what is declared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import FieldChange
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    LiveProperty,
    icon_object,
)
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    declared_description,
    join_description,
    marked_description,
)
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.formula import formula_depth
from ansible_collections.factory.notion.plugins.module_utils.rich_text import to_rich_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope

_WRITING_ORDER = ("relation", "rollup", "formula")
"""Within one request, what others refer to comes first."""


def creation_body(
    scope: SchemaScope, fields: Iterable[FieldChange], parent_page: str, ownership: str | None
) -> dict[str, Any]:
    """``POST databases``: the container with the part of its schema that can exist by now."""
    spec = scope.resource.spec
    body: dict[str, Any] = {
        "parent": {"type": "page_id", "page_id": parent_page},
        "title": to_rich_text(spec["title"]),
        "initial_data_source": {"properties": property_bodies(scope, fields)},
    }
    description = join_description(declared_description(spec), ownership)
    if description:
        body["description"] = to_rich_text(description)
    if "inline" in spec:
        body["is_inline"] = spec["inline"]
    for name in ("icon", "cover"):
        if name in spec:
            body[name] = icon_object(spec[name])
    return body


def container_body(spec: Mapping[str, Any], state: DatabaseState, names: set[str]) -> dict[str, Any]:
    """``PATCH databases`` for the container fields *names*."""
    body: dict[str, Any] = {}
    if "description" in names:
        body["description"] = to_rich_text(join_description(declared_description(spec), state.expected_ownership))
    elif "ownership" in names:
        body["description"] = marked_description(state.rich_description, state.expected_ownership)
    for name in sorted(names & {"icon", "cover"}):
        body[name] = icon_object(spec[name])
    if "parent" in names:
        body["parent"] = {"type": "page_id", "page_id": spec["parent"]}
    if "inline" in names:
        body["is_inline"] = spec["inline"]
    if "locked" in names:
        body["is_locked"] = spec["locked"]
    return body


def data_source_body(scope: SchemaScope, fields: Iterable[FieldChange], names: set[str]) -> dict[str, Any]:
    """``PATCH data_sources``: title and icon, which it has of its own, and the schema."""
    body: dict[str, Any] = {}
    if "title" in names:
        body["title"] = to_rich_text(scope.resource.spec["title"])
    if "icon" in names:
        body["icon"] = icon_object(scope.resource.spec["icon"])
    properties = property_bodies(scope, fields)
    if properties:
        body["properties"] = properties
    return body


def property_bodies(scope: SchemaScope, fields: Iterable[FieldChange]) -> dict[str, Any]:
    """The ``properties`` map for the property fields among *fields*, one entry a property."""
    changed: dict[str, list[FieldChange]] = {}
    for field in fields:
        if field.path[0] == "properties":
            changed.setdefault(field.path[1], []).append(field)
    names = sorted(changed, key=lambda name: formula_depth(name, scope.properties))
    entries = [_property_entry(scope, name, changed[name]) for name in names]
    entries.sort(key=_writing_order)
    return dict(entries)


def _writing_order(entry: tuple[str, Any]) -> int:
    kind = (entry[1] or {}).get("type")
    return _WRITING_ORDER.index(kind) if kind in _WRITING_ORDER else -1


def _property_entry(scope: SchemaScope, name: str, fields: list[FieldChange]) -> tuple[str, Any]:
    live = _live_property(scope, name) or _aside(scope, fields)
    declared = scope.properties.get(name)
    if declared is None and live is not None and any(len(field.path) == 2 for field in fields):
        return live.key, None
    body: dict[str, Any] = {}
    details = {field.path[2] for field in fields if len(field.path) > 2}
    if "name" in details:
        body["name"] = name
    if declared is not None and "description" in declared and (live is None or "description" in details):
        body["description"] = declared["description"]
    if declared is not None and (live is None or details - {"name", "description"}):
        kind = declared["type"]
        body["type"] = kind
        body[kind] = PROPERTY_TYPES[kind].config(declared, live, scope)
    return (live.key if live is not None else name), body


def _live_property(scope: SchemaScope, name: str) -> LiveProperty | None:
    if name in scope.properties:
        return scope.find_live(name)
    back = next((one for one in scope.backs if one.name == name), None)
    if back is not None:
        return scope.find_back(back)
    return scope.live.properties.get(name) if scope.live is not None else None


def _aside(scope: SchemaScope, fields: list[FieldChange]) -> LiveProperty | None:
    """The undeclared property that a field renames, to make room for a back-property."""
    names = [field.before for field in fields if field.path[2:] == ("name",)]
    return scope.live.properties.get(names[0]) if scope.live is not None and names else None
