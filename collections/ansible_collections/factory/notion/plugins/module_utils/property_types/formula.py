# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""formula: an expression, compared by meaning.

Notion may answer with ``prop("Name")`` or with ``{{notion:block_property:<id>:<source>:<space>}}``
for the same formula (facts, section 1.5), and prints it anew from its syntax tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.formula_meaning import canonical, syntax_fault
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope

_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_REFERENCE = re.compile(rf"(?<!\.)\bprop\(\s*({_STRING})\s*\)")
"""After a dot, ``prop`` names a property of another page."""
_TOKEN = re.compile(r"\{\{notion:block_property:([^:}]+):[^}]*\}\}")


class Formula(PropertyType):
    """``formula``."""

    writable = False
    required: ClassVar[tuple[str, ...]] = ("expression",)
    settings: ClassVar[Mapping[str, Any]] = {
        "expression": {
            "description": 'As typed in Notion, with properties as prop("Name").',
            "type": "string",
            "minLength": 1,
            "maxLength": 2000,
            "x-message": "expected an expression of 1 to 2000 characters",
        }
    }

    def rules(self, declared: Config, scope: SchemaScope) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """It can be read, and every property it names is declared, here or as another's back-property."""
        if fault := syntax_fault(declared["expression"]):
            yield ("expression",), f"not a formula: {fault}"
            return
        known = {*scope.properties, *(back.name for back in scope.backs)}
        for name in referenced(declared["expression"]):
            if name not in known and not scope.may_have(name):
                yield ("expression",), f"the property '{name}' is not declared{did_you_mean(name, known)}"
        if circle := _circle(declared, scope):
            yield ("expression",), f"these formulas need each other: {', '.join(circle)}"

    def waits_for(self, declared: Config, scope: SchemaScope) -> frozenset[Address]:
        """Whatever the properties it names wait for."""
        waits = [
            scope.availability(name).waits_for
            for name in referenced(declared["expression"])
            if declared is not scope.properties.get(name)
        ]
        return NOBODY.union(*waits)

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """The expression as declared: Notion takes names."""
        return {"expression": declared["expression"]}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """Another expression changes what people see, not what they entered."""
        before = with_names(live.config.get("expression", ""), _names_by_id(scope))
        if canonical(before) != canonical(declared["expression"]):
            waits = self.waits_for(declared, scope)
            yield Difference(("expression",), before, declared["expression"], waits_for=waits)


def _circle(declared: Config, scope: SchemaScope) -> list[str]:
    """The formulas that lead from this one back to it, if any do."""
    formulas = {name: one for name, one in scope.properties.items() if one["type"] == "formula"}
    own = next((name for name, one in formulas.items() if one is declared), "")
    paths = [[own]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        for name in referenced(formulas[path[-1]]["expression"]) if path[-1] in formulas else ():
            if name == own:
                return path
            if name in formulas and name not in seen:
                seen.add(name)
                paths.append([*path, name])
    return []


def formula_depth(name: str, properties: Mapping[str, Config]) -> int:
    """How many formulas stand one on another below the declared property *name*; 0 for no formula."""
    declared = properties.get(name, {})
    if declared.get("type") != "formula":
        return 0
    return 1 + max((formula_depth(one, properties) for one in set(referenced(declared["expression"]))), default=0)


def referenced(expression: str) -> list[str]:
    """The names of the properties that *expression* uses."""
    return [_unquoted(match) for match in _REFERENCE.findall(expression)]


def with_names(expression: str, names: Mapping[str, str]) -> str:
    """*expression* with tokens replaced by ``prop("Name")`` for the property ids in *names*."""

    def name(match: re.Match[str]) -> str:
        found = names.get(unquote(match[1]))
        return f'prop("{_quoted(found)}")' if found is not None else match[0]

    return _TOKEN.sub(name, expression)


def _names_by_id(scope: SchemaScope) -> dict[str, str]:
    """Properties by the names they are declared under, which a pending rename will give them."""
    live = {one.id: one.name for one in scope.live.properties.values()} if scope.live is not None else {}
    backs = {found.id: back.name for back in scope.backs if (found := scope.find_back(back)) is not None}
    return {**live, **{one_id: name for name, one_id in scope.parts().items()}, **backs}


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
