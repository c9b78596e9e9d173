# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a client is offered: one MCP server, in no client's dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean
from ansible_collections.factory.mcp.plugins.module_utils.literal_secrets import why_secret

_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STDIO_ONLY = ("command", "args", "env", "cwd")
_HTTP_ONLY = ("url", "headers")


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to an environment variable; ``${env:NAME}`` in YAML."""

    name: str


@dataclass(frozen=True, slots=True)
class TextValue:
    """A text in which references to environment variables may stand, such as ``Bearer ${env:TOKEN}``."""

    parts: tuple[str | Variable, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables it refers to, in order."""
        return tuple(part.name for part in self.parts if isinstance(part, Variable))

    @property
    def literals(self) -> tuple[str, ...]:
        """What of it is plain text."""
        return tuple(part for part in self.parts if isinstance(part, str))

    def rendered(self, reference: Callable[[str], str]) -> str:
        """The text, with *reference* of the name in the place of each variable."""
        return "".join(part if isinstance(part, str) else reference(part.name) for part in self.parts)

    def __str__(self) -> str:
        return self.rendered("${{env:{}}}".format)


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A server that the client starts and talks to over its standard streams."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, TextValue] = field(default_factory=dict)
    cwd: str = ""


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server that is reached by streamable HTTP."""

    url: str
    headers: Mapping[str, TextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server, as clients are to know it.

    Timeouts are in seconds. ``allowed_tools`` is None when every tool is allowed. ``clients`` are the names of the
    clients that it is offered to, None for all.
    """

    name: str
    server: StdioServer | HttpServer
    startup_timeout: float | None = None
    tool_timeout: float | None = None
    allowed_tools: tuple[str, ...] | None = None
    denied_tools: tuple[str, ...] = ()
    clients: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What is wrong with the text at a path of an entry, and the values that must not be shown."""

    path: tuple[str | int, ...]
    message: str
    secrets: frozenset[str] = frozenset()


class InvalidEntries(FactoryError):
    """Everything that is wrong with the declared entries; nothing was read or written.

    ``secrets`` are the values that must not be shown, for whoever prints the arguments.
    """

    def __init__(self, problems: list[str], secrets: frozenset[str]) -> None:
        self.secrets = secrets
        super().__init__("\n".join(problems))


def text_value(text: str) -> TextValue:
    """*text* with its references found."""
    pieces = _REFERENCE.split(text)
    parts: list[str | Variable] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            parts.append(Variable(piece))
        elif piece:
            parts.append(piece)
    return TextValue(tuple(parts))


def entries_from(declared: list[Mapping[str, Any]], known_clients: frozenset[str]) -> tuple[ServerEntry, ...]:
    """The entries that *declared* describes, each a mapping with the options of ``factory.mcp.client``.

    Raises ``InvalidEntries`` with every problem of every entry.
    """
    problems: list[str] = []
    secrets: set[str] = set()
    names = [str(one["name"]) for one in declared]
    for index, one in enumerate(declared):
        found, values = _problems_of(one, known_clients)
        if names[index] in names[:index]:
            found.append("there is another entry of that name; take one of them out")
        problems += [f"entry '{one['name']}': {problem}" for problem in found]
        secrets |= values
    if problems:
        raise InvalidEntries(problems, frozenset(secrets))
    return tuple(_entry(one) for one in declared)


def _entry(one: Mapping[str, Any]) -> ServerEntry:
    server: StdioServer | HttpServer
    if one.get("url"):
        server = HttpServer(one["url"], _texts(one.get("headers")))
    else:
        args = tuple(str(arg) for arg in one.get("args") or ())
        server = StdioServer(one["command"], args, _texts(one.get("env")), one.get("cwd") or "")
    allowed, clients = one.get("allowed_tools"), one.get("clients")
    return ServerEntry(
        one["name"],
        server,
        one.get("startup_timeout"),
        one.get("tool_timeout"),
        None if allowed is None else tuple(allowed),
        tuple(one.get("denied_tools") or ()),
        None if clients is None else frozenset(clients),
    )


def _texts(values: Mapping[str, Any] | None) -> dict[str, TextValue]:
    return {name: text_value(str(value)) for name, value in (values or {}).items()}


def _problems_of(one: Mapping[str, Any], known_clients: frozenset[str]) -> tuple[list[str], set[str]]:
    """What is wrong with one entry, and the secrets in it."""
    problems = [*_shape_problems(one)]
    for client in one.get("clients") or ():
        if client not in known_clients:
            problems.append(f"there is no client '{client}'{did_you_mean(client, known_clients)}")
    secrets: set[str] = set()
    for found in text_problems(one):
        problems.append(f"{_where(found.path)} {found.message}")
        secrets |= found.secrets
    return problems, secrets


def text_problems(one: Mapping[str, Any]) -> Iterator[TextProblem]:
    """What is wrong with the texts of an entry: references where none can be, and literal secrets."""
    for path, name, text, may_refer in _texts_of(one):
        value = text_value(text)
        if value.variables and not may_refer:
            yield TextProblem(
                path,
                f"refers to ${{env:{value.variables[0]}}}; references are for env and headers only, since "
                "others can read arguments and addresses in the list of processes and in logs",
            )
        reason = why_secret(name, value.literals)
        if reason and not (value.variables and may_refer and reason.by_name):
            variable = re.sub(r"\W+", "_", name).strip("_").upper() or "NAME"
            instead = f"write ${{env:{variable}}}" if may_refer else f"pass it in env as ${{env:{variable}}}"
            yield TextProblem(
                path,
                f"holds a literal value and {reason.text}; secrets are given by reference only: {instead} and "
                "keep the value in the environment",
                frozenset(value.literals),
            )


def _where(path: tuple[str | int, ...]) -> str:
    first, *rest = path
    return str(first) + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)


def _shape_problems(one: Mapping[str, Any]) -> list[str]:
    problems = []
    if not _NAME.fullmatch(str(one["name"])):
        problems.append("a name has letters, digits, hyphens and underscores, and begins with a letter or a digit")
    if bool(one.get("command")) == bool(one.get("url")):
        problems.append("give either command (a server over standard streams) or url (one over HTTP)")
    elif one.get("url"):
        problems += [f"{key} is for servers with a command" for key in _STDIO_ONLY if one.get(key)]
        if not re.match(r"https?://[^\s/@]+(?:[/?#]\S*)?$", one["url"]):
            problems.append(
                "url is not an http or https address, or has a user or password in it; those belong in headers"
            )
    else:
        problems += [f"{key} is for servers with a url" for key in _HTTP_ONLY if one.get(key)]
    for name in one.get("env") or {}:
        if not _VARIABLE.fullmatch(str(name)):
            problems.append(f"env has the name '{name}', which is none that a variable can have")
    for key in ("startup_timeout", "tool_timeout"):
        if one.get(key) is not None and one[key] <= 0:
            problems.append(f"{key} is {one[key]:g}; it is a number of seconds above 0")
    return problems


def _texts_of(one: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str, str, bool]]:
    """Where it stands, its name, its text and whether references may stand in it, for every text of an entry."""
    texts: list[tuple[tuple[str | int, ...], str, str, bool]] = [
        ((key,), key, str(one[key]), False) for key in ("command", "url", "cwd") if one.get(key)
    ]
    previous = ""
    for index, arg in enumerate(one.get("args") or ()):
        option, separator, value = str(arg).partition("=")
        if separator and option.startswith("-"):
            texts.append((("args", index), option.lstrip("-"), value, False))
        else:
            texts.append((("args", index), previous, str(arg), False))
        previous = str(arg).lstrip("-") if str(arg).startswith("-") and not separator else ""
    for key in ("env", "headers"):
        texts += [((key, str(name)), str(name), str(value), True) for name, value in (one.get(key) or {}).items()]
    return texts
