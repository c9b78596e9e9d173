# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a live workspace to drafts of manifests: who gets which name, and what each says. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.import_names import free_name, name_from_title
from ansible_collections.factory.notion.plugins.module_utils.import_reading import FoundDatabase, LeftOut
from ansible_collections.factory.notion.plugins.module_utils.import_rows import keys_of_rows, row_key, rows_spec
from ansible_collections.factory.notion.plugins.module_utils.import_settling import Draft
from ansible_collections.factory.notion.plugins.module_utils.import_spec import Named, bare, database_spec, named
from ansible_collections.factory.notion.plugins.module_utils.import_views import views_spec
from ansible_collections.factory.notion.plugins.module_utils.ownership import owner_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack into which manifests are written.

    ``known`` are the ids of the databases that its manifests stand for, by address; ``sources`` those of their
    data sources.
    """

    name: str
    declared: Declared
    known: Mapping[Address, str]
    sources: Mapping[Address, str]


@dataclass(frozen=True, slots=True)
class Naming:
    """Which database gets which address, and which get none."""

    addresses: Mapping[Address, FoundDatabase]
    left_out: tuple[LeftOut, ...]


def name_databases(found: Sequence[FoundDatabase], stack: Stack, hopeless: Mapping[str, str]) -> Naming:
    """An address for every database but the *hopeless* ones (by id, with the reason).

    A database that the stack declares or marked keeps its address; the others are named after their titles.
    """
    addresses: dict[Address, FoundDatabase] = {}
    left_out: list[LeftOut] = []
    waiting: list[FoundDatabase] = []
    by_id = {bare(known): address for address, known in stack.known.items() if known}
    for one in found:
        state = one.state
        owner = owner_of(state.ownership, stack.name)
        known = by_id.get(bare(state.database_id)) or owner
        reason = hopeless.get(state.database_id) or _not_ours(state, owner, known, addresses)
        if reason:
            left_out.append(LeftOut(f"the database '{state.title}' ({state.database_id})", reason))
        elif known is not None:
            addresses[known] = one
        else:
            waiting.append(one)
    for one in waiting:
        taken = {address.name for address in (*addresses, *stack.declared.resources)}
        name = free_name(name_from_title(one.state.title, "database"), taken)
        addresses[Address(KIND, name)] = one
    order = {one.state.database_id: place for place, one in enumerate(found)}
    ordered = sorted(addresses.items(), key=lambda item: order[item[1].state.database_id])
    return Naming(dict(ordered), tuple(left_out))


def _not_ours(
    state: DatabaseState, owner: Address | None, known: Address | None, addresses: Mapping[Address, FoundDatabase]
) -> str:
    if not state.title:
        return "it has no title; give it one in Notion and import it again"
    if state.ownership is not None and owner is None:
        return f"it belongs to somebody else, as its description says: {state.ownership}"
    if known is not None and (known in addresses or known.kind != KIND):
        return f"it is a copy of another, as its description says: {state.ownership}"
    return ""


def draft_manifests(naming: Naming, stack: Stack) -> dict[Address, Draft]:
    """A manifest for every named database, before anybody has checked it."""
    states = {address.name: one.state for address, one in naming.addresses.items()}
    others = {source: address.name for address, source in stack.sources.items() if address not in naming.addresses}
    names = named(states, others)
    drafts = {address: _draft(address, one, names) for address, one in naming.addresses.items()}
    with_rows = {address: one.pages for address, one in naming.addresses.items() if one.pages}
    keys = {
        address.name: keys_of_rows(row_key(drafts[address].properties, pages), drafts[address].properties, pages)
        for address, pages in with_rows.items()
    }
    for address, pages in with_rows.items():
        draft = drafts[address]
        rows, left_out = rows_spec(draft.properties, pages, keys)
        draft.left_out += left_out
        draft.spec.update({"rows": rows} if rows["items"] else {})
    return drafts


def _draft(address: Address, found: FoundDatabase, names: Named) -> Draft:
    spec, left_out = database_spec(address.name, found.state, names)
    views, left_to_notion = views_spec(found.state, found.views)
    spec.update({"views": views} if views else {})
    left_out += left_to_notion
    if found.further_sources:
        told = "it has further data sources, which stay as they are"
        left_out.append(LeftOut("data sources", told))
    return Draft(address, {"adopt": found.state.database_id}, spec, left_out)
