# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VS Code: servers stand under ``servers``, and each says its type."""

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
        return {"type": "stdio", **stdio_value(entry.server, env_reference)}, False
    return {"type": "http", **http_value(entry.server, env_reference)}, False


VSCODE = ClientDialect(
    name="vscode",
    title="VS Code",
    key="servers",
    user_file=lambda home: f"{home.application_support()}/Code/User/mcp.json",
    project_file=".vscode/mcp.json",
    entry=_entry,
    expands=re.compile(r"\$\{[^}]*\}"),
)
