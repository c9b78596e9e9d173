# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what is on a page: one request per hundred blocks, and one more for each block with something inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.block import HOLDS_OTHERS, Block, block_of


@dataclass(frozen=True, slots=True)
class PageContent:
    """What is on a page: its blocks, and the pages and databases among them or inside them, in the order of people."""

    blocks: tuple[Block, ...]
    children: tuple[Mapping[str, Any], ...]
    """Blocks of type ``child_page`` and ``child_database``, as the API answers them."""


def read_body(api: NotionApi, page_id: str) -> tuple[Block, ...]:
    """The blocks of a page or a block, those inside them too, without child pages and databases.

    Raises ``NotionError``.
    """
    return read_content(api, page_id).blocks


def read_content(api: NotionApi, page_id: str) -> PageContent:
    """The same, with the child pages and databases.

    Raises ``NotionError``.
    """
    blocks: list[Block] = []
    children: list[Mapping[str, Any]] = []
    for stored in api.pages("GET", f"blocks/{page_id}/children"):
        if stored["type"] in HOLDS_OTHERS:
            children.append(stored)
            continue
        inside = _inside(api, stored)
        blocks.append(block_of(stored, inside.blocks, holds_pages=bool(inside.children)))
        children.extend(inside.children)
    return PageContent(tuple(blocks), tuple(children))


def _inside(api: NotionApi, stored: Mapping[str, Any]) -> PageContent:
    if not stored.get("has_children"):
        return PageContent((), ())
    try:
        return read_content(api, stored["id"])
    except NotionError as error:
        if error.status in (400, 403, 404):  # a synced block may come from where nobody shared anything
            return PageContent((), ())
        raise
