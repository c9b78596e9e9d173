# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One server, as a client has it, as the spec of a manifest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Unsayable
from ansible_collections.factory.mcp.plugins.module_utils.import_program import Program, Resolve, Start, program_from
from ansible_collections.factory.mcp.plugins.module_utils.import_shape import (
    NAMED_SCALARS,
    SCALAR,
    SCALARS,
    TEXT,
    VARIABLE,
    VARIABLES,
    as_text,
    fault,
)
from ansible_collections.factory.mcp.plugins.module_utils.import_wording import Wording

_NAMES = {"type": "array", "items": TEXT, "description": "a list of names"}
_VARIABLE_NAMES = {"type": "array", "items": VARIABLE, "description": "a list of names of variables"}
_NAMED_NAMES = {"type": "object", "additionalProperties": VARIABLE, "description": "an object of names of variables"}
_SECONDS = {"type": "number", "exclusiveMinimum": 0, "description": "a number above 0"}
_URL_KEYS = ("httpUrl", "serverUrl", "url")
_ALLOWED = ("enabled_tools", "includeTools")
_DENIED = ("disabled_tools", "excludeTools", "disabledTools")
_SAID_ELSEWHERE = frozenset(("type", "source", "disabled", "enabled"))
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "an object",
    "properties": {
        "command": TEXT,
        "args": SCALARS,
        "env": VARIABLES,
        "cwd": TEXT,
        "type": TEXT,
        "source": SCALAR,
        **dict.fromkeys(_URL_KEYS, TEXT),
        **dict.fromkeys(("headers", "http_headers"), NAMED_SCALARS),
        "env_http_headers": _NAMED_NAMES,
        "bearer_token_env_var": VARIABLE,
        "env_vars": _VARIABLE_NAMES,
        **dict.fromkeys((*_ALLOWED, *_DENIED), _NAMES),
        "startup_timeout_sec": _SECONDS,
    },
}


def drafted_entry(
    name: str, value: Any, folder: str, wording: Wording, resolve: Resolve | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The spec of the server that a client calls *name*, and what its comments tell.

    *folder* is where its relative paths begin. Raises ``Unsayable``, also for an entry of no shape that is known.
    """
    entry = _plain(value)
    if found := fault(entry, _SCHEMA):
        raise Unsayable(found[1])
    url = next((entry[key] for key in _URL_KEYS if key in entry), None)
    if (url is None) == ("command" not in entry):
        raise Unsayable("it has neither a command nor a url" if url is None else "it has both a command and a url")
    comments: list[str] = []
    if url is None:
        cwd = wording.text("cwd", entry.get("cwd", ""), name, "cwd")
        program = _program(name, entry, cwd or folder, wording, resolve)
        comments += program.comments
        parts = {"source": program.source, "args": list(program.args), "env": dict(program.env), "cwd": cwd}
    else:
        parts = {"source": {"remote": _remote(name, url, entry, wording)}}
    tools = {"allow": _first(entry, _ALLOWED), "deny": _first(entry, _DENIED)}
    parts["tools"] = {key: names for key, names in tools.items() if names}
    parts["deadline"] = entry.get("startup_timeout_sec")
    comments += _remarks(entry, url is None)
    return {key: part for key, part in parts.items() if part}, tuple(comments)


def _plain(value: Any) -> Any:
    """The entry as all clients but old versions of Zed write it, without what is null."""
    if isinstance(value, Mapping) and isinstance(value.get("command"), Mapping):
        command = value["command"]
        value = {**value, "command": command.get("path"), "args": command.get("args"), "env": command.get("env")}
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, Mapping) else value


def _program(name: str, entry: Mapping[str, Any], folder: str, wording: Wording, resolve: Resolve | None) -> Program:
    if entry.get("type", "stdio") != "stdio":
        raise Unsayable("it has a command, but its type is not stdio")

    def refer(variable: str) -> str:
        return wording.refer(variable, name, f"env.{variable}")

    env = {key: wording.text(key, as_text(one), name, f"env.{key}") for key, one in entry.get("env", {}).items()}
    env = {**{variable: refer(variable) for variable in entry.get("env_vars", ())}, **env}
    start = Start(
        wording.text("", entry["command"], name, "command"),
        tuple(wording.arguments([as_text(one) for one in entry.get("args", ())], name, "args")),
        env,
        folder,
    )
    return program_from(start, refer, resolve)


def _remote(name: str, url: str, entry: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    if entry.get("type") == "sse":
        raise Unsayable(
            "it speaks SSE, which MCP has given up and Factory does not speak; "
            "most servers have an address for streamable HTTP as well, often the one with /mcp in the place of /sse"
        )
    said = wording.text("", url, name, "url")
    if not said.startswith(("http://", "https://")):
        raise Unsayable("its url is no address of http or https as it stands in the file")
    given = {**entry.get("headers", {}), **entry.get("http_headers", {})}
    headers = {key: wording.text(key, as_text(one), name, f"headers.{key}") for key, one in given.items()}
    for key, variable in entry.get("env_http_headers", {}).items():
        headers[key] = wording.refer(variable, name, f"headers.{key}")
    if "bearer_token_env_var" in entry:
        token = wording.refer(entry["bearer_token_env_var"], name, "headers.Authorization")
        headers["Authorization"] = f"Bearer {token}"
    return {"url": said, "headers": headers} if headers else {"url": said}


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    return next((list(entry[key]) for key in keys if key in entry), [])


def _remarks(entry: Mapping[str, Any], is_started: bool) -> Iterator[str]:
    """What a person should know that no spec says."""
    if entry.get("disabled") is True or entry.get("enabled") is False:
        yield "It is switched off in the client."
    others = _URL_KEYS if is_started else ("command", "args", "env", "env_vars", "cwd")
    said = {*_SCHEMA["properties"], *_SAID_ELSEWHERE} - set(others)
    if unsaid := sorted(key for key in entry if key not in said):
        yield f"Left to the client, since a manifest cannot say it: {', '.join(unsaid)}."
