# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A call of a tool, how it is to be made, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, said
from ansible_collections.factory.mcp.plugins.module_utils.server_connection import ANSWER_BYTES

_OPERATION_ID = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})?")


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How calls to one server are made; times in seconds."""

    try_seconds: float = 30.0
    """How long one try may take, and how long connecting may."""
    total_seconds: float = 60.0
    """How long a call may take with all its tries, from when it has its turn."""
    tries: int = 3
    """How often an idempotent call may be sent."""
    concurrency: int = 8
    """How many calls may be under way at the same time; the others queue."""
    result_bytes: int = 256 * 1024
    """Results over this go to a file."""
    answer_bytes: int = ANSWER_BYTES
    """Answers over this are not read to their end."""
    breaker_failures: int = 5
    breaker_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call. ``idempotent`` is what is declared of it; ``None`` leaves it to the tool's annotations."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    idempotent: bool | None = None
    operation_id: str = ""
    """Goes to the server with every try, into the journal, and into the name of a file; made up when empty."""

    def __post_init__(self) -> None:
        if not _OPERATION_ID.fullmatch(self.operation_id):
            raise FactoryError(
                f"{said(self.operation_id)} is no operation id; expected at most 100 letters, digits, '.', '-' and '_'"
            )


class CallOutcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    FAILED = "failed"
    """The tool, or the server, said that it failed."""
    NOT_DONE = "not done"
    """It never reached the server."""
    UNCONFIRMED = "unconfirmed"
    """It was sent and left without a usable answer: it may have taken effect."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a call ended. ``content`` and ``structured`` are what the tool gave, as it gave it."""

    outcome: CallOutcome
    operation_id: str
    problem: str = ""
    """What went wrong and what to do, without secrets; empty when it is done."""
    content: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    structured: Any = field(default=None, repr=False)
    file: Path | None = None
    """Where the result is, as JSON with ``content`` and ``structuredContent``, when it was too large."""
    size: int = 0
    """Bytes of the result as JSON."""
    read_only: bool = False
    """Whether the tool says of itself that it changes nothing."""
    tries: int = 0
    seconds: float = 0.0
