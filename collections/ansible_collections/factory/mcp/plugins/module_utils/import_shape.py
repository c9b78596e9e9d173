# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a foreign file has the shape that can be read, and where it has not. Never shows a value of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema_rs

from ansible_collections.factory.core.plugins.module_utils.problem import Position
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Node

SCALAR = {"type": ["string", "number", "boolean"], "description": "text, a number, true or false"}
SCALARS = {"type": "array", "items": SCALAR, "description": "a list of texts"}
NAMED_SCALARS = {"type": "object", "additionalProperties": SCALAR, "description": "an object of texts"}
VARIABLE = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "description": "a name that a variable can have"}
VARIABLES = {
    "type": "object",
    "additionalProperties": SCALAR,
    "propertyNames": {"pattern": VARIABLE["pattern"]},
    "description": "an object of texts, by names that a variable can have",
}
TEXT = {"type": "string", "minLength": 1, "description": "a text that is not empty"}


def fault(value: Any, schema: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str] | None:
    """The path and the wording of what is wrong first with *value*; every part of *schema* says what it expects."""
    errors = jsonschema_rs.validator_for(dict(schema)).iter_errors(value)
    for error in errors:
        expected = schema.get("description", "")
        part: Any = schema
        for step in error.schema_path:
            part = part[step]
            expected = part.get("description", expected) if isinstance(part, Mapping) else expected
        path = tuple(error.instance_path)
        return path, f"{said_path(path)} should be {expected}"
    return None


def said_path(path: Sequence[str | int]) -> str:
    """*path* as a person would write it: ``packages[0].version``."""
    said = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return said.removeprefix(".") or "this"


def position(file: str, text: str, node: Node | None, path: Sequence[str | int]) -> Position:
    """Where *path*, which begins at *node*, stands in *text*, as near as is known.

    Raises ``Unreadable`` when a key on the way is there twice.
    """
    start = node.start if node is not None else 0
    for step in path:
        member = node.member(step) if node is not None and isinstance(step, str) else None
        if member is None:
            break
        start, node = member.start, member.node
    before = text[:start]
    return Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def texts_in(value: Any) -> list[str]:
    """Every text in a value of JSON or TOML."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts_in(item)]
    return [text for item in value for text in texts_in(item)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A scalar as a command line has it: ``true``, ``8080``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def refuse_doubles(node: Node) -> None:
    """Raise ``Unreadable`` for a key that is twice in one object, of which readers take one or the other."""
    for member in node.members or ():
        node.member(member.key)
        refuse_doubles(member.node)
