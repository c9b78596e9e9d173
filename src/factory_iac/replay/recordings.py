"""Recorded traffic: one JSON object a line, a scenario being a sequence of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UUID = r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"
_FAMILIES = frozenset(
    ["databases", "data_sources", "pages", "blocks", "views", "search", "users", "comments", "file_uploads"]
)
_KEYS = ("n", "version", "method", "path", "status", "response")


@dataclass(frozen=True)
class Step:
    """One request and what Notion answered."""

    n: int
    version: str
    method: str
    path: str
    body: Any
    status: int
    response: Any

    @property
    def answer(self) -> dict[str, Any]:
        """The response as an object; an empty one where it is none, such as the HTML of a proxy."""
        return self.response if isinstance(self.response, dict) else {}

    @property
    def route(self) -> str:
        """Method and path without ids and query."""
        path = re.sub(_UUID, "{id}", self.path.partition("?")[0])
        path = re.sub(r"/properties/[^/]+", "/properties/{id}", path)
        return f"{self.method} {re.sub(r'task_[0-9a-f]+|task_{id}', '{id}', path)}"

    @property
    def family(self) -> str:
        """The part of the API the request belongs to."""
        parts = self.path.partition("?")[0].split("/")
        if parts[2:3] == ["data_sources"] and parts[-1] == "query":
            return "query"
        root = parts[2] if len(parts) > 2 else ""
        return root if root in _FAMILIES else "other"

    @property
    def reads(self) -> bool:
        """Whether the request changes nothing."""
        return self.method == "GET" or self.family in ("query", "search")


@dataclass(frozen=True)
class Scenario:
    """A sequence of requests against one workspace."""

    name: str
    steps: tuple[Step, ...]


def read(folder: Path) -> list[Scenario]:
    """All scenarios of a folder. One that begins again is one more: each starts on a workspace of its own.

    Raises ValueError with file and line for what is no recorded interaction.
    """
    found: list[tuple[str, list[Step]]] = []
    for file in sorted(folder.rglob("*.jsonl")):
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            if line.strip():
                name, step = _interaction(line, f"{file}:{number}")
                if not found or found[-1][0] != name or step.n <= found[-1][1][-1].n:
                    found.append((name, []))
                found[-1][1].append(step)
    return [Scenario(name, tuple(steps)) for name, steps in _numbered(found)]


def _interaction(line: bytes, where: str) -> tuple[str, Step]:
    """The scenario of one line, and its step."""
    try:
        entry = json.loads(line)
        step = Step(**{key: entry[key] for key in _KEYS}, body=entry["body"] or None)
        name = f"{entry['source']}/{entry['scenario']}"
    except KeyError as error:
        raise ValueError(f"{where}: a recorded interaction has a key {error}") from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: not a recorded interaction as a JSON object ({error})") from error
    if not (isinstance(step.n, int) and isinstance(step.path, str) and isinstance(step.method, str)):
        raise ValueError(f"{where}: n is a number, method and path are texts")
    return name, step


def _numbered(found: list[tuple[str, list[Step]]]) -> list[tuple[str, list[Step]]]:
    """Names that occur once: later ones of the same name get a number."""
    seen: dict[str, int] = {}
    named = []
    for name, steps in found:
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name}#{seen[name]}", steps))
    return named
