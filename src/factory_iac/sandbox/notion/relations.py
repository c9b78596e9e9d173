"""Relations: one-way and two-way properties, and the links between rows."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.behaviour import Behaviour
from factory_iac.sandbox.notion.call import object_at, uuid_at
from factory_iac.sandbox.notion.ids import decoded
from factory_iac.sandbox.notion.rich_text import plain
from factory_iac.sandbox.notion.schemas import Property, Schemas, by_id, free_name, new_property
from factory_iac.sandbox.notion.store import Record, Store

SINGLE, DUAL = "single_property", "dual_property"


def requested(given: dict[str, Any], path: str) -> tuple[str, str, str | None]:
    """Target, kind and wished-for name of the back-property in a request."""
    if given.get("data_source_id") is None:
        raise errors.missing(f"{path}.data_source_id")
    target = uuid_at(given["data_source_id"], f"{path}.data_source_id")
    kind = given.get("type") or next((name for name in (SINGLE, DUAL) if name in given), None)
    if kind not in (SINGLE, DUAL):
        raise (
            errors.missing(f"{path}.{SINGLE}")
            if kind is None
            else errors.invalid_body(f"{path}.type", f'one of `"{SINGLE}"`, `"{DUAL}"`', kind)
        )
    dual = object_at(given[DUAL], f"{path}.{DUAL}") if given.get(DUAL) is not None else {}
    return target, kind, dual.get("synced_property_name")


def single_config(target: Record) -> dict[str, Any]:
    """The configuration of a one-way relation."""
    return {"database_id": target.parent, "data_source_id": target.id, "type": SINGLE, SINGLE: {}}


def _dual_config(target: Record, other: Property) -> dict[str, Any]:
    synced = {"synced_property_name": other["name"], "synced_property_id": other["id"]}
    return {"database_id": target.parent, "data_source_id": target.id, "type": DUAL, DUAL: synced}


def configure(
    schemas: Schemas, owner: Record, item: Property, given: dict[str, Any], path: str, behaviour: Behaviour
) -> None:
    """Make `item`, a relation of `owner`, what the request says."""
    target_id, kind, wish = requested(given, path)
    target = schemas.get(target_id)
    current = item.get("relation") or {}
    same_target = current.get("data_source_id") == target.id
    if current and same_target and current["type"] == kind:
        return
    detach(schemas, item)
    if current and not same_target:
        _clear_links(schemas.store, owner.id, decoded(item["id"]))
    item["relation"] = single_config(target)
    if kind == DUAL:
        name = wish if behaviour.synced_property_name_honoured else None
        _attach(schemas, owner, item, target, name)


def _attach(schemas: Schemas, owner: Record, item: Property, target: Record, name: str | None) -> None:
    title = plain(owner.body["title"]) or "New database"
    properties = target.body["properties"]
    wanted = name or f"Related to {title} ({item['name']})"
    other = new_property(properties, free_name(properties, wanted), "relation", {})
    other["relation"] = _dual_config(owner, item)
    item["relation"] = _dual_config(target, other)
    schemas.touch(target.id)
    _mirror_all(schemas.store, owner.id, decoded(item["id"]), decoded(other["id"]))


def opposite(schemas: Schemas, item: Property) -> tuple[Record, Property] | None:
    """The other end of a two-way relation."""
    config = item.get("relation") or {}
    if config.get("type") != DUAL:
        return None
    target = schemas.find(config["data_source_id"])
    if target is None:
        return None
    other = by_id(target.body["properties"], decoded(config[DUAL]["synced_property_id"]))
    return None if other is None else (target, other)


def detach(schemas: Schemas, item: Property) -> None:
    """Leave the other end of a two-way relation as a one-way orphan."""
    found = opposite(schemas, item)
    if found is None:
        return
    target, other = found
    config = other["relation"]
    other["relation"] = {
        "database_id": config["database_id"],
        "data_source_id": config["data_source_id"],
        "type": SINGLE,
        SINGLE: {},
    }
    schemas.touch(target.id)


def removed(schemas: Schemas, item: Property, behaviour: Behaviour) -> None:
    """What the removal of a relation does to its other end."""
    if behaviour.dual_delete == "orphan":
        detach(schemas, item)
        return
    found = opposite(schemas, item)
    if found is not None:
        target, other = found
        del target.body["properties"][other["name"]]
        schemas.touch(target.id)


def set_links(store: Store, page: Record, item: Property, targets: list[str]) -> None:
    """Change the links of a row and mirror them when the relation is two-way. Writes other rows only."""
    property_id = decoded(item["id"])
    before = page.body["values"].get(property_id, [])
    page.body["values"][property_id] = targets
    config = item["relation"]
    if config["type"] != DUAL:
        return
    mirror = decoded(config[DUAL]["synced_property_id"])
    for target_id in [*before, *targets]:
        if (target_id in before) != (target_id in targets):
            _set_mirror(store, page, target_id, mirror, linked=target_id in targets)


def _set_mirror(store: Store, page: Record, target_id: str, mirror: str, *, linked: bool) -> None:
    other = page if target_id == page.id else store.find(target_id)
    if other is None:
        return
    links = [link for link in other.body["values"].get(mirror, []) if link != page.id]
    other.body["values"][mirror] = [*links, page.id] if linked else links
    if other is not page:
        store.update(other)


def _mirror_all(store: Store, owner_id: str, property_id: str, mirror: str) -> None:
    for row in store.children(owner_id, ["page"], with_trash=True):
        for target_id in row.body["values"].get(property_id, []):
            _set_mirror(store, row, target_id, mirror, linked=True)
            if target_id == row.id:
                store.update(row)


def _clear_links(store: Store, owner_id: str, property_id: str) -> None:
    for row in store.children(owner_id, ["page"], with_trash=True):
        if row.body["values"].pop(property_id, None):
            store.update(row)
