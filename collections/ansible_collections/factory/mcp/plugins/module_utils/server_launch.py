# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server is reached: as a process over its pipes, over TCP, or over streamable HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|credential|bearer", re.IGNORECASE)
_SHORTEST_SECRET = 6
_WORDS_BEFORE_A_SECRET = ("bearer ", "basic ", "token ")


@dataclass(frozen=True, slots=True)
class StdioLaunch:
    """A server that runs as our child and speaks over its standard input and output.

    env is added to the few variables that every server gets (HOME, LOGNAME, PATH, SHELL, TERM, USER);
    nothing else of our environment reaches it.
    """

    command: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None

    def __str__(self) -> str:
        return self.command


@dataclass(frozen=True, slots=True)
class TcpLaunch:
    """A server that speaks as over standard input and output, on a TCP port (what socat offers)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpLaunch:
    """A server at a URL, over streamable HTTP; ``headers`` go with every request."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


Launch = StdioLaunch | TcpLaunch | HttpLaunch

SERVER_ARGUMENTS: dict[str, Any] = {
    "command": {"type": "str"},
    "args": {"type": "list", "elements": "str", "default": []},
    "env": {"type": "dict", "default": {}, "no_log": True},
    "cwd": {"type": "path"},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "url": {"type": "str"},
    "headers": {"type": "dict", "default": {}, "no_log": True},
}
"""The options by which a task names a server. Arguments are no secret: the process list shows them."""
ONE_WAY_TO_REACH: dict[str, Any] = {
    "mutually_exclusive": [("command", "host", "url")],
    "required_one_of": [("command", "host", "url")],
    "required_together": [("host", "port")],
}


def launch_from(arguments: Mapping[str, Any]) -> Launch:
    """The launch that a task's *arguments* describe.

    Raises ``FactoryError`` for a port or a URL that cannot be.
    """
    if arguments["command"]:
        env = {str(name): str(value) for name, value in arguments["env"].items()}
        return StdioLaunch(arguments["command"], tuple(arguments["args"]), env, arguments["cwd"])
    if arguments["host"]:
        if not 0 < arguments["port"] < 65536:
            raise FactoryError(f"port is {arguments['port']}; expected a number from 1 to 65535")
        return TcpLaunch(arguments["host"], arguments["port"])
    if urlsplit(arguments["url"]).scheme not in ("http", "https"):
        raise FactoryError("url must begin with http:// or https://")
    return HttpLaunch(arguments["url"], {str(name): str(value) for name, value in arguments["headers"].items()})


def keep_short_values_visible(hidden: set[Any]) -> None:
    """Take values that are too short to be secrets out of *hidden*, a module's ``no_log_values``.

    Ansible hides each value of ``env`` wherever it occurs in what the module returns: a ``DEBUG=1`` would hide
    every 1. The limit is that of core's redaction.
    """
    hidden -= {value for value in hidden if len(str(value)) < _SHORTEST_SECRET}


def secrets_of(launch: Launch) -> frozenset[str]:
    """Every text of *launch* that may be a secret: no message may show one.

    All values of the environment but the home folder, and of headers, values of options whose name says so
    (``--api-key``), passwords and query values of URLs.
    """
    if isinstance(launch, StdioLaunch):
        values = (value for name, value in launch.env.items() if name != "HOME")
        return frozenset((*values, *_secret_arguments(launch.args)))
    if isinstance(launch, HttpLaunch):
        return frozenset((*_header_secrets(launch.headers), *_url_secrets(launch.url)))
    return frozenset()


def _secret_arguments(arguments: tuple[str, ...]) -> Iterator[str]:
    for argument, following in zip(arguments, [*arguments, ""][1:], strict=True):
        name, equals, value = argument.partition("=")
        if _SECRET_NAME.search(name):
            if equals:
                yield value
            elif name.startswith("-"):
                yield following
        yield from _url_secrets(value if equals else argument)


def _header_secrets(headers: Mapping[str, str]) -> Iterator[str]:
    for value in headers.values():
        yield value
        for word in _WORDS_BEFORE_A_SECRET:
            if value.lower().startswith(word):
                yield value[len(word) :]


def _url_secrets(text: str) -> Iterator[str]:
    if "://" not in text:
        return
    try:
        parts = urlsplit(text)
        yield parts.password or ""
    except ValueError:
        return
    yield from (value for _, value in parse_qsl(parts.query))
