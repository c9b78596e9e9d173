"""Loading objects as Notion returns them: ids are kept, parents that nobody sent are made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import containers, implied_schemas, loaded_shapes, rich_text
from factory_iac.sandbox.notion.ids import canonical_uuid
from factory_iac.sandbox.notion.store import Record, Store
from factory_iac.sandbox.notion.timestamps import now, to_millisecond, to_minute

Json = dict[str, Any]
PARENT_KINDS = {
    "data_source_id": "data_source",
    "database_id": "database",
    "page_id": "page",
    "block_id": "block",
}
_ENVELOPE = frozenset({"request_id", "archived"})


def load(store: Store, objects: list[Any]) -> int:
    """Store all objects, in their order. Raises ValueError for what is not an object of Notion."""
    checked = [_checked(entry, at) for at, entry in enumerate(objects)]
    complete = {entry["id"] for entry in checked if entry["object"] != "block"}
    users = [entry for entry in checked if entry["object"] == "user"]
    others = [entry for entry in checked if entry["object"] != "user"]
    for entry in users:
        _put(store, _record(store, entry))
    store.meet_users()
    for entry in sorted(others, key=lambda entry: entry["object"] == "block" and entry["id"] in complete):
        _put_or_supplement(store, entry)
    for entry in checked:
        _imply_parents(store, entry)
    for entry in checked:
        if entry["object"] == "page":
            implied_schemas.take_values(store, entry)
    for entry in checked:
        if entry["object"] == "data_source":
            implied_schemas.claim_prefixes(store, entry)
    return len(checked)


def _checked(entry: Any, at: int) -> Json:
    try:
        loaded_shapes.check(entry)
    except ValueError as error:
        raise ValueError(f"{_named(entry, at)}: {error}") from None
    return {key: value for key, value in {**entry, "id": canonical_uuid(entry["id"])}.items() if key not in _ENVELOPE}


def _named(entry: Any, at: int) -> str:
    """Which of the objects is meant."""
    kind, object_id = (entry.get("object"), entry.get("id")) if isinstance(entry, dict) else (None, None)
    return f"objects[{at}] ({kind} {object_id})" if isinstance(kind, str) else f"objects[{at}]"


def _put(store: Store, record: Record) -> None:
    known = store.find(record.id)
    if known is None:
        store.insert(record)
        return
    record.place = known.place
    if known.body.get("unlisted_children"):
        record.body["unlisted_children"] = True
    store.update(record)


def _put_or_supplement(store: Store, entry: Json) -> None:
    known = store.find(entry["id"]) if entry["object"] == "block" else None
    if known is None or known.kind == "block":
        _put(store, _record(store, entry))
    else:
        _supplement(store, known, entry)


def _supplement(store: Store, record: Record, block: Json) -> None:
    """What the block of a page or database tells that its own object does not."""
    for name in ("created_by", "last_edited_by"):
        if name in block:
            record.body.setdefault(name, block[name])
    if block.get("has_children") and record.kind == "page":
        record.body["unlisted_children"] = True
    store.update(record)


def _record(store: Store, entry: Json) -> Record:
    record = _RECORDS[entry["object"]](store, entry)
    record.in_trash = bool(entry.get("in_trash"))
    record.created = 0.0
    edited = entry.get("last_edited_time")
    record.edited = datetime.fromisoformat(edited).timestamp() if edited else now().timestamp()
    return record


def parent_of(entry: Json) -> str:
    """The id of the parent of an object; empty for the workspace."""
    parent = entry.get("parent") or {}
    return next((parent[key] for key in PARENT_KINDS if parent.get(key)), "")


def _times(store: Store, entry: Json) -> Json:
    moment = to_minute(now())
    return {
        "created_time": entry.get("created_time", moment),
        "last_edited_time": entry.get("last_edited_time", moment),
        "created_by": entry.get("created_by", store.users.reference()),
        "last_edited_by": entry.get("last_edited_by", store.users.reference()),
    }


def _user(_: Store, entry: Json) -> Record:
    return Record(entry["id"], "user", "", entry, title=str(entry.get("name") or ""))


def _page(store: Store, entry: Json) -> Record:
    parent = entry.get("parent") or {}
    properties = entry.get("properties", {}).values()
    title = next((item.get("title") or [] for item in properties if item.get("type") == "title"), [])
    body = {
        **_times(store, entry),
        "values": {},
        "cover": entry.get("cover"),
        "icon": entry.get("icon"),
        "is_locked": bool(entry.get("is_locked")),
        "public_url": entry.get("public_url"),
        "row": bool(parent.get("data_source_id")),
        "database_id": parent.get("database_id"),
    }
    return Record(entry["id"], "page", parent_of(entry), body, title=rich_text.plain(title))


def _database(_: Store, entry: Json) -> Record:
    moment = to_millisecond(now())
    body: Json = {
        "object": "database",
        "id": entry["id"],
        "title": [],
        "description": [],
        "parent": {"type": "workspace", "workspace": True},
        "is_inline": False,
        "in_trash": False,
        "is_locked": False,
        "created_time": moment,
        "last_edited_time": moment,
        "data_sources": [],
        "icon": None,
        "cover": None,
        "url": "",
        "public_url": None,
        **entry,
    }
    title = rich_text.plain(body["title"]) or containers.UNTITLED
    return Record(entry["id"], "database", parent_of(entry), body, title=title)


def _data_source(store: Store, entry: Json) -> Record:
    body: Json = {
        "object": "data_source",
        "id": entry["id"],
        "cover": None,
        "icon": None,
        **_times(store, entry),
        "title": [],
        "description": [],
        "is_inline": False,
        "properties": {},
        "parent": {"type": "database_id", "database_id": entry["id"]},
        "database_parent": {"type": "workspace", "workspace": True},
        "url": "",
        "public_url": None,
        "in_trash": False,
        **entry,
    }
    return Record(entry["id"], "data_source", parent_of(body), body, title=rich_text.plain(body["title"]))


def _block(store: Store, entry: Json) -> Record:
    kind = entry.get("type", "unsupported")
    if kind in ("child_page", "child_database"):
        return _object_behind(store, entry, kind.removeprefix("child_"))
    body = {**_times(store, entry), "type": kind, kind: entry.get(kind, {})}
    if entry.get("has_children"):
        body["unlisted_children"] = True
    return Record(entry["id"], "block", parent_of(entry), body)


def _object_behind(store: Store, entry: Json, kind: str) -> Record:
    """The page or database that a block only hints at."""
    title = rich_text.from_text(entry[f"child_{kind}"].get("title", ""))
    known: Json = {"id": entry["id"], "object": kind, "parent": entry.get("parent"), **_times(store, entry)}
    if kind == "page":
        found = _page(store, {**known, "properties": {"title": {"type": "title", "title": title}}})
        found.body["values"] = {"title": title}
    else:
        found = _database(store, {**known, "title": title})
    if entry.get("has_children"):
        found.body["unlisted_children"] = True
    return found


def _view(_: Store, entry: Json) -> Record:
    return Record(entry["id"], "view", parent_of(entry), entry, title=str(entry.get("name") or ""))


def _comment(_: Store, entry: Json) -> Record:
    return Record(entry["id"], "comment", parent_of(entry), entry)


def _file_upload(_: Store, entry: Json) -> Record:
    body = {"status": "uploaded", **entry}
    return Record(entry["id"], "file_upload", "", body, title=str(entry.get("filename") or ""))


def _custom_emoji(_: Store, entry: Json) -> Record:
    return Record(entry["id"], "custom_emoji", "", entry, title=str(entry.get("name") or ""))


_RECORDS: dict[str, Callable[[Store, Json], Record]] = {
    "user": _user,
    "page": _page,
    "database": _database,
    "data_source": _data_source,
    "block": _block,
    "view": _view,
    "comment": _comment,
    "file_upload": _file_upload,
    "custom_emoji": _custom_emoji,
}


def _imply_parents(store: Store, entry: Json) -> None:
    """Make up the objects above one that nobody sent, and the sources a database lists."""
    for source in entry.get("data_sources", []) if entry["object"] == "database" else []:
        if store.find(source["id"]) is None:
            _imply(store, "data_source", source["id"], _inherited(entry, source["name"]))
    parent = entry.get("parent") or {}
    for key, kind in PARENT_KINDS.items():
        object_id = parent.get(key)
        if object_id and store.find(object_id) is None:
            _imply(store, kind, object_id, _hints(entry, parent, key))
            return


def _inherited(database: Json, name: str) -> Json:
    shared: Json = {
        key: database[key] for key in ("icon", "cover", "description", "is_inline", "url") if key in database
    }
    return {
        **shared,
        "title": rich_text.from_text(name),
        "parent": {"type": "database_id", "database_id": database["id"]},
        "database_parent": database.get("parent", {}),
    }


def _hints(entry: Json, parent: Json, key: str) -> Json:
    """What an object tells about its parent."""
    if key == "data_source_id" and parent.get("database_id"):
        return {"parent": {"type": "database_id", "database_id": parent["database_id"]}}
    if entry["object"] == "data_source":
        shown = {name: entry.get(name) for name in ("title", "icon", "cover", "description", "is_inline", "url")}
        return {
            **{name: value for name, value in shown.items() if value},
            "parent": entry.get("database_parent", {}),
            "data_sources": [{"id": entry["id"], "name": rich_text.plain(entry.get("title", []))}],
        }
    return {}


def _imply(store: Store, kind: str, object_id: str, hints: Json) -> None:
    entry = {"object": kind, "id": object_id, **hints}
    _put(store, _record(store, entry))
    _imply_parents(store, entry)
