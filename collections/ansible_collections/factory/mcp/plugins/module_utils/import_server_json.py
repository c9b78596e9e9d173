# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ``server.json`` of the MCP registry as the draft of a manifest. Pure.

Schema of 2025-12-11: https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.resource_names import name_from_title
from ansible_collections.factory.mcp.plugins.module_utils.config_file import refused
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted, LeftOut, Unsayable
from ansible_collections.factory.mcp.plugins.module_utils.import_package import package_spec, remote_spec
from ansible_collections.factory.mcp.plugins.module_utils.import_shape import (
    SCALAR,
    TEXT,
    VARIABLE,
    fault,
    position,
    refuse_doubles,
    texts_in,
)
from ansible_collections.factory.mcp.plugins.module_utils.import_wording import Wording
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Node, Unreadable, parsed

_SCHEMA_ADDRESS = "static.modelcontextprotocol.io/schemas/"
_SWITCH = {"type": "boolean", "description": "true or false"}
_VARIABLES = {
    "type": "object",
    "description": "an object of inputs",
    "additionalProperties": {
        "type": "object",
        "description": "an object",
        "properties": {"value": SCALAR, "default": SCALAR, "isRequired": _SWITCH, "isSecret": _SWITCH},
    },
}
_INPUT: Mapping[str, Any] = {
    "type": "object",
    "description": "an object with the keys that the schema of server.json knows",
    "properties": {
        "type": {"enum": ["positional", "named"], "description": "positional or named"},
        "name": TEXT,
        "value": SCALAR,
        "default": SCALAR,
        "description": SCALAR,
        "valueHint": SCALAR,
        "placeholder": SCALAR,
        "isRequired": _SWITCH,
        "isSecret": _SWITCH,
        "isRepeated": _SWITCH,
        "choices": {"type": "array", "items": SCALAR, "description": "a list of texts"},
        "variables": _VARIABLES,
    },
}
_ARGUMENTS = {
    "type": "array",
    "description": "a list of arguments",
    "items": {
        **_INPUT,
        "required": ["type"],
        "description": "an object with a type (positional or named), and a name if named",
        "if": {"properties": {"type": {"const": "named"}}},
        "then": {"required": ["name"]},
    },
}
_ENVIRONMENT = {
    "type": "array",
    "description": "a list of variables",
    "items": {
        **_INPUT,
        "required": ["name"],
        "description": "an object with a name",
        "properties": {**_INPUT["properties"], "name": VARIABLE},
    },
}
_NAMED_INPUTS = {
    "type": "array",
    "description": "a list of inputs",
    "items": {**_INPUT, "required": ["name"], "description": "an object with a name"},
}
_TRANSPORT = {
    "type": "object",
    "description": "an object with a type",
    "required": ["type"],
    "properties": {"type": TEXT, "url": TEXT, "headers": _NAMED_INPUTS, "variables": _VARIABLES},
}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "an object with a name",
    "required": ["name"],
    "properties": {
        "name": TEXT,
        "description": SCALAR,
        "version": SCALAR,
        "packages": {
            "type": "array",
            "description": "a list of packages",
            "items": {
                "type": "object",
                "description": "an object with a registryType and an identifier",
                "required": ["registryType", "identifier"],
                "properties": {
                    "registryType": TEXT,
                    "identifier": TEXT,
                    "version": TEXT,
                    "registryBaseUrl": TEXT,
                    "transport": _TRANSPORT,
                    "runtimeArguments": _ARGUMENTS,
                    "packageArguments": _ARGUMENTS,
                    "environmentVariables": _ENVIRONMENT,
                },
            },
        },
        "remotes": {
            "type": "array",
            "description": "a list of remotes",
            "items": {**_TRANSPORT, "required": ["type", "url"], "description": "an object with a type and a url"},
        },
    },
}


class PackageKind(StrEnum):
    """What a server can be imported as, the best first."""

    NPM = "npm"
    PYPI = "pypi"
    OCI = "oci"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class _Offer:
    """One way to have the server: its spec and comments, or why a manifest cannot say it."""

    kind: str
    title: str
    spec: Mapping[str, Any]
    comments: tuple[str, ...]
    why_not: str
    wording: Wording


def is_server_json(text: str) -> bool:
    """Whether *text* reads as a ``server.json``, right or wrong."""
    try:
        content = parsed(text).value
    except Unreadable:
        return _SCHEMA_ADDRESS in text
    return isinstance(content, Mapping) and _server_in(content) is not None


def draft_of_server_json(file: str, text: str, kind: PackageKind | None = None) -> Drafted:
    """The server that *text* describes, which is what the file at the path *file* says.

    It is imported as *kind*, or as the best that a manifest can say. Raises ``FactoryError`` with the position for what
    is no ``server.json``.
    """
    server, node, path = _read(file, text)
    name = _name(str(server["name"]))
    offers = sorted(_offers(server, name), key=_rank)
    asked = [one for one in offers if kind is None or one.kind == kind]
    chosen = next((one for one in asked if not one.why_not), None)
    if chosen is None:
        nothing = f"it offers no {kind}" if kind else "it offers neither a package nor a remote"
        reason = "; ".join(f"{one.title}: {one.why_not}" for one in asked) or nothing
        return Drafted((), (LeftOut(_title(server, name), f"{position(file, text, node, path)}: {reason}"),), ())
    comments = (
        f"Imported from a server.json: {_title(server, name)}.",
        *chosen.comments,
        *_told_of_others([one for one in offers if one is not chosen]),
    )
    draft = Draft(name, {**_description(server, name), **chosen.spec}, comments, f"{name}.yml")
    return Drafted((draft,), (), chosen.wording.variables_of([draft]))


def _read(file: str, text: str) -> tuple[Mapping[str, Any], Node, tuple[str, ...]]:
    try:
        node = parsed(text)
        found = _server_in(node.value) if isinstance(node.value, Mapping) else None
        if found is None:
            raise Unreadable("the file should hold an object with a name, and packages or remotes", node.start)
        refuse_doubles(node)
    except Unreadable as mistake:
        raise refused(file, text, mistake) from None
    server, path = found
    if wrong := fault(server, _SCHEMA):
        raise FactoryError(f"{position(file, text, node, (*path, *wrong[0]))}: {wrong[1]}; see {_SCHEMA_ADDRESS}")
    return server, node, path


def _server_in(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]] | None:
    """The server that a file describes, and where it stands: below ``server`` in an answer of the registry."""
    inner = content.get("server")
    if isinstance(inner, Mapping) and ("packages" in inner or "remotes" in inner or "$schema" in inner):
        return inner, ("server",)
    is_one = "packages" in content or "remotes" in content or _SCHEMA_ADDRESS in str(content.get("$schema", ""))
    return (content, ()) if is_one else None


def _offers(server: Mapping[str, Any], name: str) -> Iterator[_Offer]:
    found = [
        (one["registryType"], one["identifier"], one.get("version", ""), one) for one in server.get("packages", ())
    ]
    found += [(PackageKind.REMOTE.value, one["url"], f"({one['type']})", one) for one in server.get("remotes", ())]
    for kind, identifier, detail, value in found:
        wording = Wording(texts_in(server))
        said = (wording.text("", part, name, "a title") for part in (kind, identifier, detail))
        title = " ".join(part for part in said if part)
        make = remote_spec if kind == PackageKind.REMOTE else package_spec
        try:
            spec, comments = make(value, name, wording)
        except Unsayable as why:
            yield _Offer(kind, title, {}, (), str(why), wording)
        else:
            yield _Offer(kind, title, spec, comments, "", wording)


def _rank(offer: _Offer) -> int:
    kinds = [one.value for one in PackageKind]
    return kinds.index(offer.kind) if offer.kind in kinds else len(kinds)


def _name(title: str) -> str:
    """The last part of what the registry calls the server, with its owner in front where it says nothing."""
    owner, _, own = title.rpartition("/")
    says_nothing = own.lower() in ("mcp", "server", "mcp-server")
    return name_from_title(f"{owner.rpartition('.')[2]}-{own}" if says_nothing else own, "server")


def _description(server: Mapping[str, Any], name: str) -> dict[str, str]:
    text = " ".join(str(server.get("description", "")).split())
    said = Wording(()).text("", text, name, "description")
    return {"description": said} if said and said == text else {}


def _title(server: Mapping[str, Any], name: str) -> str:
    """The server as the registry calls it, with its version."""
    parts = (str(server["name"]), str(server.get("version", "")))
    return " ".join(Wording(()).text("", part, name, "name") for part in parts if part)


def _told_of_others(others: Sequence[_Offer]) -> Iterator[str]:
    """What else there is, and why a manifest cannot say it."""
    for one in others:
        yield f"Not imported: {one.title}: {one.why_not}." if one.why_not else f"There is also: {one.title}."
