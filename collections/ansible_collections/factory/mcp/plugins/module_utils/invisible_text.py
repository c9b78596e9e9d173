# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Characters that a person does not see and a model reads: found, and shown.

They carry instructions past the eye of whoever reviews a tool: zero-width and bidirectional characters, the tag
block, private use, and variation selectors, which can encode any bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_SELECTORS = r"\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f"
_EMOJI_SELECTOR = "\ufe0f"
_JOINER = "\u200d"
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800\u2028\u2029")
"""Shown as nothing, although Unicode calls them letters, marks or symbols."""
_IS_SELECTOR = re.compile(f"[{_SELECTORS}]")
_ORDINARY_CONTROLS = frozenset("\n\r\t")
_PICTURES_TO_COME = range(0x1F000, 0x20000)
"""Where Unicode puts emoji that Python may not know yet."""
_PICTURE_CATEGORIES = ("So", "Sk", "Sm", "Po", "Nd")


def invisible_in(text: str) -> list[str]:
    """The invisible characters of *text*, each once, in order, as ``U+200B ZERO WIDTH SPACE``.

    An emoji's own selector and the joiners between emoji are no finding.
    """
    found = [one for index, one in enumerate(text) if _is_invisible(text, index)]
    return [_named(one) for one in dict.fromkeys(found)]


def invisible_within(value: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Where in a JSON-like *value*, keys included, invisible characters are: path and characters."""
    if isinstance(value, str):
        if found := invisible_in(value):
            yield path, found
    elif isinstance(value, Mapping):
        for key, item in value.items():
            where = f"{path}.{visible(str(key))}" if path else visible(str(key))
            if found := invisible_in(str(key)):
                yield f"{where} (the name)", found
            yield from invisible_within(item, where)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from invisible_within(item, f"{path}[{index}]")


def visible(text: str) -> str:
    """*text* with everything that is not seen, or that a terminal obeys, as an escape such as ``\\u{200b}``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(one) if _is_invisible(text, index) else one for index, one in enumerate(text))


def _is_invisible(text: str, index: int) -> bool:
    one = text[index]
    if one.isascii():
        return not one.isprintable() and one not in _ORDINARY_CONTROLS
    if _IS_SELECTOR.match(one):
        return not (one == _EMOJI_SELECTOR and _is_picture(text, index - 1))
    if one == _JOINER:
        before = index - 1
        if before >= 0 and text[before] == _EMOJI_SELECTOR:
            before -= 1
        return not (_is_picture(text, before) and _is_picture(text, index + 1))
    category = unicodedata.category(one)
    if category == "Cn":
        return ord(one) not in _PICTURES_TO_COME
    return one in _FILLERS or category in ("Cf", "Co", "Cc", "Cs")


def _is_picture(text: str, index: int) -> bool:
    """Whether an emoji, or a character that can be one, is at *index*."""
    if not 0 <= index < len(text):
        return False
    one = text[index]
    return unicodedata.category(one) in _PICTURE_CATEGORIES and (not one.isascii() or one in "#*0123456789")


def _escape(one: str) -> str:
    return f"\\u{{{ord(one):04x}}}"


def _named(one: str) -> str:
    return f"U+{ord(one):04X} {unicodedata.name(one, 'UNNAMED')}"
