# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Markdown as blocks. Pure.

CommonMark, GFM's tables, task lists and alerts (as callouts), ``<details>`` (as toggles), and equations between lines
of ``$$``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from ansible_collections.factory.notion.plugins.module_utils.block import Block, block
from ansible_collections.factory.notion.plugins.module_utils.code_language import language_of
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run
from ansible_collections.factory.notion.plugins.module_utils.rich_text_markdown import (
    NotionMarkdown,
    runs_from_markdown,
    runs_of_tokens,
)

CALLOUTS = {
    "NOTE": ("ℹ️", "blue_background"),
    "TIP": ("💡", "green_background"),
    "IMPORTANT": ("❗", "purple_background"),
    "WARNING": ("⚠️", "yellow_background"),
    "CAUTION": ("🛑", "red_background"),
}
"""Icon and color of a callout by the word of GitHub's alert."""
_ALERT = re.compile(r"\[!(?P<word>[A-Z]+)\](?:\n|$)")
_DETAILS = re.compile(r"<details>\s*<summary>(?P<summary>.*)</summary>", re.DOTALL)
_DETAILS_END = "</details>"
_TASK = re.compile(r"\[(?P<mark>[ xX])\](?:\s+|$)")


def blocks_from_markdown(text: str) -> tuple[Block, ...]:
    """The blocks that *text* means, in order."""
    return tuple(_blocks(SyntaxTreeNode(_MARKDOWN.parse(text)).children))


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
    rest = list(nodes)
    while rest:
        node = rest.pop(0)
        details = _DETAILS.fullmatch(_source(node))
        end = _end_of_details(rest) if details is not None else None
        if details is not None and end is not None:
            yield block("toggle", runs_from_markdown(details["summary"]), _blocks(rest[:end]))
            del rest[: end + 1]
            continue
        match node.type:
            case "paragraph":
                yield _paragraph(node)
            case "heading":
                yield block(f"heading_{min(int(node.tag[1:]), 4)}", _inline(node))
            case "bullet_list" | "ordered_list":
                for item in node.children:
                    yield _list_item(item, "bulleted" if node.type == "bullet_list" else "numbered")
            case "blockquote":
                yield _quote(node)
            case "fence" | "code_block":
                yield _code(node)
            case "math_block":
                yield block("equation", expression=node.content)
            case "hr":
                yield block("divider")
            case "table":
                yield _table(node)


def _source(node: SyntaxTreeNode) -> str:
    """The Markdown of a paragraph; nothing for anything else."""
    return node.children[0].content if node.type == "paragraph" and node.children else ""


def _end_of_details(nodes: Sequence[SyntaxTreeNode]) -> int | None:
    """Where what is inside a toggle ends, those inside it passed over; ``None`` when nothing closes it."""
    depth = 1
    for index, node in enumerate(nodes):
        depth += _DETAILS.fullmatch(_source(node)) is not None
        depth -= _source(node) == _DETAILS_END
        if depth == 0:
            return index
    return None


def _paragraph(node: SyntaxTreeNode) -> Block:
    tokens = _tokens(node)
    if len(tokens) == 1 and tokens[0].type == "image" and tokens[0].attrs.get("src"):
        return block("image", runs_of_tokens(tokens[0].children or []), url=str(tokens[0].attrs["src"]))
    return block("paragraph", runs_of_tokens(tokens))


def _tokens(node: SyntaxTreeNode) -> Sequence[Token]:
    inline = node.children[0].token if node.children else None
    return (inline.children or []) if inline is not None else []


def _inline(node: SyntaxTreeNode) -> tuple[Run, ...]:
    return runs_of_tokens(_tokens(node))


def _first_text(nodes: Sequence[SyntaxTreeNode]) -> tuple[str, Sequence[SyntaxTreeNode]]:
    """The Markdown of the paragraph that *nodes* begin with, if it is one with text, and the other nodes."""
    if not nodes or nodes[0].type != "paragraph" or _paragraph(nodes[0]).type == "image":
        return "", nodes
    return nodes[0].children[0].content, nodes[1:]


def _list_item(item: SyntaxTreeNode, kind: str) -> Block:
    text, inside = _first_text(item.children)
    task = _TASK.match(text) if kind == "bulleted" else None
    children = tuple(_blocks(inside))
    if task is not None:
        checked = task["mark"] != " "
        return block("to_do", runs_from_markdown(text[task.end() :]), children, checked=checked)
    return block(f"{kind}_list_item", runs_from_markdown(text), children)


def _quote(node: SyntaxTreeNode) -> Block:
    text, inside = _first_text(node.children)
    alert = _ALERT.match(text)
    children = tuple(_blocks(inside))
    if alert is not None and alert["word"] in CALLOUTS:
        icon, color = CALLOUTS[alert["word"]]
        return block("callout", runs_from_markdown(text[alert.end() :]), children, icon=icon, color=color)
    return block("quote", runs_from_markdown(text), children)


def _code(node: SyntaxTreeNode) -> Block:
    text = node.content.removesuffix("\n")
    return block("code", [Run(text)] if text else [], language=language_of(node.info))


def _table(node: SyntaxTreeNode) -> Block:
    rows = [
        dataclasses.replace(Block("table_row"), cells=tuple(_inline(cell) for cell in row.children))
        for part in node.children
        for row in part.children
    ]
    return block("table", (), rows, table_width=len(rows[0].cells), has_column_header=True)


def _equation_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule of markdown-it: an equation between two lines of ``$$``."""
    if state.is_code_block(start) or state.getLines(start, start + 1, state.blkIndent, False).strip() != "$$":
        return False
    for line in range(start + 1, end):
        if state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return False
        if state.getLines(line, line + 1, state.blkIndent, False).strip() == "$$":
            if not silent:
                token = state.push("math_block", "math", 0)
                token.content = state.getLines(start + 1, line, state.blkIndent, False)
                token.map = [start, line + 1]
                state.line = line + 1
            return True
    return False


_MARKDOWN = NotionMarkdown()
_MARKDOWN.block.ruler.before(
    "fence", "math_block", _equation_lines, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)
