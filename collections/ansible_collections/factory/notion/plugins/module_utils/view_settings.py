# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How each sort of view setting is written in YAML, checked, sent to Notion and read back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.notion.plugins.module_utils.view_names import KnownProperties, LiveNames, Path

Schema = Mapping[str, Any]


def as_far_as_declared(wanted: Any, found: Any) -> Any:
    """*found* less what *wanted* does not speak of: Notion fills in defaults, which nobody declared."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return {key: as_far_as_declared(wanted[key], found[key]) for key in wanted if key in found}
    if isinstance(wanted, list) and isinstance(found, list):
        start = [as_far_as_declared(*pair) for pair in zip(wanted, found, strict=False)]
        return [*start, *found[len(start) :]]
    return found


class Setting:
    """A setting that Notion takes as it is declared."""

    def __init__(self, schema: Schema, required: bool = False) -> None:
        self.schema = schema
        self.required = required

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """What no schema can say about *value*."""
        yield from ()

    def uses(self, value: Any) -> Iterator[str]:
        """The properties that *value* names."""
        yield from ()

    def normal(self, value: Any) -> Any:
        """A declared value in the form in which declared and live values compare."""
        return value

    def body(self, value: Any, names: LiveNames) -> Any:
        """A declared value as the API takes it."""
        return value

    def read(self, stored: Any, names: LiveNames) -> Any:
        """A live value, which is not ``None``, in the form in which the two compare."""
        return stored

    def shown(self, value: Any) -> Any:
        """A compared value as the manifest would say it."""
        return value


class Within(Setting):
    """A setting that Notion keeps in an object of one key."""

    def __init__(self, key: str, inner: Setting) -> None:
        super().__init__(inner.schema, inner.required)
        self._key = key
        self._inner = inner

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """Those of the inner setting."""
        return self._inner.faults(value, path, known)

    def uses(self, value: Any) -> Iterator[str]:
        """Those of the inner setting."""
        return self._inner.uses(value)

    def body(self, value: Any, names: LiveNames) -> Any:
        """An object around the inner one."""
        return {self._key: self._inner.body(value, names)}

    def read(self, stored: Any, names: LiveNames) -> Any:
        """What is in the object."""
        found = stored.get(self._key)
        return None if found is None else self._inner.read(found, names)


class PropertyName(Setting):
    """The name of a property of one of some types."""

    def __init__(self, description: str, types: frozenset[str], required: bool = False) -> None:
        super().__init__({"description": description, "type": "string"}, required)
        self._types = types

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """The property is known and of a type that fits."""
        return known.faults(value, path, self._types)

    def uses(self, value: Any) -> Iterator[str]:
        """Itself."""
        yield value

    def body(self, value: Any, names: LiveNames) -> Any:
        """Its id."""
        return names.key(value)

    def read(self, stored: Any, names: LiveNames) -> Any:
        """Its name."""
        return names.name(stored)


class Parts(Setting):
    """A mapping of a few keys, called otherwise in the API; the one called ``property`` names a property.

    :param without: the values of the required key that go without a property.
    """

    def __init__(
        self,
        description: str,
        keys: Mapping[str, tuple[str, Schema]],
        types: frozenset[str] | None,
        required: str | None = None,
        without: Sequence[str] = (),
    ) -> None:
        properties = {name: schema for name, (_, schema) in keys.items()}
        super().__init__(
            {
                "description": description,
                "type": "object",
                "required": [required] if required is not None else [],
                "additionalProperties": False,
                "properties": properties,
            }
        )
        self._keys = {name: key for name, (key, _) in keys.items()}
        self._types = types
        self._required = required
        self._without = without

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """The property is known and of a type that fits; it is there where it must be."""
        if "property" in value:
            yield from known.faults(value["property"], (*path, "property"), self._types)
        elif self._required is not None and value[self._required] not in self._without:
            yield Fault(path, f"missing key 'property', which '{value[self._required]}' needs")

    def uses(self, value: Any) -> Iterator[str]:
        """Its property."""
        if "property" in value:
            yield value["property"]

    def body(self, value: Any, names: LiveNames) -> Any:
        """With the API's keys."""
        return {self._keys[key]: names.key(one) if key == "property" else one for key, one in value.items()}

    def read(self, stored: Any, names: LiveNames) -> Any:
        """With the manifest's keys."""
        found = {name: stored[key] for name, key in self._keys.items() if stored.get(key) is not None}
        return {name: names.name(one) if name == "property" else one for name, one in found.items()}


_WIDTHS = {"type": "integer", "minimum": 1}
_SHOWN_KEYS: Mapping[str, Schema] = {
    "name": {"type": "string"},
    "width": {**_WIDTHS, "description": "In pixels; tables only."},
    "wrap": {"type": "boolean"},
    "status_show_as": {"enum": ["select", "checkbox"]},
    "card_property_width_mode": {"enum": ["full_line", "inline"]},
    "date_format": {"enum": ["full", "short", "month_day_year", "day_month_year", "year_month_day", "relative"]},
    "time_format": {"enum": ["12_hour", "24_hour", "hidden"]},
}


class ShownProperties(Setting):
    """The properties that a view shows, in order; those that are left out are hidden."""

    def __init__(self, description: str) -> None:
        one = {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": False,
                    "properties": dict(_SHOWN_KEYS),
                },
            ],
            "x-message": f"expected the name of a property, or a mapping of {', '.join(_SHOWN_KEYS)}",
        }
        super().__init__(
            {"description": description, "type": "array", "minItems": 1, "maxItems": 100, "items": one},
        )

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """Each is known, and listed once."""
        seen: set[str] = set()
        for index, one in enumerate(self.normal(value)):
            where = (*path, index, "name") if isinstance(value[index], Mapping) else (*path, index)
            yield from known.faults(one["name"], where)
            if one["name"] in seen:
                yield Fault(where, f"'{one['name']}' is listed already")
            seen.add(one["name"])

    def uses(self, value: Any) -> Iterator[str]:
        """All of them."""
        for one in self.normal(value):
            yield one["name"]

    def normal(self, value: Any) -> Any:
        """Every one as a mapping."""
        return [one if isinstance(one, Mapping) else {"name": one} for one in value]

    def body(self, value: Any, names: LiveNames) -> Any:
        """With ids."""
        return [
            {
                "property_id": names.key(one["name"]),
                "visible": True,
                **{key: part for key, part in one.items() if key != "name"},
            }
            for one in self.normal(value)
        ]

    def read(self, stored: Any, names: LiveNames) -> Any:
        """Those that are visible."""
        return [
            {"name": names.name(one["property_id"]), **{key: one[key] for key in _SHOWN_KEYS if key in one}}
            for one in stored
            if one.get("visible") is not False and names.has(one["property_id"])
        ]

    def shown(self, value: Any) -> Any:
        """A name where nothing else is said."""
        return value and [one["name"] if len(one) == 1 else one for one in value]


_GRANULARITIES = ("relative", "day", "week", "month", "year")
_GROUP_TYPES: Mapping[str, str] = {
    "rich_text": "text",
    "people": "person",
    **{
        name: name
        for name in (
            "select",
            "multi_select",
            "status",
            "created_by",
            "last_edited_by",
            "relation",
            "date",
            "created_time",
            "last_edited_time",
            "title",
            "url",
            "email",
            "phone_number",
            "number",
            "checkbox",
            "formula",
        )
    },
}
"""How Notion calls the types by which it groups."""
_GROUPED_BY: Mapping[str, Sequence[str]] = {
    "status": ("option", "group"),
    **dict.fromkeys(("date", "created_time", "last_edited_time"), _GRANULARITIES),
    **dict.fromkeys(("rich_text", "title", "url", "email", "phone_number", "text"), ("exact", "alphabet_prefix")),
}
"""What ``by`` may say, by type of property or result of a formula; the first if left out."""
_RANGE_KEYS = ("range_start", "range_end", "range_size")
_GROUP_KEYS: Mapping[str, Schema] = {
    "property": {"type": "string"},
    "by": {"enum": ["option", "group", *_GRANULARITIES, "exact", "alphabet_prefix"]},
    "sort": {"enum": ["manual", "ascending", "descending"]},
    "hide_empty_groups": {"type": "boolean"},
    "start_day_of_week": {"enum": [0, 1], "description": "0 is Sunday."},
    "range_start": {"type": "integer"},
    "range_end": {"type": "integer"},
    "range_size": {"type": "integer", "minimum": 1},
    "result": {"enum": ["text", "number", "date", "checkbox"], "description": "What a formula comes to."},
}


class Grouping(Setting):
    """A property by which rows are grouped, and how."""

    def __init__(self, description: str, required: bool = False) -> None:
        schema = {
            "description": description,
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["property"],
                    "additionalProperties": False,
                    "properties": dict(_GROUP_KEYS),
                },
            ],
            "x-message": f"expected the name of a property, or a mapping of {', '.join(_GROUP_KEYS)}",
        }
        super().__init__(schema, required)

    def faults(self, value: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
        """The property is one by which Notion groups, and the rest fits its type."""
        where = (*path, "property") if isinstance(value, Mapping) else path
        given = self.normal(value)
        yield from known.faults(given["property"], where, frozenset(_GROUP_TYPES))
        kind = known.type_of(given["property"])
        if kind is None or kind not in _GROUP_TYPES:
            return
        if kind == "formula" and "result" not in given:
            yield Fault(path, f"'{given['property']}' is a formula; say what it comes to in 'result'")
            return
        if kind != "formula" and "result" in given:
            yield Fault((*path, "result"), f"'{given['property']}' is a {kind}, not a formula", at_key=True)
        kind = given["result"] if kind == "formula" else kind
        ways = _GROUPED_BY.get(kind, ())
        if "by" in given and given["by"] not in ways:
            told = f"by {', '.join(ways)}" if ways else "without 'by'"
            yield Fault((*path, "by"), f"a {kind} is grouped {told}")
        for key in (*_RANGE_KEYS, "start_day_of_week"):
            if key in given and (kind != "number" if key in _RANGE_KEYS else ways != _GRANULARITIES):
                yield Fault((*path, key), f"a {kind} has no '{key}'", at_key=True)

    def uses(self, value: Any) -> Iterator[str]:
        """Its property."""
        yield self.normal(value)["property"]

    def normal(self, value: Any) -> Any:
        """As a mapping."""
        return value if isinstance(value, Mapping) else {"property": value}

    def body(self, value: Any, names: LiveNames) -> Any:
        """With what Notion wants to be told and the manifest left out."""
        given = self.normal(value)
        declared_type = names.types[given["property"]]
        kind = given.get("result", declared_type)
        how: dict[str, Any] = {"sort": {"type": given.get("sort", "manual")}}
        if kind in _GROUPED_BY:
            how["group_by"] = given.get("by", _GROUPED_BY[kind][0])
        how.update({key: given[key] for key in (*_RANGE_KEYS, "start_day_of_week") if key in given})
        body: dict[str, Any] = {"type": _GROUP_TYPES[declared_type], "property_id": names.key(given["property"])}
        body.update({"group_by": {"type": kind, **how}} if declared_type == "formula" else how)
        if "hide_empty_groups" in given:
            body["hide_empty_groups"] = given["hide_empty_groups"]
        return body

    def read(self, stored: Any, names: LiveNames) -> Any:
        """With everything that Notion says."""
        how = stored["group_by"] if isinstance(stored.get("group_by"), Mapping) else stored
        found = {
            "property": names.name(stored.get("property_id", "")),
            "by": how.get("group_by"),
            "sort": (how.get("sort") or {}).get("type"),
            "hide_empty_groups": stored.get("hide_empty_groups"),
            **{key: how.get(key) for key in (*_RANGE_KEYS, "start_day_of_week")},
            "result": how["type"] if how is not stored else None,
        }
        return {key: one for key, one in found.items() if one is not None}

    def shown(self, value: Any) -> Any:
        """A name where nothing else is said."""
        return value["property"] if isinstance(value, Mapping) and len(value) == 1 else value
