"""Values of loaded pages, and what they tell about the schema of a data source that was not loaded."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.ids import TITLE_ID, decoded
from factory_iac.sandbox.notion.schemas import Property, by_id
from factory_iac.sandbox.notion.store import Record, Store

Json = dict[str, Any]
_FROM_PAGE = frozenset({"created_time", "created_by", "last_edited_time", "last_edited_by"})
_OPTIONS = frozenset({"select", "multi_select", "status"})


def take_values(store: Store, entry: Json) -> None:
    """Bring the property values of a page object into the form in which they are stored."""
    page = store.find(entry["id"])
    if page is None or "properties" not in entry:
        return
    source = store.find(page.parent) if page.body["row"] else None
    schema_grew = False
    for name, value in entry["properties"].items():
        kind, property_id = value["type"], decoded(value["id"])
        if source is not None:
            schema_grew |= _learn(source, name, property_id, value)
        content = value.get(kind)
        if kind == "unique_id":
            page.body["number"] = (content or {}).get("number")
            store.raise_row_number(page.parent, page.body["number"] or 0)
        elif kind in ("formula", "rollup"):
            page.body.setdefault("computed", {})[property_id] = content
        elif kind not in _FROM_PAGE:
            page.body["values"][property_id] = _stored(kind, content)
    if source is not None:
        page.body["database_id"] = page.body.get("database_id") or source.parent
        if schema_grew:
            store.update(source)
    store.update(page)


def _stored(kind: str, content: Any) -> Any:
    if kind in ("select", "status"):
        return content["id"] if content else None
    if kind in ("multi_select", "people", "relation"):
        return [part["id"] for part in content or []]
    return content


def _learn(source: Record, name: str, property_id: str, value: Json) -> bool:
    """Add to a schema what a value shows and the schema does not know. Whether it grew."""
    properties = source.body["properties"]
    known = by_id(properties, property_id)
    grew = known is None
    if known is None:
        known = _implied(name, value)
        properties[name] = known
    for option in _shown_options(value):
        options = known.get(known["type"], {}).get("options", [])
        if known["type"] in _OPTIONS and all(option["id"] != other["id"] for other in options):
            options.append({"description": None, **option})
            grew = True
    return grew


def _shown_options(value: Json) -> list[Json]:
    if value["type"] not in _OPTIONS:
        return []
    content = value.get(value["type"])
    return content if isinstance(content, list) else [content] if content else []


def _implied(name: str, value: Json) -> Property:
    """A property as far as one value tells."""
    kind = value["type"]
    config: Json = {}
    if kind == "number":
        config = {"format": "number"}
    elif kind in ("select", "multi_select"):
        config = {"options": []}
    elif kind == "status":
        config = {"options": [], "groups": []}
    elif kind == "unique_id":
        config = {"prefix": (value.get(kind) or {}).get("prefix")}
    return {
        "id": TITLE_ID if kind == "title" else value["id"],
        "name": name,
        "description": None,
        "type": kind,
        kind: config,
    }


def claim_prefixes(store: Store, entry: Json) -> None:
    """Reserve the unique-id prefixes that a loaded schema uses."""
    for item in entry.get("properties", {}).values():
        prefix = item["unique_id"].get("prefix") if item["type"] == "unique_id" else None
        if prefix:
            store.claim_prefix(prefix, entry["id"])
