# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claude Code: ``${NAME}`` and ``${NAME:-default}`` are expanded, ``$NAME`` is not (measured with 2.1.197)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    http_value,
    shell_reference,
    stdio_value,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer


def _entry(entry: ServerEntry, _wrapper: str) -> tuple[Mapping[str, Any], bool]:
    if isinstance(entry.server, StdioServer):
        return {"type": "stdio", **stdio_value(entry.server, shell_reference)}, False
    return {"type": "http", **http_value(entry.server, shell_reference)}, False


CLAUDE_CODE = ClientDialect(
    name="claude-code",
    title="Claude Code",
    key="mcpServers",
    user_file=lambda home: f"{home.variables.get('CLAUDE_CONFIG_DIR') or home.folder}/.claude.json",
    project_file=".mcp.json",
    entry=_entry,
    locks_with_folder=True,
    expands=re.compile(r"\$\{\w+(?::-[^}]*)?\}"),
)
