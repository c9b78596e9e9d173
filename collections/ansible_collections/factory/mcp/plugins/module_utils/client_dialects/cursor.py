# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cursor: the transport is told by the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    env_reference,
    http_value,
    stdio_value,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer


def _entry(entry: ServerEntry, _wrapper: str) -> tuple[Mapping[str, Any], bool]:
    if isinstance(entry.server, StdioServer):
        return stdio_value(entry.server, env_reference), False
    return http_value(entry.server, env_reference), False


CURSOR = ClientDialect(
    name="cursor",
    title="Cursor",
    key="mcpServers",
    user_file=lambda home: f"{home.folder}/.cursor/mcp.json",
    project_file=".cursor/mcp.json",
    entry=_entry,
    expands=re.compile(r"\$\{[^}]*\}"),
)
