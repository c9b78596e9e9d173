# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON with comments and trailing commas, and where everything in it stands.

Editors that clients use accept such files, so a library for plain JSON does not do. ``json-five`` reads them without
loss, but needs 3 seconds for a megabyte (``~/.claude.json`` grows to several) and accepts single quotes and bare words,
which no client does. So this reader is strict, keeps the position of every member, and gives the position of a mistake.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

_TRIVIA = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"\w+")
_WORDS = {"true": True, "false": False, "null": None}
_DEEPEST = 200


class Unreadable(Exception):
    """A mistake in a file: what it is, and the offset where it stands."""

    def __init__(self, message: str, offset: int) -> None:
        self.message = message
        self.offset = offset
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Node:
    """A value, and the offsets of its text. ``members`` are there for objects only."""

    start: int
    end: int
    value: Any
    members: tuple[Member, ...] | None = None

    def member(self, key: str) -> Member | None:
        """The member of that key. Raises ``Unreadable`` when there are several: readers disagree about which counts."""
        found = [member for member in self.members or () if member.key == key]
        if len(found) > 1:
            raise Unreadable(f"'{key}' is there twice", found[1].start)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Member:
    """A key and its value in an object; ``comma`` is the offset of the comma that follows, if one does."""

    key: str
    start: int
    node: Node
    comma: int | None


@functools.lru_cache(maxsize=1)
def parsed(text: str) -> Node:
    """The value that *text* is, not to be changed. Raises ``Unreadable``."""
    start = _after_trivia(text, 0)
    node = _value(text, start, 0)
    end = _after_trivia(text, node.end)
    if end < len(text):
        raise Unreadable("the file should end here", end)
    return node


def _after_trivia(text: str, offset: int) -> int:
    end = _TRIVIA.match(text, offset).end()  # type: ignore[union-attr]
    if text.startswith("/*", end):
        raise Unreadable("this comment is never closed", end)
    return end


def _value(text: str, start: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise Unreadable(f"values are nested more than {_DEEPEST} deep", start)
    first = text[start : start + 1]
    if first == "{":
        return _object(text, start, depth)
    if first == "[":
        return _array(text, start, depth)
    if first == '"':
        value, end = _string(text, start)
        return Node(start, end, value)
    if number := _NUMBER.match(text, start):
        try:
            return Node(start, number.end(), json.loads(number[0]))
        except ValueError:
            raise Unreadable("this number has too many digits", start) from None
    word = _WORD.match(text, start)
    if word and word[0] in _WORDS:
        return Node(start, word.end(), _WORDS[word[0]])
    raise Unreadable("a value should stand here" if first else "the file ends where a value should stand", start)


def _string(text: str, start: int) -> tuple[str, int]:
    try:
        value, end = scanstring(text, start + 1, True)
    except json.JSONDecodeError as error:
        raise Unreadable(f"this text is broken: {error.msg.lower()}", error.pos) from None
    return value, end


def _object(text: str, start: int, depth: int) -> Node:
    members: list[Member] = []
    offset = _after_trivia(text, start + 1)
    while not text.startswith("}", offset):
        if not text.startswith('"', offset):
            raise Unreadable(_expected(text, offset, "a key in double quotes or }"), offset)
        key_start = offset
        key, offset = _string(text, offset)
        offset = _after_trivia(text, offset)
        if not text.startswith(":", offset):
            raise Unreadable(_expected(text, offset, f"a colon after '{key}'"), offset)
        node = _value(text, _after_trivia(text, offset + 1), depth + 1)
        comma, offset = _comma(text, node.end, "}")
        members.append(Member(key, key_start, node, comma))
    return Node(start, offset + 1, {member.key: member.node.value for member in members}, tuple(members))


def _array(text: str, start: int, depth: int) -> Node:
    values: list[Any] = []
    offset = _after_trivia(text, start + 1)
    while not text.startswith("]", offset):
        node = _value(text, offset, depth + 1)
        values.append(node.value)
        _, offset = _comma(text, node.end, "]")
    return Node(start, offset + 1, values)


def _comma(text: str, end: int, closing: str) -> tuple[int | None, int]:
    """The offset of the comma after a value, if there is one, and of what follows."""
    offset = _after_trivia(text, end)
    if text.startswith(",", offset):
        return offset, _after_trivia(text, offset + 1)
    if not text.startswith(closing, offset):
        raise Unreadable(_expected(text, offset, f"a comma or {closing}"), offset)
    return None, offset


def _expected(text: str, offset: int, what: str) -> str:
    return f"{what} should stand here" if offset < len(text) else f"the file ends where {what} should stand"
