# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is on a live page as the Markdown of a manifest, where Markdown can say it exactly. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.markdown_writer import markdown_of_blocks, markdown_says
from ansible_collections.factory.notion.plugins.module_utils.page_body import body_edits

_MOST_NAMED = 5
_LONGEST_TEXT = 40


def body_markdown(blocks: Sequence[Block]) -> str | None:
    """The Markdown that says *blocks*, nothing for none; ``None`` where an apply of it would change something."""
    text = markdown_of_blocks(_without_empty_lines(blocks))
    return None if body_edits(blocks_from_markdown(text), blocks) else text


def why_not_markdown(blocks: Sequence[Block]) -> str:
    """Which of *blocks* Markdown cannot say."""
    found = list(dict.fromkeys(_unsayable(_without_empty_lines(blocks))))
    named = ", ".join(found[:_MOST_NAMED]) or "blocks that would be others, one after the other"
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"Markdown cannot say all of it, so that it stays as it is: {named}{more}"


def _without_empty_lines(blocks: Sequence[Block]) -> tuple[Block, ...]:
    return tuple(
        dataclasses.replace(one, children=_without_empty_lines(one.children)) for one in blocks if not one.is_empty_line
    )


def _unsayable(blocks: Sequence[Block]) -> Iterator[str]:
    """The blocks that Markdown cannot say wherever they stand, without what is inside them."""
    for one in blocks:
        alone = one if one.type == "table" else dataclasses.replace(one, children=())
        if not markdown_says([alone]):
            words = " ".join(one.plain.split())
            shown = words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT]}…"
            yield f"{one.type} '{shown}'" if shown else one.type
        elif alone is not one:
            yield from _unsayable(one.children)
