# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an import of MCP servers comes to: drafts of manifests, what no manifest says, and the variables to set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest of an ``McpServer``: its name, its spec, what its comments tell, and the name of its file."""

    name: str
    spec: Mapping[str, Any]
    comments: tuple[str, ...]
    file_name: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A server that has no draft, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class NeededVariable:
    """An environment variable that manifests refer to; ``where`` tells what for, never its value."""

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """Everything that an import of one file comes to."""

    drafts: tuple[Draft, ...]
    left_out: tuple[LeftOut, ...]
    variables: tuple[NeededVariable, ...]


class Unsayable(Exception):
    """A server, or one of its packages, that no manifest can say; the text is the reason."""
