# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One block of a page, in the form in which it compares (developers.notion.com, reference/block). Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import canonical_json
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run, rich_text_of, runs_of

HOLDS_OTHERS = frozenset(("child_page", "child_database"))
"""Blocks that stand for pages and databases: they are no part of a body."""
HEADINGS = ("heading_1", "heading_2", "heading_3", "heading_4")
LISTS = ("bulleted_list_item", "numbered_list_item", "to_do")
_TEXTS = frozenset((*HEADINGS, *LISTS, "paragraph", "quote", "callout", "toggle"))
_DEFAULTS: Mapping[str, Any] = {
    "color": "default",
    "checked": False,
    "is_toggleable": False,
    "has_column_header": False,
    "has_row_header": False,
}
"""What Notion fills in where a request says nothing; equal to not being there."""
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_TEXTS, ("color",)),
    **dict.fromkeys(HEADINGS, ("color", "is_toggleable")),
    "to_do": ("color", "checked"),
    "callout": ("color", "icon"),
    "code": ("language",),
    "equation": ("expression",),
    "image": ("url",),
    "table": ("table_width", "has_column_header", "has_row_header"),
    "table_row": (),
    "divider": (),
}
"""The settings by which a block of a type compares; a type that is not here is only ever kept or removed."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block and what is inside it.

    ``runs`` is its text, or its caption. ``settings`` leaves out defaults; one of a type that Markdown cannot say
    has all its content under ``content``. ``id`` is there when it was read.
    """

    type: str
    runs: tuple[Run, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    cells: tuple[tuple[Run, ...], ...] = ()
    children: tuple[Block, ...] = ()
    id: str = field(default="", compare=False)
    holds_pages: bool = field(default=False, compare=False)
    """Whether pages or databases lie in it, which would go to the trash with it."""

    def setting(self, name: str) -> Any:
        """A setting, or what Notion fills in."""
        return dict(self.settings).get(name, _DEFAULTS.get(name))

    @property
    def is_empty_line(self) -> bool:
        """Whether it only makes room between others, which Markdown has no word for."""
        return self.type == "paragraph" and not (self.runs or self.children or self.holds_pages)

    @property
    def plain(self) -> str:
        """Its text without style."""
        return "".join(run.plain for run in self.runs)

    def has_content_of(self, other: Block) -> bool:
        """Whether it differs from *other* at most in what is inside."""
        return dataclasses.replace(self, children=()) == dataclasses.replace(other, children=())

    def can_become(self, other: Block) -> bool:
        """Whether Notion can make it *other* without a new id: the type and a table's width stay for ever."""
        return self.type == other.type in _SETTINGS and self.setting("table_width") == other.setting("table_width")


def block(kind: str, runs: Iterable[Run] = (), children: Iterable[Block] = (), **settings: Any) -> Block:
    """A block of a type, its settings in the order in which they compare."""
    told = tuple(sorted((name, value) for name, value in settings.items() if value != _DEFAULTS.get(name)))
    return Block(kind, tuple(runs), told, (), tuple(children))


def block_of(stored: Mapping[str, Any], children: Iterable[Block] = (), holds_pages: bool = False) -> Block:
    """A block as the API answers it."""
    kind = stored["type"]
    content = stored.get(kind) or {}
    wanted = _SETTINGS.get(kind)
    if wanted is None or (kind == "image" and "external" not in content):
        found = block(kind, runs_of(content.get("rich_text")), children, content=canonical_json(content))
    else:
        given = {**content, "url": (content.get("external") or {}).get("url"), "icon": _icon(content.get("icon"))}
        settings = {name: given.get(name, _DEFAULTS.get(name)) for name in wanted}
        found = block(kind, runs_of(content.get("rich_text") or content.get("caption")), children, **settings)
    cells = tuple(runs_of(cell) for cell in content.get("cells", ()))
    return dataclasses.replace(found, cells=cells, id=stored["id"], holds_pages=holds_pages)


def request_of(wanted: Block, with_children: bool = True) -> dict[str, Any]:
    """*wanted* as ``PATCH blocks/{id}/children`` and ``POST pages`` take it."""
    content = content_of(wanted)
    if with_children and wanted.children:
        content["children"] = [request_of(child) for child in wanted.children]
    return {"object": "block", "type": wanted.type, wanted.type: content}


def content_of(wanted: Block) -> dict[str, Any]:
    """What is under its type in a request, every setting named, so that an update undoes what was there.

    Raises ``FactoryError`` when a text is more than Notion takes in one block.
    """
    content: dict[str, Any] = {name: wanted.setting(name) for name in _SETTINGS[wanted.type]}
    if wanted.type in _TEXTS or wanted.type == "code":
        content["rich_text"] = rich_text_of(wanted.runs)
    if wanted.type == "table_row":
        content["cells"] = [rich_text_of(cell) for cell in wanted.cells]
    if wanted.type == "image":
        content = {"external": {"url": content["url"]}, "caption": rich_text_of(wanted.runs)}
    if content.get("icon"):
        content["icon"] = {"type": "emoji", "emoji": content["icon"]}
    return {name: value for name, value in content.items() if value is not None}


def _icon(stored: Mapping[str, Any] | None) -> Any:
    if not stored:
        return None
    return stored["emoji"] if stored.get("type") == "emoji" else canonical_json(stored)
