# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resolve: references become a graph, and the graph an order to work in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource, unlocated
from ansible_collections.factory.core.plugins.module_utils.problem import (
    FactoryError,
    InvalidManifests,
    Problem,
    did_you_mean,
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
    secrets: tuple[str, ...] = ()
    """Values that came from environment variables, never to be shown."""
    referring: frozenset[Address] = frozenset()
    """Resources whose texts refer to attributes of others."""


def resolve(declared: Declared, providers: Mapping[str, Provider[Any]], environ: Mapping[str, str]) -> Graph:
    """Fill in environment variables and order the resources.

    Raises ``InvalidManifests`` for a variable that is not set, a reference to nothing, or a cycle
    that the target does not allow.
    """
    problems: list[Problem] = []
    secrets: list[str] = []
    resources: dict[Address, Resource] = {}
    edges: dict[Address, list[Reference]] = {}
    referring: set[Address] = set()
    for address, resource in declared.resources.items():
        found = list(references_in(resource.spec, ("spec",)))
        problems.extend(_reference_problems(resource, found, declared, providers, environ))
        values = {ref.variable: environ[ref.variable] for ref in found if ref.variable in environ}
        secrets.extend(values.values())
        resources[address] = _with_environment(resource, values) if values else resource
        texts = [Reference(ref.target, ref.path) for ref in found if ref.target is not None]
        referring.update([address] if texts else [])
        edges[address] = [*providers[address.kind].references(resource), *texts]
    needs, cyclic = break_cycles(edges)
    problems.extend(_cycle_problem(resources[address], cyclic) for address in cyclic[:1])
    if problems:
        raise InvalidManifests(problems)
    resolved = dataclasses.replace(declared, resources=resources)
    return Graph(resolved, tuple(needs), needs, tuple(secrets), frozenset(referring))


def fill_in(resource: Resource, observed: Mapping[Address, Observation[Any]]) -> Resource:
    """*resource* with the attributes of others that are known by now put into its texts."""

    def lookup(reference: TextReference) -> str | None:
        target = observed.get(reference.target) if reference.target else None
        return target.attributes.get(reference.attribute) if target and not target.in_trash else None

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
        soft[address] -= {address}
    order: dict[Address, frozenset[Address]] = {}
    remaining = sorted(edges)
    while remaining:
        placed = [a for a in remaining if not _open(hard[a], order) and not _open(soft[a], order)]
        if not placed:
            breakable = [a for a in remaining if not _open(hard[a], order)]
            if not breakable:
                return order, tuple(remaining)
            placed = [min(breakable, key=lambda a: (len(_open(soft[a], order)), a))]
        for address in placed:
            order[address] = frozenset((hard[address] | soft[address]) & order.keys())
        remaining = [address for address in remaining if address not in order]
    return order, ()


def _open(targets: set[Address], order: Mapping[Address, Any]) -> set[Address]:
    return {target for target in targets if target not in order}


def _with_environment(resource: Resource, values: Mapping[str, str]) -> Resource:
    return dataclasses.replace(resource, spec=substitute(resource.spec, lambda ref: values.get(ref.variable)))


def _reference_problems(
    resource: Resource,
    references: Iterable[TextReference],
    declared: Declared,
    providers: Mapping[str, Provider[Any]],
    environ: Mapping[str, str],
) -> Iterator[Problem]:
    for reference in references:
        message = ""
        if reference.target is None:
            if reference.variable not in environ:
                message = f"the environment variable {reference.variable} is not set"
        elif declared.lacks(reference.target):
            message = f"{reference.target} is not declared{declared.suggest(reference.target)}"
        else:
            attributes = providers[reference.target.kind].attributes
            if reference.attribute not in attributes:
                guess = did_you_mean(reference.attribute, attributes)
                message = f"{reference.target} has no attribute '{reference.attribute}'{guess}"
        if message:
            yield _problem(resource, reference.path, message)


def _problem(resource: Resource, path: tuple[str | int, ...], message: str) -> Problem:
    if resource.source is None:
        return unlocated(message)
    return Problem(resource.source.locate(path), message)


def _cycle_problem(resource: Resource, cycle: Iterable[Address]) -> Problem:
    names = ", ".join(str(address) for address in cycle)
    return _problem(resource, ("spec",), f"these resources need each other, and none can come first: {names}")


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
