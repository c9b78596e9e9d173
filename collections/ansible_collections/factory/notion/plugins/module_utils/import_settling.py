# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make sure that a plan right after an import is empty: whatever it would refuse or change is left to Notion.

An import does not have to know every oddity of a workspace. What it drafts is put to the rules and the diff of
the kinds themselves; what these object to is taken out of the manifest, and the objection becomes its comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import OWNERSHIP, Action, path_name
from ansible_collections.factory.core.plugins.module_utils.graph import fill_in
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Findings,
    Observation,
    Provider,
    World,
)
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.core.plugins.module_utils.schema import manifest_faults
from ansible_collections.factory.notion.plugins.module_utils.import_found import LeftOut
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_key_property

Path = tuple[str | int, ...]
"""Steps below a manifest's ``spec``."""
_NEEDED = frozenset(
    (
        *("title", "properties", "type", "name", "expression", "relation", "property", "function"),
        *("database", "data_source_id", "items", "key", "direction"),
    )
)
"""Keys without which what holds them is nothing."""


@dataclass(slots=True)
class Draft:
    """A manifest that is being made, and what it leaves out."""

    address: Address
    metadata: dict[str, Any]
    spec: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The properties that it declares, by name."""
        properties: Mapping[str, Mapping[str, Any]] = self.spec["properties"]
        return properties

    @property
    def resource(self) -> Resource:
        """What it declares as it stands."""
        return Resource(self.address, self.metadata, self.spec)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the drafts."""

    declared: Declared
    observed: Mapping[Address, Observation[Any]]
    hopeless: Mapping[Address, str]
    """Drafts that cannot be declared at all, and why; when there are any, the others are not settled."""


def settle(
    drafts: Mapping[Address, Draft],
    others: Declared,
    providers: Mapping[str, Provider[Any]],
    observe: Callable[[Declared], Findings[Any]],
) -> Settled:
    """Take out of the *drafts*, in place, what a plan of them and *others* would not leave as it is."""
    findings: Findings[Any] | None = None
    if hopeless := _all_taken_out(drafts, {address: _references(draft) for address, draft in drafts.items()}):
        return Settled(others, {}, hopeless)
    while True:
        declared = Declared({**others.resources, **{one.address: one.resource for one in drafts.values()}})
        flaws = {address: _faults(draft, declared, providers) for address, draft in drafts.items()}
        if not any(flaws.values()):
            findings = findings or observe(declared)
            if errors := {one: str(findings.errors[one]) for one in drafts if one in findings.errors}:
                return Settled(declared, {}, errors)
            world = World(declared, findings.observed)
            flaws = {address: _differences(draft, world, providers) for address, draft in drafts.items()}
        if not any(flaws.values()):
            return Settled(declared, findings.observed if findings else {}, {})
        if hopeless := _all_taken_out(drafts, flaws):
            return Settled(declared, {}, hopeless)


def _references(draft: Draft) -> dict[Path, str]:
    """Texts that would be filled in: somebody typed what reads as a reference. The one in ``parent`` is ours."""
    typed = {name: one for name, one in draft.spec.items() if name != "parent"}
    return {one.path: "it reads as a reference, which would be filled in" for one in references_in(typed)}


def _faults(draft: Draft, declared: Declared, providers: Mapping[str, Provider[Any]]) -> dict[Path, str]:
    """What validation objects to, by path."""
    provider = providers[draft.address.kind]
    found = list(manifest_faults(draft.resource, provider)) or list(provider.check(draft.resource, declared))
    return {
        fault.path[1:] if fault.path[:1] == ("spec",) else (): fault.message for fault in found if not fault.doubtful
    }


def _differences(draft: Draft, world: World[Any], providers: Mapping[str, Provider[Any]]) -> dict[Path, str]:
    """What a plan would change or call unmanageable, by path."""
    resource = fill_in(draft.resource, world.observed, {})
    change = providers[draft.address.kind].diff(resource, world.observed.get(draft.address), world)
    if change.action in (Action.CREATE, Action.RESTORE):
        return {(): change.reason or "it cannot be found any more"}
    if change.refused:
        return {("rows",): change.refused}
    found: dict[Path, str] = {}
    for field_change in change.fields:
        if field_change.path != OWNERSHIP:
            found[_spec_path(draft.spec, field_change.path)] = "Notion's own word for it would be changed by a plan"
    for one in change.unmanageable:
        found[_spec_path(draft.spec, one.path)] = one.reason
    return found


def _spec_path(spec: Mapping[str, Any], path: tuple[str, ...]) -> Path:
    """Where in *spec* a field of a plan is declared: plans name the items of lists, ``rows`` has its in ``items``."""
    if path[:1] == ("rows",) and "rows" in spec:
        key = row_key_property(spec)
        keys = [str(item.get(key)) for item in spec["rows"]["items"]]
        return ("rows", "items", keys.index(path[1]), *path[2:]) if path[1] in keys else ("rows",)
    node: Any = spec
    found: list[str | int] = []
    for step in path:
        if isinstance(node, list):
            names = [item.get("name") if isinstance(item, Mapping) else None for item in node]
            if step not in names:
                break
            index = names.index(step)
            found.append(index)
            node = node[index]
        elif isinstance(node, Mapping) and step in node:
            found.append(step)
            node = node[step]
        else:
            break
    return tuple(found)


def _all_taken_out(drafts: Mapping[Address, Draft], flaws: Mapping[Address, Mapping[Path, str]]) -> dict[Address, str]:
    """Take all *flaws* out of the drafts; the drafts from which something needed would go, and why."""
    stuck = {address: _take_out(drafts[address], found) for address, found in flaws.items()}
    return {address: told for address, told in stuck.items() if told}


def _take_out(draft: Draft, flaws: Mapping[Path, str]) -> str:
    """Take what is at *flaws* out of a draft; why that cannot be, if something needed is wrong."""
    removable: dict[Path, str] = {}
    for path, reason in flaws.items():
        nearest = _nearest_removable(draft.spec, path)
        if not nearest:
            return reason
        removable[nearest] = reason
    inner = {path for path in removable for depth in range(1, len(path)) if path[:depth] in removable}
    for path in sorted(set(removable) - inner, key=_position, reverse=True):
        draft.left_out.append(LeftOut(_shown(draft.spec, path), removable[path]))
        del _node(draft.spec, path[:-1])[path[-1]]
    return ""


def _position(path: Path) -> list[tuple[bool, int, str]]:
    """Sorts items of a list by number."""
    return [(isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in path]


def _nearest_removable(spec: Mapping[str, Any], path: Path) -> Path:
    """The nearest thing at or above *path* without which the rest still stands; nothing if there is none."""
    for depth in range(len(path), 0, -1):
        parent, step = _node(spec, path[: depth - 1]), path[depth - 1]
        if isinstance(parent, list) and isinstance(step, int) and step < len(parent):
            return path[:depth]
        if isinstance(parent, Mapping) and step in parent and not _is_needed(path[:depth], parent):
            return path[:depth]
    return ()


def _is_needed(path: Path, parent: Mapping[str | int, Any]) -> bool:
    if path[:1] == ("properties",) and len(path) == 2:
        return bool(parent[path[1]].get("type") == "title")
    if path[:2] == ("rows", "items") and len(path) == 4:
        return False
    return path[-1] in _NEEDED


def _node(spec: Mapping[str, Any], path: Path) -> Any:
    """What is at *path*; nothing where that leads nowhere."""
    node: Any = spec
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _shown(spec: Mapping[str, Any], path: Path) -> str:
    """*path* as plans say it: items of lists by their names or keys."""
    steps: list[str] = []
    for depth, step in enumerate(path):
        if not isinstance(step, int):
            steps.append(step)
            continue
        item = _node(spec, path[: depth + 1])
        if path[:2] == ("rows", "items") and depth == 2:
            steps[1:] = [str(item.get(row_key_property(spec), step + 1))]
        else:
            steps.append(str(item["name"]) if isinstance(item, Mapping) and "name" in item else str(step + 1))
    return path_name(tuple(steps))
