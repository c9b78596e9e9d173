# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what was found in a workspace to drafts of manifests. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.import_found import Found, FoundTable, LeftOut
from ansible_collections.factory.notion.plugins.module_utils.import_naming import Naming, Stack
from ansible_collections.factory.notion.plugins.module_utils.import_page import page_spec
from ansible_collections.factory.notion.plugins.module_utils.import_rows import keys_of_rows, row_key, rows_spec
from ansible_collections.factory.notion.plugins.module_utils.import_settling import Draft
from ansible_collections.factory.notion.plugins.module_utils.import_spec import Named, bare, named, table_spec
from ansible_collections.factory.notion.plugins.module_utils.import_views import views_spec
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, PAGE


def draft_manifests(naming: Naming, stack: Stack) -> dict[Address, Draft]:
    """A manifest for everything that has an address, before anybody has checked it."""
    tables = {address: one for address, one in naming.addresses.items() if isinstance(one, FoundTable)}
    states = {address: one.state for address, one in tables.items()}
    others = {address: source for address, source in stack.sources.items() if address not in tables}
    names = named(states, others)
    drafts = {address: _draft(address, one, naming, stack, names) for address, one in naming.addresses.items()}
    with_rows = {address: one for address, one in tables.items() if one.pages}
    keys = {
        address: keys_of_rows(row_key(drafts[address].properties, pages), drafts[address].properties, pages)
        for address, one in with_rows.items()
        if (pages := one.pages) is not None
    }
    for address, one in with_rows.items():
        draft = drafts[address]
        rows, left_out = rows_spec(draft.properties, one.pages or (), keys, one.bodies)
        draft.left_out += left_out
        draft.spec.update({"rows": rows} if rows["items"] else {})
    return drafts


def _draft(address: Address, found: Found, naming: Naming, stack: Stack, names: Named) -> Draft:
    if isinstance(found, FoundTable):
        return _table(address, found, _place(found, naming, stack), names)
    spec, left_out = page_spec(found.state, _place(found, naming, stack).get("parent"))
    return Draft(address, {"adopt": found.id}, spec, left_out)


def _table(address: Address, found: FoundTable, place: Mapping[str, str], names: Named) -> Draft:
    spec, left_out = table_spec(address, found.state, place, names)
    if found.other_title:
        told = f"it differs between the database and its first data source; the other one is '{found.other_title}'"
        left_out.append(LeftOut("title", told))
    views, left_to_notion = views_spec(found.state, found.views)
    spec.update({"views": views} if views else {})
    return Draft(address, {"adopt": found.id}, spec, [*left_out, *left_to_notion])


def _place(found: Found, naming: Naming, stack: Stack) -> Mapping[str, str]:
    """What a manifest says of where it is: the name of its database, or the page unless that is the environment's."""
    if isinstance(found, FoundTable) and found.kind == DATA_SOURCE:
        home = found.state.database_id
        names = (address.name for address, one in naming.addresses.items() if (one.kind, one.id) == (KIND, home))
        return {"database": next(names)}
    if not found.on_page or bare(found.on_page) == bare(stack.parent_page):
        return {}
    pages = {bare(page): address for address, page in stack.known.items() if address.kind == PAGE}
    pages.update({bare(one.id): address for address, one in naming.addresses.items() if address.kind == PAGE})
    page = pages.get(bare(found.on_page))
    return {"parent": f"${{{page}.id}}" if page is not None else found.on_page}
