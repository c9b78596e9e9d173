# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resolve: references become a graph, and the graph an order to work in."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import FieldPath
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource, located
from ansible_collections.factory.core.plugins.module_utils.problem import (
    FactoryError,
    InvalidManifests,
    Problem,
)
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Observation,
    Provider,
    Reference,
)
from ansible_collections.factory.core.plugins.module_utils.reference import (
    TextReference,
    references_in,
    substitute,
)


@dataclass(frozen=True, slots=True)
class Graph:
    """The resources in the order to work on them, and what each has to wait for."""

    declared: Declared
    order: tuple[Address, ...]
    needs: Mapping[Address, frozenset[Address]]
    """Acyclic: of a cycle, one deferrable reference is left out."""
    hard_needs: Mapping[Address, frozenset[Address]]
    """What must exist before a resource can be created at all."""
    secrets: tuple[str, ...] = ()
    """Values that came from environment variables, never to be shown."""
    referring: frozenset[Address] = frozenset()
    """Resources whose texts refer to attributes of others."""
    elsewhere: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)
    """Attributes of resources that live on other targets, as far as they are known."""
    ignoring: Mapping[Address, tuple[FieldPath, ...]] = field(default_factory=dict)
    """Patterns of the fields to leave alone, of resources that exist."""


def resolve(declared: Declared, providers: Mapping[str, Provider[Any]], environ: Mapping[str, str]) -> Graph:
    """Fill in environment variables, where they do not stay, and order the resources.

    Raises ``InvalidManifests`` for a variable that is not set, a reference to nothing, or a cycle
    that the target does not allow.
    """
    problems: list[Problem] = []
    secrets: list[str] = []
    resources: dict[Address, Resource] = {}
    edges: dict[Address, list[Reference]] = {address: [] for address in declared.resources}
    referring: set[Address] = set()
    for address, resource in declared.resources.items():
        found = list(references_in(resource.spec, ("spec",)))
        values = {ref.variable: environ[ref.variable] for ref in found if ref.variable in environ}
        secrets.extend(values.values())
        stay = providers[address.kind].keeps_variables
        problems.extend(() if stay else _unset_variables(resource, found, environ))
        resources[address] = resource if stay or not values else _with_environment(resource, values)
        own = list(providers[address.kind].references(resource))
        later = {(ref.target, ref.path) for ref in own if ref.deferrable}
        texts = [Reference(ref.target, ref.path) for ref in found if ref.target is not None]
        referring.update([address] if texts else [])
        for one in (*own, *(text for text in texts if (text.target, text.path) not in later)):
            edges.get(one.source or address, []).append(one)
    needs, cyclic = break_cycles(edges)
    problems.extend(_cycle_problem(resources[address], cyclic) for address in cyclic[:1])
    if problems:
        raise InvalidManifests(problems)
    resolved = dataclasses.replace(declared, resources=resources)
    hard = {
        address: frozenset(ref.target for ref in references if not ref.deferrable and ref.target in resources)
        for address, references in edges.items()
    }
    return Graph(resolved, tuple(needs), needs, hard, tuple(secrets), frozenset(referring))


def fill_in(
    resource: Resource,
    observed: Mapping[Address, Observation[Any]],
    elsewhere: Mapping[Address, Mapping[str, str]],
) -> Resource:
    """*resource* with the attributes of others that are known by now put into its texts."""

    def lookup(reference: TextReference) -> str | None:
        if reference.target is None:
            return None
        target = observed.get(reference.target)
        if target is None:
            return elsewhere.get(reference.target, {}).get(reference.attribute)
        return None if target.in_trash else target.attributes.get(reference.attribute)

    return dataclasses.replace(resource, spec=substitute(resource.spec, lookup))


def break_cycles(
    edges: Mapping[Address, Iterable[Reference]],
) -> tuple[dict[Address, frozenset[Address]], tuple[Address, ...]]:
    """An order of *edges*' addresses with what each waits for, and the addresses of a forbidden cycle.

    Of a cycle the resource that leaves the fewest references for later goes first; equal ones by
    name, so that the order of files never matters.
    """
    hard: dict[Address, set[Address]] = {}
    soft: dict[Address, set[Address]] = {}
    for address, references in edges.items():
        hard[address] = {ref.target for ref in references if not ref.deferrable and ref.target in edges}
        soft[address] = {ref.target for ref in references if ref.deferrable and ref.target in edges}
        soft[address] -= hard[address] | {address}
    walk = _Walk(hard, soft)
    while walk.remaining:
        wave = walk.free() or walk.least_bound()
        if not wave:
            return walk.order, _in_cycles(walk.remaining, hard)
        walk.place(wave)
    return walk.order, ()


class _Walk:
    """Kahn's algorithm with counters, so that the work grows with the number of references only."""

    def __init__(self, hard: Mapping[Address, set[Address]], soft: Mapping[Address, set[Address]]) -> None:
        self.order: dict[Address, frozenset[Address]] = {}
        self.remaining = set(hard)
        self._targets = {address: hard[address] | soft[address] for address in hard}
        self._hard_left = {address: set(targets) for address, targets in hard.items()}
        self._open = {address: len(targets) for address, targets in self._targets.items()}
        self._sources: dict[Address, list[Address]] = {}
        for address, targets in self._targets.items():
            for target in targets:
                self._sources.setdefault(target, []).append(address)
        self._free = [address for address, count in self._open.items() if not count]
        self._breakable = [(count, address) for address, count in self._open.items() if not self._hard_left[address]]
        heapq.heapify(self._breakable)

    def free(self) -> list[Address]:
        """Those that need nothing any more, by name."""
        return sorted(self._free)

    def least_bound(self) -> list[Address]:
        """The one that leaves the fewest deferrable references for later, if there is any that can go."""
        while self._breakable:
            count, address = heapq.heappop(self._breakable)
            if address in self.remaining and count == self._open[address]:
                return [address]
        return []

    def place(self, wave: Iterable[Address]) -> None:
        """Put *wave* next; none of it needs another of it."""
        placed = list(wave)
        for address in placed:
            self.order[address] = frozenset(target for target in self._targets[address] if target in self.order)
        self.remaining.difference_update(placed)
        self._free = []
        for address in placed:
            for source in self._sources.get(address, ()):
                if source in self.remaining:
                    self._release(source, address)

    def _release(self, source: Address, target: Address) -> None:
        self._open[source] -= 1
        self._hard_left[source].discard(target)
        if not self._open[source]:
            self._free.append(source)
        elif not self._hard_left[source]:
            heapq.heappush(self._breakable, (self._open[source], source))


def _in_cycles(remaining: Iterable[Address], hard: Mapping[Address, set[Address]]) -> tuple[Address, ...]:
    """Those of *remaining* that are needed in a circle, without those that only wait for one."""
    circle = set(remaining)
    while waiting := {a for a in circle if not any(a in hard[other] for other in circle)}:
        circle -= waiting
    return tuple(sorted(circle))


def _with_environment(resource: Resource, values: Mapping[str, str]) -> Resource:
    return dataclasses.replace(resource, spec=substitute(resource.spec, lambda ref: values.get(ref.variable)))


def _unset_variables(
    resource: Resource, references: Iterable[TextReference], environ: Mapping[str, str]
) -> Iterator[Problem]:
    for reference in references:
        if reference.target is None and reference.variable not in environ:
            yield located(resource, reference.path, f"the environment variable {reference.variable} is not set")


def _cycle_problem(resource: Resource, cycle: Iterable[Address]) -> Problem:
    names = ", ".join(str(address) for address in cycle)
    return located(resource, ("spec",), f"these resources need each other, and none can come first: {names}")


def check_unique_ids(known: Mapping[Address, Observation[Any]]) -> None:
    """Raise ``FactoryError`` when two resources claim one live object; both are named."""
    claimed: dict[str, Address] = {}
    for address, observation in sorted(known.items()):
        other = claimed.setdefault(observation.id, address)
        if other != address:
            raise FactoryError(
                f"{other} and {address} both claim the live object {observation.id}; "
                "remove one of the manifests or its metadata.adopt"
            )
