"""Option lists of select, multi_select and status: REPLACE semantics, ids kept by name or id."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.call import object_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.rich_text import check_length

COLORS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
MAX_OPTIONS = 100
TODO, IN_PROGRESS, COMPLETE = "To-do", "In progress", "Complete"

_GROUPS = ((TODO, "gray"), (IN_PROGRESS, "blue"), (COMPLETE, "green"))
_STATUS_DEFAULT = (
    ("Not started", "default", TODO),
    ("In progress", "blue", IN_PROGRESS),
    ("Done", "green", COMPLETE),
)

Option = dict[str, Any]


def find(options: list[Option], wanted: Option) -> Option | None:
    """The option that a request means: by id, else by name in any case."""
    if wanted.get("id") is not None:
        return next((option for option in options if option["id"] == wanted["id"]), None)
    name = str(wanted.get("name", "")).casefold()
    return next((option for option in options if option["name"].casefold() == name), None)


def check_name(name: object, kind: str, path: str) -> str:
    """An option name that Notion would take."""
    if not isinstance(name, str):
        raise errors.missing(f"{path}.name") if name is None else errors.invalid_body(path, "a string", name)
    if not name.strip():
        raise errors.invalid_body(f"{path}.name.length", "≥ `1`", len(name))
    if "," in name:
        raise errors.invalid(f"Invalid {kind} option, commas not allowed: {name}")
    check_length(f"{path}.name", name, 100)
    return name


def new_option(name: str, color: str | None, description: str | None, position: int) -> Option:
    """A fresh option; without a colour it gets the next of the palette."""
    chosen = color or COLORS[position % len(COLORS)]
    return {"id": new_uuid(), "name": name, "color": chosen, "description": description}


def replaced(kind: str, current: list[Option], wanted: object, path: str) -> list[Option]:
    """The list after a schema write that sends `wanted` over `current`."""
    if not isinstance(wanted, list):
        raise errors.invalid_body(path, "an array or `undefined`", wanted)
    check_length(path, wanted, MAX_OPTIONS)
    found: list[Option] = []
    seen: set[str] = set()
    for index, entry in enumerate(wanted):
        option = _merged(kind, current, object_at(entry, f"{path}[{index}]"), f"{path}[{index}]", len(found))
        key = option["name"].casefold()
        if key in seen:
            raise errors.invalid(f"{path} should have unique option names, found duplicate: {option['name']}")
        seen.add(key)
        found.append(option)
    return found


def _merged(kind: str, current: list[Option], entry: Option, path: str, position: int) -> Option:
    color = entry.get("color")
    if color is not None and color not in COLORS:
        choices = ", ".join(f'`"{name}"`' for name in COLORS)
        raise errors.invalid_body(f"{path}.color", f"one of {choices} or `undefined`", color)
    existing = find(current, entry)
    if existing is None:
        if entry.get("id") is not None and entry.get("name") is None:
            raise errors.invalid(f"Could not find {kind} option with id: {entry['id']}")
        fresh = check_name(entry.get("name"), kind, path)
        return new_option(fresh, color, entry.get("description"), position)
    if color is not None and color != existing["color"]:
        raise errors.invalid(f"Cannot update color of {kind} with id: {existing['id']}")
    name = entry.get("name", existing["name"])
    if str(name).casefold() != existing["name"].casefold() and kind != "status":
        raise errors.invalid(f"Cannot update name of {kind} with id: {existing['id']}")
    description = entry["description"] if "description" in entry else existing["description"]
    return {**existing, "description": description}


def select_config(kind: str, current: dict[str, Any] | None, given: dict[str, Any], path: str) -> dict[str, Any]:
    """The configuration of a select or multi_select after a write."""
    options = (current or {}).get("options", [])
    if "options" not in given:
        return {"options": options}
    return {"options": replaced(kind, options, given["options"], f"{path}.options")}


def status_config(
    current: dict[str, Any] | None, given: dict[str, Any], path: str, *, groups_honoured: bool
) -> dict[str, Any]:
    """The configuration of a status after a write: new options land in To-do unless groups are obeyed."""
    if current is None and not given.get("options"):
        return _default_status()
    before = current or {"options": [], "groups": _new_groups()}
    if "options" not in given:
        return before
    options = replaced("status", before["options"], given["options"], f"{path}.options")
    if not options:
        raise errors.invalid_body(f"{path}.options.length", "≥ `1`", 0)
    wishes = _group_wishes(options, given["options"], path) if groups_honoured else {}
    return {"options": options, "groups": _regrouped(before["groups"], options, wishes)}


def status_of(options: list[Option]) -> dict[str, Any] | None:
    """The status configuration of options that another property had, None without any: all are to do."""
    return {"options": options, "groups": _regrouped(_new_groups(), options, {})} if options else None


def _group_wishes(options: list[Option], entries: list[Option], path: str) -> dict[str, str]:
    names = [name for name, _ in _GROUPS]
    wishes: dict[str, str] = {}
    for option, entry in zip(options, entries, strict=True):
        if entry.get("group") is None:
            continue
        if entry["group"] not in names:
            choices = ", ".join(f'`"{name}"`' for name in names)
            raise errors.invalid_body(f"{path}.options.group", f"one of {choices}", entry["group"])
        wishes[option["id"]] = entry["group"]
    return wishes


def _regrouped(groups: list[dict[str, Any]], options: list[Option], wishes: dict[str, str]) -> list[dict[str, Any]]:
    before = {option_id: group["name"] for group in groups for option_id in group["option_ids"]}
    home = {option["id"]: wishes.get(option["id"], before.get(option["id"], TODO)) for option in options}
    return [
        {**group, "option_ids": [option_id for option_id, name in home.items() if name == group["name"]]}
        for group in groups
    ]


def _new_groups() -> list[dict[str, Any]]:
    return [{"id": new_uuid(), "name": name, "color": color, "option_ids": []} for name, color in _GROUPS]


def _default_status() -> dict[str, Any]:
    groups = _new_groups()
    options = [new_option(name, color, None, 0) for name, color, _ in _STATUS_DEFAULT]
    wishes = {option["id"]: entry[2] for option, entry in zip(options, _STATUS_DEFAULT, strict=True)}
    return {"options": options, "groups": _regrouped(groups, options, wishes)}


def default_status_option(config: dict[str, Any]) -> Option | None:
    """The option that a row without a status shows: the first of To-do, else the first."""
    todo: list[str] = next((group["option_ids"] for group in config["groups"] if group["option_ids"]), [])
    return next((option for option in config["options"] if option["id"] in todo[:1]), None)
