"""The bodies that requests about content may have: pages, blocks, comments, file uploads, Markdown, search.

As the official TypeScript types (5.26) tell them, with the differences between the two versions: since 2026-03-11 there
is `in_trash` but no `archived`, and `position` but no `after`.
"""

from __future__ import annotations

from functools import cache

from factory_iac.sandbox.notion.block_shapes import BLOCKS, CHANGES
from factory_iac.sandbox.notion.decoration import COVER, ICON
from factory_iac.sandbox.notion.rich_text import RICH_TEXT
from factory_iac.sandbox.notion.shapes import (
    Anything,
    Choice,
    Fields,
    Flag,
    Items,
    Nullable,
    Number,
    OneOf,
    Shape,
    Text,
    Uuid,
)

_PAGED: dict[str, Shape] = {"start_cursor": Anything(), "page_size": Anything()}
_DECORATED: dict[str, Shape] = {"icon": Nullable(ICON), "cover": Nullable(COVER)}
_PROPERTIES = Fields(is_open=True)
_AFTER_BLOCK = Fields({"type": Choice(("after_block",)), "after_block": Fields({"id": Uuid()})})


def _one_id(*names: str) -> tuple[Shape, ...]:
    """An object that names its parent by one kind of id."""
    return tuple(Fields({name: Uuid()}, {"type": Choice((name,))}) for name in names)


def _typed(*names: str) -> tuple[Shape, ...]:
    return tuple(Fields({"type": Choice((name,))}) for name in names)


_TIMEZONE: dict[str, Shape] = {"timezone": Text()}
_TEMPLATE = (
    Fields({"type": Choice(("default",))}, _TIMEZONE),
    Fields({"type": Choice(("template_id",)), "template_id": Uuid()}, _TIMEZONE),
)
_WORKSPACE = Fields({"workspace": Choice((True,))}, {"type": Choice(("workspace",))})
_NEW_PAGE = Fields(
    {},
    {
        "parent": OneOf((*_one_id("page_id", "database_id", "data_source_id"), _WORKSPACE)),
        "properties": _PROPERTIES,
        **_DECORATED,
        "content": BLOCKS,
        "children": BLOCKS,
        "markdown": Text(),
        "allow_async": Flag(),
        "template": OneOf((*_typed("none"), *_TEMPLATE)),
        "position": OneOf((_AFTER_BLOCK, *_typed("page_start", "page_end"))),
    },
)
_COMMENTED = OneOf(_one_id("page_id", "block_id"))
_COMMENT_MORE: dict[str, Shape] = {
    "attachments": Items(Fields({"file_upload_id": Uuid()}, {"type": Choice(("file_upload",))}), limit=3),
    "display_name": OneOf(
        (
            *_typed("integration", "user"),
            Fields({"type": Choice(("custom",)), "custom": Fields({"name": Text(populated=True)})}),
        )
    ),
}
_TEXTS: tuple[dict[str, Shape], ...] = ({"rich_text": RICH_TEXT}, {"markdown": Text()})
_PLACES: tuple[dict[str, Shape], ...] = ({"parent": _COMMENTED}, {"discussion_id": Uuid()})
_NEW_COMMENT = OneOf(tuple(Fields({**place, **text}, _COMMENT_MORE) for place in _PLACES for text in _TEXTS))
_UPLOAD = Fields(
    {},
    {
        "mode": Choice(("single_part", "multi_part", "external_url")),
        "filename": Text(populated=True),
        "content_type": Text(populated=True),
        "number_of_parts": Number(),
        "external_url": Text(2000, populated=True),
    },
)
_DELETING: dict[str, Shape] = {"allow_deleting_content": Flag()}
_PASSAGE = Fields({"old_str": Text(populated=True), "new_str": Text()}, {"replace_all_matches": Flag()})
_INSERTION = Fields({"content": Text()}, {"after": Text(populated=True), "position": OneOf(_typed("start", "end"))})
_MARKDOWN_COMMANDS: dict[str, Shape] = {
    "insert_content": _INSERTION,
    "replace_content_range": Fields({"content": Text(), "content_range": Text(populated=True)}, _DELETING),
    "update_content": Fields({"content_updates": Items(_PASSAGE)}, _DELETING),
    "replace_content": Fields({"new_str": Text()}, _DELETING),
}
_MARKDOWN = OneOf(
    tuple(
        Fields({"type": Choice((name,)), name: command}, {"allow_async": Flag()})
        for name, command in _MARKDOWN_COMMANDS.items()
    )
)
_TRASH_FILTER: dict[str, Shape] = {"in_trash": Flag()}
_SEARCH = Fields(
    {},
    {
        "query": Text(),
        "sort": OneOf(
            (
                Fields({"timestamp": Choice(("last_edited_time",)), "direction": Choice(("ascending", "descending"))}),
                Fields({"property": Choice(("relevance",))}),
            )
        ),
        "filter": OneOf(
            (
                Fields({"property": Choice(("object",)), "value": Choice(("page", "data_source"))}, _TRASH_FILTER),
                Fields(_TRASH_FILTER),
            )
        ),
        **_PAGED,
    },
)


@cache
def shape(method: str, endpoint: str, version: str) -> Shape | None:
    """What the body of a request may be; None where the handler checks it."""
    trash: dict[str, Shape] = {"in_trash": Flag()}
    places: dict[str, Shape] = {"position": OneOf((_AFTER_BLOCK, *_typed("start", "end")))}
    if version == "2025-09-03":
        trash["archived"] = Flag()
        places["after"] = Uuid()
    if (method, endpoint) == ("PATCH", "/v1/blocks/{id}"):
        kinds = [Fields({kind: content}, {"type": Choice((kind,)), **trash}) for kind, content in CHANGES.items()]
        return OneOf((*kinds, Fields({}, trash)))
    page_changes: dict[str, Shape] = {
        "properties": _PROPERTIES,
        **_DECORATED,
        "is_locked": Flag(),
        "template": OneOf(_TEMPLATE),
        "erase_content": Flag(),
        **trash,
        "is_archived": Flag(),
    }
    bodies: dict[tuple[str, str], Shape] = {
        ("POST", "/v1/pages"): _NEW_PAGE,
        ("PATCH", "/v1/pages/{id}"): Fields({}, page_changes),
        ("POST", "/v1/pages/{id}/move"): Fields({"parent": OneOf(_one_id("page_id", "data_source_id"))}),
        ("PATCH", "/v1/pages/{id}/markdown"): _MARKDOWN,
        ("PATCH", "/v1/blocks/{id}/children"): Fields({"children": BLOCKS}, places),
        ("POST", "/v1/comments"): _NEW_COMMENT,
        ("PATCH", "/v1/comments/{id}"): OneOf(tuple(Fields(text) for text in _TEXTS)),
        ("POST", "/v1/file_uploads"): _UPLOAD,
        ("POST", "/v1/search"): _SEARCH,
    }
    return bodies.get((method, endpoint))
