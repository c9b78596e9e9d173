"""Blocks: the content of pages, and pages and databases seen as blocks."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import errors, pagination, rich_text
from factory_iac.sandbox.notion.call import Call, Json, object_at, uuid_at
from factory_iac.sandbox.notion.containers import UNTITLED
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute
from factory_iac.sandbox.notion.trash import set_trash, touch

_TEXT_TYPES = frozenset(
    [
        "paragraph",
        "heading_1",
        "heading_2",
        "heading_3",
        "heading_4",
        "bulleted_list_item",
        "numbered_list_item",
        "to_do",
        "toggle",
        "quote",
        "callout",
    ]
)
_OTHER_TYPES = frozenset(
    [
        "code",
        "equation",
        "divider",
        "breadcrumb",
        "table_of_contents",
        "column_list",
        "column",
        "table",
        "table_row",
        "synced_block",
        "image",
        "video",
        "pdf",
        "audio",
        "file",
        "embed",
        "bookmark",
        "link_to_page",
        "link_preview",
        "template",
        "tab",
        "meeting_notes",
    ]
)
TYPES = _TEXT_TYPES | _OTHER_TYPES
_KINDS = ("page", "database", "block")
MAX_CHILDREN = 100
MAX_BLOCKS = 1000


def retrieve(call: Call) -> Json:
    """GET blocks/{id}."""
    return shown(call, _addressed(call))


def list_children(call: Call) -> Json:
    """GET blocks/{id}/children, in order, without what is in the trash."""
    parent = _original(call, _addressed(call))
    size = pagination.page_size(next(iter(call.query.get("page_size", [])), None), "query")
    cursor = pagination.cursor_object(next(iter(call.query.get("start_cursor", [])), None))
    start = None if cursor is None else call.store.find(cursor)
    if cursor is not None and (start is None or start.parent != parent.id):
        raise pagination.bad_cursor(cursor)
    found = call.store.children(parent.id, _KINDS, start=start, limit=size + 1)
    following = found[size].id if len(found) > size else None
    return pagination.list_object([shown(call, record) for record in found[:size]], following, "block")


def append_children(call: Call) -> Json:
    """PATCH blocks/{id}/children."""
    parent = _addressed(call)
    if parent.in_trash:
        raise errors.in_trash()
    children = call.body.get("children")
    if children is None:
        raise errors.missing("body.children")
    after = _position(call)
    added = append(call, parent.id, children, after=after)
    if after is not None and added:
        # Notion answers an insertion with the new blocks and all that follow them.
        added = call.store.children(parent.id, _KINDS, start=added[0])
    return pagination.list_object([shown(call, record) for record in added], None, "block")


def update(call: Call) -> Json:
    """PATCH blocks/{id}."""
    record = _addressed(call)
    wish = call.trash_wish()
    if record.in_trash and wish is not False:
        raise errors.in_trash()
    if wish is not None:
        set_trash(call, record, in_trash=wish)
    if record.kind == "block":
        kind = record.body["type"]
        if kind in call.body:
            content = object_at(call.body[kind], f"body.{kind}")
            record.body[kind] = {**record.body[kind], **_content(kind, content, f"body.{kind}", partial=True)}
        touch(call, record)
        call.store.update(record)
    return shown(call, record)


def delete(call: Call) -> Json:
    """DELETE blocks/{id}: into the trash, also for pages and databases."""
    record = _addressed(call)
    if record.in_trash:
        raise errors.in_trash()
    set_trash(call, record, in_trash=True)
    return shown(call, record)


def _addressed(call: Call) -> Record:
    block_id = call.path_id("block")
    found = call.store.find(block_id)
    if found is None or found.kind not in _KINDS:
        raise errors.not_found("block", block_id)
    return found


def append(call: Call, parent: str, children: object, after: str | None = None) -> list[Record]:
    """Store new blocks, with those inside them, under `parent`."""
    entries = _checked_children(children, "body.children")
    if _total(entries) > MAX_BLOCKS:
        raise errors.invalid_body("body.children", f"at most {MAX_BLOCKS} blocks in all", _total(entries))
    places = _places(call, parent, after, len(entries))
    return [
        _insert(call, parent, entry, f"body.children[{index}]", place, depth=1)
        for index, (entry, place) in enumerate(zip(entries, places, strict=True))
    ]


def _checked_children(children: object, path: str) -> list[Any]:
    if not isinstance(children, list):
        raise errors.invalid_body(path, "an array", children)
    rich_text.check_length(path, children, MAX_CHILDREN)
    return children


def _total(entries: list[Any]) -> int:
    return sum(1 + _count_inside(entry) for entry in entries if isinstance(entry, dict))


def _inner(entry: Json) -> list[Any]:
    content = entry.get(_type_of(entry) or "")
    inner = content.get("children", []) if isinstance(content, dict) else []
    return inner or entry.get("children", [])


def _count_inside(entry: Json) -> int:
    inner = _inner(entry)
    return _total(inner) if isinstance(inner, list) else 0


def _type_of(entry: Json) -> str | None:
    named = entry.get("type")
    return named if isinstance(named, str) and named else next((key for key in entry if key in TYPES), None)


def _places(call: Call, parent: str, after: str | None, count: int) -> list[float]:
    """Where new blocks go: 0 means at the end; between two neighbours otherwise."""
    if after is None:
        return [0.0] * count
    siblings = call.store.children(parent, _KINDS, with_trash=True)
    position = next((index for index, record in enumerate(siblings) if record.id == after), None)
    if after and position is None:
        raise errors.not_found("block", after)
    low = siblings[position].place if position is not None else (siblings[0].place - 1 if siblings else 0.0)
    higher = siblings[position + 1 :] if position is not None else siblings
    high = higher[0].place if higher else None
    if high is None:
        return [0.0] * count
    step = (high - low) / (count + 1)
    return [low + step * (index + 1) for index in range(count)]


def _position(call: Call) -> str | None:
    """The block after which to append: None for the end, an empty text for the start."""
    if call.version == "2025-09-03" and call.body.get("after") is not None:
        return uuid_at(call.body["after"], "body.after")
    position = call.body.get("position")
    if position is None:
        return None
    kind = object_at(position, "body.position").get("type")
    if kind == "after_block":
        block = object_at(position.get("after_block"), "body.position.after_block")
        return uuid_at(block.get("id"), "body.position.after_block.id")
    if kind in ("start", "end"):
        return "" if kind == "start" else None
    raise errors.invalid_body("body.position.type", '`"after_block"`, `"start"` or `"end"`', kind)


def _insert(call: Call, parent: str, entry: object, path: str, place: float, depth: int) -> Record:
    given = object_at(entry, path)
    kind = _type_of(given)
    if kind not in TYPES:
        raise errors.missing(f"{path}.paragraph")
    inner = _checked_children(_inner(given), f"{path}.{kind}.children")
    if inner and depth > 2 + (kind in ("column_list", "table", "tab")):
        raise errors.invalid_body(f"{path}.{kind}.children", "not present", inner)
    moment = to_minute(call.now)
    record = Record(new_uuid(), "block", parent, {}, place=place, edited=call.now.timestamp())
    record.body = {
        "created_time": moment,
        "last_edited_time": moment,
        "created_by": call.store.users.reference(),
        "last_edited_by": call.store.users.reference(),
        "type": kind,
        kind: _content(kind, object_at(given.get(kind, {}), f"{path}.{kind}"), f"{path}.{kind}"),
    }
    call.store.insert(record)
    for index, child in enumerate(inner):
        _insert(call, record.id, child, f"{path}.{kind}.children[{index}]", 0.0, depth + 1)
    return record


def _content(kind: str, given: Json, path: str, *, partial: bool = False) -> Json:
    """What is kept of a block: rich text made complete, the rest as it came."""
    kept = {key: value for key, value in given.items() if key != "children"}
    for name in ("rich_text", "caption"):
        if name in kept:
            kept[name] = rich_text.normalise(kept[name], f"{path}.{name}")
    if "cells" in kept:
        if not isinstance(kept["cells"], list):
            raise errors.invalid_body(f"{path}.cells", "an array", kept["cells"])
        kept["cells"] = [rich_text.normalise(cell, f"{path}.cells") for cell in kept["cells"]]
    if kept.get("synced_from") is not None:
        object_at(kept["synced_from"], f"{path}.synced_from")
    if kind == "file" and not kept.get("name") and isinstance(kept.get("external"), dict):
        kept["name"] = str(kept["external"].get("url", "")).rsplit("/", 1)[-1]
    return kept if partial else {**_defaults(kind, kept), **kept}


def _defaults(kind: str, given: Json) -> Json:
    found: Json = {"rich_text": []} if kind in _TEXT_TYPES or kind == "code" else {}
    if kind in _TEXT_TYPES:
        if kind.startswith("heading"):
            found["is_toggleable"] = False
        if kind == "to_do":
            found["checked"] = False
        if kind in ("paragraph", "callout"):
            found["icon"] = None
        found["color"] = "default"
    if kind in ("code", "image", "video", "pdf", "audio", "file", "embed", "bookmark"):
        found["caption"] = []
    if kind == "table":
        found.update(has_column_header=False, has_row_header=False)
    return {key: value for key, value in found.items() if key not in given}


def shown(call: Call, record: Record) -> Json:
    """The block object of a block, page or database."""
    kind, content = _shown_content(record)
    body = record.body
    return {
        "object": "block",
        "id": record.id,
        "parent": _shown_parent(call, record),
        "created_time": _minute(body["created_time"]),
        "last_edited_time": _minute(body["last_edited_time"]),
        "created_by": body.get("created_by", call.store.users.reference()),
        "last_edited_by": body.get("last_edited_by", call.store.users.reference()),
        "has_children": _has_children(call, record),
        "in_trash": record.in_trash or _inside_trash(call, record),
        "type": kind,
        kind: content,
    }


def _has_children(call: Call, record: Record) -> bool:
    """Whether there is something inside; loaded objects may only say so."""
    if record.kind == "database":
        return False
    original = _original(call, record)
    return call.store.has_children(original.id) or bool(original.body.get("unlisted_children"))


def _original(call: Call, record: Record) -> Record:
    """The block whose content a block shows: that of a synced block may be elsewhere."""
    source = (record.body.get("synced_block") or {}).get("synced_from") or {}
    return call.store.find(str(source.get("block_id"))) or record


def _inside_trash(call: Call, record: Record) -> bool:
    """Whether a block lies in a block that is in the trash."""
    above = call.store.find(record.parent) if record.kind == "block" else None
    return above is not None and above.kind == "block" and (above.in_trash or _inside_trash(call, above))


def _shown_content(record: Record) -> tuple[str, Json]:
    if record.kind == "page":
        return "child_page", {"title": record.title}
    if record.kind == "database":
        return "child_database", {"title": record.title or UNTITLED}
    return record.body["type"], record.body[record.body["type"]]


def _minute(text: str) -> str:
    return f"{text[:16]}:00.000Z"


def _shown_parent(call: Call, record: Record) -> Json:
    if not record.parent:
        return {"type": "workspace", "workspace": True}
    parent = call.store.find(record.parent)
    if parent is not None and parent.kind == "block":
        return {"type": "block_id", "block_id": parent.id}
    if parent is not None and parent.kind == "data_source":
        return {"type": "data_source_id", "data_source_id": parent.id, "database_id": parent.parent}
    return {"type": "page_id", "page_id": record.parent}
