# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ownership line: what Factory owns says so in the description of the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address

_START = "Managed by Factory: "


def ownership_line(stack: str, address: Address) -> str:
    """``Managed by Factory: factory NotionDatabase/tasks``: the stack's name and the address."""
    return f"{_START}{stack} {address}"


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


def owner_of(line: str | None, stack: str) -> Address | None:
    """The address that an ownership *line* names, if it names one of *stack*."""
    if line is None:
        return None
    owning_stack, _, address = line.removeprefix(_START).rpartition(" ")
    try:
        return Address.parse(address) if owning_stack == stack else None
    except ValueError:
        return None
