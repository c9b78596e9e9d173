# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources of other stacks: the identity cache of the environment says their ids before anything is read. Pure.

What is of a kind that lives on the run's target must be remembered for just this target and place: two workspaces of
one environment share no id.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.identity_lookup import Remembered
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource, located
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests, Problem, did_you_mean
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Provider, Reference
from ansible_collections.factory.core.plugins.module_utils.reference import TextReference, references_in, substitute
from ansible_collections.factory.core.plugins.module_utils.scope import Scope

Uses = Mapping[Address, Mapping[str, str]]
"""Resources of other stacks that one resource refers to, with the attributes that lead to them."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A stack's resources with the ids of those of other stacks filled in, and who uses which."""

    declared: Declared
    uses: Mapping[Address, Uses] = field(default_factory=dict)


def foreign_references(resource: Resource, provider: Provider[Any]) -> list[Reference]:
    """What *resource* refers to in other stacks: in texts, and as its kind says."""
    texts = [
        Reference(one.target, one.path, attribute=one.attribute)
        for one in references_in(resource.spec, ("spec",))
        if one.target is not None
    ]
    own = [one for one in provider.references(resource) if one.fills]
    return [one for one in (*texts, *own) if one.target.stack]


def bind_other_stacks(
    declared: Declared,
    foreign: Mapping[Address, Sequence[Reference]],
    everything: Sequence[Remembered],
    scope: Scope,
    kinds: frozenset[str],
    leaving: bool,
) -> Bound:
    """*declared* with what the identity cache (*everything*) knows of *foreign* filled in.

    *kinds* live on the run's target. Of a stack that is *leaving*, what is not known does not matter any more, nor
    what its resources would be related to.

    Raises ``InvalidManifests`` for each that the identity cache does not know.
    """
    found = {one.target: None for references in foreign.values() for one in references}
    known = {target: _attributes(target, everything, scope, kinds) for target in found}
    problems: list[Problem] = []
    resources: dict[Address, Resource] = {}
    for address, references in foreign.items():
        resource = declared.resources[address]
        for one in references:
            if one.attribute not in known[one.target]:
                told = _unknown(one.target, everything, scope, kinds)
                problems.append(located(resource, one.path, f"{_where(one)}: {told}"))
        resources[address] = _filled(resource, [] if leaving else references, known)
    if problems and not leaving:
        raise InvalidManifests(problems)
    uses = {address: {one.target: known[one.target] for one in references} for address, references in foreign.items()}
    return Bound(dataclasses.replace(declared, resources={**declared.resources, **resources}), uses)


def uses_told(uses: Uses) -> tuple[str, ...]:
    """Each used resource with its live id, as plans show it."""
    return tuple(f"{address} ({known['id']})" for address, known in sorted(uses.items()) if known)


def with_stale_explained(message: str, uses: Uses, environment: str) -> str:
    """*message*, and what it may come from where it names an id of a resource of another stack."""
    for address, known in uses.items():
        if any(one in message or one.replace("-", "") in message for one in known.values()):
            return (
                f"{message}. That is {address} as the identity cache of the environment {environment} knows it: it was "
                "deleted for good, is in the trash, or is no longer shared with the integration. Share or restore it, "
                f"or apply stack {address.stack} first ('factory ids verify --stack {address.stack}' tells which)"
            )
    return message


def _matching(
    target: Address, everything: Sequence[Remembered], scope: Scope, kinds: frozenset[str]
) -> Iterator[Remembered]:
    local = dataclasses.replace(target, stack="")
    for one in everything:
        here = (one.target, one.place) == (scope.target, scope.place)
        if one.stack == target.stack and one.address == local and (here or target.kind not in kinds):
            yield one


def _attributes(
    target: Address, everything: Sequence[Remembered], scope: Scope, kinds: frozenset[str]
) -> Mapping[str, str]:
    """What leads to *target*; nothing when it is not known, or known on several other targets."""
    found = [one for one in _matching(target, everything, scope, kinds) if not one.record.deleted]
    return found[0].record.attributes if len(found) == 1 else {}


def _unknown(target: Address, everything: Sequence[Remembered], scope: Scope, kinds: frozenset[str]) -> str:
    """Why nothing is known of *target*, and what to do."""
    stack, where = target.stack, f"in the environment {scope.environment}"
    first = f"apply stack {stack} first"
    if any(one.record.deleted for one in _matching(target, everything, scope, kinds)):
        return f"Factory deleted {target} {where}; declare it there again, and {first}"
    same_stack = [one for one in everything if one.stack == stack and not one.record.deleted]
    others = [one for one in same_stack if one.address == dataclasses.replace(target, stack="")]
    if others and target.kind in kinds:
        told = ", ".join(sorted({f"{one.target} ({one.place})" for one in others}))
        return f"{target} is known {where}, but only on {told}, not on {scope.target} ({scope.place}); {first} there"
    if others:
        return f"{target} is known on several targets {where}; it must live on one of them only"
    if not same_stack:
        stacks = {one.stack for one in everything if not one.record.deleted} - {scope.stack}
        return f"nothing of the stack '{stack}' is known {where}; {first}{did_you_mean(stack, stacks)}"
    names = [one.address.name for one in same_stack if one.address.kind == target.kind]
    return f"{target} is not known {where}; {first}{did_you_mean(target.name, names)}"


def _where(reference: Reference) -> str:
    return ".".join(str(step) for step in reference.path)


def _filled(
    resource: Resource, references: Sequence[Reference], known: Mapping[Address, Mapping[str, str]]
) -> Resource:
    def lookup(reference: TextReference) -> str | None:
        return known.get(reference.target, {}).get(reference.attribute) if reference.target else None

    spec = substitute(resource.spec, lookup)
    for one in references:
        if one.fills and one.attribute in known[one.target]:
            spec = _placed(spec, one.fills[1:], known[one.target][one.attribute])
    return dataclasses.replace(resource, spec=spec)


def _placed(value: Any, path: tuple[str | int, ...], text: str) -> Any:
    """*value* with *text* at *path*, which leads through mappings."""
    if not path:
        return text
    return {**value, path[0]: _placed(value.get(path[0]), path[1:], text)}
