# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Codex: TOML; variables are passed on by their name and never expanded (measured with 0.169.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import (
    ClientDialect,
    Feature,
    Format,
    Inexpressible,
    seconds,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import (
    HttpServer,
    ServerEntry,
    StdioServer,
    TextValue,
    Variable,
)

_BEARER = "Bearer "


def _entry(entry: ServerEntry, wrapper: str) -> tuple[Mapping[str, Any], bool]:
    value, wrapped = (
        _stdio(entry.server, wrapper) if isinstance(entry.server, StdioServer) else (_http(entry.server), False)
    )
    if entry.startup_timeout is not None:
        value["startup_timeout_sec"] = seconds(entry.startup_timeout)
    if entry.tool_timeout is not None:
        value["tool_timeout_sec"] = seconds(entry.tool_timeout)
    if entry.allowed_tools is not None:
        value["enabled_tools"] = list(entry.allowed_tools)
    if entry.denied_tools:
        value["disabled_tools"] = list(entry.denied_tools)
    # Tables come last: what follows them would belong to them.
    return dict(sorted(value.items(), key=lambda item: isinstance(item[1], dict))), wrapped


def _stdio(server: StdioServer, wrapper: str) -> tuple[dict[str, Any], bool]:
    referring = {name: text for name, text in server.env.items() if text.variables}
    if any(text.parts != (Variable(name),) for name, text in referring.items()):
        # Only a variable under its own name can be passed on.
        return {"command": wrapper}, True
    value: dict[str, Any] = {"command": server.command}
    if server.args:
        value["args"] = list(server.args)
    if server.cwd:
        value["cwd"] = server.cwd
    if referring:
        value["env_vars"] = list(referring)
    if literal := {name: str(text) for name, text in server.env.items() if not text.variables}:
        value["env"] = literal
    return value, False


def _http(server: HttpServer) -> dict[str, Any]:
    value: dict[str, Any] = {"url": server.url}
    literal: dict[str, str] = {}
    passed: dict[str, str] = {}
    for name, text in server.headers.items():
        if not text.variables:
            literal[name] = str(text)
        elif (bearer := _bearer_variable(name, text)) is not None:
            value["bearer_token_env_var"] = bearer
        elif len(text.parts) == 1:
            passed[name] = text.variables[0]
        else:
            raise Inexpressible(
                f"headers.{name} is '{text}', but Codex can only send a variable as a whole header or as the token of "
                "'Authorization: Bearer'; keep the whole value in one variable"
            )
    return value | ({"http_headers": literal} if literal else {}) | ({"env_http_headers": passed} if passed else {})


def _bearer_variable(name: str, text: TextValue) -> str | None:
    is_bearer = name.lower() == "authorization" and len(text.parts) == 2 and text.literals == (_BEARER,)
    return text.variables[0] if is_bearer and text.parts[0] == _BEARER else None


CODEX = ClientDialect(
    name="codex",
    title="Codex",
    key="mcp_servers",
    user_file=lambda home: f"{home.variables.get('CODEX_HOME') or f'{home.folder}/.codex'}/config.toml",
    project_file=".codex/config.toml",
    entry=_entry,
    features=frozenset(Feature),
    format=Format.TOML,
)
