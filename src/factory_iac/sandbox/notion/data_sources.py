"""POST, GET and PATCH of data sources: a table and its schema."""

from __future__ import annotations

import json
from typing import Any

from factory_iac.sandbox.notion import containers, decoration, errors, formulas, property_schema, rich_text, views
from factory_iac.sandbox.notion.call import Call, Json, object_at, uuid_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.schemas import Schemas
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute


def new_record(
    call: Call,
    data_source_id: str,
    database: Record,
    *,
    title: rich_text.RichText,
    icon: dict[str, Any] | None,
    properties: object,
    path: str,
) -> Record:
    """Create a data source with its schema inside a database."""
    moment = to_minute(call.now)
    record = Record(data_source_id, "data_source", database.id, {}, title=rich_text.plain(title))
    record.edited = call.now.timestamp()
    record.body = {
        "object": "data_source",
        "id": data_source_id,
        "cover": database.body["cover"],
        "icon": icon,
        "created_time": moment,
        "created_by": call.store.users.reference(),
        "last_edited_by": call.store.users.reference(),
        "last_edited_time": moment,
        "title": title,
        "description": database.body["description"],
        "is_inline": database.body["is_inline"],
        "properties": {},
        "parent": {"type": "database_id", "database_id": database.id},
        "database_parent": database.body["parent"],
        "url": database.body["url"],
        "public_url": None,
        "in_trash": False,
    }
    call.store.insert(record)
    schemas = Schemas(call.store)
    schemas.add(record)
    property_schema.apply(schemas, record, properties, path, call.behaviour)
    property_schema.check_one_title(record, path)
    schemas.save()
    views.add_default(call, database, record)
    return record


def create(call: Call) -> Json:
    """POST data_sources: another source in a database."""
    call.only("parent", "properties", "title", "icon")
    parent = object_at(call.body.get("parent"), "body.parent")
    if parent.get("database_id") is None:
        raise errors.missing("body.parent.database_id")
    database = call.existing("database", uuid_at(parent["database_id"], "body.parent.database_id"))
    if database.in_trash:
        raise errors.in_trash()
    record = new_record(
        call,
        new_uuid(),
        database,
        title=rich_text.normalise(call.body.get("title", []), "body.title"),
        icon=decoration.icon(call.body.get("icon"), "body.icon", nullable=True),
        properties=object_at(call.body.get("properties"), "body.properties"),
        path="body.properties",
    )
    containers.list_sources(call.store, database)
    containers.touch(call, database)
    call.store.update(database)
    return shown(call, record)


def retrieve(call: Call) -> Json | str:
    """GET data_sources/{id}: the stored text as it is, when nothing in it has to be rewritten."""
    data_source_id = call.path_id("data_source")
    found = call.store.text("data_source", data_source_id)
    if found is None:
        raise errors.not_found("data_source", data_source_id)
    text, _ = found
    if '"own_trash"' in text or call.behaviour.formula_form == "prop":
        record = Record(data_source_id, "data_source", "", json.loads(text))
        return shown(call, record)
    return text


def update(call: Call) -> Json:
    """PATCH data_sources/{id}: schema, title, icon, trash and move."""
    record, body = call.addressed("data_source"), call.body
    wish = call.trash_wish()
    call.only("title", "icon", "properties", "in_trash", "archived", "parent")
    if record.in_trash and wish is not False and body:
        raise errors.in_trash()
    schemas = Schemas(call.store)
    database = call.existing("database", record.parent)
    _decorate(record, body)
    if wish is not None:
        record.in_trash = record.body["in_trash"] = wish
        record.body["own_trash"] = True
        if not wish:
            del record.body["own_trash"]
    schemas.take(record)
    if "properties" in body:
        _change_schema(call, schemas, record, body["properties"])
    _touch(call, record)
    call.store.update(record)
    if "parent" in body:
        _move(call, schemas, record, body["parent"])
    else:
        _mirror(call, record, database, body)
    if body.keys() & {"properties", "parent"}:
        schemas.save()
    return shown(call, record)


def _change_schema(call: Call, schemas: Schemas, record: Record, properties: object) -> None:
    property_schema.apply(schemas, record, properties, "body.properties", call.behaviour)
    property_schema.check_one_title(record, "body.properties")


def _decorate(record: Record, body: Json) -> None:
    if "title" in body:
        record.body["title"] = rich_text.normalise(body["title"], "body.title")
        record.title = rich_text.plain(record.body["title"])
    if "icon" in body:
        record.body["icon"] = decoration.icon(body["icon"], "body.icon", nullable=True)


def _touch(call: Call, record: Record) -> None:
    record.edited = call.now.timestamp()
    record.body["last_edited_time"] = to_minute(call.now)
    record.body["last_edited_by"] = call.store.users.reference()


def _move(call: Call, schemas: Schemas, record: Record, value: object) -> None:
    parent = object_at(value, "body.parent")
    target_id = uuid_at(parent.get("database_id"), "body.parent.database_id")
    if target_id != record.parent:
        target = call.existing("database", target_id)
        if target.in_trash:
            raise errors.in_trash()
        containers.adopt(call, schemas, record, target)
        views.add_default(call, target, record)


def _mirror(call: Call, record: Record, database: Record, body: Json) -> None:
    """What a database shows of its data sources; one that is alone shares title and icon."""
    if not {"title", "icon", "in_trash", "archived"} & body.keys():
        return
    if len(call.store.children(database.id, ["data_source"], with_trash=True)) == 1:
        database.body["title"], database.body["icon"] = record.body["title"], record.body["icon"]
        database.title = record.title or containers.UNTITLED
    containers.list_sources(call.store, database)
    containers.touch(call, database)
    call.store.update(database)


def shown(call: Call, record: Record) -> Json:
    """The data source object, with formulas in the form that is switched on."""
    body = {key: value for key, value in record.body.items() if key != "own_trash"}
    if call.behaviour.formula_form == "prop":
        body["properties"] = {name: _with_names(item, body["properties"]) for name, item in body["properties"].items()}
    return body


def _with_names(item: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    if item["type"] != "formula":
        return item
    expression = formulas.with_names(item["formula"]["expression"], properties)
    return {**item, "formula": {"expression": expression}}
