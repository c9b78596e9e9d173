# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claude Desktop: servers over standard streams only, and no variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    Inexpressible,
    wrapped_value,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer


def _entry(entry: ServerEntry, wrapper: str) -> tuple[Mapping[str, Any], bool]:
    if not isinstance(entry.server, StdioServer):
        raise Inexpressible(
            "Claude Desktop knows servers over standard streams only and drops an entry with a url; declare a bridge "
            "such as mcp-remote as a server with a command, or leave claude-desktop out of the entry's clients"
        )
    return wrapped_value(entry.server, wrapper)


CLAUDE_DESKTOP = ClientDialect(
    name="claude-desktop",
    title="Claude Desktop",
    key="mcpServers",
    user_file=lambda home: f"{home.application_support()}/Claude/claude_desktop_config.json",
    project_file=None,
    entry=_entry,
)
