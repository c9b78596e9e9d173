# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ownership line: what Factory owns says so in the description of the database, or at the end of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text, to_rich_text

_START = "Managed by Factory: "
_PROTECTED = ", protected"


def ownership_line(stack: str, address: Address, protected: bool = False) -> str:
    """``Managed by Factory: factory NotionDatabase/tasks``: the stack's name and the address.

    Of a protected resource it ends in ``, protected``, so that this outlives the manifest and the identity cache.
    """
    return f"{_START}{stack} {address}{_PROTECTED if protected else ''}"


def is_protected(line: str | None) -> bool:
    """Whether an ownership *line* says that its resource is protected."""
    return line is not None and line.endswith(_PROTECTED)


def marks_same(line: str | None, expected: str | None) -> bool:
    """Whether *line* names the same stack and address as *expected*, protected or not."""
    if line is None or expected is None:
        return line == expected
    return line.removesuffix(_PROTECTED) == expected.removesuffix(_PROTECTED)


def former_owner(line: str | None, expected: str | None, former: Iterable[Address]) -> Address | None:
    """The one of the *former* addresses that *line* names, of the stack that *expected* names."""
    if line is None or expected is None:
        return None
    stack, _, _ = expected.removeprefix(_START).removesuffix(_PROTECTED).rpartition(" ")
    owner = owner_of(line, stack)
    return next((one for one in former if one == owner), None)


def is_ownership_line(text: str) -> bool:
    """Whether *text* is such a line, whoever it names."""
    return text.strip().startswith(_START)


def declared_description(spec: Mapping[str, Any]) -> str:
    """The description of a manifest as it compares: the line ends at its end belong to YAML."""
    return str(spec.get("description", "")).rstrip("\n")


def split_description(text: str) -> tuple[str, str | None]:
    """A live description as what people wrote and the ownership line in it, if there is one."""
    lines = text.split("\n")
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].startswith(_START):
            rest = "\n".join(lines[:index] + lines[index + 1 :])
            return rest.rstrip("\n"), lines[index].strip()
    return text, None


def join_description(text: str, line: str | None) -> str:
    """What to write into Notion: what people wrote, then the ownership line."""
    return "\n".join(part for part in (text, line) if part)


def marked_description(rich_text: Sequence[Mapping[str, Any]], line: str | None) -> list[dict[str, Any]]:
    """A live description to write back with another ownership *line*, or none; what people wrote keeps its style."""
    start, end = _where_the_line_is(plain_text(rich_text))
    kept: list[dict[str, Any]] = []
    position = 0
    for item in rich_text:
        text = plain_text([item])
        rest = text[: max(start - position, 0)] + text[max(end - position, 0) :]
        position += len(text)
        if rest or not text:
            kept.append(_to_write(item, rest))
    if line is None:
        return kept
    return [*kept, *to_rich_text(f"\n{line}" if kept else line)]


def _where_the_line_is(text: str) -> tuple[int, int]:
    """From where to where the ownership line goes in *text*, with one line end beside it; nowhere is at its end."""
    _, line = split_description(text)
    if line is None:
        return len(text), len(text)
    start = text.rindex(line)
    end = start + len(text[start:].partition("\n")[0])
    return (start - 1, end) if start else (0, end + 1)


def _to_write(item: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A rich text *item* as a request takes it; one of type text says *text*."""
    kind = item.get("type", "text")
    content = {**(item.get("text") or {}), "content": text} if kind == "text" else item[kind]
    style = {"annotations": item["annotations"]} if "annotations" in item else {}
    return {"type": kind, kind: content, **style}


def owner_of(line: str | None, stack: str) -> Address | None:
    """The address that an ownership *line* names, if it names one of *stack*."""
    if line is None:
        return None
    owning_stack, _, address = line.removeprefix(_START).removesuffix(_PROTECTED).rpartition(" ")
    try:
        return Address.parse(address) if owning_stack == stack else None
    except ValueError:
        return None
