# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was read of a Notion page, as plain data (developers.notion.com, reference/page)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.database_state import icon_text
from ansible_collections.factory.notion.plugins.module_utils.ownership import is_ownership_line
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import Content
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text


@dataclass(frozen=True, slots=True)
class PageState:
    """A page and, where somebody asked, the blocks on it.

    A page has no description: its ownership line is a paragraph of its own, the last one that Factory writes.
    """

    page_id: str
    url: str
    title: str
    icon: str | None
    cover: str | None
    parent_page: str | None
    """``None`` where it lies in a block, or among rows: nobody asked what is above those."""
    body: tuple[Block, ...] | None = None
    """Without the ownership line; ``None`` when nobody asked: it takes requests of its own."""
    children: tuple[str, ...] = ()
    """The ids of the pages and databases on it, in their order; known with the blocks."""
    mark: Block | None = None
    """The block with the ownership line; ``None`` as well when nobody asked."""
    remembered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Ids of the blocks that Factory wrote or found as declared."""
    expected_ownership: str | None = None

    @property
    def ownership(self) -> str | None:
        """The ownership line it carries, as far as its blocks were read."""
        return self.mark.plain.strip() if self.mark is not None else None

    def with_content(self, content: Content) -> PageState:
        """This state with what is on the page."""
        marks = [one for one in content.blocks if one.type == "paragraph" and is_ownership_line(one.plain)]
        body = tuple(one for one in content.blocks if one not in marks)
        return dataclasses.replace(self, body=body, children=content.children, mark=marks[-1] if marks else None)

    def with_page(self, page: Mapping[str, Any]) -> PageState:
        """This state, updated by a page as ``GET`` and ``PATCH pages`` answer it."""
        fresh = parse_page(page)
        return dataclasses.replace(
            fresh,
            body=self.body,
            children=self.children,
            mark=self.mark,
            remembered=self.remembered,
            expected_ownership=self.expected_ownership,
        )


def parse_page(page: Mapping[str, Any]) -> PageState:
    """A state from a page object, which says everything but what is on the page."""
    titles = [one["title"] for one in page["properties"].values() if one["type"] == "title"]
    return PageState(
        page_id=page["id"],
        url=page["url"],
        title=plain_text(titles[0]) if titles else "",
        icon=icon_text(page.get("icon")),
        cover=icon_text(page.get("cover")),
        parent_page=_parent_page(page.get("parent") or {}),
    )


def _parent_page(parent: Mapping[str, Any]) -> str | None:
    return "workspace" if parent.get("type") == "workspace" else parent.get("page_id")
