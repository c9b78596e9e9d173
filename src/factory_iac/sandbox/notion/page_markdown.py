"""GET and PATCH pages/{id}/markdown: the content of a page as text."""

from __future__ import annotations

from factory_iac.sandbox.notion import async_tasks, blocks, errors, markdown_reader, markdown_writer
from factory_iac.sandbox.notion.block_shapes import MAX_CHILDREN
from factory_iac.sandbox.notion.call import Answer, Call, Json, object_at
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.trash import set_trash, touch

_CHANGES = ("insert_content", "replace_content", "replace_content_range", "update_content")


def retrieve(call: Call) -> Json:
    """GET pages/{id}/markdown."""
    return _shown(call, call.addressed("page"))


def _shown(call: Call, page: Record) -> Json:
    text, unknown = markdown_writer.page(call.store, page, call.behaviour.url_host)
    return {
        "object": "page_markdown",
        "id": page.id,
        "markdown": text,
        "truncated": False,
        "unknown_block_ids": unknown,
    }


def update(call: Call) -> Json | Answer:
    """PATCH pages/{id}/markdown: add at the end, or write anew."""
    page = call.addressed("page")
    if page.in_trash:
        raise errors.in_trash()
    kind = call.body.get("type")
    if kind not in _CHANGES:
        raise errors.invalid_body("body.type", " or ".join(f'`"{name}"`' for name in _CHANGES), kind)
    given = object_at(call.body.get(kind), f"body.{kind}")
    if kind == "insert_content":
        if given.get("after") is not None or given.get("position") is not None:
            raise errors.absent("insert_content at a place")
        _append(call, page, given.get("content"), f"body.{kind}.content")
    elif kind == "replace_content":
        _clear(call, page, allowed=given.get("allow_deleting_content") is True)
        _append(call, page, given.get("new_str"), f"body.{kind}.new_str")
    else:
        raise errors.absent(f"PATCH /v1/pages/{{id}}/markdown with {kind}")
    touch(call, page)
    call.store.update(page)
    shown = _shown(call, page)
    if call.body.get("allow_async") is True:
        return async_tasks.accepted(call, "PATCH /v1/pages/:page_id/markdown", shown)
    return shown


def _append(call: Call, page: Record, text: object, path: str) -> None:
    if not isinstance(text, str):
        raise errors.missing(path) if text is None else errors.invalid_body(path, "a string", text)
    entries = markdown_reader.blocks(text)
    for first in range(0, len(entries), MAX_CHILDREN):
        blocks.append(call, page.id, entries[first : first + MAX_CHILDREN])


def _clear(call: Call, page: Record, *, allowed: bool) -> None:
    """Content goes; pages and databases inside only when the request says so."""
    children = call.store.children(page.id, ["block", "page", "database"])
    if not allowed and any(child.kind != "block" for child in children):
        raise errors.invalid(
            "The replacement would delete child pages or databases. Set allow_deleting_content to true."
        )
    for child in children:
        set_trash(call, child, in_trash=True)
