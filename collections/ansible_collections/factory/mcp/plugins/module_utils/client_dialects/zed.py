# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Zed: servers stand under ``context_servers`` in the settings, and there are no variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    Inexpressible,
    http_value,
    wrapped_value,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer


def _entry(entry: ServerEntry, wrapper: str) -> tuple[Mapping[str, Any], bool]:
    if isinstance(entry.server, StdioServer):
        value, wrapped = wrapped_value(entry.server, wrapper)
        return {"source": "custom", **value}, wrapped
    for name, text in entry.server.headers.items():
        if text.variables:
            raise Inexpressible(
                f"headers.{name} refers to ${{env:{text.variables[0]}}}, but Zed knows no variables, so that the value "
                "would stand in its settings; leave zed out of the entry's clients, or put a bridge such as mcp-remote "
                "before the server"
            )
    return http_value(entry.server, str), False


ZED = ClientDialect(
    name="zed",
    title="Zed",
    key="context_servers",
    user_file=lambda home: f"{f'{home.folder}/.config' if home.is_mac else home.config()}/zed/settings.json",
    project_file=".zed/settings.json",
    entry=_entry,
)
