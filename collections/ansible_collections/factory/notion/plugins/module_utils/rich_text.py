# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notion's rich text, as far as plain text goes (developers.notion.com, reference/rich-text)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST_CONTENT = 2000
"""Characters in one ``text.content`` (facts, section 2.2)."""


def to_rich_text(text: str) -> list[dict[str, Any]]:
    """*text* as rich text objects, cut where Notion wants it cut; empty text is an empty list."""
    pieces = [text[start : start + _LONGEST_CONTENT] for start in range(0, len(text), _LONGEST_CONTENT)]
    return [{"type": "text", "text": {"content": piece}} for piece in pieces]


def plain_text(rich_text: Sequence[Mapping[str, Any]] | None) -> str:
    """What a reader sees of *rich_text*."""
    return "".join(part.get("plain_text") or part.get("text", {}).get("content", "") for part in rich_text or ())
