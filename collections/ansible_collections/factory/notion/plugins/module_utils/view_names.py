# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names of properties in views: what may be named, and which id a name has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean, said
from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class KnownProperties:
    """The properties that views of a database may name: the declared ones and the back-properties."""

    scope: SchemaScope
    types: Mapping[str, str]

    def type_of(self, name: Any) -> str | None:
        """The type of a property; ``None`` when it is not known."""
        return self.types.get(name) if isinstance(name, str) else None

    def faults(self, name: Any, path: Path, types: frozenset[str] | None = None) -> Iterator[Fault]:
        """Whether *name* is a property, and of one of the *types*."""
        if not isinstance(name, str):
            yield Fault(path, f"expected the name of a property, not {said(name)}")
        elif name not in self.types:
            if not self.scope.may_have(name):
                yield Fault(path, f"there is no property '{name}'{did_you_mean(name, self.types)}")
        elif types is not None and self.types[name] not in types:
            yield Fault(path, f"'{name}' is a {self.types[name]}; expected one of type {', '.join(sorted(types))}")


def known_properties(scope: SchemaScope) -> KnownProperties:
    """What the views of this database may name."""
    backs = dict.fromkeys((back.name for back in scope.backs), "relation")
    return KnownProperties(scope, {**backs, **{name: one["type"] for name, one in scope.properties.items()}})


@dataclass(frozen=True, slots=True)
class LiveNames:
    """Names and ids of the live properties, as the manifest calls them."""

    keys: Mapping[str, str]
    names: Mapping[str, str]
    types: Mapping[str, str]

    def key(self, name: str) -> str:
        """The id by which requests address a declared property that is live."""
        return self.keys[name]

    def has(self, reference: str) -> bool:
        """Whether what Notion refers to is still there: a view may outlive a property that it names."""
        return unquote(reference) in self.names or reference in self.names

    def name(self, reference: str) -> str:
        """The name of what Notion refers to by id, encoded or not, or by name; itself when it is gone."""
        return self.names.get(unquote(reference)) or self.names.get(reference) or reference


def live_names(scope: SchemaScope) -> LiveNames:
    """The names of this database's live properties."""
    known = known_properties(scope)
    found = {name: scope.availability(name).live for name in known.types}
    live = {name: one for name, one in found.items() if one is not None}
    names = {one.name: name for name, one in live.items()}
    names.update({one.id: one.name for one in (scope.live.properties.values() if scope.live is not None else ())})
    names.update({one.id: name for name, one in live.items()})
    return LiveNames({name: one.key for name, one in live.items()}, names, known.types)
