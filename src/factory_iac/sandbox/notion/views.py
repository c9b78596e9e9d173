"""Views of databases: how one of their data sources is shown."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import errors, filter_checks, pagination, query, view_configurations
from factory_iac.sandbox.notion.call import Call, Json, object_at, uuid_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.rich_text import check_length
from factory_iac.sandbox.notion.schemas import Properties, find_property, named_property
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_millisecond
from factory_iac.sandbox.notion.urls import page_url

TYPES = ("table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard")
MAX_SORTS = 100
_UPDATE_KEYS = ("name", "filter", "sorts", "quick_filters", "configuration")
_CREATE_KEYS = (
    *_UPDATE_KEYS,
    "data_source_id",
    "type",
    "database_id",
    "view_id",
    "create_database",
    "position",
    "placement",
)
DEFAULT_NAME = "Default view"


def add_default(call: Call, database: Record, source: Record) -> None:
    """The table view that every new data source gets."""
    call.store.insert(_new(call, database, source, DEFAULT_NAME, "table"))


def _new(call: Call, database: Record, source: Record, name: str, kind: str) -> Record:
    moment = to_millisecond(call.now)
    record = Record(new_uuid(), "view", database.id, {}, title=name, edited=call.now.timestamp())
    address = page_url("", database.id, call.behaviour.url_host)
    record.body = {
        "object": "view",
        "id": record.id,
        "parent": {"type": "database_id", "database_id": database.id},
        "data_source_id": source.id,
        "name": name,
        "type": kind,
        "created_time": moment,
        "created_by": call.store.users.reference(),
        "last_edited_time": moment,
        "last_edited_by": call.store.users.reference(),
        "url": f"{address}?v={record.id.replace('-', '')}",
        "filter": None,
        "sorts": None,
        "quick_filters": None,
        "configuration": {"type": kind},
    }
    return record


def create(call: Call) -> Json:
    """POST views: a view in a database."""
    body = call.body
    call.only(*_CREATE_KEYS)
    places = [key for key in ("database_id", "view_id", "create_database") if body.get(key) is not None]
    source = call.existing("data_source", uuid_at(body.get("data_source_id"), "body.data_source_id"))
    name, kind = _name(body.get("name")), _type(body.get("type"))
    if len(places) != 1:
        raise errors.invalid("Exactly one of database_id, view_id, or create_database must be provided.")
    if places != ["database_id"]:
        raise errors.absent(f"views with {places[0]}")
    if "placement" in body:
        raise errors.invalid("placement can only be provided with view_id.")
    if kind == "dashboard":
        raise errors.absent("dashboard views")
    database = call.existing("database", uuid_at(body["database_id"], "body.database_id"))
    if database.in_trash or source.in_trash:
        raise errors.in_trash()
    record = _new(call, database, source, name, kind)
    _configure(record, body, source)
    record.place = _place(call, database, body.get("position"))
    call.store.insert(record)
    return _shown(call, record)


def _shown(call: Call, record: Record) -> Json:
    source = call.store.find(record.body["data_source_id"] or "")
    configuration = record.body.get("configuration")
    if source is None or not isinstance(configuration, dict):
        return record.body
    shown = view_configurations.shown(configuration, source.body["properties"])
    return {**record.body, "configuration": shown}


def _name(value: object) -> str:
    if value is None:
        raise errors.missing("body.name")
    if not isinstance(value, str):
        raise errors.invalid_body("body.name", "a string", value)
    return value


def _type(value: object) -> str:
    if value is None:
        raise errors.missing("body.type")
    if value not in TYPES:
        raise errors.invalid_body("body.type", " or ".join(f'`"{name}"`' for name in TYPES), value)
    return str(value)


def _place(call: Call, database: Record, position: object) -> float:
    """Where a new view goes among its siblings; 0 means the end."""
    if position is None:
        return 0.0
    wanted = object_at(position, "body.position")
    siblings = call.store.children(database.id, ["view"])
    if wanted.get("type") == "start":
        return siblings[0].place - 1 if siblings else 0.0
    if wanted.get("type") == "after_view":
        after = uuid_at(wanted.get("view_id"), "body.position.view_id")
        at = next((index for index, view in enumerate(siblings) if view.id == after), None)
        if at is None:
            raise errors.not_found("view", after)
        return 0.0 if at == len(siblings) - 1 else (siblings[at].place + siblings[at + 1].place) / 2
    if wanted.get("type") != "end":
        raise errors.invalid_body("body.position.type", '`"start"`, `"end"` or `"after_view"`', wanted.get("type"))
    return 0.0


def _configure(record: Record, body: Json, source: Record) -> None:
    """Filter, sorts, quick filters and configuration, checked against the schema."""
    properties: Properties = source.body["properties"]
    if "filter" in body:
        record.body["filter"] = _filter(body["filter"], properties)
    if "sorts" in body:
        record.body["sorts"] = _sorts(body["sorts"], properties)
    if "quick_filters" in body:
        current = record.body["quick_filters"] or {}
        record.body["quick_filters"] = _quick_filters(body["quick_filters"], current, properties)
    if body.get("configuration") is not None:
        given = object_at(body["configuration"], "body.configuration")
        current = record.body.get("configuration") or {}
        record.body["configuration"] = view_configurations.changed(record.body["type"], current, given, properties)


def _filter(value: object, properties: Properties) -> Json | None:
    if value is None:
        return None
    wanted = object_at(value, "body.filter")
    filter_checks.check(wanted, properties)
    return _by_ids(wanted, properties)


def _by_ids(condition: Json, properties: Properties) -> Json:
    """A checked filter or sort with the ids of its properties instead of their names."""
    for name in ("and", "or"):
        if name in condition:
            return {name: [_by_ids(part, properties) for part in condition[name]]}
    item = named_property(properties, condition)
    return condition if item is None else {**condition, "property": item["id"]}


def _sorts(value: object, properties: Properties) -> list[Any] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise errors.invalid_body("body.sorts", "an array or `null`", value)
    check_length("body.sorts", value, MAX_SORTS)
    for at, sort in enumerate(value):
        query.check_sort(sort, properties, f"body.sorts[{at}]")
    return [_by_ids(sort, properties) for sort in value] or None


def _quick_filters(value: object, current: Json, properties: Properties) -> Json | None:
    """Conditions by the id of their property: null takes one away, what is not mentioned stays."""
    if value is None:
        return None
    found = dict(current)
    for key, condition in object_at(value, "body.quick_filters").items():
        item = find_property(properties, key)
        if item is None:
            raise errors.invalid(f"Could not find property with name or id: {key}")
        if condition is None:
            found.pop(item["id"], None)
            continue
        path = f"body.quick_filters.{key}"
        filter_checks.check({"property": item["id"], **object_at(condition, path)}, properties, path)
        found[item["id"]] = condition
    return found or None


def list_views(call: Call) -> Json:
    """GET views: references to the views of a database or data source."""
    database_id, source_id = call.parameter("database_id"), call.parameter("data_source_id")
    if database_id is not None:
        database = call.existing("database", uuid_at(database_id, "query.database_id"))
        found, following = pagination.of_children(call, database.id, "view")
    elif source_id is not None:
        source = call.existing("data_source", uuid_at(source_id, "query.data_source_id"))
        mentioned = call.store.mentioning("view", f'"data_source_id":"{source.id}"')
        found, following = [view for view in mentioned if not view.in_trash], None
    else:
        raise errors.invalid("At least one of database_id or data_source_id must be provided.")
    return pagination.list_object([{"object": "view", "id": view.id} for view in found], following, "view")


def retrieve(call: Call) -> Json:
    """GET views/{id}."""
    return _shown(call, call.addressed("view"))


def update(call: Call) -> Json:
    """PATCH views/{id}: everything but its type and data source. Only properties can be sorted by."""
    record, body = call.addressed("view"), call.body
    call.only(*_UPDATE_KEYS)
    if "name" in body:
        record.body["name"] = record.title = _name(body["name"])
    for at, sort in enumerate(body["sorts"] if isinstance(body.get("sorts"), list) else []):
        if isinstance(sort, dict) and "timestamp" in sort:
            raise errors.invalid_body(f"body.sorts[{at}].timestamp", "not present", sort["timestamp"])
    _configure(record, body, call.existing("data_source", record.body["data_source_id"]))
    record.body["last_edited_time"] = to_millisecond(call.now)
    record.body["last_edited_by"] = call.store.users.reference()
    call.store.update(record)
    return _shown(call, record)


def delete(call: Call) -> Json:
    """DELETE views/{id}: gone for good; a database keeps at least one."""
    record = call.addressed("view")
    if len(call.store.children(record.parent, ["view"])) == 1:
        raise errors.invalid("Cannot delete the last view of a database.")
    call.store.delete(record.id)
    return {key: record.body[key] for key in ("object", "id", "parent", "type")}
