# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a manifest declares of one server, in the types that everything else works with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.factory.mcp.plugins.module_utils.server_entry import TextValue, text_value

DEADLINE_SECONDS = 30
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A package of a registry: ``npm`` or ``pypi``."""

    registry: Literal["npm", "pypi"]
    package: str
    version: str
    program: str = ""
    integrity: str = ""

    def __str__(self) -> str:
        return f"{self.registry}:{self.package}@{self.version}"


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A container image by its digest."""

    image: str
    digest: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"oci:{self.image}@{self.digest}"


@dataclass(frozen=True, slots=True)
class ProgramSource:
    """A program that is on the host already."""

    path: str
    integrity: str = ""

    def __str__(self) -> str:
        return f"command:{self.path}"


@dataclass(frozen=True, slots=True)
class RemoteSource:
    """A server that somebody else runs."""

    url: str
    headers: Mapping[str, TextValue] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"remote:{self.url}"


Source = PackageSource | ImageSource | ProgramSource | RemoteSource


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server that goes on running is to listen."""

    host: str
    port: int
    path: str = "/mcp"
    exposed: bool = False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A client that is told of a server; with a project, by the file of that project."""

    client: str
    project: str = ""

    def __str__(self) -> str:
        return f"{self.client} in {self.project}" if self.project else self.client


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that proves that a server works."""

    tool: str
    arguments: Mapping[str, Any]
    error: bool = False
    contains: str = ""


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """The ``spec`` of a McpServer."""

    source: Source
    transport: str = "stdio"
    listening: Listening | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, TextValue] = field(default_factory=dict)
    cwd: str = ""
    clients: tuple[ClientFile, ...] = ()
    allowed_tools: tuple[str, ...] | None = None
    denied_tools: tuple[str, ...] = ()
    expected_tools: tuple[str, ...] = ()
    probe: Probe | None = None
    deadline: int = DEADLINE_SECONDS

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the environment variables that it refers to, sorted."""
        texts = [*self.env.values(), *(self.source.headers.values() if isinstance(self.source, RemoteSource) else ())]
        return tuple(sorted({name for text in texts for name in text.variables}))


def spec_from(spec: Mapping[str, Any]) -> ServerSpec:
    """The types of a valid ``spec``."""
    source = _source(spec["source"])
    tools, listen = spec.get("tools", {}), spec.get("listen")
    remote = isinstance(source, RemoteSource)
    return ServerSpec(
        source,
        spec.get("transport", "streamable-http" if remote else "stdio"),
        None if listen is None else Listening(**{"host": "127.0.0.1", **listen}),
        tuple(spec.get("args", ())),
        {name: text_value(text) for name, text in spec.get("env", {}).items()},
        spec.get("cwd", ""),
        tuple(_client(one) for one in spec.get("clients", ())),
        None if tools.get("allow") is None else tuple(tools["allow"]),
        tuple(tools.get("deny", ())),
        tuple(tools.get("expect", ())),
        _probe(spec["probe"]) if "probe" in spec else None,
        spec.get("deadline", DEADLINE_SECONDS),
    )


def _source(source: Mapping[str, Any]) -> Source:
    ((kind, one),) = source.items()
    match kind:
        case "oci":
            return ImageSource(one["image"], one["digest"], tuple(one.get("options", ())))
        case "command":
            return ProgramSource(one["path"], one.get("integrity", ""))
        case "remote":
            headers = {name: text_value(text) for name, text in one.get("headers", {}).items()}
            return RemoteSource(one["url"], headers)
    registry: Literal["npm", "pypi"] = "npm" if kind == "npm" else "pypi"
    return PackageSource(registry, one["package"], one["version"], one.get("bin", ""), one.get("integrity", ""))


def _client(one: str | Mapping[str, str]) -> ClientFile:
    return ClientFile(one) if isinstance(one, str) else ClientFile(one["client"], one.get("project", ""))


def _probe(one: Mapping[str, Any]) -> Probe:
    expect = one.get("expect", {})
    return Probe(one["tool"], one.get("arguments", {}), expect.get("error", False), expect.get("contains", ""))
