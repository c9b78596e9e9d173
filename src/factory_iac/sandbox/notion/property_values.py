"""Values of rows in requests: checked and brought into the form in which they are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from factory_iac.sandbox.notion import dates, errors, options, rich_text
from factory_iac.sandbox.notion.call import object_at, uuid_at
from factory_iac.sandbox.notion.schemas import Property

READ_ONLY = frozenset(
    [
        "formula",
        "rollup",
        "created_time",
        "created_by",
        "last_edited_time",
        "last_edited_by",
        "unique_id",
        "button",
    ]
)
MAX_RELATIONS = 100
MAX_PEOPLE = 100
_TEXT_LIMITS = {"url": 2000, "email": 200, "phone_number": 200}


def parse(item: Property, given: object, path: str) -> Any:
    """The stored form of one property of a page write. May add options to `item`."""
    kind = item["type"]
    if kind in READ_ONLY:
        raise errors.invalid(f"{item['name']} is a read-only property of type {kind}: its value cannot be set.")
    if isinstance(given, list) and kind in (
        "title",
        "rich_text",
        "people",
        "relation",
        "multi_select",
        "files",
    ):
        value: Any = given
    else:
        entry = object_at(given, path)
        if kind not in entry:
            wrong = next((key for key in entry if key not in ("type", "id", "has_more")), None)
            if wrong is None:
                raise errors.missing(f"{path}.{kind}")
            raise errors.invalid(f"{item['name']} is expected to be {kind}.")
        value = entry[kind]
    return _PARSERS[kind](item, value, f"{path}.{kind}")


def _rich_text(_: Property, value: object, path: str) -> Any:
    return rich_text.normalise(value, path)


def _number(item: Property, value: object, path: str) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise errors.invalid_body(path, "a number or `null`", value)
    return value


def _checkbox(_: Property, value: object, path: str) -> Any:
    if not isinstance(value, bool):
        raise errors.invalid_body(path, "a boolean", value)
    return value


def _text(item: Property, value: object, path: str) -> Any:
    if value is not None and not isinstance(value, str):
        raise errors.invalid_body(path, "a string or `null`", value)
    if isinstance(value, str):
        rich_text.check_length(path, value, _TEXT_LIMITS[item["type"]])
    return value or None


def _select(item: Property, value: object, path: str) -> Any:
    return None if value is None else _chosen(item, object_at(value, path), path)


def _multi_select(item: Property, value: object, path: str) -> Any:
    entries = _entries(value, path, options.MAX_OPTIONS)
    found = [_chosen(item, object_at(entry, path), f"{path}[{index}]") for index, entry in enumerate(entries)]
    return list(dict.fromkeys(found))


def _chosen(item: Property, wanted: dict[str, Any], path: str) -> str:
    """The id of the option a row names; a name that is not known becomes an option."""
    kind = item["type"]
    known = item[kind]["options"]
    existing = options.find(known, wanted)
    if existing is None:
        if wanted.get("name") is None and wanted.get("id") is not None:
            raise errors.invalid(f"Could not find {kind} option with id: {wanted['id']}")
        name = options.check_name(wanted.get("name"), kind, path)
        existing = options.new_option(name, wanted.get("color"), None, len(known) + 1)
        known.append(existing)
    elif wanted.get("color") not in (None, existing["color"]):
        raise errors.invalid("Select option color doesn't match existing.")
    return str(existing["id"])


def _status(item: Property, value: object, path: str) -> Any:
    if value is None:
        default = options.default_status_option(item["status"])
        return default["id"] if default else None
    wanted = object_at(value, path)
    existing = options.find(item["status"]["options"], wanted)
    if existing is None:
        name = wanted.get("name", wanted.get("id"))
        raise errors.invalid(f'Invalid status option. Status option "{name}" does not exist.')
    return existing["id"]


def _date(_: Property, value: object, path: str) -> Any:
    return dates.normalise(value, path)


def _people(_: Property, value: object, path: str) -> Any:
    entries = _entries(value, path, MAX_PEOPLE)
    return [
        uuid_at(object_at(entry, f"{path}[{index}]").get("id"), f"{path}[{index}].id")
        for index, entry in enumerate(entries)
    ]


def _relation(_: Property, value: object, path: str) -> Any:
    entries = _entries(value, path, MAX_RELATIONS)
    found = [
        uuid_at(object_at(entry, f"{path}[{index}]").get("id"), f"{path}[{index}].id")
        for index, entry in enumerate(entries)
    ]
    return list(dict.fromkeys(found))


def _files(_: Property, value: object, path: str) -> Any:
    found: list[dict[str, Any]] = []
    for index, entry in enumerate(_entries(value, path, rich_text.MAX_ITEMS)):
        file = object_at(entry, f"{path}[{index}]")
        kind = file.get("type") or ("external" if "external" in file else "file_upload")
        inner = object_at(file.get(kind), f"{path}[{index}].{kind}")
        if kind == "external":
            rich_text.check_length(f"{path}[{index}].external.url", str(inner.get("url", "")), 2000)
        name = file.get("name") or unquote(str(inner.get("url", "")).rsplit("/", 1)[-1])
        found.append({"name": name, "type": kind, kind: inner})
    return found


def _place(_: Property, value: object, path: str) -> Any:
    if value is None:
        return None
    given = object_at(value, path)
    return {key: given.get(key) for key in ("lat", "lon", "name", "address", "aws_place_id", "google_place_id")}


def _verification(_: Property, value: object, path: str) -> Any:
    return None if value is None else object_at(value, path)


def _entries(value: object, path: str, limit: int) -> list[Any]:
    if not isinstance(value, list):
        raise errors.invalid_body(path, "an array", value)
    rich_text.check_length(path, value, limit)
    return value


_PARSERS: dict[str, Callable[[Property, object, str], Any]] = {
    "title": _rich_text,
    "rich_text": _rich_text,
    "number": _number,
    "checkbox": _checkbox,
    "url": _text,
    "email": _text,
    "phone_number": _text,
    "select": _select,
    "multi_select": _multi_select,
    "status": _status,
    "date": _date,
    "people": _people,
    "relation": _relation,
    "files": _files,
    "place": _place,
    "verification": _verification,
}
