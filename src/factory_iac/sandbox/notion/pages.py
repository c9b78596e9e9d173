"""POST, GET and PATCH of pages, rows and others, and single properties of them."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import (
    blocks,
    decoration,
    errors,
    markdown_reader,
    page_markdown,
    pagination,
    property_values,
    relations,
    rich_text,
)
from factory_iac.sandbox.notion.call import Call, Json, flag_at, object_at, uuid_at
from factory_iac.sandbox.notion.errors import absent
from factory_iac.sandbox.notion.ids import TITLE_ID, decoded, new_uuid
from factory_iac.sandbox.notion.rows import Rows
from factory_iac.sandbox.notion.schemas import Property, Schemas, find_property
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute
from factory_iac.sandbox.notion.trash import check_editable, set_trash, touch
from factory_iac.sandbox.notion.urls import page_url

_ABSENT_CHANGES = {"template": "templates", "is_archived": "archiving, which is not the trash"}
_LISTED = frozenset({"title", "rich_text", "relation", "people"})
_TITLE: Property = {"id": TITLE_ID, "name": "title", "description": None, "type": "title", "title": {}}


def create(call: Call) -> Json:
    """POST pages: a row of a data source, or a page under a page."""
    if call.body.get("template", {"type": "none"})["type"] != "none":
        raise absent("templates")
    if "markdown" in call.body and ("children" in call.body or "content" in call.body):
        raise errors.invalid("markdown cannot be used together with children or content.")
    parent = _parent(call)
    moment = to_minute(call.now)
    page = Record(new_uuid(), "page", parent.id, {}, edited=call.now.timestamp())
    page.body = {
        "values": {},
        "created_time": moment,
        "last_edited_time": moment,
        "created_by": call.store.users.reference(),
        "last_edited_by": call.store.users.reference(),
        "cover": decoration.cover(call.body.get("cover"), "body.cover", nullable=True),
        "icon": decoration.icon(call.body.get("icon"), "body.icon", nullable=True),
        "is_locked": False,
        "row": parent.kind == "data_source",
    }
    if parent.kind == "data_source":
        page.body["number"] = call.store.next_row_number(parent.id)
        page.body["database_id"] = parent.parent
    if "position" in call.body:
        page.place = _place(call, parent)
    call.store.insert(page)
    _write(call, page, call.body.get("properties", {}))
    if "markdown" in call.body:
        _write_markdown(call, page)
    call.store.update(page)
    for name in ("children", "content"):
        blocks.append(call, page.id, call.body.get(name, []))
    return shown(Rows(call.store, call.behaviour.url_host, call.now), page, only=filtered(call))


def _place(call: Call, parent: Record) -> float:
    """Where a new page goes among the content of its parent."""
    if parent.kind != "page":
        raise errors.invalid("position can only be used when the parent is a page.")
    return blocks.places(call, parent.id, blocks.place_after(call.body["position"]), 1)[0]


def _write_markdown(call: Call, page: Record) -> None:
    """Content from Markdown; its first heading is the title of a page that names none."""
    entries = markdown_reader.blocks(call.body["markdown"])
    heading = next((entry for entry in entries if entry["type"] == "heading_1"), None)
    if heading is not None and TITLE_ID not in page.body["values"]:
        entries.remove(heading)
        title = rich_text.normalise(heading["heading_1"]["rich_text"], "body.markdown")
        page.body["values"][TITLE_ID], page.title = title, rich_text.plain(title)
    page_markdown.append(call, page, entries)


def retrieve(call: Call) -> Json:
    """GET pages/{id}."""
    return shown(Rows(call.store, call.behaviour.url_host, call.now), call.addressed("page"), only=filtered(call))


def filtered(call: Call) -> set[str] | None:
    """The decoded property ids that `filter_properties` asks for."""
    wanted = [*call.query.get("filter_properties", []), *call.query.get("filter_properties[]", [])]
    return {decoded(text) for text in wanted} if wanted else None


def update(call: Call) -> Json:
    """PATCH pages/{id}."""
    page, body = call.addressed("page"), call.body
    wish = call.trash_wish()
    if body:
        check_editable(call, page, restoring=wish is False)
    for name, what in _ABSENT_CHANGES.items():
        if body.get(name):
            raise absent(what)
    if body.get("erase_content"):
        for child in call.store.children(page.id, blocks.KINDS):
            set_trash(call, child, in_trash=True)
    if "icon" in body:
        page.body["icon"] = decoration.icon(body["icon"], "body.icon", nullable=True)
    if "cover" in body:
        page.body["cover"] = decoration.cover(body["cover"], "body.cover", nullable=True)
    if "is_locked" in body:
        page.body["is_locked"] = flag_at(body["is_locked"], "body.is_locked")
    if "properties" in body:
        _write(call, page, body["properties"])
    if wish is not None:
        page.in_trash = wish
    touch(call, page)
    call.store.update(page)
    return shown(Rows(call.store, call.behaviour.url_host, call.now), page, only=filtered(call))


def move(call: Call) -> Json:
    """POST pages/{id}/move: under another page or data source."""
    page = call.addressed("page")
    check_editable(call, page)
    parent = _parent(call)
    _check_not_inside(call, page, parent)
    page.parent = parent.id
    page.body["row"] = parent.kind == "data_source"
    if page.body["row"]:
        page.body["number"] = call.store.next_row_number(parent.id)
        page.body["database_id"] = parent.parent
    touch(call, page)
    call.store.update(page)
    return shown(Rows(call.store, call.behaviour.url_host, call.now), page)


def _check_not_inside(call: Call, page: Record, parent: Record) -> None:
    if page.id in (parent.id, *(above.id for above in call.store.ancestors(parent))):
        raise errors.invalid("Cannot move a page into itself or into something inside it.")


def _parent(call: Call) -> Record:
    parent = call.body.get("parent", {"workspace": True})
    if "workspace" in parent:
        raise errors.invalid(
            "Provide a `parent.page_id` or `parent.database_id` parameter to create a page, or use a public "
            "integration with `insert_content` capability. Internal integrations aren't owned by a single user, so "
            "creating workspace-level private pages is not supported."
        )
    key = next(name for name in parent if name != "type")
    found = call.existing(key.removesuffix("_id"), uuid_at(parent[key], f"body.parent.{key}"))
    if found.kind == "database":
        found = _only_source(call, found)
    check_editable(call, found)
    return found


def _only_source(call: Call, database: Record) -> Record:
    sources = call.store.children(database.id, ["data_source"])
    if len(sources) != 1:
        raise errors.ApiError(
            400,
            "validation_error",
            "Databases with multiple data sources are not supported in this parent.",
            {
                "error_type": "multiple_data_sources_for_database",
                "database_id": database.id,
                "child_data_source_ids": [source.id for source in sources],
                "minimum_api_version": "2025-09-03",
            },
        )
    return sources[0]


def _write(call: Call, page: Record, wanted: object) -> None:
    """Set the properties a request names; options that rows invent go into the schema."""
    entries = object_at(wanted, "body.properties")
    if not page.body["row"]:
        _write_title(page, entries)
        return
    schemas = Schemas(call.store)
    properties = schemas.properties(page.parent)
    options_before = _option_count(properties)
    for key, value in entries.items():
        item = find_property(properties, key)
        if item is None:
            raise errors.invalid(f"{key} is not a property that exists.")
        parsed = property_values.parse(item, value, f"body.properties.{key}")
        if item["type"] == "relation":
            _check_targets(call, parsed)
            relations.set_links(call.store, page, item, parsed)
        else:
            page.body["values"][decoded(item["id"])] = parsed
    page.title = rich_text.plain(page.body["values"].get(TITLE_ID) or [])
    if _option_count(properties) != options_before:
        schemas.touch(page.parent)
        schemas.save()


def _option_count(properties: dict[str, Property]) -> int:
    return sum(len(item[item["type"]].get("options", ())) for item in properties.values())


def _check_targets(call: Call, targets: list[str]) -> None:
    for target in targets:
        call.existing("page", target)


def _write_title(page: Record, entries: Json) -> None:
    for key, value in entries.items():
        if key != TITLE_ID:
            raise errors.invalid(f"{key} is not a property that exists.")
        page.body["values"][TITLE_ID] = property_values.parse(_TITLE, value, "body.properties.title")
    page.title = rich_text.plain(page.body["values"].get(TITLE_ID) or [])


def shown(rows: Rows, page: Record, only: set[str] | None = None) -> Json:
    """The page object."""
    body = page.body
    return {
        "object": "page",
        "id": page.id,
        "created_time": body["created_time"],
        "last_edited_time": body["last_edited_time"],
        "created_by": body["created_by"],
        "last_edited_by": body["last_edited_by"],
        "cover": body["cover"],
        "icon": body["icon"],
        "parent": _shown_parent(page),
        "in_trash": page.in_trash,
        "is_archived": False,
        "is_locked": body["is_locked"],
        "properties": _properties(rows, page, only),
        "url": page_url(page.title, page.id, rows.url_host),
        "public_url": body.get("public_url"),
    }


def _shown_parent(page: Record) -> Json:
    if page.body["row"]:
        return {
            "type": "data_source_id",
            "data_source_id": page.parent,
            "database_id": page.body["database_id"],
        }
    if not page.parent:
        return {"type": "workspace", "workspace": True}
    return {"type": "page_id", "page_id": page.parent}


def _properties(rows: Rows, page: Record, only: set[str] | None) -> Json:
    if page.body["row"]:
        return rows.properties(page, only)
    return {"title": rows.shown(page, _TITLE)} if only is None or TITLE_ID in only else {}


def retrieve_property(call: Call) -> Json:
    """GET pages/{id}/properties/{property}: complete values, lists in pages of their own."""
    page = call.addressed("page")
    rows = Rows(call.store, call.behaviour.url_host, call.now)
    properties = rows.schema(page.parent) if page.body["row"] else {"title": _TITLE}
    item = find_property(properties, call.path[1])
    if item is None:
        raise errors.ApiError(404, "object_not_found", f"Could not find property with name or id: {call.path[1]}")
    found = rows.value(page, item)
    kind = item["type"]
    if kind in _LISTED:
        return _listed(call, item, found[kind])
    if kind == "rollup":
        rollup = found["rollup"]
        results = rollup["array"] if rollup["type"] == "array" else []
        answer = _listed(call, item, results)
        shown_rollup = {**rollup, "array": []} if rollup["type"] == "array" else rollup
        answer["property_item"]["rollup"] = shown_rollup
        return answer
    return {"object": "property_item", "type": kind, "id": item["id"], kind: found[kind]}


def _listed(call: Call, item: Property, values: list[Any]) -> Json:
    kind, property_id = item["type"], item["id"]
    size = pagination.page_size(next(iter(call.query.get("page_size", [])), None), "query")
    start = pagination.offset_of(next(iter(call.query.get("start_cursor", [])), None))
    results = [_property_item(kind, property_id, value) for value in values[start : start + size]]
    following = str(start + size) if start + size < len(values) else None
    answer = pagination.list_object(results, following, "property_item")
    next_url = None
    if following is not None:
        address = f"{call.base_url}/v1/pages/{call.path[0]}/properties/{property_id}"
        next_url = f"{address}?start_cursor={following}&page_size={size}"
    answer["property_item"] = {"id": property_id, "next_url": next_url, "type": kind, kind: {}}
    return answer


def _property_item(kind: str, property_id: str, value: Any) -> Json:
    if kind == "rollup":
        return {"object": "property_item", "id": property_id, **value}
    return {"object": "property_item", "type": kind, "id": property_id, kind: value}
