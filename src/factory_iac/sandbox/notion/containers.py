"""Database records: what they share with the data sources inside them."""

from __future__ import annotations

from factory_iac.sandbox.notion import rich_text
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.schemas import Schemas
from factory_iac.sandbox.notion.store import Record, Store
from factory_iac.sandbox.notion.timestamps import to_millisecond, to_minute

UNTITLED = "New database"
_OF_THE_BLOCK = frozenset({"created_by", "last_edited_by", "unlisted_children"})


def touch(call: Call, record: Record) -> None:
    """Note the time of an edit."""
    record.edited = call.now.timestamp()
    record.body["last_edited_time"] = to_millisecond(call.now)


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
    shown = {key: value for key, value in record.body.items() if key not in _OF_THE_BLOCK}
    return {**shown, "title": shown["title"] or rich_text.from_text(UNTITLED)}


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
