"""What requests may say of blocks, as the official TypeScript types (5.26) tell it."""

from __future__ import annotations

from collections.abc import Mapping

from factory_iac.sandbox.notion.code_languages import LANGUAGES
from factory_iac.sandbox.notion.decoration import ICON
from factory_iac.sandbox.notion.rich_text import COLORS, MAX_CONTENT, MAX_EQUATION, RICH_TEXT
from factory_iac.sandbox.notion.shapes import Choice, Fields, Flag, Items, Nullable, Number, OneOf, Shape, Text, Uuid

MAX_CHILDREN = 100
MAX_LEVELS = 2

_TEXTS = ("paragraph", "bulleted_list_item", "numbered_list_item", "quote", "to_do", "toggle", "template", "callout")
_HEADINGS = ("heading_1", "heading_2", "heading_3", "heading_4")
_MEDIA = ("image", "video", "pdf", "file", "audio")
_LINKS = ("embed", "bookmark")

_COLOR: dict[str, Shape] = {"color": Choice(COLORS)}
_CAPTION: dict[str, Shape] = {"caption": RICH_TEXT}
_NAME: dict[str, Shape] = {"name": Text()}
_URL = Text(MAX_CONTENT, populated=True)
_EXTERNAL = Fields({"url": _URL})
_UPLOAD = Fields({"id": Uuid()})
_EMPTY = Fields()
_LANGUAGE = Choice(LANGUAGES)
_EQUATION = Fields({"expression": Text(MAX_EQUATION, populated=True)})
_CELLS = Fields({"cells": Items(RICH_TEXT)})
_SYNCED: dict[str, Shape] = {"synced_from": Nullable(Fields({"block_id": Uuid()}, {"type": Choice(("block_id",))}))}
_LINK_TO_PAGE = OneOf(
    tuple(Fields({name: Uuid()}, {"type": Choice((name,))}) for name in ("page_id", "database_id", "comment_id"))
)


def _of_text(kind: str) -> dict[str, Shape]:
    """What a block of text may say besides its text."""
    if kind == "template":
        return {}
    if kind in _HEADINGS:
        return {**_COLOR, "is_toggleable": Flag()}
    extra: dict[str, dict[str, Shape]] = {
        "paragraph": {"icon": ICON},
        "callout": {"icon": ICON},
        "to_do": {"checked": Flag()},
    }
    return {**_COLOR, **extra.get(kind, {})}


def _with_name(kind: str) -> dict[str, Shape]:
    return {**_CAPTION, **(_NAME if kind == "file" else {})}


def _media(kind: str) -> Shape:
    also = _with_name(kind)
    return OneOf(
        (
            Fields({"external": _EXTERNAL}, {"type": Choice(("external",)), **also}),
            Fields({"file_upload": _UPLOAD}, {"type": Choice(("file_upload",)), **also}),
        )
    )


def _contents(levels: int) -> dict[str, Shape]:
    """The content of every kind of block that can have `levels` of blocks inside."""
    inside: dict[str, Shape] = {"children": Items(_blocks(levels - 1), MAX_CHILDREN)} if levels else {}
    found: dict[str, Shape] = {
        **{kind: Fields({"url": _URL}, _CAPTION) for kind in _LINKS},
        **{kind: _media(kind) for kind in _MEDIA},
        "code": Fields({"rich_text": RICH_TEXT, "language": _LANGUAGE}, _CAPTION),
        "equation": _EQUATION,
        "divider": _EMPTY,
        "breadcrumb": _EMPTY,
        "tab": Fields({"children": _tab_items(levels - 1)}) if levels else _EMPTY,
        "table_of_contents": Fields({}, _COLOR),
        "link_to_page": _LINK_TO_PAGE,
        "table_row": _CELLS,
    }
    if levels:
        headers = {"has_column_header": Flag(), "has_row_header": Flag()}
        rows = Items(OneOf((_block("table_row", _CELLS),)), MAX_CHILDREN)
        found["table"] = Fields({"table_width": Number(), "children": rows}, headers)
    if levels == MAX_LEVELS:
        column = Fields({"children": Items(_blocks(1), MAX_CHILDREN)}, {"width_ratio": Number()})
        found["column_list"] = Fields({"children": Items(_block("column", column), MAX_CHILDREN)})
        found["column"] = column
    for kind in (*_HEADINGS, *_TEXTS):
        found[kind] = Fields({"rich_text": RICH_TEXT}, {**_of_text(kind), **inside})
    found["synced_block"] = Fields(_SYNCED, inside)
    return found


def _tab_items(levels: int) -> Items:
    inside: dict[str, Shape] = {"children": Items(_blocks(levels - 1), MAX_CHILDREN)} if levels else {}
    paragraph = Fields({"rich_text": RICH_TEXT}, {**_of_text("paragraph"), **inside})
    return Items(_block("paragraph", paragraph), MAX_CHILDREN)


def _block(kind: str, content: Shape) -> Fields:
    return Fields({kind: content}, {"type": Choice((kind,)), "object": Choice(("block",))})


def _blocks(levels: int) -> OneOf:
    return OneOf(tuple(_block(kind, content) for kind, content in _contents(levels).items()))


BLOCKS = Items(_blocks(MAX_LEVELS), MAX_CHILDREN)


def _changes() -> dict[str, Shape]:
    """What may be changed of each kind of block; some need their whole content again, some only what changes."""
    sources: dict[str, Shape] = {"external": _EXTERNAL, "file_upload": _UPLOAD}
    return {
        **{kind: Fields({}, {"url": _URL, **_CAPTION}) for kind in _LINKS},
        **{kind: Fields({}, {**sources, **_with_name(kind)}) for kind in _MEDIA},
        "code": Fields({}, {"rich_text": RICH_TEXT, "language": _LANGUAGE, **_CAPTION}),
        "equation": _EQUATION,
        "divider": _EMPTY,
        "breadcrumb": _EMPTY,
        "tab": _EMPTY,
        "table_of_contents": Fields({}, _COLOR),
        "link_to_page": _LINK_TO_PAGE,
        "table_row": _CELLS,
        **{kind: Fields({"rich_text": RICH_TEXT}, _of_text(kind)) for kind in (*_HEADINGS, *_TEXTS)},
        **{kind: Fields({}, {"rich_text": RICH_TEXT, **_of_text(kind)}) for kind in ("paragraph", "to_do", "callout")},
        "synced_block": Fields(_SYNCED),
        "table": Fields({}, {"has_column_header": Flag(), "has_row_header": Flag()}),
        "column": Fields({}, {"width_ratio": Number()}),
    }


CHANGES: Mapping[str, Shape] = _changes()
