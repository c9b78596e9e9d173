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
_COMPUTED = frozenset(
    ["formula", "rollup", "unique_id", "created_time", "created_by", "last_edited_time", "last_edited_by"]
)


def convert_rows(store: Store, owner: Record, old: Property, new: Property) -> None:
    """Convert the stored value of every row; what cannot be converted is gone."""
    property_id = decoded(new["id"])
    for row in store.children(owner.id, ["page"], with_trash=True):
        if property_id not in row.body["values"]:
            continue
        before = row.body["values"].pop(property_id)
        after = None if old["type"] in _COMPUTED else converted(old, new, before)
        if after is not None:
            row.body["values"][property_id] = after
        store.update(row)


def converted(old: Property, new: Property, value: Any) -> Any:
    """The stored value under the new type, None when there is none. May add options to `new`."""
    text = as_text(old, value)
    if not text:
        return None
    kind = new["type"]
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


def float_or_int(text: str) -> float | int:
    """A number, whole when it can be."""
    found = float(text)
    return int(found) if found.is_integer() else found


def as_text(item: Property, value: Any) -> str:
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
    if kind == "date":
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
