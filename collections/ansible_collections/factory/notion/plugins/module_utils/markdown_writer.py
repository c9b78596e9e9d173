# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Blocks as Markdown that ``markdown_reader`` reads back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.factory.notion.plugins.module_utils.block import HEADINGS, LISTS, Block
from ansible_collections.factory.notion.plugins.module_utils.code_language import info_of
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import CALLOUTS, blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run
from ansible_collections.factory.notion.plugins.module_utils.rich_text_markdown import address_of, markdown_of


def markdown_of_blocks(blocks: Iterable[Block]) -> str:
    """*blocks* as Markdown, for people to read and, where Markdown can say them, to be the same blocks again.

    One that Markdown has no word for is shown as what it is, in brackets.
    """
    return "\n".join(_lines(list(blocks)))


def markdown_says(blocks: Sequence[Block]) -> bool:
    """Whether Markdown can say *blocks*: nothing is lost on the way there and back."""
    return blocks_from_markdown(markdown_of_blocks(blocks)) == tuple(blocks)


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    number = 0
    for index, one in enumerate(blocks):
        number = number + 1 if one.type == "numbered_list_item" else 0
        before = blocks[index - 1] if index else None
        if before is not None and not (one.type in LISTS and before.type in LISTS):
            yield ""
        yield from _block(one, number)


def _block(one: Block, number: int) -> Iterator[str]:
    if one.type in LISTS:
        marker = f"{number}. " if one.type == "numbered_list_item" else "- "
        task = f"[{'x' if one.setting('checked') else ' '}] " if one.type == "to_do" else ""
        first = f"{marker}{task}{markdown_of(one.runs)}".rstrip()
        yield from _with_prefix(first, _inside(one), " " * len(marker))
    elif one.type in ("quote", "callout"):
        yield from _quote(one)
    elif one.type == "toggle":
        yield from ("<details>", f"<summary>{markdown_of(one.runs)}</summary>", "")
        yield from [*_lines(one.children), ""] if one.children else []
        yield "</details>"
    elif one.type == "table":
        yield from _table(one)
    elif one.type == "code":
        yield from _code(one)
    else:
        yield from _leaf(one)
        yield from _inside(one)


def _leaf(one: Block) -> Iterator[str]:
    text = markdown_of(one.runs)
    if one.type in HEADINGS:
        ends = re.sub(r"(?<!\\)#$", r"\\#", text)
        yield f"{'#' * int(one.type[-1])} {ends}".rstrip()
    elif one.type == "equation":
        yield from ("$$", *(one.setting("expression") or "").split("\n"), "$$")
    elif one.type == "divider":
        yield "---"
    elif one.type == "image" and one.setting("url"):
        yield f"![{text}]({address_of(one.setting('url'))})"
    elif one.type == "paragraph":
        yield text
    else:
        yield f"({one.type}){' ' if text else ''}{text}"


def _inside(one: Block) -> list[str]:
    """The lines of what is inside a block; a list may follow its text at once."""
    lines = list(_lines(one.children))
    close = bool(one.children) and one.children[0].type in LISTS and bool(one.children[0].runs)
    return lines if close or not lines or not one.runs else ["", *lines]


def _with_prefix(first: str, lines: Iterable[str], prefix: str) -> Iterator[str]:
    yield first
    for line in lines:
        yield f"{prefix}{line}" if line else ""


def _quote(one: Block) -> Iterator[str]:
    words = {style: word for word, style in CALLOUTS.items()}
    alert = words.get((one.setting("icon"), one.setting("color")), "") if one.type == "callout" else None
    if alert is not None:
        yield f"> [!{alert}]"
    for line in [*([markdown_of(one.runs)] if one.runs else []), *_inside(one)] or [""]:
        yield f"> {line}" if line else ">"


def _code(one: Block) -> Iterator[str]:
    text = one.plain
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{info_of(one.setting('language') or '')}"
    yield from text.split("\n") if text else []
    yield fence


def _table(one: Block) -> Iterator[str]:
    for index, row in enumerate(one.children):
        yield f"| {' | '.join(_cell(cell) for cell in row.cells)} |"
        if index == 0:
            yield f"|{' --- |' * len(row.cells)}"


def _cell(runs: tuple[Run, ...]) -> str:
    return markdown_of(runs).replace("|", "\\|")
