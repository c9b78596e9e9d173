"""Blocks: the content of pages, and pages and databases seen as blocks."""

from __future__ import annotations

from urllib.parse import unquote

from factory_iac.sandbox.notion import decoration, errors, pagination, rich_text
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.containers import UNTITLED
from factory_iac.sandbox.notion.ids import canonical_uuid, new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute
from factory_iac.sandbox.notion.trash import check_editable, set_trash, touch_around

_HEADINGS = frozenset({"heading_1", "heading_2", "heading_3", "heading_4"})
_TEXT_TYPES = _HEADINGS | frozenset(
    ["paragraph", "bulleted_list_item", "numbered_list_item", "to_do", "toggle", "quote", "callout"]
)
_MEDIA = frozenset({"image", "video", "pdf", "audio", "file"})
_SOURCES = ("external", "file")
_NESTING = (_TEXT_TYPES - _HEADINGS) | {"column_list", "column", "table", "synced_block", "template", "tab"}
_MEETINGS = frozenset({"meeting_notes", "transcription"})
KINDS = ("page", "database", "block")
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
    found = call.store.children(parent.id, KINDS, start=start, limit=size + 1)
    following = found[size].id if len(found) > size else None
    return pagination.list_object([shown(call, record) for record in found[:size]], following, "block")


def append_children(call: Call) -> Json:
    """PATCH blocks/{id}/children."""
    parent = _addressed(call)
    check_editable(call, parent)
    if not _takes_children(parent):
        raise errors.invalid("Block does not support children.")
    after = _position(call)
    added = append(call, parent.id, call.body["children"], after=after)
    touch_around(call, parent)
    if after is not None and added:
        # Notion answers an insertion with the new blocks and all that follow them.
        added = call.store.children(parent.id, KINDS, start=added[0])
    return pagination.list_object([shown(call, record) for record in added], None, "block")


def _takes_children(record: Record) -> bool:
    """Whether blocks can lie inside: in a heading only when it can be folded."""
    if record.kind != "block":
        return record.kind == "page"
    kind = record.body["type"]
    return kind in _NESTING or bool(kind in _HEADINGS and record.body[kind].get("is_toggleable"))


def update(call: Call) -> Json:
    """PATCH blocks/{id}: other content of the same type, or into the trash and out of it."""
    record = _addressed(call)
    wish = call.trash_wish()
    check_editable(call, record, restoring=wish is False)
    if wish is not None:
        set_trash(call, record, in_trash=wish)
    if record.kind == "block":
        _change(call, record)
        touch_around(call, record)
    return shown(call, record)


def _change(call: Call, record: Record) -> None:
    kind = record.body["type"]
    named = next((name for name in call.body if name not in ("type", "in_trash", "archived")), None)
    if named is None:
        return
    if named != kind:
        raise errors.invalid(f"The type of a block cannot be changed: block {record.id} is a {kind}, not a {named}.")
    kept = record.body[kind]
    if kind in _MEDIA and any(source in call.body[kind] for source in _SOURCES):
        kept = {name: value for name, value in kept.items() if name not in _SOURCES}
    record.body[kind] = {**kept, **_content(kind, call.body[kind], partial=True)}
    above = call.store.find(record.parent)
    if kind == "table_row" and above is not None:
        _check_cells(above.body["table"]["table_width"], [record.body[kind]])


def delete(call: Call) -> Json:
    """DELETE blocks/{id}: into the trash, also for pages and databases."""
    record = _addressed(call)
    check_editable(call, record)
    set_trash(call, record, in_trash=True)
    touch_around(call, record)
    return shown(call, record)


def _addressed(call: Call) -> Record:
    block_id = call.path_id("block")
    found = call.store.find(block_id)
    if found is None or found.kind not in KINDS:
        raise errors.not_found("block", block_id)
    return found


def append(call: Call, parent: str, entries: list[Json], after: str | None = None) -> list[Record]:
    """Store new blocks, with those inside them, under `parent`. What they may be is checked already."""
    if _total(entries) > MAX_BLOCKS:
        raise errors.invalid_body("body.children", f"at most {MAX_BLOCKS} blocks in all", _total(entries))
    found = places(call, parent, after, len(entries))
    return [_insert(call, parent, entry, place) for entry, place in zip(entries, found, strict=True)]


def _total(entries: list[Json]) -> int:
    return sum(1 + _total(_inner(entry)) for entry in entries)


def _inner(entry: Json) -> list[Json]:
    found: list[Json] = entry[_type_of(entry)].get("children", [])
    return found


def _type_of(entry: Json) -> str:
    return next(key for key in entry if key not in ("type", "object"))


def places(call: Call, parent: str, after: str | None, count: int) -> list[float]:
    """Where new blocks go: 0 means at the end; between two neighbours otherwise."""
    if after is None:
        return [0.0] * count
    siblings = call.store.children(parent, KINDS, with_trash=True)
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
    if "after" in call.body:
        return canonical_uuid(call.body["after"])
    return place_after(call.body.get("position", {"type": "end"}))


def place_after(position: Json) -> str | None:
    """What a position means: the block to follow, None for the end, an empty text for the start."""
    if position["type"] == "after_block":
        return canonical_uuid(position["after_block"]["id"])
    return "" if position["type"].endswith("start") else None


def _insert(call: Call, parent: str, entry: Json, place: float = 0.0) -> Record:
    kind = _type_of(entry)
    inner = _inner(entry)
    moment = to_minute(call.now)
    record = Record(new_uuid(), "block", parent, {}, place=place, edited=call.now.timestamp())
    record.body = {
        "created_time": moment,
        "last_edited_time": moment,
        "created_by": call.store.users.reference(),
        "last_edited_by": call.store.users.reference(),
        "type": kind,
        kind: _content(kind, entry[kind]),
    }
    if kind == "table":
        _check_cells(entry[kind]["table_width"], [row["table_row"] for row in inner])
    call.store.insert(record)
    for child in inner:
        _insert(call, record.id, child)
    return record


def _check_cells(width: int, rows: list[Json]) -> None:
    if any(len(row["cells"]) != width for row in rows):
        raise errors.invalid(
            "Content creation Failed. Fix the following:\n"
            "Number of cells in table row must match the table width of the parent table"
        )


def _content(kind: str, given: Json, *, partial: bool = False) -> Json:
    """What is kept of a block: rich text made complete, types told where the request left them out."""
    kept = {key: value for key, value in given.items() if key != "children"}
    for name in ("rich_text", "caption"):
        if name in kept:
            kept[name] = rich_text.normalise(kept[name], f"body.{kind}.{name}")
    if "cells" in kept:
        kept["cells"] = [rich_text.normalise(cell, f"body.{kind}.cells") for cell in kept["cells"]]
    if "icon" in kept:
        kept["icon"] = decoration.icon(kept["icon"], f"body.{kind}.icon", nullable=True)
    if kept.get("synced_from") is not None:
        kept["synced_from"] = {"type": "block_id", "block_id": canonical_uuid(kept["synced_from"]["block_id"])}
    if kind == "link_to_page":
        target = next(name for name in kept if name != "type")
        return {"type": target, target: canonical_uuid(kept[target])}
    source = next((name for name in _SOURCES if kind in _MEDIA and name in kept), None)
    if source is not None:
        kept["type"] = source
        if kind == "file" and not kept.get("name"):
            kept["name"] = unquote(kept[source]["url"].rsplit("/", 1)[-1])
    return kept if partial else {**_defaults(kind, kept), **kept}


def _defaults(kind: str, given: Json) -> Json:
    found: Json = {"rich_text": []} if kind in _TEXT_TYPES or kind == "code" else {}
    if kind in _TEXT_TYPES:
        if kind in _HEADINGS:
            found["is_toggleable"] = False
        if kind == "to_do":
            found["checked"] = False
        if kind in ("paragraph", "callout"):
            found["icon"] = None
        found["color"] = "default"
    if kind in _MEDIA or kind in ("code", "embed", "bookmark"):
        found["caption"] = []
    if kind == "table_of_contents":
        found["color"] = "default"
    if kind == "table":
        found.update(has_column_header=False, has_row_header=False)
    return {key: value for key, value in found.items() if key not in given}


def shown(call: Call, record: Record) -> Json:
    """The block object of a block, page or database."""
    kind, content = _shown_content(call, record)
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


def _shown_content(call: Call, record: Record) -> tuple[str, Json]:
    if record.kind == "page":
        return "child_page", {"title": record.title}
    if record.kind == "database":
        return "child_database", {"title": record.title or UNTITLED}
    kind = record.body["type"]
    # Renamed in version 2026-03-11.
    named = ("transcription" if call.version == "2025-09-03" else "meeting_notes") if kind in _MEETINGS else kind
    return named, record.body[kind]


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
