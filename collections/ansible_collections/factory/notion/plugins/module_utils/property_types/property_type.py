# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every property type says of itself; a type overrides what is special about it.

A property type is a place: its schema, its rules, its way from YAML to the API and back, and how
two of it compare stand together in one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import said
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope

Config = Mapping[str, Any]
"""A property as its manifest declares it, ``type`` included."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A way in which a live property is not as declared, below the property's own path."""

    path: tuple[str, ...]
    before: Any
    after: Any
    effect: Effect = Effect.REVERSIBLE
    reason: str = ""
    waits_for: frozenset[Address] = NOBODY


@dataclass(frozen=True, slots=True)
class Cannot:
    """A declared detail of a live property that Notion's API cannot bring about."""

    path: tuple[str, ...]
    reason: str


class ValueFault(NamedTuple):
    """What is wrong with a row's value, or with a part of it."""

    message: str
    path: tuple[str | int, ...] = ()
    at_key: bool = False


def fault(expected: str, value: Any, *path: str | int) -> ValueFault:
    """A fault in the words ``expected …, not …``."""
    return ValueFault(f"{expected}, not {said(value)}", path)


@dataclass(frozen=True, slots=True)
class ValueWriting:
    """What a row's values need from outside to become API values."""

    user_id: Callable[[str], str]
    page_id: Callable[[str, str], str | None]
    """The id of the page for a relation's property name and the key of a row."""
    upload: Callable[[str, str], str]
    """The id of an upload of the file at a path, relative to the manifest, under a name."""


class PropertyType:
    """A type without settings whose values read and write as they are."""

    name: str
    settings: ClassVar[Mapping[str, Any]] = {}
    """JSON Schemas of the keys that only this type has."""
    required: ClassVar[Sequence[str]] = ()
    writable: bool = True
    """Whether rows may set it."""
    can_be_key: bool = False
    """Whether it can identify a row."""
    convertible: bool = True
    """Whether a property can become one, or something else, and keep what converts of its values."""

    def __init__(self, name: str) -> None:
        self.name = name

    def rules(self, declared: Config, scope: SchemaScope) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Faults that no schema can say: a path below the property, and a message."""
        yield from ()

    def doubts(self, declared: Config) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What may be wrong and nobody here can know: a path below the property, and a message."""
        yield from ()

    def waits_for(self, declared: Config, scope: SchemaScope) -> frozenset[Address]:
        """The databases that must be applied before this property can be written."""
        return NOBODY

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """What the API takes as ``<type>: …`` to make *live* (``None``: absent) as declared."""
        return {}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """How *live*, which is of this type, differs from what is declared."""
        yield from ()

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """What is wrong with a row's *value*, which is not ``None``."""
        if not isinstance(value, str):
            yield fault("expected text", value)

    def normal(self, value: Any) -> Any:
        """A declared value in the form in which declared and live values compare."""
        return value

    def read(self, stored: Any) -> Any:
        """A live value (the content of ``<type>`` in a page's property) in the same form."""
        return stored

    def key_of(self, stored: Any) -> str:
        """What tells a row apart, of a live value; empty when there is none."""
        found = self.read(stored)
        return "" if found is None else text_of(found)

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """A declared value as the API takes it under ``<type>``."""
        return value


def text_of(value: Any) -> str:
    """A row's key as text: how rows are told apart."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
