# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gemini CLI: ``$NAME``, ``${NAME}`` and ``${NAME:-default}`` are expanded (measured with 0.61.0)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    Feature,
    http_value,
    shell_reference,
    stdio_value,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer


def _entry(entry: ServerEntry, _wrapper: str) -> tuple[Mapping[str, Any], bool]:
    value: dict[str, Any]
    if isinstance(entry.server, StdioServer):
        value = stdio_value(entry.server, shell_reference)
        if entry.server.cwd:
            value["cwd"] = entry.server.cwd
    else:
        value = {**http_value(entry.server, shell_reference), "type": "http"}
    if entry.tool_timeout is not None:
        value["timeout"] = round(entry.tool_timeout * 1000)
    if entry.allowed_tools is not None:
        value["includeTools"] = list(entry.allowed_tools)
    if entry.denied_tools:
        value["excludeTools"] = list(entry.denied_tools)
    return value, False


GEMINI = ClientDialect(
    name="gemini",
    title="Gemini CLI",
    key="mcpServers",
    user_file=lambda home: f"{home.folder}/.gemini/settings.json",
    project_file=".gemini/settings.json",
    entry=_entry,
    features=frozenset(Feature) - {Feature.STARTUP_TIMEOUT},
    expands=re.compile(r"\$(?:\w+|\{\w+[^}]*\})"),
)
