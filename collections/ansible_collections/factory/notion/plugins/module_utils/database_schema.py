# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON Schema of a NotionDatabase's ``spec``, put together from its property types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_schema
from ansible_collections.factory.notion.plugins.module_utils.property_types import (
    NOT_CREATABLE,
    NOT_SETTABLE,
    PROPERTY_TYPES,
)
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import PropertyType
from ansible_collections.factory.notion.plugins.module_utils.row_schema import (
    ICON_PATTERN,
    URL,
    prune_rows_schema,
    rows_schema,
)
from ansible_collections.factory.notion.plugins.module_utils.view_schema import views_schema

_CONTAINER_ONLY = ("cover", "description", "inline", "locked", "parent")
_LONGEST_DESCRIPTION = 280


def database_spec_schema() -> dict[str, Any]:
    """What may stand under ``spec``; draft 2020-12, without references, so that messages stay close."""
    return {
        "type": "object",
        "required": ["title", "properties"],
        "additionalProperties": False,
        "properties": {
            "title": {
                "description": "The database's title.",
                "type": "string",
                "minLength": 1,
                "maxLength": 2000,
            },
            "icon": {
                "description": "An emoji, or the https URL of a picture.",
                "type": "string",
                "pattern": ICON_PATTERN,
                "x-message": "expected an emoji or an https URL",
            },
            "cover": {
                "description": "The https URL of a picture; not for inline databases.",
                **URL,
                "x-message": "expected an https URL",
            },
            "description": {
                "description": "Plain text below the title.",
                "type": "string",
                "maxLength": 20000,
            },
            "inline": {"description": "Shown within its page.", "type": "boolean"},
            "locked": {"description": "Nobody changes its views and properties by hand.", "type": "boolean"},
            "prune": {
                "description": "Remove properties, options and views that only Notion has. Destructive.",
                "type": "boolean",
            },
            "properties": _properties_schema(),
            "rows": rows_schema(),
            "prune_rows": prune_rows_schema(),
            "views": views_schema(),
            "parent": parent_schema(),
        },
    }


def data_source_spec_schema() -> dict[str, Any]:
    """What may stand under the ``spec`` of a NotionDataSource: a database's, without what the container has."""
    base = database_spec_schema()
    shared = {name: one for name, one in base["properties"].items() if name not in _CONTAINER_ONLY}
    database = {"description": "The name of the NotionDatabase that it is in.", "type": "string", "minLength": 1}
    title = {**shared["title"], "description": "Its title, unlike that of any other data source of the database."}
    return {
        **base,
        "required": ["database", "title", "properties"],
        "properties": {"database": database, **shared, "title": title},
    }


def _properties_schema() -> dict[str, Any]:
    return {
        "description": "The columns, by name; exactly one is of type title.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"minLength": 1},
        "additionalProperties": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"enum": list(PROPERTY_TYPES), "x-hints": NOT_CREATABLE},
            },
            "allOf": [
                {
                    "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                    "then": _property_schema(one),
                }
                for name, one in PROPERTY_TYPES.items()
            ],
        },
    }


def _property_schema(one: PropertyType) -> dict[str, Any]:
    settings: Mapping[str, Any] = {
        "type": {"const": one.name},
        "description": {
            "description": "Shown when the mouse rests on the property.",
            "type": "string",
            "maxLength": _LONGEST_DESCRIPTION,
            "x-message": f"expected text of at most {_LONGEST_DESCRIPTION} characters",
        },
        "renamed_from": {
            "description": "The property's old name: it keeps its id and its values.",
            "type": "string",
            "minLength": 1,
        },
        **one.settings,
    }
    return {
        "required": list(one.required),
        "additionalProperties": False,
        "properties": settings,
        "x-hints": NOT_SETTABLE,
    }
