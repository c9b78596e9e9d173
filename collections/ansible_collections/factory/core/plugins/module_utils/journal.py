# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal: the append-only stream of structured events of a run, one JSON object a line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from ansible_collections.factory.core.plugins.module_utils.redaction import Redact


@contextlib.contextmanager
def open_journal(file: Path, redact: Redact, **context: Any) -> Iterator[Any]:
    """A structlog logger that appends to *file*; every event carries *context*, no event a secret."""
    file.parent.mkdir(parents=True, exist_ok=True)

    def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        redacted: Mapping[str, Any] = redact(event)
        return redacted

    with file.open("a", encoding="utf-8", buffering=1) as stream:
        logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                redact_event,
                structlog.processors.JSONRenderer(default=lambda value: redact(str(value))),
            ],
            wrapper_class=structlog.BoundLogger,
        )
        yield logger.bind(**context)
