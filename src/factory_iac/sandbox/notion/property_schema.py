"""Schema writes: what a `properties` map in a request does to a data source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from factory_iac.sandbox.notion import conversions, errors, formulas, options, relations, rollups
from factory_iac.sandbox.notion.behaviour import Behaviour
from factory_iac.sandbox.notion.call import object_at
from factory_iac.sandbox.notion.ids import TITLE_ID
from factory_iac.sandbox.notion.rich_text import check_length
from factory_iac.sandbox.notion.schemas import (
    Property,
    Schemas,
    find_property,
    new_property,
    rename,
)
from factory_iac.sandbox.notion.store import Record

PLAIN_TYPES = frozenset(
    [
        "title",
        "rich_text",
        "url",
        "email",
        "phone_number",
        "checkbox",
        "date",
        "people",
        "files",
        "created_time",
        "created_by",
        "last_edited_time",
        "last_edited_by",
        "place",
    ]
)
CONFIGURED_TYPES = frozenset(
    ["number", "select", "multi_select", "status", "unique_id", "relation", "rollup", "formula"]
)
IGNORED_TYPES = frozenset({"button", "verification"})
_ORDER = {"title": 0, "relation": 2, "rollup": 3, "formula": 4}
_UNCONVERTIBLE = frozenset({"title", "place", "button", "verification"})
MAX_DESCRIPTION = 280
MAX_PREFIX = 10


@dataclass(frozen=True)
class _Step:
    key: str
    config: dict[str, Any]
    kind: str | None
    existing: Property | None
    path: str


def type_of(config: dict[str, Any], path: str) -> str | None:
    """The property type a configuration names, None when it only renames or describes."""
    known = PLAIN_TYPES | CONFIGURED_TYPES | IGNORED_TYPES
    named = config.get("type")
    found = [key for key in config if key in known]
    if named is None and not found:
        unknown = [key for key in config if key not in ("name", "description", "id")]
        if unknown:
            raise errors.invalid_body(f"{path}.{unknown[0]}", "not present", config[unknown[0]])
        return None
    kind = named if named is not None else found[0]
    if not isinstance(kind, str) or kind not in known:
        raise errors.invalid_body(f"{path}.type", "a known property type", kind)
    if any(key != kind for key in found):
        other = next(key for key in found if key != kind)
        raise errors.invalid_body(f"{path}.{other}", "not present", config[other])
    return str(kind)


def apply(schemas: Schemas, owner: Record, wanted: object, path: str, behaviour: Behaviour) -> None:
    """Carry out a `properties` map on the data source `owner`."""
    properties = owner.body["properties"]
    entries = [(key, config, find_property(properties, key)) for key, config in object_at(wanted, path).items()]
    steps: list[_Step] = []
    for key, config, existing in entries:
        where = f"{path}.{key}"
        if config is None:
            _remove(schemas, owner, key, existing, behaviour)
        else:
            given = object_at(config, where)
            steps.append(_Step(key, given, type_of(given, where), existing, where))
    for step in steps:
        if step.existing is not None:
            _describe(owner, step.existing, step)
    for step in sorted(steps, key=lambda step: _ORDER.get(step.kind or "", 1)):
        if step.existing is None:
            _add(schemas, owner, step, behaviour)
        elif step.kind is not None:
            _change(schemas, owner, step.existing, step, behaviour)
    schemas.touch(owner.id)


def check_one_title(owner: Record, path: str) -> None:
    """A data source has exactly one title."""
    titles = [item for item in owner.body["properties"].values() if item["type"] == TITLE_ID]
    if len(titles) != 1:
        raise errors.invalid(f"Title is not provided for {path}: a data source has exactly one title property.")


def _remove(schemas: Schemas, owner: Record, key: str, existing: Property | None, behaviour: Behaviour) -> None:
    if existing is None:
        raise errors.invalid(f"Could not find property with name or id: {key}")
    if existing["type"] == TITLE_ID:
        raise errors.invalid("Cannot delete title property.")
    properties = owner.body["properties"]
    if existing["name"] not in properties:
        return
    if existing["type"] == "relation":
        relations.removed(schemas, existing, behaviour)
    properties.pop(existing["name"], None)


def _describe(owner: Record, item: Property, step: _Step) -> None:
    name = step.config.get("name")
    if name is not None:
        _check_name(name, step.path)
        rename(owner.body["properties"], item, name)
    if "description" in step.config:
        item["description"] = _description(step)


def _description(step: _Step) -> str | None:
    text = step.config.get("description")
    if text is not None:
        check_length(f"{step.path}.description", str(text), MAX_DESCRIPTION)
    return text or None


def _check_name(name: object, path: str) -> None:
    if not isinstance(name, str):
        raise errors.invalid_body(f"{path}.name", "a string or `undefined`", name)
    if not name:
        raise errors.invalid_body(f"{path}.name.length", "≥ `1`", 0)


def _add(schemas: Schemas, owner: Record, step: _Step, behaviour: Behaviour) -> None:
    if step.kind is None:
        raise errors.invalid(f"Could not find property with name or id: {step.key}")
    if step.kind in IGNORED_TYPES:
        return
    properties = owner.body["properties"]
    name = step.config.get("name", step.key)
    _check_name(name, step.path)
    if name in properties:
        raise errors.invalid(f"A property with the name {name!r} exists already.")
    if step.kind == TITLE_ID and any(item["type"] == TITLE_ID for item in properties.values()):
        raise errors.invalid("Cannot create a second title property: a data source has exactly one.")
    item = new_property(properties, name, step.kind, {}, _description(step))
    _configure(schemas, owner, item, None, step, behaviour)


def _change(schemas: Schemas, owner: Record, item: Property, step: _Step, behaviour: Behaviour) -> None:
    old, kind = dict(item), str(step.kind)
    if kind in IGNORED_TYPES:
        return
    if old["type"] == kind:
        _configure(schemas, owner, item, old[kind], step, behaviour)
        return
    for side in (old["type"], kind):
        if side in _UNCONVERTIBLE:
            raise errors.invalid(f"Cannot convert property {item['name']!r} from {old['type']} to {kind}.")
    if old["type"] == "relation":
        relations.detach(schemas, item)
    del item[old["type"]]
    item["type"] = kind
    item[kind] = {}
    _configure(schemas, owner, item, _carried_over(old, kind), step, behaviour)
    conversions.convert_rows(schemas.store, owner, old, item)


def _carried_over(old: Property, kind: str) -> dict[str, Any] | None:
    """What a new type takes over from the old one: the options, where both have some."""
    choices = ("select", "multi_select", "status")
    if old["type"] not in choices or kind not in choices:
        return None
    found = old[old["type"]]["options"]
    return options.status_of(found) if kind == "status" else {"options": found}


def _configure(
    schemas: Schemas,
    owner: Record,
    item: Property,
    current: dict[str, Any] | None,
    step: _Step,
    behaviour: Behaviour,
) -> None:
    """Fill in `item[type]` from the request; `current` is None for a new or converted property."""
    kind, path = item["type"], f"{step.path}.{item['type']}"
    given = object_at(step.config.get(kind, {}), path)
    if kind == "number":
        item[kind] = {"format": _number_format(given, current, path)}
    elif kind in ("select", "multi_select"):
        item[kind] = options.select_config(kind, current, given, path)
    elif kind == "status":
        honoured = behaviour.status_group_honoured
        item[kind] = options.status_config(current, given, path, groups_honoured=honoured)
    elif kind == "unique_id":
        item[kind] = {"prefix": _prefix(schemas, owner, given, current, path)}
    elif kind == "relation":
        relations.configure(schemas, owner, item, given, path, behaviour)
    elif kind == "rollup":
        item[kind] = rollups.config(schemas, owner, current, given, path)
    elif kind == "formula":
        item[kind] = formulas.config(owner, schemas.store.users.space_id, current, given, path)
    else:
        item[kind] = {}


def _number_format(given: dict[str, Any], current: dict[str, Any] | None, path: str) -> str:
    wanted = given.get("format", (current or {}).get("format", "number"))
    if not isinstance(wanted, str):
        raise errors.invalid_body(f"{path}.format", "a string or `undefined`", wanted)
    return wanted


def _prefix(
    schemas: Schemas, owner: Record, given: dict[str, Any], current: dict[str, Any] | None, path: str
) -> str | None:
    if "prefix" not in given:
        return current["prefix"] if current else None
    prefix = given["prefix"]
    if prefix is None or prefix == "":
        return None
    if not isinstance(prefix, str):
        raise errors.invalid_body(f"{path}.prefix", "a string, `null`, or `undefined`", prefix)
    check_length(f"{path}.prefix", prefix, MAX_PREFIX)
    if current is not None and current.get("prefix") == prefix:
        return prefix
    if not schemas.store.claim_prefix(prefix, owner.id):
        raise errors.invalid(f"Unique ID prefix {prefix} is already used in this workspace.")
    return prefix
