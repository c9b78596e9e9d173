"""What happens to the values of rows when a property changes its type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import options, rich_text
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.schemas import Property
from factory_iac.sandbox.notion.store import Record, Store

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TRUE_WORDS = frozenset({"yes", "true", "1", "x", "checked"})
_LOST = frozenset({"formula", "rollup", "button", "place", "verification"})
_STAMPS = frozenset({"created_time", "last_edited_time"})
_AUTHORS = frozenset({"created_by", "last_edited_by"})


def convert_rows(store: Store, owner: Record, old: Property, new: Property) -> None:
    """Convert the value of every row; what cannot be converted is gone, and so is what was computed."""
    property_id = decoded(new["id"])
    for row in store.children(owner.id, ["page"], with_trash=True):
        kept = row.body["values"].pop(property_id, None)
        before = _of_the_row(row, old) if old["type"] in {*_STAMPS, *_AUTHORS, "unique_id"} else kept
        after = None if old["type"] in _LOST or before is None else converted(store, old, new, before)
        if after is not None:
            row.body["values"][property_id] = after
        if after is not None or kept is not None:
            store.update(row)


def _of_the_row(row: Record, old: Property) -> Any:
    """A value that every row has without being given one, as its successor would store it."""
    kind = old["type"]
    if kind == "unique_id":
        parts = (old["unique_id"]["prefix"], row.body.get("number"))
        return "-".join(str(part) for part in parts if part is not None)
    if kind in _AUTHORS:
        return [row.body[kind]["id"]]
    return {"start": row.body[kind], "end": None, "time_zone": None}


def converted(store: Store, old: Property, new: Property, value: Any) -> Any:
    """The stored value under the new type, None when there is none. May add options to `new`."""
    kind = new["type"]
    if _family(old["type"]) == _family(kind):
        return value
    text = as_text(store, old, value)
    if not text:
        return None
    if kind == "rich_text":
        return rich_text.from_text(text)
    if kind == "number":
        cleaned = text.strip().replace(",", "")
        return float_or_int(cleaned) if _NUMBER.fullmatch(cleaned) else None
    if kind in ("select", "status"):
        return _option(new, text.split(",")[0].strip())
    if kind == "multi_select":
        found = [_option(new, part.strip()) for part in text.split(",") if part.strip()]
        return [item for item in dict.fromkeys(found) if item]
    if kind == "date":
        return _date(text)
    if kind == "checkbox":
        return text.strip().casefold() in _TRUE_WORDS
    if kind in ("url", "email", "phone_number"):
        return text
    return None


def _family(kind: str) -> str:
    """Types whose values are stored alike."""
    if kind in _STAMPS:
        return "date"
    return "people" if kind in _AUTHORS else kind


def float_or_int(text: str) -> float | int:
    """A number, whole when it can be."""
    found = float(text)
    return int(found) if found.is_integer() else found


def as_text(store: Store, item: Property, value: Any) -> str:
    """A stored value as text, as far as it has one."""
    kind = item["type"]
    if value is None:
        return ""
    if kind in ("title", "rich_text"):
        return rich_text.plain(value)
    if kind in ("select", "status", "multi_select"):
        names = {option["id"]: option["name"] for option in item[kind]["options"]}
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(names[option_id] for option_id in chosen if option_id in names)
    if kind == "relation":
        return ", ".join(page.title for page in map(store.find, value) if page is not None)
    if kind in ("people", *_AUTHORS):
        people = [store.users.in_value(user_id) for user_id in value]
        return ", ".join(person["name"] for person in people if person.get("name"))
    if kind == "files":
        return ", ".join(str(file["name"]) for file in value)
    if kind in ("date", *_STAMPS):
        return " → ".join(part for part in (value["start"], value.get("end")) if part)
    if kind == "checkbox":
        return "Yes" if value else "No"
    return str(value) if isinstance(value, str | int | float) else ""


def _option(item: Property, name: str) -> str | None:
    existing = options.find(item[item["type"]]["options"], {"name": name})
    if existing is not None:
        return str(existing["id"])
    if item["type"] == "status" or not name:
        return None
    known = item[item["type"]]["options"]
    option = options.new_option(name, None, None, len(known) + 1)
    known.append(option)
    return str(option["id"])


def _date(text: str) -> dict[str, Any] | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    shown = moment.date().isoformat() if len(text.strip()) <= 10 else moment.isoformat(timespec="milliseconds")
    return {"start": shown, "end": None, "time_zone": None}
