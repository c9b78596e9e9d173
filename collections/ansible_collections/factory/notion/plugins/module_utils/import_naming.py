# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who gets which name: what a live workspace holds gets addresses in a stack. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.core.plugins.module_utils.resource_names import free_name, name_from_title
from ansible_collections.factory.notion.plugins.module_utils.discovery import noun
from ansible_collections.factory.notion.plugins.module_utils.import_found import Found, FoundTable, LeftOut
from ansible_collections.factory.notion.plugins.module_utils.import_spec import bare
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, PAGE


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack into which manifests are written, and the page on which it lies.

    ``known`` are the ids of what its manifests stand for, by address; ``remembered`` those of what it declared once;
    ``sources`` the ids of the data sources that are known.
    """

    name: str
    parent_page: str
    declared: Declared
    known: Mapping[Address, str]
    remembered: Mapping[Address, str]
    sources: Mapping[Address, str]


@dataclass(frozen=True, slots=True)
class Naming:
    """What gets which address, and what gets none."""

    addresses: Mapping[Address, Found]
    left_out: tuple[LeftOut, ...]


def name_found(found: Sequence[Found], stack: Stack, hopeless: Mapping[str, str]) -> Naming:
    """An address for everything that was found but what is *hopeless* (by id, with the reason).

    What the stack declares, marked or remembers keeps its address; the others are named after their titles.
    """
    addresses: dict[Address, Found] = {}
    left_out: list[LeftOut] = []
    waiting: list[Found] = []
    known = {(address.kind, bare(one)): address for address, one in stack.known.items() if one}
    remembered = {(address.kind, bare(one)): address for address, one in stack.remembered.items()}
    homes: dict[str, set[str]] = {}
    for one in sorted(found, key=lambda one: one.kind == DATA_SOURCE):
        key = (one.kind, bare(one.id))
        owner = owner_of(one.ownership, stack.name)
        address = known.get(key) or owner
        reason = hopeless.get(one.id) or _not_ours(one, owner, address, addresses)
        if not reason and isinstance(one, FoundTable):
            reason = _not_in(homes, one)
        if address is None and (once := remembered.get(key)) not in (None, *addresses, *stack.declared.resources):
            address = once
        if reason:
            left_out.append(LeftOut(f"the {_noun(one)} '{one.title}' ({one.id})", reason))
        elif address is not None:
            addresses[address] = one
        else:
            waiting.append(one)
    for one in waiting:
        others = (*addresses, *stack.declared.resources)
        taken = {address.name for address in others if address.kind == one.kind}
        fallback = _noun(one).replace(" ", "-")
        addresses[Address(one.kind, free_name(name_from_title(one.title, fallback), taken))] = one
    order = {(one.kind, one.id): place for place, one in enumerate(found)}
    ordered = sorted(addresses.items(), key=lambda item: order[item[1].kind, item[1].id])
    return Naming(dict(ordered), tuple(left_out))


def _noun(one: Found) -> str:
    return noun(Address(one.kind, "any"))


def _not_ours(one: Found, owner: Address | None, address: Address | None, addresses: Mapping[Address, Found]) -> str:
    says = f"as the last line on it says: {one.ownership}"
    if one.kind != PAGE:
        says = f"as its description says: {one.ownership}"
    if not one.title:
        return "it has no title; give it one in Notion and import it again"
    if one.ownership is not None and owner is None:
        return f"it belongs to somebody else, {says}"
    if address is not None and (address in addresses or address.kind != one.kind):
        return f"it is a copy of another, {says}"
    return ""


def _not_in(homes: dict[str, set[str]], table: FoundTable) -> str:
    """Why a further data source cannot be declared in its database; *homes* has the titles in each that can be."""
    home = table.state.database_id
    if table.kind == KIND:
        homes[home] = {table.title}
    elif home not in homes:
        return "its database is not imported"
    elif table.title in homes[home]:
        return "another data source of its database has this title, which tells them apart"
    else:
        homes[home].add(table.title)
    return ""
