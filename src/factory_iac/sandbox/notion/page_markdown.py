"""GET and PATCH pages/{id}/markdown: the content of a page as text."""

from __future__ import annotations

from collections.abc import Callable

from factory_iac.sandbox.notion import (
    async_tasks,
    blocks,
    errors,
    markdown_changes,
    markdown_reader,
    markdown_writer,
)
from factory_iac.sandbox.notion.block_shapes import MAX_CHILDREN
from factory_iac.sandbox.notion.call import Answer, Call, Json
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.trash import check_editable, set_trash, touch


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
    """PATCH pages/{id}/markdown: add, replace passages, or write anew."""
    page = call.addressed("page")
    check_editable(call, page)
    kind = call.body["type"]
    _COMMANDS[kind](call, page, call.body[kind])
    touch(call, page)
    call.store.update(page)
    shown = _shown(call, page)
    if call.body.get("allow_async") is True:
        return async_tasks.accepted(call, "PATCH /v1/pages/:page_id/markdown", shown)
    return shown


def append(call: Call, page: Record, entries: list[Json], after: str | None = None) -> None:
    """Store blocks that were read from Markdown, however many, at a place as `blocks.append` knows it."""
    for first in range(0, len(entries), MAX_CHILDREN):
        added = blocks.append(call, page.id, entries[first : first + MAX_CHILDREN], after=after)
        after = None if after is None else added[-1].id


def _insert(call: Call, page: Record, given: Json) -> None:
    after = blocks.place_after(given.get("position", {"type": "end"}))
    if "after" in given:
        records, texts = _passages(call, page)
        span = markdown_changes.selected(markdown_changes.whole(texts), given["after"])
        after = records[markdown_changes.last_touched(texts, span)].id
    append(call, page, markdown_reader.blocks(given["content"]), after)


def _replace_everything(call: Call, page: Record, given: Json) -> None:
    _remove(call, call.store.children(page.id, blocks.KINDS), given)
    append(call, page, markdown_reader.blocks(given["new_str"]))


def _replace_range(call: Call, page: Record, given: Json) -> None:
    _, texts = _passages(call, page)
    span = markdown_changes.selected(markdown_changes.whole(texts), given["content_range"])
    _rewrite(call, page, [span], given["content"], given)


def _replace_passages(call: Call, page: Record, given: Json) -> None:
    for change in given["content_updates"]:
        _, texts = _passages(call, page)
        every = change.get("replace_all_matches") is True
        spans = markdown_changes.occurrences(markdown_changes.whole(texts), change["old_str"], every=every)
        _rewrite(call, page, spans, change["new_str"], given)


def _rewrite(call: Call, page: Record, spans: list[markdown_changes.Span], new: str, given: Json) -> None:
    """Make new blocks of those that a change touches; the others stay what they are."""
    records, texts = _passages(call, page)
    for rewrite in markdown_changes.rewrites(texts, spans, new):
        after = records[rewrite.last].id
        append(call, page, markdown_reader.blocks(rewrite.text), after)
        _remove(call, records[rewrite.first : rewrite.last + 1], given)


def _passages(call: Call, page: Record) -> tuple[list[Record], list[str]]:
    """The blocks of a page and the text of each."""
    found = markdown_writer.passages(call.store, page, call.behaviour.url_host)
    return [record for record, _ in found], [text for _, text in found]


def _remove(call: Call, records: list[Record], given: Json) -> None:
    """Content goes; pages and databases only when the request says so."""
    if given.get("allow_deleting_content") is not True and any(record.kind != "block" for record in records):
        raise errors.invalid(
            "The replacement would delete child pages or databases. Set allow_deleting_content to true."
        )
    for record in records:
        set_trash(call, record, in_trash=True)


_COMMANDS: dict[str, Callable[[Call, Record, Json], None]] = {
    "insert_content": _insert,
    "replace_content": _replace_everything,
    "replace_content_range": _replace_range,
    "update_content": _replace_passages,
}
