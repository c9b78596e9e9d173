# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What changed between a pin and what a server offers now: each difference with its class, shown so that it is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.invisible_text import invisible_within, visible
from ansible_collections.factory.mcp.plugins.module_utils.schema_drift import Meaning, meaning_of
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import Tool, tool_to_wire
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import PinContext, ServerPin, sha256_of

_UNSAFE_DEFAULTS: Mapping[str, bool] = {
    "readOnlyHint": False,
    "destructiveHint": True,
    "idempotentHint": False,
    "openWorldHint": True,
}
"""What each hint means when it is absent (MCP 2025-11-25, ToolAnnotations): the less safe value."""
_CONTEXT = {
    "package": "its package",
    "integrity": "its package's integrity",
    "arguments": "how it is started or reached",
    "environment": "the names of its environment",
    "capabilities": "the client's capabilities",
}


class DriftClass(StrEnum):
    """What kind of difference it is."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    DESCRIPTION = "description"
    """Words that an assistant reads: title, description, and the same within schemas."""
    SCHEMA_WIDENED = "schema widened"
    SCHEMA_NARROWED = "schema narrowed"
    SCHEMA_CHANGED = "schema changed"
    """Neither wider nor narrower, or too entangled to say."""
    ANNOTATION_RELAXED = "annotation relaxed"
    ANNOTATION_TIGHTENED = "annotation tightened"
    INSTRUCTIONS = "instructions"
    PACKAGE = "package"
    ARGUMENTS = "arguments"
    ENVIRONMENT = "environment"
    CAPABILITIES = "capabilities"
    INVISIBLE = "invisible characters"


OF_CONTEXT = frozenset({DriftClass.PACKAGE, DriftClass.ARGUMENTS, DriftClass.ENVIRONMENT, DriftClass.CAPABILITIES})
"""Differences in where an offer comes from, and none in what is offered."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. ``before`` and ``after`` are fit for a person: what cannot be seen stands there as an escape."""

    drift: DriftClass
    tool: str
    """Its tool's name; empty where it is of the whole server."""
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        where = f"tool {self.tool}: " if self.tool else ""
        change = f": {self.before or '(nothing)'} -> {self.after or '(nothing)'}" if self.before or self.after else ""
        return f"{self.drift}: {where}{self.what}{change}"


def drift_between(pin: ServerPin, now: ServerPin) -> list[Finding]:
    """Every difference of *now* from *pin*, those of the server first, then by tool.

    The order of tools and keys is none, nor is another protocol version. Invisible characters are a finding where
    *pin* has them not at the same place.
    """
    return [
        *_context_drift(pin.context, now.context),
        *_instructions_drift(pin.instructions, now.instructions),
        *_tools_drift(pin, now),
    ]


def unseen_in(offer: ServerPin) -> list[Finding]:
    """Invisible characters in what is to be pinned for the first time: a reason to look before accepting."""
    found = list(_invisible("", "instructions", "", offer.instructions))
    for name, pin in offer.tools.items():
        found += _invisible(name, "", {}, tool_to_wire(pin.tool))
    return found


def _context_drift(before: PinContext, after: PinContext) -> Iterator[Finding]:
    classes = {"integrity": DriftClass.PACKAGE}
    for name, what in _CONTEXT.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Finding(classes.get(name) or DriftClass(name), "", f"{what} changed", _shown(old), _shown(new))


def _instructions_drift(before: str, after: str) -> Iterator[Finding]:
    if before != after:
        yield Finding(DriftClass.INSTRUCTIONS, "", "its instructions changed", _shown(before), _shown(after))
        yield from _invisible("", "instructions", before, after)


def _tools_drift(pin: ServerPin, now: ServerPin) -> Iterator[Finding]:
    gone = {name: one.tool for name, one in pin.tools.items() if name not in now.tools}
    new = {name: one.tool for name, one in now.tools.items() if name not in pin.tools}
    for old, renamed in _renames(gone, new):
        tool = new.pop(renamed)
        before = gone.pop(old)
        shown = visible(renamed)
        yield Finding(DriftClass.RENAMED, shown, "it has another name", visible(old), shown)
        yield from _invisible(shown, "", tool_to_wire(before), tool_to_wire(tool))
    for name in sorted(gone):
        yield Finding(DriftClass.REMOVED, visible(name), "it is gone")
    for name, tool in sorted(new.items()):
        yield Finding(DriftClass.ADDED, visible(name), "it is new", "", _shown(tool.description))
        yield from _invisible(visible(name), "", {}, tool_to_wire(tool))
    for name in sorted(pin.tools.keys() & now.tools.keys()):
        if pin.tools[name].sha256 != now.tools[name].sha256:
            yield from _tool_drift(pin.tools[name].tool, now.tools[name].tool)


def _renames(gone: Mapping[str, Tool], new: Mapping[str, Tool]) -> Iterator[tuple[str, str]]:
    """Tools that differ in nothing but their names, where there is only one such pair."""
    by_body: dict[str, tuple[list[str], list[str]]] = {}
    for side, tools in enumerate((gone, new)):
        for name, tool in tools.items():
            by_body.setdefault(sha256_of({**tool_to_wire(tool), "name": ""}), ([], []))[side].append(name)
    for old, renamed in by_body.values():
        if len(old) == len(renamed) == 1:
            yield old[0], renamed[0]


def _tool_drift(before: Tool, after: Tool) -> Iterator[Finding]:
    name = visible(after.name)
    for what in ("title", "description"):
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            yield Finding(DriftClass.DESCRIPTION, name, f"its {what} changed", _shown(old), _shown(new))
    meaning = meaning_of(_arguments(before), _arguments(after))
    yield from _schema_drift(name, "input schema", meaning, before.input_schema, after.input_schema)
    meaning = meaning_of(before.output_schema or {}, after.output_schema or {})
    yield from _schema_drift(name, "output schema", meaning, before.output_schema, after.output_schema)
    yield from _annotation_drift(name, before.annotations, after.annotations)
    yield from _invisible(name, "", tool_to_wire(before), tool_to_wire(after))


def _arguments(tool: Tool) -> Mapping[str, Any]:
    """A tool's input schema, in which no properties means that it takes no arguments."""
    return {"properties": {}, **tool.input_schema}


def _schema_drift(
    tool: str, what: str, meaning: Meaning, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Iterator[Finding]:
    if sha256_of(before) == sha256_of(after):
        return
    drift = {
        Meaning.SAME: DriftClass.DESCRIPTION,
        Meaning.WIDENED: DriftClass.SCHEMA_WIDENED,
        Meaning.NARROWED: DriftClass.SCHEMA_NARROWED,
        Meaning.OTHERWISE: DriftClass.SCHEMA_CHANGED,
    }[meaning]
    for path, old, new in _differences(before, after, ""):
        where = f" at {visible(path)}" if path else ""
        yield Finding(drift, tool, f"its {what} changed{where}", _shown(old), _shown(new))


def _differences(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The smallest parts of two JSON values that differ: path, before, after."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            where = f"{path}.{key}" if path else str(key)
            if (key in before) == (key in after):
                yield from _differences(before[key], after[key], where)
            else:
                yield where, _value_at(before, key), _value_at(after, key)
    elif sha256_of(before) != sha256_of(after):
        yield path, before, after


def _annotation_drift(tool: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Finding]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if (key in before) == (key in after) and sha256_of(old) == sha256_of(new):
            continue
        drift = DriftClass.DESCRIPTION
        if key in _UNSAFE_DEFAULTS:
            unsafe = _UNSAFE_DEFAULTS[key]
            meant = unsafe if new is None else new
            drift = DriftClass.ANNOTATION_RELAXED if meant is unsafe else DriftClass.ANNOTATION_TIGHTENED
        elif key != "title":
            drift = DriftClass.ANNOTATION_RELAXED
        told = (_shown(_value_at(side, key)) for side in (before, after))
        yield Finding(drift, tool, f"its annotation {visible(key)} changed", *told)


def _value_at(mapping: Mapping[str, Any], key: str) -> Any:
    """What stands at *key*; a null that stands there is not nothing."""
    return "null" if key in mapping and mapping[key] is None else mapping.get(key)


def _invisible(tool: str, root: str, before: Any, after: Any) -> Iterator[Finding]:
    known = dict(invisible_within(before, root))
    for path, characters in invisible_within(after, root):
        if known.get(path) != characters:
            yield Finding(DriftClass.INVISIBLE, tool, f"invisible characters in {path}", "", ", ".join(characters))


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple):
        return visible(", ".join(value))
    return visible(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
