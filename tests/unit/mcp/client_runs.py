"""What the tests of client files share: a home folder, and runs over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home, Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.client_run import (
    ClientTarget,
    EntryOutcome,
    Request,
    run_on_clients,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import entries_from

FILES = {"name": "ours", "command": "/opt/mcp/files", "args": ["--root", "/srv/ü"], "env": {"LEVEL": "info"}}


def home_at(folder: Path) -> Home:
    return Home(str(folder), False, {})


def run(
    folder: Path,
    clients: list[str],
    entries: list[Mapping[str, Any]],
    environment: Mapping[str, str] | None = None,
    **flags: bool,
) -> list[EntryOutcome]:
    """Run over the user's files of *clients* in the home *folder*."""
    targets = tuple(ClientTarget(DIALECTS[client], Scope.USER) for client in clients)
    declared = entries_from(entries, frozenset(DIALECTS))
    return run_on_clients(Request(declared, targets, home_at(folder), environment or {}, **flags))


def only(outcomes: list[EntryOutcome]) -> EntryOutcome:
    assert len(outcomes) == 1
    return outcomes[0]


def file_of(folder: Path, client: str) -> Path:
    return Path(DIALECTS[client].file(Scope.USER, home_at(folder), None))


def write(folder: Path, client: str, content: str | bytes) -> Path:
    file = file_of(folder, client)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file
