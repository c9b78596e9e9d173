"""Markdown as blocks: headings, lists, to-dos, quotes, code, equations, dividers, text with style and links."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
_LINES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"#### (.*)"), "heading_4"),
    (re.compile(r"### (.*)"), "heading_3"),
    (re.compile(r"## (.*)"), "heading_2"),
    (re.compile(r"# (.*)"), "heading_1"),
    (re.compile(r"[-*] \[[ xX]\] (.*)"), "to_do"),
    (re.compile(r"[-*] (.*)"), "bulleted_list_item"),
    (re.compile(r"\d+\. (.*)"), "numbered_list_item"),
    (re.compile(r"> (.*)"), "quote"),
)
_SPAN = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|~~(?P<strikethrough>.+?)~~|\$`(?P<equation>.+?)`\$|`(?P<code>.+?)`"
    r"|\*(?P<italic>.+?)\*|\[(?P<label>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
_NESTING = frozenset({"to_do", "bulleted_list_item", "numbered_list_item", "quote", "paragraph"})
_MAX_TEXT = 2000


def blocks(text: str) -> list[Json]:
    """The blocks of a text, those that are indented inside the one before."""
    found: list[Json] = []
    open_blocks: list[Json] = []
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip("\t"))
        block = _block(line.strip(), lines)
        del open_blocks[min(depth, len(open_blocks)) :]
        if open_blocks and open_blocks[-1]["type"] in _NESTING:
            above = open_blocks[-1]
            above[above["type"]].setdefault("children", []).append(block)
        else:
            found.append(block)
        open_blocks.append(block)
    return found


def _block(line: str, following: list[str]) -> Json:
    if line.startswith("```"):
        source = "\n".join(_until("```", following))
        return _of("code", {"rich_text": _pieces(source, {}), "language": line[3:].strip() or "plain text"})
    if line == "$$":
        return _of("equation", {"expression": "\n".join(_until("$$", following))})
    if line in ("---", "***"):
        return _of("divider", {})
    for pattern, kind in _LINES:
        match = pattern.fullmatch(line)
        if match:
            content: Json = {"rich_text": rich_text(match[1])}
            if kind == "to_do":
                content["checked"] = line[3] in "xX"
            return _of(kind, content)
    return _of("paragraph", {"rich_text": rich_text(line)})


def _of(kind: str, content: Json) -> Json:
    return {"object": "block", "type": kind, kind: content}


def _until(mark: str, following: list[str]) -> list[str]:
    """Take the lines up to a closing mark, and the mark."""
    found: list[str] = []
    while following:
        line = following.pop(0)
        if line.strip() == mark:
            break
        found.append(line)
    return found


def rich_text(text: str) -> list[Json]:
    """One line with its style, as a request would send it."""
    found: list[Json] = []
    at = 0
    for match in _SPAN.finditer(text):
        found += _pieces(text[at : match.start()], {}) + _span(match)
        at = match.end()
    return found + _pieces(text[at:], {})


def _span(match: re.Match[str]) -> list[Json]:
    if match["label"]:
        return [{"type": "text", "text": {"content": match["label"], "link": {"url": match["url"]}}}]
    if match["equation"]:
        return [{"type": "equation", "equation": {"expression": match["equation"]}}]
    style = next(name for name in ("bold", "strikethrough", "code", "italic") if match[name])
    return _pieces(match[style], {style: True})


def _pieces(text: str, style: Json) -> list[Json]:
    """Text in pieces that are short enough for one item."""
    pieces = [text[first : first + _MAX_TEXT] for first in range(0, len(text), _MAX_TEXT)]
    return [{"type": "text", "text": {"content": piece}, "annotations": style} for piece in pieces]
