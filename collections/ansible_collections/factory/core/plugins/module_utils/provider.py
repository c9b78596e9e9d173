# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contract between the engine and a kind of resource.

A :class:`Provider` is pure: it knows what a kind looks like, what is wrong with a manifest, and
what differs. A :class:`Target` is the edge: it reads and writes one place where resources live.
A collection offers its providers as ``PROVIDERS`` in ``plugins/module_utils/factory_provider.py``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ansible_collections.factory.core.plugins.module_utils.change import Change, Condition
from ansible_collections.factory.core.plugins.module_utils.history import History
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean

State = TypeVar("State")
Derived = TypeVar("Derived")


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a manifest breaks and no schema can say, at a path below the document's root.

    A *doubtful* one is told and stops nothing: what is declared may be right, and only unknown here.
    """

    path: tuple[str | int, ...]
    message: str
    at_key: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource needs another. A *deferrable* one may be satisfied after both exist.

    Where the target belongs to another stack, its *attribute* is put where the reference *fills* the document.
    """

    target: Address
    path: tuple[str | int, ...]
    deferrable: bool = False
    attribute: str = ""
    fills: tuple[str | int, ...] = ()
    source: Address | None = None
    """What needs it, where that is not the resource that says so."""


@dataclass(frozen=True, slots=True)
class Declared:
    """All resources of a stack, as far as they could be read."""

    resources: Mapping[Address, Resource]
    unreadable: Mapping[Address, Any] = field(default_factory=dict)
    """Manifests that break their schema, as they were read."""
    complete: bool = True
    warnings: tuple[str, ...] = ()
    """What is doubtful in the manifests and stops nothing, each with its ``file:line:col``."""
    history: History = field(default_factory=History)
    stack: str = ""
    """The stack's name."""
    _derived: dict[Callable[[Declared], Any], Any] = field(default_factory=dict, init=False, compare=False)

    def get(self, address: Address) -> Resource | None:
        """The resource at *address*, if it is declared and valid."""
        return self.resources.get(address)

    def lacks(self, address: Address) -> bool:
        """Whether *address* is certainly not declared (a file that cannot be read may declare it)."""
        return self.complete and address not in self.resources and address not in self.unreadable

    def names(self, kind: str) -> list[str]:
        """The names declared for *kind*."""
        return sorted(address.name for address in (*self.resources, *self.unreadable) if address.kind == kind)

    def once(self, derive: Callable[[Declared], Derived]) -> Derived:
        """What the pure function *derive* makes of all resources, worked out at the first call."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        derived: Derived = self._derived[derive]
        return derived

    def suggest(self, address: Address) -> str:
        """``"; did you mean …?"`` for a name of the same kind that is close."""
        return did_you_mean(address.name, self.names(address.kind))


@dataclass(frozen=True, slots=True)
class Known:
    """What the identity cache remembers of a resource, by which a target finds it.

    ``attributes`` lead to it, always with ``id``; ``parts`` are the ids of its named parts, by which a
    part is known again when somebody renamed it by hand.
    """

    attributes: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    """Whether Factory itself deleted it: it may be found in a trash, or not at all."""
    check_mark: bool = False
    """Whether to read its ownership mark although that takes a request: it may have to change, or to go."""


@dataclass(frozen=True)
class Observation(Generic[State]):
    """What was read of one resource. ``attributes`` is what others may refer to, always with ``id``."""

    attributes: Mapping[str, str]
    state: State
    parts: Mapping[str, str] = field(default_factory=dict)
    """The ids of its named parts, to be remembered; see :class:`Known`."""
    in_trash: bool = False
    adopted: bool = False
    owned: bool = True
    """Whether it carries the ownership mark of its address or a former one; true where a target has no marks."""
    former: Address | None = None
    """The former address that its ownership mark still names."""
    protected: bool = False
    """Whether its ownership mark says that it is protected."""
    inside: str | None = None
    """The live id of what it lies in and would be deleted with, if that may be a resource as well."""
    condition: Condition | None = None
    """How it is, where its kind has words for that."""

    @property
    def id(self) -> str:
        """The live id of the resource at its target."""
        return self.attributes["id"]


@dataclass(frozen=True)
class World(Generic[State]):
    """Everything declared and everything observed: what a diff may look at."""

    declared: Declared
    observed: Mapping[Address, Observation[State]]


@dataclass(frozen=True)
class Findings(Generic[State]):
    """What a target answered when it was asked for resources."""

    observed: Mapping[Address, Observation[State]] = field(default_factory=dict)
    errors: Mapping[Address, FactoryError] = field(default_factory=dict)
    orphans: Mapping[Address, Observation[State]] = field(default_factory=dict)
    """Resources that carry this stack's ownership mark but are not declared any more."""
    warnings: tuple[str, ...] = ()
    refused: Mapping[Address, str] = field(default_factory=dict)
    """Why nothing of a resource may be written as things are, where that concerns no other."""


class WriteUnconfirmed(FactoryError):
    """A write may or may not have landed. The engine reads before it writes again.

    ``attributes`` names the resource where the target said what was committed.
    """

    def __init__(self, message: str, attributes: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.attributes = attributes


class PartlyApplied(FactoryError):
    """Some of a change was written and some was refused; ``after`` is what the resource is now."""

    def __init__(self, message: str, after: Observation[Any]) -> None:
        super().__init__(message)
        self.after = after


class Provider(Protocol[State]):
    """What the engine must know about one kind. Every method is pure."""

    kind: str
    schema_name: str
    """The file name of its schema without ``.schema.json``."""
    spec_schema: Mapping[str, Any]
    """JSON Schema (draft 2020-12) of the manifest's ``spec``; ``x-message`` says it in words."""
    attributes: tuple[str, ...]
    """What ``${Kind/name.attribute}`` may name: the keys of ``Observation.attributes``."""
    keeps_variables: bool
    """Whether ``${env:NAME}`` stays as it is written, because the target takes references; it may be unset then."""

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """Every rule that *resource* breaks and no schema can say."""

    def references(self, resource: Resource) -> Iterable[Reference]:
        """The resources that must exist before *resource* can be complete."""

    def diff(self, resource: Resource, observed: Observation[State] | None, world: World[State]) -> Change:
        """What it takes to make *observed* (``None``: absent) what *resource* declares."""


class Target(Protocol[State]):
    """One place where resources of a kind live; the only thing that touches the network."""

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[State]:
        """Read *resources*, concurrently; *known* comes from the identity cache.

        What cannot be read goes into ``errors`` by address, or into ``refused`` where the others may be written all
        the same; what is not there is left out. Texts that refer to other targets are filled in as far as known.
        """

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Observation[State] | None,
        world: World[State],
    ) -> Observation[State] | None:
        """Write exactly *change* and return what is there afterwards (``None``: deleted, or forgotten).

        To forget is to take the ownership mark off and leave everything else as it is.

        Raises ``WriteUnconfirmed`` when a write may have landed, ``PartlyApplied`` when only a part was
        refused, ``FactoryError`` when nothing was written.
        """


Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many are done, and how many there are."""


def installed_providers() -> dict[str, Provider[Any]]:
    """The providers of every installed collection that has a ``factory_provider`` module, by kind.

    Raises ``FactoryError`` when two collections claim one kind.
    """
    root = importlib.import_module("ansible_collections")
    providers: dict[str, Provider[Any]] = {}
    for collections in dict.fromkeys(str(path) for path in root.__path__):
        for file in sorted(Path(collections).glob("*/*/plugins/module_utils/factory_provider.py")):
            namespace, name = file.parts[-5], file.parts[-4]
            module = f"ansible_collections.{namespace}.{name}.plugins.module_utils.factory_provider"
            for provider in importlib.import_module(module).PROVIDERS:
                if providers.get(provider.kind, provider) is not provider:
                    raise FactoryError(f"kind '{provider.kind}' is claimed by two collections; remove one")
                providers[provider.kind] = provider
    return providers
