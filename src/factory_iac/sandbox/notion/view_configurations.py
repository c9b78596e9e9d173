"""How a view shows its rows: the configuration of each type of view, checked and completed.

The rules are those of the OpenAPI description of the views endpoints, version 2026-03-11: `null` takes a setting
away, every property id comes back with the name of its property, and a reference line without an id gets one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.call import object_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.rich_text import check_length
from factory_iac.sandbox.notion.schemas import Properties, find_property

Json = dict[str, Any]
Setting = Callable[[Any, Properties, str], Any]
MAX_ENTRIES = 100
# The id of a property, and the name that answers show with it. Requests need not repeat the name.
_NAMED = {
    "property_id": "property_name",
    "date_property_id": "date_property_name",
    "end_date_property_id": "end_date_property_name",
    "map_by": "map_by_property_name",
}


def _choice(*names: Any) -> Setting:
    def checked(value: Any, _: Properties, path: str) -> Any:
        if value not in names or isinstance(value, bool):
            words = ", ".join(f'`"{name}"`' for name in names)
            raise errors.invalid_body(path, f"one of {words}", value)
        return value

    return checked


def _flag(value: Any, _: Properties, path: str) -> bool:
    if not isinstance(value, bool):
        raise errors.invalid_body(path, "a boolean", value)
    return value


def _text(value: Any, _: Properties, path: str) -> str:
    if not isinstance(value, str):
        raise errors.invalid_body(path, "a string", value)
    return value


def _number(value: Any, _: Properties, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.invalid_body(path, "a number", value)
    return value


def _whole(least: int | None = None) -> Setting:
    def checked(value: Any, _: Properties, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise errors.invalid_body(path, "an integer", value)
        if least is not None and value < least:
            raise errors.invalid_body(path, f"≥ `{least}`", value)
        return value

    return checked


def _property(value: Any, properties: Properties, path: str) -> str:
    found = find_property(properties, _text(value, properties, path))
    if found is None:
        raise errors.invalid(f"Could not find property with name or id: {value}")
    return str(found["id"])


def _or_null(setting: Setting) -> Setting:
    return lambda value, properties, path: None if value is None else setting(value, properties, path)


def _list(setting: Setting) -> Setting:
    def checked(value: Any, properties: Properties, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise errors.invalid_body(path, "an array", value)
        check_length(path, value, MAX_ENTRIES)
        return [setting(entry, properties, f"{path}[{at}]") for at, entry in enumerate(value)]

    return checked


def _object(required: dict[str, Setting], optional: dict[str, Setting] | None = None) -> Setting:
    known = {**required, **(optional or {})}

    def checked(value: Any, properties: Properties, path: str) -> Json:
        given = object_at(value, path)
        for key in required:
            if given.get(key) is None:
                raise errors.missing(f"{path}.{key}")
        found: Json = {}
        for key, entry in given.items():
            if key in known:
                found[key] = known[key](entry, properties, f"{path}.{key}")
            elif key not in _NAMED.values():
                raise errors.invalid_body(f"{path}.{key}", "not present", entry)
        return found

    return checked


def _by_type(variants: dict[str, Setting]) -> Setting:
    def checked(value: Any, properties: Properties, path: str) -> Any:
        kind = object_at(value, path).get("type")
        if kind is None:
            raise errors.missing(f"{path}.type")
        return variants[_choice(*variants)(kind, properties, f"{path}.type")](value, properties, path)

    return checked


_SORT = _object({"type": _choice("manual", "ascending", "descending")})
_SPANS = _choice("relative", "day", "week", "month", "year")
_PREFIXES = _choice("exact", "alphabet_prefix")
_WEEK: dict[str, Setting] = {"start_day_of_week": _choice(0, 1)}
_RANGE = {"range_start": _whole(), "range_end": _whole(), "range_size": _whole(1)}
_FORMULA_GROUPS = _by_type(
    {
        "date": _object({"type": _text, "group_by": _SPANS, "sort": _SORT}, _WEEK),
        "text": _object({"type": _text, "group_by": _PREFIXES, "sort": _SORT}),
        "number": _object({"type": _text, "sort": _SORT}, _RANGE),
        "checkbox": _object({"type": _text, "sort": _SORT}),
    }
)


def _grouping(required: dict[str, Setting], optional: dict[str, Setting] | None = None) -> Setting:
    more = {"hide_empty_groups": _flag, **(optional or {})}
    return _object({"type": _text, "property_id": _property, **required}, more)


_PLAIN_GROUP = _grouping({"sort": _SORT})
_GROUP = _by_type(
    {
        **dict.fromkeys(
            ("select", "multi_select", "person", "created_by", "last_edited_by", "relation", "checkbox"), _PLAIN_GROUP
        ),
        "status": _grouping({"group_by": _choice("group", "option"), "sort": _SORT}),
        **dict.fromkeys(
            ("date", "created_time", "last_edited_time"), _grouping({"group_by": _SPANS, "sort": _SORT}, _WEEK)
        ),
        **dict.fromkeys(
            ("text", "title", "url", "email", "phone_number"), _grouping({"group_by": _PREFIXES, "sort": _SORT})
        ),
        "number": _grouping({"sort": _SORT}, _RANGE),
        "formula": _grouping({"group_by": _FORMULA_GROUPS}),
    }
)
_SHOWN = _or_null(
    _list(
        _object(
            {"property_id": _property},
            {
                "visible": _flag,
                "width": _whole(1),
                "wrap": _flag,
                "status_show_as": _choice("select", "checkbox"),
                "card_property_width_mode": _choice("full_line", "inline"),
                "date_format": _choice(
                    "full", "short", "month_day_year", "day_month_year", "year_month_day", "relative"
                ),
                "time_format": _choice("12_hour", "24_hour", "hidden"),
            },
        )
    )
)
_SUBTASKS = _object(
    {},
    {
        "property_id": _property,
        "display_mode": _choice("show", "hidden", "flattened", "disabled"),
        "filter_scope": _choice("parents", "parents_and_subitems", "subitems"),
        "toggle_column_id": _property,
    },
)
_CARDS: dict[str, Setting] = {
    "properties": _SHOWN,
    "cover": _or_null(_object({"type": _choice("page_cover", "page_content", "property")}, {"property_id": _property})),
    "cover_size": _or_null(_choice("small", "medium", "large")),
    "cover_aspect": _or_null(_choice("contain", "cover")),
    "card_layout": _or_null(_choice("list", "compact")),
}
_HEIGHT = _or_null(_choice("small", "medium", "large", "extra_large"))
_AGGREGATION = _object(
    {
        "aggregator": _choice(
            "count", "count_values", "sum", "average", "median", "min", "max", "range", "unique", "empty", "not_empty",
            "percent_empty", "percent_not_empty", "checked", "unchecked", "percent_checked", "percent_unchecked",
            "earliest_date", "latest_date", "date_range",
        )
    },
    {"property_id": _property},
)  # fmt: skip
_LINE = _object(
    {
        "value": _number,
        "label": _text,
        "color": _choice(
            "gray", "lightgray", "brown", "yellow", "orange", "green", "blue", "purple", "pink", "red"
        ),
        "dash_style": _choice("solid", "dash"),
    },
    {"id": _text},
)  # fmt: skip
_CHART_FLAGS = (
    "hide_empty_groups", "show_data_labels", "cumulative", "smooth_line", "hide_line_fill_area", "hide_title",
    "color_by_value",
)  # fmt: skip
_CHART: dict[str, Setting] = {
    **dict.fromkeys(("x_axis", "stack_by"), _or_null(_GROUP)),
    **dict.fromkeys(("y_axis", "value"), _or_null(_AGGREGATION)),
    **dict.fromkeys(("x_axis_property_id", "y_axis_property_id"), _or_null(_property)),
    **dict.fromkeys(_CHART_FLAGS, _or_null(_flag)),
    **dict.fromkeys(("y_axis_min", "y_axis_max"), _or_null(_number)),
    "sort": _or_null(_choice("manual", "x_ascending", "x_descending", "y_ascending", "y_descending")),
    "color_theme": _or_null(
        _choice(
            "gray", "blue", "yellow", "green", "purple", "teal", "orange", "pink", "red", "auto", "colorful"
        )
    ),
    "height": _HEIGHT,
    "legend_position": _or_null(_choice("off", "bottom", "side")),
    "axis_labels": _or_null(_choice("none", "x_axis", "y_axis", "both")),
    "grid_lines": _or_null(_choice("none", "horizontal", "vertical", "both")),
    "group_style": _or_null(_choice("normal", "percent", "side_by_side")),
    "donut_labels": _or_null(_choice("none", "value", "name", "name_and_value")),
    "reference_lines": _or_null(_list(_LINE)),
    "caption": _or_null(_text),
}  # fmt: skip
_ZOOM = _choice("hours", "day", "week", "bi_week", "month", "quarter", "year", "5_years")
_TYPE: dict[str, Setting] = {"type": _text}
_CONFIGURATIONS: dict[str, Setting] = {
    "table": _object(
        _TYPE,
        {
            "properties": _SHOWN,
            "group_by": _or_null(_GROUP),
            "subtasks": _or_null(_SUBTASKS),
            "wrap_cells": _flag,
            "frozen_column_index": _whole(0),
            "show_vertical_lines": _flag,
        },
    ),
    "board": _object({**_TYPE, "group_by": _GROUP}, {"sub_group_by": _or_null(_GROUP), **_CARDS}),
    "list": _object(_TYPE, {"properties": _SHOWN}),
    "calendar": _object(
        {**_TYPE, "date_property_id": _property},
        {
            "properties": _SHOWN,
            "view_range": _or_null(_choice("week", "month")),
            "show_weekends": _or_null(_flag),
        },
    ),
    "timeline": _object(
        {**_TYPE, "date_property_id": _property},
        {
            "end_date_property_id": _or_null(_property),
            "properties": _SHOWN,
            "show_table": _or_null(_flag),
            "table_properties": _SHOWN,
            "preference": _or_null(_object({"zoom_level": _ZOOM}, {"center_timestamp": _whole()})),
            "arrows_by": _or_null(_object({}, {"property_id": _or_null(_property)})),
            "color_by": _or_null(_flag),
        },
    ),
    "gallery": _object(_TYPE, _CARDS),
    "form": _object(
        _TYPE,
        {
            "is_form_closed": _or_null(_flag),
            "anonymous_submissions": _or_null(_flag),
            "submission_permissions": _or_null(_choice("none", "comment_only", "reader", "read_and_write", "editor")),
        },
    ),
    "chart": _object({**_TYPE, "chart_type": _choice("column", "bar", "line", "donut", "number")}, _CHART),
    "map": _object(_TYPE, {"height": _HEIGHT, "map_by": _or_null(_property), "properties": _SHOWN}),
}
# Parts whose properties come without a name.
_UNNAMED = frozenset({"subtasks", "cover", "arrows_by", "y_axis", "value"})


def changed(kind: str, current: Json, given: Json, properties: Properties) -> Json:
    """The stored configuration of a view after a request: what the request leaves out stays, null takes away."""
    path = "body.configuration"
    if given.get("type", kind) != kind:
        raise errors.invalid_body(f"{path}.type", f'`"{kind}"`', given.get("type"))
    wanted = _CONFIGURATIONS[kind]({**given, "type": kind}, properties, path)
    for line in wanted.get("reference_lines") or []:
        line.setdefault("id", new_uuid())
    return {key: value for key, value in {**current, **wanted}.items() if value is not None}


def shown(configuration: Json, properties: Properties) -> Json:
    """A configuration as an answer has it: with the names of properties beside their ids."""
    found: Json = {}
    for key, value in configuration.items():
        found[key] = value if key in _UNNAMED else _shown_part(value, properties)
        if key in _NAMED:
            item = find_property(properties, str(value))
            if item is not None:
                found[_NAMED[key]] = item["name"]
    return found


def _shown_part(value: Any, properties: Properties) -> Any:
    if isinstance(value, list):
        return [_shown_part(part, properties) for part in value]
    return shown(value, properties) if isinstance(value, dict) else value
