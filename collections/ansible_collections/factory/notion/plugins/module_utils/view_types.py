# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of views and the settings of each, by the key that Notion calls them by. Pure.

developers.notion.com, reference/create-view (2026-03-11); ``map`` and ``dashboard`` are left to Notion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.view_settings import (
    Grouping,
    Parts,
    PropertyName,
    Setting,
    ShownProperties,
    Within,
)

_DATES = frozenset({"date", "created_time", "last_edited_time", "formula", "rollup"})
_FUNCTIONS = [
    "count",
    "count_values",
    "sum",
    "average",
    "median",
    "min",
    "max",
    "range",
    "unique",
    "empty",
    "not_empty",
    "percent_empty",
    "percent_not_empty",
    "checked",
    "unchecked",
    "percent_checked",
    "percent_unchecked",
    "earliest_date",
    "latest_date",
    "date_range",
]
_COLOURS = ["gray", "lightgray", "brown", "yellow", "orange", "green", "blue", "purple", "pink", "red"]
_HEIGHTS = ["small", "medium", "large", "extra_large"]


@dataclass(frozen=True, slots=True)
class Place:
    """A setting, and its key in the API's ``configuration``."""

    key: str
    setting: Setting


@dataclass(frozen=True, slots=True)
class ViewType:
    """A type of view. *rows*: whether it shows rows, so that it can be filtered and sorted."""

    name: str
    settings: Mapping[str, Place]
    rows: bool = True


def _flag(description: str) -> Setting:
    return Setting({"description": description, "type": "boolean"})


def _choice(description: str, words: list[str], required: bool = False) -> Setting:
    return Setting({"description": description, "enum": words}, required)


def _number(description: str) -> Setting:
    return Setting({"description": description, "type": "number"})


def _function(description: str) -> Setting:
    keys: dict[str, tuple[str, Mapping[str, Any]]] = {
        "function": ("aggregator", {"enum": _FUNCTIONS}),
        "property": ("property_id", {"type": "string"}),
    }
    return Parts(description, keys, None, "function", ["count"])


def _type(name: str, settings: Mapping[str, Setting | Place], rows: bool = True) -> ViewType:
    places = {key: one if isinstance(one, Place) else Place(key, one) for key, one in settings.items()}
    return ViewType(name, places, rows)


_SHOWN = ShownProperties("What it shows, in order: a name, or a mapping with it. All others are hidden.")
_CARDS: Mapping[str, Setting] = {
    "properties": _SHOWN,
    "cover": Parts(
        "The picture on a card.",
        {
            "type": ("type", {"enum": ["page_cover", "page_content", "property"]}),
            "property": ("property_id", {"type": "string"}),
        },
        frozenset({"files"}),
        "type",
        ["page_cover", "page_content"],
    ),
    "cover_size": _choice("How big the picture is.", ["small", "medium", "large"]),
    "cover_aspect": _choice("Whether the picture is cut to fill its place.", ["contain", "cover"]),
    "card_layout": _choice("How properties stand on a card.", ["list", "compact"]),
}
_SUBTASKS = Parts(
    "How sub-items are shown.",
    {
        "property": ("property_id", {"type": "string", "description": "The relation of parents and children."}),
        "display_mode": ("display_mode", {"enum": ["show", "hidden", "flattened", "disabled"]}),
        "filter_scope": ("filter_scope", {"enum": ["parents", "parents_and_subitems", "subitems"]}),
    },
    frozenset({"relation"}),
)
_REFERENCE_LINES = Setting(
    {
        "description": "Lines across a chart.",
        "type": "array",
        "maxItems": 100,
        "items": {
            "type": "object",
            "required": ["value", "label", "color", "dash_style"],
            "additionalProperties": False,
            "properties": {
                "value": {"type": "number"},
                "label": {"type": "string"},
                "color": {"enum": _COLOURS},
                "dash_style": {"enum": ["solid", "dash"]},
            },
        },
    }
)

VIEW_TYPES: Mapping[str, ViewType] = {
    one.name: one
    for one in (
        _type(
            "table",
            {
                "properties": _SHOWN,
                "group_by": Grouping("The property whose values make groups: its name, or a mapping with it."),
                "subtasks": _SUBTASKS,
                "wrap_cells": _flag("Long values take several lines."),
                "frozen_column_index": Setting(
                    {"description": "The last column that stays in sight, from 0.", "type": "integer", "minimum": 0}
                ),
                "show_vertical_lines": _flag("Lines between columns."),
            },
        ),
        _type(
            "board",
            {
                "group_by": Grouping("The property whose values make columns: its name, or a mapping with it.", True),
                "sub_group_by": Grouping("The property whose values make rows of columns."),
                **_CARDS,
            },
        ),
        _type("list", {"properties": _SHOWN}),
        _type(
            "calendar",
            {
                "date_property": Place(
                    "date_property_id", PropertyName("The date by which rows are placed.", _DATES, True)
                ),
                "properties": _SHOWN,
                "view_range": _choice("What is seen at a time.", ["week", "month"]),
                "show_weekends": _flag("Saturdays and Sundays."),
            },
        ),
        _type(
            "timeline",
            {
                "date_property": Place(
                    "date_property_id", PropertyName("The date at which a row begins.", _DATES, True)
                ),
                "end_date_property": Place(
                    "end_date_property_id", PropertyName("The date at which it ends, if it is another one.", _DATES)
                ),
                "properties": _SHOWN,
                "show_table": _flag("A table beside the timeline."),
                "table_properties": ShownProperties("What the table shows, in order."),
                "zoom_level": Place(
                    "preference",
                    Within(
                        "zoom_level",
                        _choice(
                            "What is seen at a time.",
                            ["hours", "day", "week", "bi_week", "month", "quarter", "year", "5_years"],
                        ),
                    ),
                ),
                "arrows_by": Within(
                    "property_id", PropertyName("The relation that is drawn as arrows.", frozenset({"relation"}))
                ),
                "color_by": _flag("Bars in the colours of an option."),
            },
        ),
        _type("gallery", _CARDS),
        _type(
            "form",
            {
                "is_form_closed": _flag("Nobody can submit it."),
                "anonymous_submissions": _flag("Anybody can submit it, without an account."),
                "submission_permissions": _choice(
                    "What whoever submits it may do with the page.",
                    ["none", "comment_only", "reader", "read_and_write", "editor"],
                ),
            },
            rows=False,
        ),
        _type(
            "chart",
            {
                "chart_type": _choice(
                    "The kind of chart.", ["column", "bar", "line", "donut", "number"], required=True
                ),
                "x_axis": Grouping("The property whose values are the bars, points or slices."),
                "y_axis": _function("What is measured: a function, and its property unless it counts."),
                "value": _function("What a number chart shows."),
                "stack_by": Grouping("The property whose values divide each bar."),
                "sort": _choice(
                    "The order of bars.", ["manual", "x_ascending", "x_descending", "y_ascending", "y_descending"]
                ),
                "color_theme": _choice(
                    "Its colours.",
                    [
                        "gray",
                        "blue",
                        "yellow",
                        "green",
                        "purple",
                        "teal",
                        "orange",
                        "pink",
                        "red",
                        "auto",
                        "colorful",
                    ],
                ),
                "height": _choice("Its height.", _HEIGHTS),
                "hide_empty_groups": _flag("Leave out groups without rows."),
                "legend_position": _choice("Where the legend is.", ["off", "bottom", "side"]),
                "show_data_labels": _flag("Figures at bars and points."),
                "axis_labels": _choice("Which axes are labelled.", ["none", "x_axis", "y_axis", "both"]),
                "grid_lines": _choice("Which grid lines are drawn.", ["none", "horizontal", "vertical", "both"]),
                "cumulative": _flag("A line that sums up."),
                "smooth_line": _flag("A line without corners."),
                "hide_line_fill_area": _flag("Nothing below a line."),
                "group_style": _choice("How divided bars stand.", ["normal", "percent", "side_by_side"]),
                "y_axis_min": _number("Where the y axis begins."),
                "y_axis_max": _number("Where the y axis ends."),
                "donut_labels": _choice("What stands at slices.", ["none", "value", "name", "name_and_value"]),
                "hide_title": _flag("A number without its title."),
                "reference_lines": _REFERENCE_LINES,
                "caption": Setting({"description": "Text below it.", "type": "string"}),
                "color_by_value": _flag("Colours by figure."),
            },
        ),
    )
}

NOT_DECLARABLE = {
    "map": "it needs a place property; make the view in Notion, it stays when the manifest leaves it out",
    "dashboard": "Factory does not arrange dashboards; make it in Notion, it stays when the manifest leaves it out",
}
