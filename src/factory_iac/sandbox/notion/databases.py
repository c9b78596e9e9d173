"""POST, GET and PATCH of databases: the containers of data sources."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import decoration, errors, rich_text
from factory_iac.sandbox.notion.call import Call, Json, flag_at, object_at, uuid_at
from factory_iac.sandbox.notion.containers import UNTITLED, list_sources, mirror, shown, touch
from factory_iac.sandbox.notion.data_sources import new_record
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_millisecond
from factory_iac.sandbox.notion.urls import page_url


def create(call: Call) -> Json:
    """POST databases: the container and its first data source."""
    body = call.body
    call.only("parent", "title", "description", "is_inline", "initial_data_source", "icon", "cover")
    parent = _parent(call, body.get("parent"))
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
        "url": page_url("", database_id, call.behaviour.url_host),
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
    call.only("parent", "title", "description", "is_inline", "icon", "cover", "in_trash", "archived", "is_locked")
    if record.in_trash and wish is not False and body:
        raise errors.in_trash()
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


def _parent(call: Call, value: Any) -> str:
    parent = object_at(value, "body.parent")
    if parent.get("page_id") is None and parent.get("type") != "page_id":
        raise errors.missing("body.parent.page_id")
    page = call.existing("page", uuid_at(parent.get("page_id"), "body.parent.page_id"))
    if page.in_trash:
        raise errors.in_trash()
    return page.id
