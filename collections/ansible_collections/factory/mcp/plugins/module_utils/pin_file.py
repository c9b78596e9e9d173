# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pin files: one readable JSON file per server, in one order, so that a rug pull is a diff in a pull request.

They lie in the folder ``pins`` beside the manifests of a stack and belong into the repository.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, Position
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import Finding, drift_between, unseen_in
from ansible_collections.factory.mcp.plugins.module_utils.server_name import check_server_name
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import tool_from, tool_to_wire
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import (
    PinContext,
    ServerPin,
    ToolPin,
    pin_of,
    sha256_of_offer,
    sha256_of_tool,
)

_VERSION = 1
_MEND = "restore it from version control, or read what the server offers and accept it anew"


class BrokenPin(FactoryError):
    """A pin file that cannot be trusted. It is never taken for no pin at all."""


def pin_file(stack: Path, server: str) -> Path:
    """Where the pin of *server* lies in the folder *stack*.

    Raises ``FactoryError`` for a name that is none of a resource.
    """
    check_server_name(server)
    return stack / "pins" / f"{server}.json"


def read_pin(file: Path) -> ServerPin | None:
    """The pin in *file*, or ``None`` where there is no such file.

    Raises ``BrokenPin``, with the position, for everything else that is not a pin whose hashes are right.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        if file.is_symlink():
            raise _broken(file, "it is a link that leads nowhere") from None
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(file, f"it cannot be read: {error}") from None
    return pin_from_text(text, file)


def pin_from_text(text: str, file: Path) -> ServerPin:
    """The pin that *text* holds; *file* is where it stands, for errors.

    Raises ``BrokenPin``.
    """
    try:
        content = json.loads(text, object_pairs_hook=_without_twins)
    except json.JSONDecodeError as error:
        raise _broken(file, f"not valid JSON: {error.msg}", error.lineno, error.colno) from None
    except (ValueError, RecursionError) as error:
        raise _broken(file, str(error)) from None
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > _VERSION:
        raise _broken(file, f"a newer Factory wrote it (version {version}, this one knows {_VERSION}); use that one")
    if version != _VERSION:
        raise _broken(file, "it is no pin file")
    try:
        pin = _pin_from(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise _broken(file, f"something is missing or not in its place ({error})") from None
    _check_hashes(pin, content, text, file)
    return pin


def pin_to_text(pin: ServerPin) -> str:
    """*pin* as the text of its file: keys sorted, everything that is not ASCII as an escape, so that it is seen."""
    content = {
        "version": _VERSION,
        "sha256": pin.sha256,
        "context": dataclasses.asdict(pin.context),
        "instructions": pin.instructions,
        "tools": {name: {"sha256": one.sha256, **_body(one)} for name, one in sorted(pin.tools.items())},
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def accept(file: Path, handshake: Handshake, context: PinContext) -> list[Finding]:
    """Pin what *handshake* found, because a person said so; the differences from the former pin.

    Of a first pin, the invisible characters that are in it. A pin of the same is not written again.
    Raises ``FactoryError`` when the server is not verified, and ``BrokenPin`` when the former pin is broken.
    """
    if handshake.state is not State.VERIFIED:
        raise FactoryError(f"nothing to accept: {handshake.problem}")
    pin = pin_of(handshake, context)
    former = read_pin(file)
    found = unseen_in(pin) if former is None else drift_between(former, pin)
    if former is None or found:
        write_atomically(file, pin_to_text(pin))
    return found


def _body(pin: ToolPin) -> dict[str, Any]:
    return {key: value for key, value in tool_to_wire(pin.tool).items() if key != "name"}


def _pin_from(content: Mapping[str, Any]) -> ServerPin:
    context = content["context"]
    listed = {name: tuple(context[name]) for name in ("environment", "capabilities")}
    tools = {
        name: ToolPin(stored["sha256"], tool_from({**stored, "name": name}))
        for name, stored in content["tools"].items()
    }
    return ServerPin(content["sha256"], PinContext(**{**context, **listed}), content["instructions"], tools)


def _check_hashes(pin: ServerPin, content: Mapping[str, Any], text: str, file: Path) -> None:
    for name, one in pin.tools.items():
        if sha256_of_tool(one.tool) != one.sha256:
            line = _line_of(text, f"{json.dumps(name)}: {{")
            raise _broken(file, f"the hash of tool '{name}' is not that of what stands there; it was edited", line)
    if sha256_of_offer(pin.tools, pin.instructions) != pin.sha256:
        line = _line_of(text, '"sha256": ' + json.dumps(content["sha256"]))
        raise _broken(file, "its hash is not that of its tools and instructions; it was edited", line)


def _line_of(text: str, piece: str) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.strip().startswith(piece)), 1)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{twin}' stands there twice")
    return content


def _broken(file: Path, why: str, line: int = 1, column: int = 1) -> BrokenPin:
    return BrokenPin(f"{Position(str(file), line, column)}: this pin cannot be trusted: {why}; {_MEND}")
