# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the blocks of a page, in requests of the size that Notion takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.block import Block, content_of, request_of
from ansible_collections.factory.notion.plugins.module_utils.page_body import Edit, Insert, Remove, Update

_MOST_CHILDREN = 100
"""Blocks side by side in one request; this and what follows: facts, section 2.2."""
_MOST_LEVELS = 2
_MOST_BLOCKS = 900
"""Of the thousand that one request may have in all."""
_MOST_BYTES = 400_000
"""Of the 500 KB that one request may have."""


def write_edits(api: NotionApi, page_id: str, edits: Iterable[Edit]) -> None:
    """Bring the page's body forward, edit by edit.

    Raises ``FactoryError``, a ``WriteUnconfirmed`` where a write may have landed; what was written before stays.
    """
    for edit in edits:
        match edit:
            case Insert():
                start = {"type": "start"}
                after = {"type": "after_block", "after_block": {"id": edit.after}} if edit.after else start
                append_blocks(api, edit.parent or page_id, edit.blocks, after)
            case Update():
                content = {name: one for name, one in content_of(edit.wanted).items() if name != "table_width"}
                api.write("PATCH", f"blocks/{edit.live.id}", {edit.wanted.type: content})
            case Remove():
                api.write("PATCH", f"blocks/{edit.live.id}", {"in_trash": True})


def append_blocks(api: NotionApi, parent: str, blocks: Sequence[Block], position: dict[str, Any] | None) -> None:
    """Put *blocks* inside *parent*; at its end where no *position* says otherwise."""
    for portion in portions(blocks):
        place = {"position": position} if position is not None else {}
        body = {"children": [first_request(one) for one in portion], **place}
        made = api.write("PATCH", f"blocks/{parent}/children", body)["results"]
        for one, stored in zip(portion, made, strict=False):
            rest = one.children if _goes_in_parts(one) else one.children[_MOST_CHILDREN:]
            append_blocks(api, stored["id"], rest, None)
        position = {"type": "after_block", "after_block": {"id": made[len(portion) - 1]["id"]}}


def portions(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """*blocks* in portions of one request each."""
    portion: list[Block] = []
    count = size = 0
    for one in blocks:
        request = first_request(one)
        inside, weight = _count(request), len(json.dumps(request))
        full = len(portion) >= _MOST_CHILDREN or count + inside > _MOST_BLOCKS or size + weight > _MOST_BYTES
        if portion and full:
            yield portion
            portion, count, size = [], 0, 0
        portion.append(one)
        count, size = count + inside, size + weight
    if portion:
        yield portion


def first_request(one: Block) -> dict[str, Any]:
    """*one* with as much of what is inside it as goes in one request; a table never goes without rows."""
    if one.type == "table":
        return request_of(Block(one.type, one.runs, one.settings, one.cells, one.children[:_MOST_CHILDREN]))
    return request_of(one, with_children=not _goes_in_parts(one))


def _goes_in_parts(one: Block) -> bool:
    return one.type != "table" and (_levels(one) > _MOST_LEVELS or _widest(one) > _MOST_CHILDREN)


def _levels(one: Block) -> int:
    return max((1 + _levels(child) for child in one.children), default=0)


def _widest(one: Block) -> int:
    return max((len(one.children), *(_widest(child) for child in one.children)))


def _count(request: dict[str, Any]) -> int:
    return 1 + sum(_count(child) for child in request[request["type"]].get("children", ()))
