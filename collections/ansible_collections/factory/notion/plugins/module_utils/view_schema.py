# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON Schema of ``views`` in a NotionDatabase's ``spec``."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.view_types import NOT_DECLARABLE, VIEW_TYPES, ViewType

_MOST_SORTS = 100


def views_schema() -> dict[str, Any]:
    """A list, in the order of tabs."""
    return {
        "description": "Views, in the order of tabs. Views that only Notion has stay, unless the manifest prunes.",
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["name", "type"],
            "properties": {
                "type": {"enum": list(VIEW_TYPES), "x-hints": NOT_DECLARABLE},
            },
            "allOf": [
                {
                    "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                    "then": _view_schema(one),
                }
                for name, one in VIEW_TYPES.items()
            ],
        },
    }


def _view_schema(one: ViewType) -> dict[str, Any]:
    settings = {key: place.setting for key, place in one.settings.items()}
    return {
        "required": [key for key, setting in settings.items() if setting.required],
        "additionalProperties": False,
        "properties": {
            "type": {"const": one.name},
            "name": {"description": "What its tab is called; every view has one.", "type": "string", "minLength": 1},
            "renamed_from": {
                "description": "The view's old name: it keeps what only Notion has of it.",
                "type": "string",
                "minLength": 1,
            },
            **(_row_keys() if one.rows else {}),
            **{key: setting.schema for key, setting in settings.items()},
        },
    }


def _row_keys() -> dict[str, Any]:
    return {
        "filter": {
            "description": "Which rows it shows: a filter as Notion's API has it, by names of properties; {} for all.",
            "type": "object",
        },
        "sorts": {
            "description": "The order of rows; [] for none.",
            "type": "array",
            "maxItems": _MOST_SORTS,
            "items": {
                "type": "object",
                "required": ["property", "direction"],
                "additionalProperties": False,
                "properties": {
                    "property": {"type": "string"},
                    "direction": {"enum": ["ascending", "descending"]},
                },
                "x-hints": {
                    "timestamp": "Notion's API changes a view's sorts by property only; declare a created_time or "
                    "last_edited_time property and sort by that"
                },
            },
        },
        "quick_filters": {
            "description": "Filters that stand above the view, by property: a condition as in a filter.",
            "type": "object",
            "additionalProperties": {"type": "object"},
        },
    }
