# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Diff: desired and observed become changes. Pure; the kinds say what differs, this says what it means."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    OWNERSHIP,
    Action,
    Change,
    FieldChange,
    Unmanageable,
    canonical_json,
    fingerprint,
    path_name,
)
from ansible_collections.factory.core.plugins.module_utils.graph import Graph, fill_in
from ansible_collections.factory.core.plugins.module_utils.identity import Record
from ansible_collections.factory.core.plugins.module_utils.lifecycle import without_ignored
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Observation, Provider, World
from ansible_collections.factory.core.plugins.module_utils.redaction import secret_fingerprint
from ansible_collections.factory.core.plugins.module_utils.reference import references_in

Observed = Mapping[Address, Observation[Any]]

IGNORED_BY_TARGET = "the target accepted this and did not do it"


def desired(graph: Graph, address: Address, observed: Observed) -> Resource:
    """The resource at *address* with everything filled in that is known by now."""
    resource = graph.declared.resources[address]
    return fill_in(resource, observed, graph.elsewhere) if address in graph.referring else resource


def diff_resource(graph: Graph, provider: Provider[Any], address: Address, observed: Observed) -> Change:
    """What it takes to bring the resource at *address* to what is declared."""
    resource = desired(graph, address, observed)
    change = provider.diff(resource, observed.get(address), World(graph.declared, observed))
    if address in graph.ignoring:
        change = without_ignored(change, graph.ignoring[address])
    if address in graph.referring:
        change = change.with_fields(_waiting_for_references(field) for field in change.fields)
    if graph.secrets:
        change = change.with_fields(_with_secret_hidden(field, graph.secrets) for field in change.fields)
    return change


def _with_secret_hidden(field: FieldChange, secrets: Sequence[str]) -> FieldChange:
    """Where a secret will be, one may have been: an old one is nowhere else known as such."""
    texts = list(_texts_in(field.after))
    if field.before is None or not any(secret in text for secret in secrets for text in texts):
        return field
    return dataclasses.replace(field, before=secret_fingerprint(canonical_json(field.before)))


def _waiting_for_references(field: FieldChange) -> FieldChange:
    targets = {reference.target for reference in references_in(field.after) if reference.target}
    return dataclasses.replace(field, waits_for=field.waits_for | targets) if targets else field


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(item)


def declared_fingerprints(
    graph: Graph, provider: Provider[Any], address: Address, observed: Observed
) -> dict[str, str]:
    """A fingerprint per declared field that is not ignored: what the identity cache remembers of an apply.

    The ownership mark is declared by the address and by ``protect``.
    """
    resource = desired(graph, address, observed)
    everything = provider.diff(resource, None, World(graph.declared, _Without(address, observed)))
    if address in graph.ignoring:
        everything = without_ignored(everything, graph.ignoring[address])
    mark = fingerprint([str(address), bool(resource.metadata.get("protect"))])
    return {path_name(OWNERSHIP): mark, **{field.name: field.fingerprint() for field in everything.fields}}


class _Without(Mapping[Address, Observation[Any]]):
    """A mapping less one key, without copying it."""

    def __init__(self, hidden: Address, mapping: Observed) -> None:
        self._hidden = hidden
        self._mapping = mapping

    def __getitem__(self, address: Address) -> Observation[Any]:
        if address == self._hidden:
            raise KeyError(address)
        return self._mapping[address]

    def __iter__(self) -> Iterator[Address]:
        return (address for address in self._mapping if address != self._hidden)

    def __len__(self) -> int:
        return len(self._mapping) - (self._hidden in self._mapping)


def without_unmanageable(change: Change, record: Record) -> Change:
    """*change* less the fields that an earlier apply found the target to ignore.

    Only while both sides are what they were then: anything else is a difference like any other.
    """
    ignored = [field for field in change.fields if record.unmanageable.get(field.name) == field.difference()]
    if not ignored:
        return change
    kept = tuple(field for field in change.fields if field not in ignored)
    told = tuple(Unmanageable(field.path, IGNORED_BY_TARGET) for field in ignored)
    action = Action.NO_OP if not kept and change.action is Action.UPDATE else change.action
    return dataclasses.replace(change, fields=kept, action=action, unmanageable=(*change.unmanageable, *told))


def without_lone_mark(change: Change, resource: Resource) -> Change:
    """*change*, or none where nothing is missing but our mark, and the manifest itself says which one it is.

    The id in ``metadata.adopt`` is enough to find it. So the mark is written along with the next change.
    """
    only_mark = all(field.path == OWNERSHIP and field.before is None for field in change.fields)
    named_by_id = isinstance(resource.metadata.get("adopt"), str)
    if not named_by_id or not only_mark or change.action not in (Action.ADOPT, Action.UPDATE):
        return change
    return dataclasses.replace(change, action=Action.NO_OP, fields=())


def with_drift(change: Change, record: Record | None, declared: Mapping[str, str]) -> Change:
    """*change* with the fields marked that differ although nobody declared anything new.

    With no record of an earlier apply, every difference of something that exists counts as drift, but for the mark
    of a resource that was renamed: a stack's history declares that.
    """
    if change.action in (Action.CREATE, Action.ADOPT) or (record is not None and record.incomplete):
        return change
    return change.with_fields(
        dataclasses.replace(
            field,
            drift=(record is None or _is_drift(field, record, declared))
            and not field.is_ours_alone
            and not (change.action is Action.RENAME and field.path == OWNERSHIP),
        )
        for field in change.fields
    )


def _is_drift(field: FieldChange, record: Record, declared: Mapping[str, str]) -> bool:
    path = field.follows or field.path
    for length in range(len(path), 0, -1):
        name = path_name(path[:length])
        if name in declared:
            return record.declared.get(name) == declared[name]
    return field.name not in record.declared
