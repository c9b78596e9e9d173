# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is to know about a client: where its file is, and how it writes an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import HttpServer, ServerEntry, StdioServer


class Scope(StrEnum):
    """Whom a file of a client is for."""

    USER = "user"
    PROJECT = "project"


class Format(StrEnum):
    """How a file is written."""

    JSONC = "jsonc"
    TOML = "toml"


class Feature(StrEnum):
    """What only some clients can be told of a server."""

    CWD = "cwd"
    STARTUP_TIMEOUT = "startup_timeout"
    TOOL_TIMEOUT = "tool_timeout"
    ALLOWED_TOOLS = "allowed_tools"
    DENIED_TOOLS = "denied_tools"


@dataclass(frozen=True, slots=True)
class Home:
    """Whose files they are: the folder, whether it is on macOS, and the environment variables that move files."""

    folder: str
    is_mac: bool
    variables: Mapping[str, str]

    def config(self) -> str:
        """Where programs keep their settings on Linux."""
        return self.variables.get("XDG_CONFIG_HOME") or f"{self.folder}/.config"

    def application_support(self) -> str:
        """Where desktop programs keep theirs."""
        return f"{self.folder}/Library/Application Support" if self.is_mac else self.config()


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """An entry in a client's dialect.

    ``unmanageable`` tells by path what of it the client cannot be told. With ``wrapped``, ``value`` starts the wrapper.
    """

    value: Mapping[str, Any]
    unmanageable: Mapping[str, str]
    wrapped: bool = False


class Inexpressible(FactoryError):
    """A client cannot have this entry at all."""


@dataclass(frozen=True, slots=True)
class ClientDialect:
    """One client.

    ``key`` is where its servers stand; ``project_file`` is relative to the project, None if there is none.
    ``entry`` takes the path of the wrapper, to be used where the client has no variables, tells whether it was used,
    and raises ``Inexpressible``. ``features`` are those that it writes. ``expands`` is what the client does not take
    literally in texts.
    """

    name: str
    title: str
    key: str
    user_file: Callable[[Home], str]
    project_file: str | None
    entry: Callable[[ServerEntry, str], tuple[Mapping[str, Any], bool]]
    features: frozenset[Feature] = frozenset()
    expands: re.Pattern[str] | None = None
    format: Format = Format.JSONC
    locks_with_folder: bool = False
    """Whether the client, while it runs, writes its user's file itself under a lock that is a folder beside it."""

    def file(self, scope: Scope, home: Home, project: str | None) -> str:
        """The path of the file. Raises ``FactoryError``."""
        if scope is Scope.USER:
            return self.user_file(home)
        if self.project_file is None:
            raise FactoryError(f"{self.title} has no file for a project; use scope: user")
        if not project or not project.startswith("/"):
            raise FactoryError(f"{self.title} with scope: project needs project, the absolute path of its folder")
        return f"{project.rstrip('/')}/{self.project_file}"

    def rendered(self, entry: ServerEntry, wrapper: str) -> ClientEntry:
        """*entry* in this dialect. Raises ``Inexpressible``."""
        value, wrapped = self.entry(entry, wrapper)
        if self.expands is not None:
            for where, text in _literals(entry.server, wrapped):
                if found := self.expands.search(text):
                    raise Inexpressible(
                        f"{where} has '{found[0]}' in it, which {self.title} would take for a variable and replace; "
                        "it knows no way to write it literally. Write references as ${env:NAME}"
                    )
        return ClientEntry(value, dict(self._unmanageable(entry, wrapped)), wrapped)

    def _unmanageable(self, entry: ServerEntry, wrapped: bool) -> Iterator[tuple[str, str]]:
        if (
            isinstance(entry.server, StdioServer)
            and entry.server.cwd
            and not wrapped
            and Feature.CWD not in self.features
        ):
            yield "cwd", f"{self.title} starts every server in a folder of its own choice"
        declared = {
            Feature.STARTUP_TIMEOUT: entry.startup_timeout is not None,
            Feature.TOOL_TIMEOUT: entry.tool_timeout is not None,
            Feature.ALLOWED_TOOLS: entry.allowed_tools is not None,
            Feature.DENIED_TOOLS: bool(entry.denied_tools),
        }
        for feature, is_declared in declared.items():
            if is_declared and feature not in self.features:
                lists = "has no list of tools for a server; all tools of the server are offered"
                yield feature.value, f"{self.title} " + ("has no such timeout" if "timeout" in feature else lists)


def stdio_value(server: StdioServer, reference: Callable[[str], str]) -> dict[str, Any]:
    """What most clients call a server over standard streams; *reference* writes a variable as the client does."""
    value: dict[str, Any] = {"command": server.command}
    if server.args:
        value["args"] = list(server.args)
    if server.env:
        value["env"] = {name: text.rendered(reference) for name, text in server.env.items()}
    return value


def http_value(server: HttpServer, reference: Callable[[str], str], url_key: str = "url") -> dict[str, Any]:
    """What most clients call a server over HTTP."""
    value: dict[str, Any] = {url_key: server.url}
    if server.headers:
        value["headers"] = {name: text.rendered(reference) for name, text in server.headers.items()}
    return value


def wrapped_value(server: StdioServer, wrapper: str) -> tuple[dict[str, Any], bool]:
    """A server for a client without variables: the wrapper in its place if its environment refers to any."""
    if any(text.variables for text in server.env.values()):
        return {"command": wrapper}, True
    return stdio_value(server, str), False


def env_reference(name: str) -> str:
    """``${env:NAME}``, as editors write it."""
    return f"${{env:{name}}}"


def shell_reference(name: str) -> str:
    """``${NAME}``, as command line clients write it."""
    return f"${{{name}}}"


def seconds(value: float) -> int | float:
    """*value* without a fraction that is none."""
    return int(value) if value == int(value) else value


def _literals(server: StdioServer | HttpServer, wrapped: bool) -> Iterator[tuple[str, str]]:
    if isinstance(server, HttpServer):
        yield "url", server.url
        for name, text in server.headers.items():
            yield from ((f"headers.{name}", part) for part in text.literals)
        return
    if wrapped:
        return
    yield "command", server.command
    yield from ((f"args[{index}]", arg) for index, arg in enumerate(server.args))
    for name, text in server.env.items():
        yield from ((f"env.{name}", part) for part in text.literals)
