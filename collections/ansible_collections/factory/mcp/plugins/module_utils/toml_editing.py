# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put one table into TOML, change it, take it out again; no other byte changes.

``tomlkit`` writes the table. It does not place it: put between others, a table takes over the comment that stands above
its neighbour, blank lines move, and a file with CRLF gets lines with LF. So the place is found here, by statements.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tomlkit

from ansible_collections.factory.mcp.plugins.module_utils.emptied import Emptied
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Unreadable

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'" r"|#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A header, a key with its value, or a line of neither (``path`` None), with the end of its last line."""

    start: int
    end: int
    is_header: bool
    path: tuple[str, ...] | None


def entries(text: str, key: str) -> Mapping[str, Any]:
    """The tables that stand under *key*. Raises ``Unreadable``."""
    found = _parsed(text).get(key, {})
    if not isinstance(found, dict):
        raise Unreadable(f"'{key}' should be a table", _first_of(text, (key,)))
    return found


def put(text: str, key: str, name: str, value: Mapping[str, Any]) -> tuple[str, Emptied | None]:
    """*text* with the table *name* under *key*, and how it was if there was nothing in it.

    Raises ``Unreadable``, also when the table is written in a way that cannot be added to.
    """
    spans = _spans(text, (key, name))
    newline = "\r\n" if 0 <= text.find("\r\n") == text.find("\n") - 1 else "\n"
    block = tomlkit.dumps({key: {name: value}}).replace("\n", newline)
    if spans:
        edited = text
        for start, end in reversed(spans[1:]):
            edited = edited[:start] + edited[end:]
        start, end = spans[0]
        if not text[start:end].endswith("\n"):
            block = block.removesuffix(newline)
        edited = edited[:start] + block + edited[end:]
    elif not text:
        edited = block
    elif text.endswith("\n"):
        edited = text + newline + block
    else:
        edited = text + newline * 2 + block.removesuffix(newline)
    _check(text, edited, key, name, value)
    return edited, Emptied("file", text) if not text.strip() else None


def take(text: str, key: str, name: str, emptied: Emptied | None) -> str | None:
    """*text* without the table and the blank line before it; None when nothing is left of a file that was not there."""
    spans = _spans(text, (key, name))
    edited = text
    for start, end in reversed(spans):
        edited = edited[: _separator(edited, start, end)] + edited[end:]
    _check(text, edited, key, name, None)
    return None if emptied is not None and emptied.text is None and not edited.strip() else edited


def _separator(text: str, start: int, end: int) -> int:
    """Where the blank line before the block begins that was put there with it."""
    before = text[:start]
    for newline in ("\r\n", "\n"):
        if before.endswith("\n" + newline):
            start -= len(newline)
            unfinished = end == len(text) and not text.endswith("\n")
            return start - len(newline) if unfinished else start
    return 0 if before in ("\n", "\r\n") else start


def _check(before: str, after: str, key: str, name: str, value: Mapping[str, Any] | None) -> None:
    """Raise ``Unreadable`` unless *after* says exactly what *before* says but for our table."""
    wanted = _parsed(before)
    tables = wanted.setdefault(key, {})
    tables.pop(name, None)
    if value is not None:
        tables[name] = dict(value)
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        found = {}
    found.setdefault(key, {})
    if found != wanted:
        place = _first_of(before, (key, name)) or _first_of(before, (key,))
        raise Unreadable(f"'{key}' is not written as tables of its own, [{key}.NAME]", place)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Unreadable("values are nested too deep", 0) from None
    except ValueError as error:
        told = str(error)
        place = _PLACE.search(told)
        message = (told[: place.start()] if place else told).lower()
        if place is None or place[1] is None:
            raise Unreadable(message, len(text)) from None
        # tomllib reads CRLF as LF, so only lines and columns can be trusted.
        lines = text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1
        raise Unreadable(message, min(offset, len(text))) from None


def _spans(text: str, path: tuple[str, str]) -> list[tuple[int, int]]:
    """Where the table of that path and the tables below it stand, neighbours as one, without what follows them."""
    spans: list[tuple[int, int]] = []
    inside = broken = False
    for statement in _statements(text):
        if statement.path is None:
            continue
        if statement.is_header:
            was_inside = inside
            inside = statement.path[:2] == path
            broken = inside and not was_inside
        if inside and broken:
            spans.append((statement.start, statement.end))
            broken = False
        elif inside:
            spans[-1] = (spans[-1][0], statement.end)
    return spans


def _first_of(text: str, path: tuple[str, ...]) -> int:
    """The offset of the first statement about *path*; 0 if there is none."""
    header: tuple[str, ...] = ()
    for statement in _statements(text):
        if statement.path is None:
            continue
        full = statement.path if statement.is_header else header + statement.path
        header = statement.path if statement.is_header else header
        if full[: len(path)] == path:
            return statement.start
    return 0


def _statements(text: str) -> Iterator[_Statement]:
    """The statements of a text that is valid TOML."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            yield _statement(text, start, token.end())
            start = token.end()
    if start < len(text):
        yield _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> _Statement:
    said = text[start:end].strip()
    if not said or said.startswith("#"):
        return _Statement(start, end, False, None)
    path: list[str] = []
    value: Any = tomllib.loads(said)
    while value and isinstance(value, dict | list):
        if isinstance(value, list):
            value = value[0]
            continue
        step = next(iter(value))
        path.append(step)
        value = value[step]
    return _Statement(start, end, said.startswith("["), tuple(path))
