# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pins: what of a server somebody has read and accepted, by which a rug pull is noticed.

A pin keeps each tool as it was next to its SHA-256 over RFC 8785 JSON, so that drift can be shown and not only told.
What a server offers is a function of its package, arguments, environment and the client's capabilities (facts,
section 2), so a pin records them too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
    HttpLaunch,
    Launch,
    StdioLaunch,
    secrets_of,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import Tool, tool_to_wire


@dataclass(frozen=True, slots=True)
class PinContext:
    """From what the pinned offer came: it may change when one of these does.

    The protocol version is kept for the reader; another one is no drift, since what is pinned does not vary with it
    (facts, section 2).
    """

    package: str = ""
    """Such as ``npm:@modelcontextprotocol/server-filesystem@2026.8.31``; empty for a command or a remote server."""
    integrity: str = ""
    """The package's integrity as its registry writes it, such as ``sha512-…``."""
    arguments: str = ""
    """SHA-256 of how it is reached: command and arguments, or host and port, or URL; secrets in it do not count."""
    environment: tuple[str, ...] = ()
    """The names of the variables it gets, or of the headers, sorted."""
    capabilities: tuple[str, ...] = ()
    """The client capabilities that were declared, sorted."""
    protocol_version: str = ""


@dataclass(frozen=True, slots=True)
class ToolPin:
    """One tool as it was accepted."""

    sha256: str
    tool: Tool


@dataclass(frozen=True, slots=True)
class ServerPin:
    """What was accepted of one server; ``sha256`` is over all names and hashes of tools, and the instructions."""

    sha256: str
    context: PinContext
    instructions: str = ""
    tools: Mapping[str, ToolPin] = field(default_factory=dict)


def context_of(launch: Launch, protocol_version: str, package: str = "", integrity: str = "") -> PinContext:
    """The context of what the server at *launch* offers to a client without capabilities.

    Secrets among the arguments do not count, so that a new key is no drift.
    """
    if isinstance(launch, StdioLaunch):
        how: list[Any] = [launch.command, *_without_secrets(launch.args, launch), launch.cwd]
        names: Iterable[str] = launch.env
    elif isinstance(launch, HttpLaunch):
        how, names = _without_secrets((launch.url,), launch), (name.lower() for name in launch.headers)
    else:
        how, names = [launch.host, launch.port], ()
    return PinContext(package, integrity, sha256_of(how), tuple(sorted(names)), (), protocol_version)


def pin_of(handshake: Handshake, context: PinContext) -> ServerPin:
    """The pin of what a verified *handshake* found."""
    return pin_of_offer(handshake.tools, handshake.instructions, context)


def pin_of_offer(tools: Iterable[Tool], instructions: str, context: PinContext) -> ServerPin:
    """The pin of *tools* and *instructions*; the order of tools does not matter."""
    pins = {tool.name: ToolPin(sha256_of_tool(tool), tool) for tool in sorted(tools, key=lambda tool: tool.name)}
    return ServerPin(sha256_of_offer(pins, instructions), context, instructions, pins)


def sha256_of_offer(tools: Mapping[str, ToolPin], instructions: str) -> str:
    """SHA-256 of the set: names with their hashes, and the instructions."""
    return sha256_of({"instructions": instructions, "tools": {name: pin.sha256 for name, pin in tools.items()}})


def sha256_of_tool(tool: Tool) -> str:
    """SHA-256 of everything that an assistant is shown of *tool*; the order of keys does not matter."""
    return sha256_of(tool_to_wire(tool))


def sha256_of(value: Any) -> str:
    """SHA-256 over the RFC 8785 JSON of *value*, in hexadecimal digits.

    What RFC 8785 has no form for (integers over 2^53, lone surrogates, infinities) is hashed in a form of our own,
    so that no server can escape its pin by using it.
    """
    import rfc8785

    try:
        canonical = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        canonical = b"\0" + rfc8785.dumps(_expressible(value))
    return hashlib.sha256(canonical).hexdigest()


def _expressible(value: Any) -> Any:
    """*value* with everything but its structure spelled out as text."""
    if isinstance(value, Mapping):
        return {ascii(key): _expressible(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expressible(item) for item in value]
    return f"{type(value).__name__} {value!a}"


def _without_secrets(arguments: Iterable[str], launch: Launch) -> list[str]:
    secrets = sorted((secret for secret in secrets_of(launch) if secret), key=len, reverse=True)
    stripped = []
    for argument in arguments:
        for secret in secrets:
            argument = argument.replace(secret, "(secret)")
        stripped.append(argument)
    return stripped
