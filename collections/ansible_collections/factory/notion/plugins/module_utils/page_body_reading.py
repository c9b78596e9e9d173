# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the blocks of a page: one request per hundred, and one more for each block with something inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.block import HOLDS_OTHERS, Block, block_of


@dataclass(frozen=True, slots=True)
class Content:
    """What is on a page or in a block: blocks, and the ids of the pages and databases beside them, in their order."""

    blocks: tuple[Block, ...]
    children: tuple[str, ...]

    @property
    def holds_pages(self) -> bool:
        """Whether pages or databases lie there, or in a block there."""
        return bool(self.children) or any(one.holds_pages for one in self.blocks)


def read_content(api: NotionApi, parent: str) -> Content:
    """What is on a page or in a block, and inside of what is there.

    Raises ``NotionError``.
    """
    stored = list(api.pages("GET", f"blocks/{parent}/children"))
    blocks = tuple(_block(api, one) for one in stored if one["type"] not in HOLDS_OTHERS)
    return Content(blocks, tuple(one["id"] for one in stored if one["type"] in HOLDS_OTHERS))


def _block(api: NotionApi, stored: Mapping[str, Any]) -> Block:
    if not stored.get("has_children"):
        return block_of(stored)
    try:
        inside = read_content(api, stored["id"])
        return block_of(stored, inside.blocks, inside.holds_pages)
    except NotionError as error:
        if error.status in (400, 403, 404):  # a synced block may come from where nobody shared anything
            return block_of(stored)
        raise
