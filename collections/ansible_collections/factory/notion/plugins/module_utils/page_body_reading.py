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
class Content:
    """What is on a page or in a block: blocks, and the ids of the pages and databases beside them, in their order."""

    blocks: tuple[Block, ...]
    children: tuple[str, ...]
    at_any_depth: tuple[Mapping[str, Any], ...]
    """All pages and databases there, also those in blocks: their own blocks, as the API answers them."""


def read_content(api: NotionApi, parent: str) -> Content:
    """What is on a page or in a block, and inside of what is there.

    Raises ``NotionError``.
    """
    blocks: list[Block] = []
    children: list[str] = []
    at_any_depth: list[Mapping[str, Any]] = []
    for stored in api.pages("GET", f"blocks/{parent}/children"):
        if stored["type"] in HOLDS_OTHERS:
            children.append(stored["id"])
            at_any_depth.append(stored)
        else:
            inside = _inside(api, stored)
            blocks.append(block_of(stored, inside.blocks, holds_pages=bool(inside.at_any_depth)))
            at_any_depth += inside.at_any_depth
    return Content(tuple(blocks), tuple(children), tuple(at_any_depth))


def _inside(api: NotionApi, stored: Mapping[str, Any]) -> Content:
    nothing = Content((), (), ())
    if not stored.get("has_children"):
        return nothing
    try:
        return read_content(api, stored["id"])
    except NotionError as error:
        if error.status in (400, 403, 404):  # a synced block may come from where nobody shared anything
            return nothing
        raise
