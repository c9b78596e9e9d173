# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windsurf: the address is called ``serverUrl``."""

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
    return http_value(entry.server, env_reference, "serverUrl"), False


WINDSURF = ClientDialect(
    name="windsurf",
    title="Windsurf",
    key="mcpServers",
    user_file=lambda home: f"{home.folder}/.codeium/windsurf/mcp_config.json",
    project_file=None,
    entry=_entry,
    expands=re.compile(r"\$\{(?:env|file):[^}]*\}"),
)
