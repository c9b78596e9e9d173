# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen of a server while it was talked to: the matter of error messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

_STDERR_BYTES = 65536
_STDERR_LINES = 5
_LINE_LENGTH = 300


@dataclass(slots=True)
class ServerTrace:
    """What one connection to a server has shown; the transports write it, error messages read it."""

    stderr: bytearray = field(default_factory=bytearray)
    """The end of what it wrote on standard error."""
    stderr_cut: bool = False
    noise: str = ""
    """The first line on standard output that is no message."""
    noise_lines: int = 0
    too_large: int = 0
    """The bytes of an answer that went over the limit, 0 when none did."""
    exit_code: int | None = None
    http_status: int = 0
    """The last HTTP status that was no success."""
    http_type: str = ""
    """The content type of the last answer over HTTP."""
    answers: int = 0
    last_result: dict[str, Any] = field(default_factory=dict)
    """The last result as the server sent it."""
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the connection can serve no further request."""

    def heard_on_stderr(self, chunk: bytes) -> None:
        """Keep the end of standard error."""
        self.stderr += chunk
        if len(self.stderr) > _STDERR_BYTES:
            self.stderr_cut = True
            del self.stderr[: len(self.stderr) - _STDERR_BYTES]

    def heard_noise(self, line: bytes) -> None:
        """Count a line that is no message, and keep the first."""
        self.noise_lines += 1
        self.noise = self.noise or line[:4096].decode(errors="replace").strip()

    def last_words(self) -> list[str]:
        """The whole text of each of the last lines on standard error; redact them before cutting them."""
        lines = bytes(self.stderr).decode(errors="replace").splitlines()
        if self.stderr_cut and len(lines) > 1:
            lines = lines[1:]
        return [line for line in lines if line.strip()][-_STDERR_LINES:]


def shortened(text: str) -> str:
    """*text* as one line fit for a message."""
    text = " ".join(text.split())
    return text if len(text) <= _LINE_LENGTH else f"{text[:_LINE_LENGTH]}…"
