# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put one entry into JSON with comments, change it, take it out again; no other byte changes.

What an entry is put into may have been empty or missing. How it was is returned as text, and brings it back exactly
when the last entry is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.emptied import Emptied
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Member, Node, Unreadable, parsed

_REST_OF_LINE = re.compile(r"(?:[ \t]*/\*[^\r\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\r\n]*", re.DOTALL)
_LINE_END = re.compile(r"[ \t]*(?:\r?\n|$)")
_UNIT = "  "
_SPACE = " \t\r\n"

_Edit = tuple[int, int, str]
"""Replace the text between two offsets. Several stand in the order of the text."""


def entries(text: str, key: str) -> Mapping[str, Any]:
    """The entries that stand under *key*. Raises ``Unreadable``."""
    if not text.strip():
        return {}
    container = _container(_root(text), key)
    if container is None:
        return {}
    for member in container.node.members or ():
        container.node.member(member.key)
    found: Mapping[str, Any] = container.node.value
    return found


def put(text: str, key: str, name: str, value: Mapping[str, Any]) -> tuple[str, Emptied | None]:
    """*text* with the entry *name* under *key*, and how it was if nothing was there before.

    Raises ``Unreadable``.
    """
    if not text.strip():
        return json.dumps({key: {name: value}}, indent=_UNIT, ensure_ascii=False) + "\n", Emptied("file", text)
    root = _root(text)
    container = _container(root, key)
    if container is None:
        edits = _insertion(text, root, key, {name: value}, _unit(text, root))
        interior = text[root.start + 1 : root.end - 1]
        was = (
            Emptied("container", "")
            if interior.strip() or root.members
            else Emptied("root", text[root.start : root.end])
        )
        return _edited(text, edits), was
    node = container.node
    member = node.member(name)
    if member is not None:
        rendered = _rendered(text, member.start, value, _unit(text, root))
        return _edited(text, [(member.node.start, member.node.end, rendered)]), None
    edits = _insertion(text, node, name, value, _unit(text, root))
    blank = not text[node.start + 1 : node.end - 1].strip()
    return _edited(text, edits), Emptied("container", text[node.start : node.end]) if blank else None


def take(text: str, key: str, name: str, emptied: Emptied | None) -> str | None:
    """*text* without the entry; None when nothing of the file is left and it was not there before either.

    When that was the last entry, what *emptied* says is put back. Raises ``Unreadable``.
    """
    container = _container(_root(text), key)
    if container is None or container.node.member(name) is None:
        return text
    text = _edited(text, _removal(text, container.node, name))
    return _restored(text, key, emptied) if emptied is not None else text


def _restored(text: str, key: str, emptied: Emptied) -> str | None:
    root = _root(text)
    container = _container(root, key)
    if container is None or text[container.node.start + 1 : container.node.end - 1].strip():
        return text
    if emptied.what == "container" and emptied.text:
        return _edited(text, [(container.node.start, container.node.end, emptied.text)])
    without = _edited(text, _removal(text, root, key))
    root = _root(without)
    if emptied.what == "container" or without[root.start + 1 : root.end - 1].strip():
        return without
    if emptied.what == "root":
        return _edited(without, [(root.start, root.end, emptied.text or "{}")])
    around = without[: root.start] + without[root.end :]
    return without if around.strip() else emptied.text


def _root(text: str) -> Node:
    root = parsed(text)
    if root.members is None:
        raise Unreadable("the file should hold an object, { … }", root.start)
    return root


def _container(root: Node, key: str) -> Member | None:
    member = root.member(key)
    if member is not None and member.node.members is None:
        raise Unreadable(f"'{key}' should be an object, {{ … }}", member.node.start)
    return member


def _insertion(text: str, node: Node, key: str, value: Any, unit: str) -> list[_Edit]:
    """The edits that add a member to an object, in the style of its last one."""
    if not node.members:
        return [_first_member(text, node, key, value, unit)]
    last = node.members[-1]
    indentation = _indentation_of(text, last.start)
    anchor = last.node.end if last.comma is None else last.comma + 1
    before, after = (",", "") if last.comma is None else ("", ",")
    if indentation is None:
        return [(anchor, anchor, f"{before} {_quoted(key)}: {json.dumps(value, ensure_ascii=False)}{after}")]
    place = _REST_OF_LINE.match(text, anchor).end()  # type: ignore[union-attr]
    member = f"{_quoted(key)}: {_json(text, value, unit, indentation)}"
    added: _Edit = (place, place, f"{_newline(text)}{indentation}{member}{after}")
    return [(anchor, anchor, before), added] if before else [added]


def _first_member(text: str, node: Node, key: str, value: Any, unit: str) -> _Edit:
    outer = _line_indentation(text, node.start)
    newline = _newline(text)
    member = f"{newline}{outer}{unit}{_quoted(key)}: {_json(text, value, unit, outer + unit)}"
    interior = text[node.start + 1 : node.end - 1]
    place = node.start + 1 + len(interior.rstrip(_SPACE))
    if interior.strip():
        return place, place, member
    return node.start + 1, node.end - 1, f"{member}{newline}{outer}"


def _removal(text: str, node: Node, key: str) -> list[_Edit]:
    """The edits that take a member out of an object, with its comma and the white space before it."""
    members = node.members or ()
    index = next(index for index, member in enumerate(members) if member.key == key)
    member = members[index]
    previous = members[index - 1].comma if index else None
    start = len(text[: member.start].rstrip(_SPACE))
    begin = node.start + 1 if previous is None else previous + 1
    if _follows_line_comment(text, begin, member.start) and not _LINE_END.match(text, _end_of(member)):
        start = text.index("\n", start) + 1
    if member.comma is not None:
        return [(start, member.node.end, ""), (member.comma, member.comma + 1, "")]
    own: _Edit = (start, member.node.end, "")
    return [own] if previous is None else [(previous, previous + 1, ""), own]


def _end_of(member: Member) -> int:
    return member.node.end if member.comma is None else member.comma + 1


def _follows_line_comment(text: str, begin: int, offset: int) -> bool:
    """Whether the last comment of the white space and comments between *begin* and *offset* ends with its line."""
    comments = _COMMENT.findall(text, begin, offset)
    return bool(comments) and comments[-1].startswith("//")


def _rendered(text: str, at: int, value: Any, unit: str) -> str:
    """*value* as it stands after the key at *at*: on one line if the key shares its line with others."""
    indentation = _indentation_of(text, at)
    if indentation is None:
        return json.dumps(value, ensure_ascii=False)
    return _json(text, value, unit, indentation)


def _json(text: str, value: Any, unit: str, indentation: str) -> str:
    rendered = json.dumps(value, indent=unit, ensure_ascii=False)
    return rendered.replace("\n", _newline(text) + indentation)


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _newline(text: str) -> str:
    """What the first line ends in."""
    return "\r\n" if 0 <= text.find("\r\n") == text.find("\n") - 1 else "\n"


def _indentation_of(text: str, offset: int) -> str | None:
    """The white space before *offset* on its line; None if anything else stands there."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return before if not before.strip(" \t") and "\n" in text[:offset] else None


def _line_indentation(text: str, offset: int) -> str:
    """The white space with which the line of *offset* begins."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str, root: Node) -> str:
    """By how much one level is indented in this file."""
    first = root.members[0].start if root.members else root.start
    found = _indentation_of(text, first) if root.members else None
    outer = _line_indentation(text, root.start)
    return found[len(outer) :] if found and found.startswith(outer) and found != outer else _UNIT


def _edited(text: str, edits: list[_Edit]) -> str:
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text
