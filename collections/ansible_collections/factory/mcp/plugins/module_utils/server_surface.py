# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server offers: its tools, resources and prompts, as it says itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import said

_TOOL_TEXTS = ("title", "description")
_TOOL_MAPPINGS = ("outputSchema", "annotations")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as an assistant is shown it; schemas are JSON Schemas, annotations hints that the server gives itself."""

    name: str
    title: str | None = None
    description: str | None = None
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    output_schema: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def idempotent(self) -> bool:
        """Whether the server says that a second call with the same arguments changes nothing more.

        The specification gives the hint no meaning where ``readOnlyHint`` is true: reading is idempotent.
        """
        return self.read_only or self.annotations.get("idempotentHint") is True

    @property
    def read_only(self) -> bool:
        """Whether the server says that a call changes nothing."""
        return self.annotations.get("readOnlyHint") is True


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that a server lets an assistant read."""

    uri: str
    name: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that a server offers, with the names of its arguments."""

    name: str
    title: str | None = None
    description: str | None = None
    arguments: tuple[str, ...] = ()


def tool_from(wire: Mapping[str, Any]) -> Tool:
    """The tool of a valid ``tools/list``; what is absent and what is null are the same, in every protocol era."""
    annotations = {name: value for name, value in (wire.get("annotations") or {}).items() if value is not None}
    return Tool(
        wire["name"],
        wire.get("title"),
        wire.get("description"),
        wire["inputSchema"],
        wire.get("outputSchema"),
        annotations,
    )


def tool_to_wire(tool: Tool) -> dict[str, Any]:
    """*tool* in the words of the protocol, without what it does not have."""
    wire = {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": tool.annotations or None,
    }
    return {name: value for name, value in wire.items() if value is not None}


def resource_from(wire: Mapping[str, Any]) -> Resource:
    """The resource of a valid ``resources/list``."""
    return Resource(wire["uri"], wire["name"], wire.get("title"), wire.get("description"), wire.get("mimeType"))


def prompt_from(wire: Mapping[str, Any]) -> Prompt:
    """The prompt of a valid ``prompts/list``."""
    arguments = tuple(argument["name"] for argument in wire.get("arguments") or ())
    return Prompt(wire["name"], wire.get("title"), wire.get("description"), arguments)


def what_is_wrong(result: Mapping[str, Any], kind: str) -> list[str]:
    """What is malformed in the *result* of listing *kind* (``tools``, ``resources``, ``prompts``), in words.

    Empty when nothing that is looked for is wrong.
    """
    listed = result.get(kind)
    if not isinstance(listed, list):
        return [f"'{kind}' is {said(listed)}, not a list"]
    return [problem for index, one in enumerate(listed) for problem in _problems(one, index, kind)]


def _problems(one: Any, index: int, kind: str) -> Iterator[str]:
    where = f"{kind}[{index}]"
    if not isinstance(one, dict):
        yield f"{where} is {said(one)}, not an object"
        return
    name = one.get("name")
    if not isinstance(name, str) or not name:
        yield f"{where} has no name" if name is None else f"{where}: its name is {said(name)}, not a text"
    else:
        where = f"{kind.removesuffix('s')} {said(name)}"
    for key in _TOOL_TEXTS:
        if not isinstance(one.get(key), str | None):
            yield f"{where}: its {key} is {said(one[key])}, not a text"
    if kind == "resources" and not isinstance(one.get("uri"), str):
        yield f"{where} has no uri"
    if kind == "tools":
        schema = one.get("inputSchema")
        if not isinstance(schema, dict):
            yield f"{where}: its inputSchema is {said(schema)}, not an object"
        elif schema.get("type") != "object":
            yield f"{where}: the type of its inputSchema is {said(schema.get('type'))}, not 'object'"
        for key in _TOOL_MAPPINGS:
            if not isinstance(one.get(key), dict | None):
                yield f"{where}: its {key} is {said(one[key])}, not an object"
