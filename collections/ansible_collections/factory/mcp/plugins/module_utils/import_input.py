# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inputs of a ``server.json``: what a person would be asked for, as texts of a manifest. Pure.

A value stands as it is, a default as well; what is required or secret is a variable of the environment. What is neither
is left out, and a comment names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.import_secrets import SCHEME
from ansible_collections.factory.mcp.plugins.module_utils.import_shape import as_text
from ansible_collections.factory.mcp.plugins.module_utils.import_wording import Wording, variable_name

_BRACED = re.compile(r"(?<!\$)\{([^{}]+)\}")
_NEEDS_VALUE = ("isRequired", "isSecret", "valueHint", "placeholder", "choices", "format")


class Inputs:
    """The inputs of the server *name*; ``comments`` gathers what a person should know of them."""

    def __init__(self, name: str, wording: Wording) -> None:
        self.name = name
        self.comments: list[str] = []
        self._wording = wording

    def named(self, place: str, inputs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Variables (place ``env``) or headers by their names."""
        found: dict[str, str] = {}
        for one in inputs:
            name = one["name"]
            where = f"{place}.{name}"
            if _is_said(one):
                found[name] = self.filled(name, one, where)
            elif one.get("isRequired") or one.get("isSecret"):
                found[name] = self._asked(name, one, where, own_name=place == "env")
            else:
                self._leave(where, one)
        return found

    def arguments(self, place: str, inputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """The words of a command line."""
        for index, one in enumerate(inputs):
            option = one["name"] if one["type"] == "named" else ""
            where = f"{place}[{index}]"
            called = option.lstrip("-") or as_text(one.get("valueHint", "")) or f"argument_{index + 1}"
            if _is_said(one):
                value = self.filled(called, one, where)
            elif one.get("isRequired") or one.get("isSecret"):
                value = self._asked(called, one, where, own_name=False)
            elif option and not any(key in one for key in _NEEDS_VALUE):
                # An option without anything that a value could come from is a switch.
                yield self._wording.text("", option, self.name, where)
                continue
            else:
                self._leave(f"{where} {option}".rstrip(), one)
                continue
            if one.get("isRepeated"):
                self.comments.append(f"{where} can be given several times.")
            if option:
                yield self._wording.text("", option, self.name, where)
            yield value

    def filled(self, name: str, one: Mapping[str, Any], where: str) -> str:
        """The value or default of an input, its ``{variables}`` filled in."""
        text = as_text(one["value"] if "value" in one else one["default"])
        variables = one.get("variables", {})
        pieces = _BRACED.split(text)
        said = []
        for index, piece in enumerate(pieces):
            if index % 2 and piece in variables:
                said.append(self._variable(piece, variables[piece], where))
            else:
                said.append(f"{{{piece}}}" if index % 2 else piece)
        filled = "".join(said)
        if one.get("isSecret") and re.search(r"\w", SCHEME.sub("", re.sub(r"\$\{[^}]*\}", "", filled))):
            return self._wording.hidden(name, filled, self.name, where)
        return self._wording.text(name, filled, self.name, where)

    def _variable(self, name: str, one: Mapping[str, Any], where: str) -> str:
        if "value" in one or "default" in one:
            text = as_text(one["value"] if "value" in one else one["default"])
            at = f"{where}.{name}"
            hide = self._wording.hidden if one.get("isSecret") else self._wording.text
            return hide(name, text, self.name, at)
        return self._wording.refer(variable_name(f"{self.name}_{name}"), self.name, where)

    def _asked(self, name: str, one: Mapping[str, Any], where: str, own_name: bool) -> str:
        """A reference to what the file has no value for."""
        variable = name if own_name and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else ""
        return self._wording.refer(variable or variable_name(f"{self.name}_{name}"), self.name, where + self._told(one))

    def _leave(self, what: str, one: Mapping[str, Any]) -> None:
        said = self._wording.text("", what, self.name, what)
        self.comments.append(f"Left out, since it is optional: {said}{self._told(one)}.")

    def _told(self, one: Mapping[str, Any]) -> str:
        """What the file says of an input, on one line."""
        told = " ".join(as_text(one.get("description", "")).split()).rstrip(".")
        choices = ", ".join(as_text(choice) for choice in one.get("choices", ()))
        said = "; ".join(part for part in (told, f"one of {choices}" if choices else "") if part)
        return f" ({self._wording.text('', said, self.name, 'description')})" if said else ""


def _is_said(one: Mapping[str, Any]) -> bool:
    """Whether the file itself says what the input is."""
    return "value" in one or "default" in one
