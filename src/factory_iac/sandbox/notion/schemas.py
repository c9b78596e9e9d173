"""The data sources one request touches, loaded once, kept consistent and written back together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.ids import TITLE_ID, decoded, encoded, new_property_id
from factory_iac.sandbox.notion.store import Record, Store

Property = dict[str, Any]
Properties = dict[str, Property]
MAX_SCHEMA_BYTES = 50 * 1024


def find_property(properties: Properties, key: str) -> Property | None:
    """A property by its name or by its id, encoded or not."""
    if key in properties:
        return properties[key]
    plain = decoded(key)
    for candidate in properties.values():
        if candidate["id"] == key or decoded(candidate["id"]) in (key, plain):
            return candidate
    return None


def named_property(properties: Properties, part: dict[str, Any]) -> Property | None:
    """The property that a part of a filter or a sort names, None when it names none."""
    key = part.get("property")
    return find_property(properties, key) if isinstance(key, str) else None


def by_id(properties: Properties, property_id: str) -> Property | None:
    """A property by its decoded id."""
    return next((item for item in properties.values() if decoded(item["id"]) == property_id), None)


def title_property(properties: Properties) -> Property:
    """The one title."""
    return next(item for item in properties.values() if item["type"] == TITLE_ID)


def new_property(
    properties: Properties, name: str, kind: str, config: dict[str, Any], description: str | None = None
) -> Property:
    """Add a property under a fresh id."""
    taken = {decoded(item["id"]) for item in properties.values()}
    property_id = TITLE_ID if kind == TITLE_ID else encoded(new_property_id(taken))
    found = {"id": property_id, "name": name, "description": description, "type": kind, kind: config}
    properties[name] = found
    return found


def rename(properties: Properties, item: Property, name: str) -> None:
    """Give a property another name, which must be free."""
    if name == item["name"]:
        return
    if name in properties:
        raise errors.invalid(f"Cannot rename property to {name!r}: a property with this name exists already.")
    del properties[item["name"]]
    item["name"] = name
    properties[name] = item


def free_name(properties: Properties, wanted: str) -> str:
    """`wanted`, or `wanted 1`, `wanted 2`... when it is taken."""
    name, number = wanted, 0
    while name in properties:
        number += 1
        name = f"{wanted} {number}"
    return name


class Schemas:
    """Data sources by id. Derived names follow when `save` is called."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._loaded: dict[str, Record] = {}
        self._touched: dict[str, bool] = {}

    def get(self, data_source_id: str) -> Record:
        """A data source, or Notion's 404."""
        if data_source_id not in self._loaded:
            found = self.store.find(data_source_id)
            if found is None or found.kind != "data_source":
                raise errors.not_found("data_source", data_source_id)
            self._loaded[data_source_id] = found
        return self._loaded[data_source_id]

    def find(self, data_source_id: str) -> Record | None:
        """A data source, or None."""
        try:
            return self.get(data_source_id)
        except errors.ApiError:
            return None

    def properties(self, data_source_id: str) -> Properties:
        """The schema of a data source; changes to it need `touch`."""
        found: Properties = self.get(data_source_id).body["properties"]
        return found

    def add(self, record: Record) -> None:
        """Take in a data source that is about to be created: nothing can refer to it yet."""
        self._loaded[record.id] = record
        self._touched[record.id] = False

    def take(self, record: Record) -> None:
        """Work on a record that the caller has loaded."""
        self._loaded[record.id] = record

    def touch(self, data_source_id: str) -> None:
        """Mark a data source as changed."""
        self._touched.setdefault(data_source_id, True)

    def save(self) -> None:
        """Bring derived names up to date in all data sources that show them, and write."""
        for data_source_id in [key for key, is_old in self._touched.items() if is_old]:
            for record in self.store.mentioning("data_source", data_source_id):
                self._loaded.setdefault(record.id, record)
        for record in list(self._loaded.values()):
            before = json.dumps(record.body["properties"])
            self._refresh(record)
            if record.id in self._touched or json.dumps(record.body["properties"]) != before:
                record.body["properties"] = _in_id_order(record.body["properties"].values())
                check_size(record.body["properties"])
                self.store.update(record)

    def _refresh(self, record: Record) -> None:
        properties: Properties = record.body["properties"]
        for item in properties.values():
            if item["type"] == "relation":
                self._refresh_relation(item["relation"])
        for item in properties.values():
            if item["type"] == "rollup":
                self._refresh_rollup(properties, item["rollup"])

    def _refresh_relation(self, config: dict[str, Any]) -> None:
        target = self.find(config["data_source_id"])
        if target is None:
            return
        config["database_id"] = target.parent
        if config["type"] == "dual_property":
            dual = config["dual_property"]
            other = by_id(target.body["properties"], decoded(dual["synced_property_id"]))
            if other is not None:
                dual["synced_property_name"] = other["name"]

    def _refresh_rollup(self, properties: Properties, config: dict[str, Any]) -> None:
        relation = by_id(properties, config["relation_property_id"])
        if relation is None or relation["type"] != "relation":
            return
        config["relation_property_name"] = relation["name"]
        target = self.find(relation["relation"]["data_source_id"])
        if target is not None:
            shown = by_id(target.body["properties"], config["rollup_property_id"])
            if shown is not None:
                config["rollup_property_name"] = shown["name"]


def _in_id_order(items: Iterable[Property]) -> Properties:
    return {item["name"]: item for item in sorted(items, key=lambda item: decoded(item["id"]))}


def check_size(properties: Properties) -> None:
    """Refuse a schema that is too large, naming its largest property."""
    sizes = {name: len(json.dumps(item).encode()) for name, item in properties.items()}
    if sum(sizes.values()) <= MAX_SCHEMA_BYTES:
        return
    name = max(sizes, key=lambda key: sizes[key])
    raise errors.invalid(
        f"The schema of this data source is {sum(sizes.values())} bytes, over the maximum of "
        f'{MAX_SCHEMA_BYTES}. Its largest property is "{name}" (id {properties[name]["id"]}, '
        f"{sizes[name]} bytes)."
    )
