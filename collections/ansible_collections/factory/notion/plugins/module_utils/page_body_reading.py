# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the blocks of a page: one request per hundred, and one more for each block with something inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.block import HOLDS_OTHERS, Block, block_of


def read_body(api: NotionApi, page_id: str) -> tuple[Block, ...]:
    """The blocks of a page or a block, those inside them too, without child pages and databases.

    Raises ``NotionError``.
    """
    return _blocks(api, page_id)[0]


def _blocks(api: NotionApi, parent: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks inside *parent*, and whether pages or databases lie there."""
    stored = list(api.pages("GET", f"blocks/{parent}/children"))
    found = [_block(api, one) for one in stored if one["type"] not in HOLDS_OTHERS]
    holds_pages = len(found) < len(stored) or any(one.holds_pages for one in found)
    return tuple(found), holds_pages


def _block(api: NotionApi, stored: Mapping[str, Any]) -> Block:
    if not stored.get("has_children"):
        return block_of(stored)
    try:
        return block_of(stored, *_blocks(api, stored["id"]))
    except NotionError as error:
        if error.status in (400, 403, 404):  # a synced block may come from where nobody shared anything
            return block_of(stored)
        raise
