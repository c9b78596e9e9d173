# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stack's history: which resources changed their address, and which are let go on purpose.

It is a document of its own in any file of the stack, with ``moved`` or ``removed`` or both at the top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import API_VERSION, Address
from ansible_collections.factory.core.plugins.module_utils.problem import Problem, did_you_mean
from ansible_collections.factory.core.plugins.module_utils.yaml_source import Document, YamlPath

_ADDRESS = {
    "type": "string",
    "pattern": "^[A-Za-z]\\w*/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "x-message": "expected an address such as NotionDatabase/tasks",
}
_REASON = {"type": "string", "minLength": 1, "x-message": "expected the reason, in words"}

HISTORY_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "History",
    "description": "What became of resources that a stack no longer declares under their address.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": API_VERSION},
        "moved": {
            "description": "Resources that have another address now. Nothing is created or deleted.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["from", "to"],
                "additionalProperties": False,
                "properties": {
                    "from": {"description": "The old address.", **_ADDRESS},
                    "to": {"description": "The new address, which a manifest declares.", **_ADDRESS},
                },
            },
        },
        "removed": {
            "description": "Resources that are let go on purpose, even if they were protected.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["address", "reason"],
                "additionalProperties": False,
                "properties": {
                    "address": {"description": "The address that no manifest declares any more.", **_ADDRESS},
                    "reason": {"description": "Why; plans show it.", **_REASON},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: an address, what is said of it, and where it is written."""

    address: Address
    document: Document
    path: YamlPath
    to: Address | None = None
    reason: str = ""

    def problem(self, key: str, message: str) -> Problem:
        """A problem with one of the entry's values."""
        path = (*self.path, key)
        where = ".".join(str(step) for step in path)
        return Problem(self.document.source.locate(path), f"{where}: {message}")


@dataclass(frozen=True, slots=True)
class History:
    """What a stack says of addresses that it no longer declares."""

    moved: Mapping[Address, Address] = field(default_factory=dict)
    """From each former address to the one it was moved to, which may have been moved in turn."""
    removed: Mapping[Address, str] = field(default_factory=dict)
    """Why each was removed."""

    def address_of(self, former: Address) -> Address:
        """The address that *former* has now."""
        while former in self.moved:
            former = self.moved[former]
        return former

    def former(self, address: Address) -> tuple[Address, ...]:
        """The addresses that *address* had, the last one first."""
        found: list[Address] = []
        wave = [address]
        while wave := [old for old, new in self.moved.items() if new in wave]:
            found.extend(wave)
        return tuple(found)

    def renamed(self) -> dict[Address, Address]:
        """From each former address to the present one; the last former ones of an address first."""
        presents = dict.fromkeys(map(self.address_of, self.moved))
        return {old: present for present in presents for old in self.former(present)}


def is_history(document: Document) -> bool:
    """Whether a document is meant as history: it is no manifest, and has one of its keys."""
    data = document.data
    return isinstance(data, dict) and "kind" not in data and bool({"moved", "removed"} & data.keys())


def entries_of(document: Document) -> Iterator[Entry]:
    """What a valid history document says, line by line."""
    for index, one in enumerate(document.data.get("moved", ())):
        addresses = Address.parse(one["from"]), Address.parse(one["to"])
        yield Entry(addresses[0], document, ("moved", index), to=addresses[1])
    for index, one in enumerate(document.data.get("removed", ())):
        yield Entry(Address.parse(one["address"]), document, ("removed", index), reason=one["reason"])


def history_of(
    entries: Collection[Entry], declared: Collection[Address], complete: bool, kinds: Collection[str]
) -> tuple[History, list[Problem]]:
    """The history that *entries* tell of a stack that declares *declared*, and what is wrong with it.

    Of a stack that could not be read to its end (not *complete*), nothing is said to be missing.
    """
    moves = {entry.address: entry for entry in entries if entry.to is not None}
    problems = [*_broken_moves(entries, moves, declared, complete, kinds), *_broken_removals(entries, moves, declared)]
    for entry in entries:
        if entry.address.kind not in kinds:
            key = "from" if entry.to else "address"
            guess = did_you_mean(entry.address.kind, kinds)
            problems.append(entry.problem(key, f"unknown kind '{entry.address.kind}'{guess}"))
    moved = {old: entry.to for old, entry in moves.items() if entry.to is not None}
    removed = {entry.address: entry.reason for entry in entries if entry.to is None}
    return (History() if problems else History(moved, removed)), problems


def _broken_moves(
    entries: Collection[Entry],
    moves: Mapping[Address, Entry],
    declared: Collection[Address],
    complete: bool,
    kinds: Collection[str],
) -> Iterator[Problem]:
    removed = {entry.address for entry in entries if entry.to is None}
    claims: dict[Address, Address] = {}
    for entry in entries:
        if entry.to is None:
            continue
        if entry.address in declared:
            yield entry.problem("from", f"{entry.address} is still declared; remove its manifest, or this entry")
        if moves[entry.address] is not entry:
            yield entry.problem("from", f"{entry.address} is moved twice; keep the entry that is true")
        elif claims.setdefault(entry.to, entry.address) != entry.address:
            first = claims[entry.to]
            yield entry.problem("to", f"{first} is moved to {entry.to} as well; two resources cannot become one")
        if entry.to.kind != entry.address.kind:
            yield entry.problem("to", f"{entry.address} cannot become a {entry.to.kind}; a move keeps the kind")
        elif _is_in_circle(entry.address, moves):
            yield entry.problem("to", f"{entry.address} comes back to itself; a chain of moves ends at a manifest")
        elif complete and entry.to.kind in kinds and entry.to not in {*declared, *moves, *removed}:
            guess = did_you_mean(entry.to.name, [one.name for one in declared if one.kind == entry.to.kind])
            yield entry.problem("to", f"{entry.to} is not declared{guess}")


def _is_in_circle(address: Address, moves: Mapping[Address, Entry]) -> bool:
    seen: set[Address] = set()
    here: Address | None = address
    while here is not None and here in moves and here not in seen:
        seen.add(here)
        here = moves[here].to
    return here == address


def _broken_removals(
    entries: Collection[Entry], moves: Mapping[Address, Entry], declared: Collection[Address]
) -> Iterator[Problem]:
    seen: set[Address] = set()
    for entry in entries:
        if entry.to is not None:
            continue
        if entry.address in declared:
            yield entry.problem("address", f"{entry.address} is still declared; remove its manifest, or this entry")
        if entry.address in moves:
            yield entry.problem("address", f"{entry.address} was moved to {moves[entry.address].to}; name that one")
        if entry.address in seen:
            yield entry.problem("address", f"{entry.address} is removed twice; keep one entry")
        seen.add(entry.address)
