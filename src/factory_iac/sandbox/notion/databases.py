"""POST, GET and PATCH of databases: the containers of data sources."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import decoration, errors, rich_text
from factory_iac.sandbox.notion.call import Call, Json, flag_at, object_at, uuid_at
from factory_iac.sandbox.notion.data_sources import new_record, page_url
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.schemas import Schemas
from factory_iac.sandbox.notion.store import Record, Store
from factory_iac.sandbox.notion.timestamps import to_millisecond, to_minute

UNTITLED = "New database"


def create(call: Call) -> Json:
    """POST databases: the container and its first data source."""
    body = call.body
    parent = _parent(call, body.get("parent"))
    if "properties" in body:
        raise errors.invalid_body("body.properties", "not present", body["properties"])
    given = object_at(body.get("initial_data_source", {}), "body.initial_data_source")
    database_id, data_source_id = new_uuid(), new_uuid()
    moment = to_millisecond(call.now)
    record = Record(database_id, "database", parent, {})
    record.body = {
        "object": "database",
        "id": database_id,
        "title": rich_text.normalise(body.get("title", []), "body.title"),
        "description": rich_text.normalise(body.get("description", []), "body.description"),
        "parent": {"type": "page_id", "page_id": parent},
        "is_inline": flag_at(body.get("is_inline", False), "body.is_inline"),
        "in_trash": False,
        "is_locked": False,
        "created_time": moment,
        "last_edited_time": moment,
        "data_sources": [],
        "icon": decoration.icon(body.get("icon"), "body.icon", nullable=True),
        "cover": decoration.cover(body.get("cover"), "body.cover", nullable=True),
        "url": page_url("", database_id),
        "public_url": None,
    }
    record.edited = call.now.timestamp()
    record.title = rich_text.plain(record.body["title"]) or UNTITLED
    call.store.insert(record)
    new_record(
        call,
        data_source_id,
        record,
        title=record.body["title"],
        icon=record.body["icon"],
        properties=given.get("properties", {"Name": {"title": {}}}),
        path="body.initial_data_source.properties",
    )
    list_sources(call.store, record)
    call.store.update(record)
    return shown(record)


def retrieve(call: Call) -> Json:
    """GET databases/{id}."""
    return shown(call.addressed("database"))


def update(call: Call) -> Json:
    """PATCH databases/{id}: everything but the schema."""
    record, body = call.addressed("database"), call.body
    wish = call.trash_wish()
    if record.in_trash and wish is not False and body:
        raise errors.in_trash()
    if "properties" in body:
        raise errors.invalid_body("body.properties", "not present", body["properties"])
    _decorate(record, body)
    if "parent" in body:
        record.parent = _parent(call, body["parent"])
        record.body["parent"] = {"type": "page_id", "page_id": record.parent}
    for name in ("is_inline", "is_locked"):
        if name in body:
            record.body[name] = flag_at(body[name], f"body.{name}")
    if wish is not None:
        record.in_trash = record.body["in_trash"] = wish
    touch(call, record)
    mirror(call, record)
    call.store.update(record)
    return shown(record)


def _decorate(record: Record, body: Json) -> None:
    for name in ("title", "description"):
        if name in body:
            record.body[name] = rich_text.normalise(body[name], f"body.{name}")
    if "icon" in body:
        record.body["icon"] = decoration.icon(body["icon"], "body.icon", nullable=False)
    if "cover" in body:
        record.body["cover"] = decoration.cover(body["cover"], "body.cover", nullable=False)
    record.title = rich_text.plain(record.body["title"]) or UNTITLED


def touch(call: Call, record: Record) -> None:
    """Note the time of an edit."""
    record.edited = call.now.timestamp()
    record.body["last_edited_time"] = to_millisecond(call.now)


def set_trash(call: Call, record: Record, *, in_trash: bool) -> None:
    """Put a database into the trash or take it out."""
    record.in_trash = record.body["in_trash"] = in_trash
    touch(call, record)
    mirror(call, record)
    call.store.update(record)


def mirror(call: Call, record: Record) -> None:
    """Copy what data sources show of their database, and list them in it. Writes the data sources."""
    sources = call.store.children(record.id, ["data_source"], with_trash=True)
    alone = len(sources) == 1
    for source in sources:
        body = source.body
        body["description"] = record.body["description"]
        body["is_inline"] = record.body["is_inline"]
        body["database_parent"] = record.body["parent"]
        body["cover"] = record.body["cover"]
        if alone:
            body["title"], body["icon"] = record.body["title"], record.body["icon"]
            source.title = rich_text.plain(body["title"])
        source.in_trash = body["in_trash"] = record.in_trash or bool(body.get("own_trash"))
        body["last_edited_time"] = to_minute(call.now)
        source.edited = call.now.timestamp()
        call.store.update(source)
    list_sources(call.store, record)


def list_sources(store: Store, record: Record) -> None:
    """Bring the list of data sources in a database up to date, without writing it."""
    sources = store.children(record.id, ["data_source"], with_trash=record.in_trash)
    record.body["data_sources"] = [
        {"id": source.id, "name": rich_text.plain(source.body["title"]) or UNTITLED} for source in sources
    ]


def shown(record: Record) -> Json:
    """The database object."""
    return {**record.body, "title": record.body["title"] or rich_text.from_text(UNTITLED)}


def _parent(call: Call, value: Any) -> str:
    parent = object_at(value, "body.parent")
    if parent.get("page_id") is None and parent.get("type") != "page_id":
        raise errors.missing("body.parent.page_id")
    page = call.existing("page", uuid_at(parent.get("page_id"), "body.parent.page_id"))
    if page.in_trash:
        raise errors.in_trash()
    return page.id


def adopt(call: Call, schemas: Schemas, source: Record, database: Record) -> None:
    """Move a data source into another database."""
    left = call.existing("database", source.parent)
    source.parent = database.id
    source.body["parent"] = {"type": "database_id", "database_id": database.id}
    source.body["database_parent"] = database.body["parent"]
    source.body["url"] = database.body["url"]
    schemas.touch(source.id)
    call.store.update(source)
    for record in (left, database):
        list_sources(call.store, record)
        touch(call, record)
        call.store.update(record)
