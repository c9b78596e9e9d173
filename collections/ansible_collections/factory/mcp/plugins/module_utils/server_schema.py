# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON Schema of a McpServer's ``spec``."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS

_TEXTS = "expected a text; numbers and true or false stand in quotes"


def server_spec_schema() -> dict[str, Any]:
    """What may stand under the ``spec`` of a McpServer."""
    return {
        "type": "object",
        "required": ["source"],
        "additionalProperties": False,
        "x-hints": {
            "command": "say it under source: source: {command: {path: …}}",
            "url": "say it under source: source: {remote: {url: …}}",
            "package": "say it under source: source: {npm: {package: …, version: …}}",
            "port": "say it under listen: listen: {port: …}",
        },
        "properties": {
            "description": {"description": "What it is for, for readers of the manifest.", "type": "string"},
            "source": _source_schema(),
            "transport": {
                "description": "How clients talk to it. With tcp, socat runs it for each connection. "
                "Left out: stdio, or streamable-http for a remote one.",
                "enum": ["stdio", "streamable-http", "tcp"],
                "x-hints": {"sse": "the protocol has dropped it; use streamable-http", "http": "use streamable-http"},
            },
            "listen": _listen_schema(),
            "args": {
                "description": "The arguments of the program. No secrets: everybody on the host can read them.",
                "type": "array",
                "items": {"type": "string", "x-message": _TEXTS},
            },
            "env": _texts_schema(r"^[A-Za-z_][A-Za-z0-9_]*$", "The environment of the program"),
            "cwd": {
                "description": "The folder in which it starts.",
                "type": "string",
                "pattern": r"^(/|\$\{)",
                "x-message": "expected an absolute path",
            },
            "clients": _clients_schema(),
            "tools": _tools_schema(),
            "probe": _probe_schema(),
            "deadline": {
                "description": "Seconds within which a handshake must be done, starting and ending it included.",
                "type": "integer",
                "minimum": 2,
                "maximum": 600,
                "x-message": "expected whole seconds from 2 to 600",
            },
        },
    }


def _source_schema() -> dict[str, Any]:
    version = {
        "description": "The exact version.",
        "type": "string",
        "pattern": r"^v?[0-9][0-9A-Za-z.+!_-]*$",
        "x-message": "expected one exact version in quotes; a range or a tag would be another program tomorrow",
    }
    program = {
        "description": "The program of the package, where it has several.",
        "type": "string",
        "pattern": r"^[^/\s]+$",
        "x-message": "expected the name of a program",
    }
    sources = {
        "npm": _one(
            "A package of the npm registry, installed into a folder of its own.",
            ["package", "version"],
            {
                "package": _text(
                    "Its name.", r"^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$", "a package name"
                ),
                "version": version,
                "bin": program,
                "integrity": _text(
                    "What the registry says.", r"^sha512-[A-Za-z0-9+/]{86}==$", "sha512-… as npm writes it"
                ),
            },
        ),
        "pypi": _one(
            "A package of PyPI, installed into a virtual environment of its own.",
            ["package", "version"],
            {
                "package": _text("Its name.", r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "a package name"),
                "version": version,
                "bin": program,
                "integrity": _text(
                    "The hash of its wheel.", r"^sha256:[0-9a-f]{64}$", "sha256:… of 64 hexadecimal digits"
                ),
            },
        ),
        "oci": _one(
            "A container image, run by docker.",
            ["image", "digest"],
            {
                "image": _text(
                    "Its name, without tag or digest.",
                    r"^[a-z0-9][a-z0-9._/:-]*$",
                    "a name such as docker.io/mcp/fetch",
                ),
                "digest": _text(
                    "Its digest.", r"^sha256:[0-9a-f]{64}$", "sha256:… of 64 hexadecimal digits; tags may move"
                ),
                "options": {
                    "description": "Further options of docker run.",
                    "type": "array",
                    "items": {"type": "string", "x-message": _TEXTS},
                },
            },
        ),
        "command": _one(
            "A program that is on the host already.",
            ["path"],
            {
                "path": _text("Where it is.", r"^(/|\$\{)", "an absolute path"),
                "integrity": _text(
                    "The hash of the file.", r"^sha256:[0-9a-f]{64}$", "sha256:… of 64 hexadecimal digits"
                ),
            },
        ),
        "remote": _one(
            "A server that somebody else runs, reached by streamable HTTP.",
            ["url"],
            {
                "url": _text(
                    "Its address.",
                    r"^(https?://[^\s@/?#]+([/?#]\S*)?|\$\{.*)$",
                    "an http or https address without a user",
                ),
                "headers": _texts_schema(r"^[A-Za-z0-9-]+$", "What is sent to it with every request"),
            },
        ),
    }
    return {
        "description": "Where the server comes from.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "x-message": f"expected exactly one of {', '.join(sources)}",
        "properties": sources,
    }


def _listen_schema() -> dict[str, Any]:
    return _one(
        "Where a server that goes on running listens.",
        ["port"],
        {
            "host": {"description": "The address; 127.0.0.1 if left out.", "type": "string", "minLength": 1},
            "port": {
                "description": "The port.",
                "type": "integer",
                "minimum": 1,
                "maximum": 65535,
                "x-message": "expected a port from 1 to 65535",
            },
            "path": _text("The path of streamable HTTP; /mcp if left out.", "^/", "a path that begins with /"),
            "exposed": {
                "description": "Whether it may listen on an address that others than this host can reach.",
                "type": "boolean",
            },
        },
    )


def _clients_schema() -> dict[str, Any]:
    names = sorted(DIALECTS)
    return {
        "description": "The clients of the host that are told of it.",
        "type": "array",
        "items": {
            "anyOf": [
                {"enum": names},
                _one(
                    "A client, and which of its files.",
                    ["client"],
                    {
                        "client": {"description": "The client.", "enum": names},
                        "scope": {"description": "The user's file, or a project's.", "enum": ["user", "project"]},
                        "project": _text("The folder of the project.", "^/", "an absolute path"),
                    },
                ),
            ],
            "x-message": f"expected one of {', '.join(names)}, or {{client: …, scope: project, project: /…}}",
        },
    }


def _tools_schema() -> dict[str, Any]:
    def names(description: str) -> dict[str, Any]:
        return {
            "description": description,
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "x-message": "expected the name of a tool"},
        }

    return _one(
        "Which of its tools.",
        [],
        {
            "allow": names("The only ones that clients offer, where a client can be told; all if left out."),
            "deny": names("Those that clients do not offer, where a client can be told."),
            "expect": names("Those without which it is degraded."),
        },
    )


def _probe_schema() -> dict[str, Any]:
    return _one(
        "A call that changes nothing and proves that it works, credentials included.",
        ["tool"],
        {
            "tool": {"description": "The tool.", "type": "string", "minLength": 1},
            "arguments": {"description": "What it is called with.", "type": "object"},
            "expect": _one(
                "What must come of it.",
                [],
                {
                    "error": {
                        "description": "Whether the tool says that it failed; false if left out.",
                        "type": "boolean",
                    },
                    "contains": {"description": "A text that must be in its answer.", "type": "string", "minLength": 1},
                },
            ),
        },
    )


def _one(description: str, required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


def _text(description: str, pattern: str, expected: str) -> dict[str, Any]:
    return {"description": description, "type": "string", "pattern": pattern, "x-message": f"expected {expected}"}


def _texts_schema(names: str, description: str) -> dict[str, Any]:
    return {
        "description": f"{description}. Secrets by reference only: ${{env:NAME}}.",
        "type": "object",
        "propertyNames": {"pattern": names, "x-message": "this is no name that can be used here"},
        "additionalProperties": {"type": "string", "x-message": _TEXTS},
    }
