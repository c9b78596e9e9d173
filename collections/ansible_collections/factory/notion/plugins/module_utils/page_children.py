# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of the pages and databases on a page. Pure.

Notion's API puts new pages where it is told and new databases last; nothing that is there can be put elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Unmanageable
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault, Reference, World
from ansible_collections.factory.core.plugins.module_utils.reference import TextReference, references_in
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND, PAGE

CHILDREN = ("children",)
_PATH = ("spec", *CHILDREN)


def children_schema() -> dict[str, Any]:
    """What lies on a page, in its order."""
    return {
        "description": (
            "The pages and databases on it in the order in which they are made, each as `${NotionPage/name.id}` or "
            "`${NotionDatabase/name.id}`. What is there already stays where it is."
        ),
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {
            "type": "string",
            "pattern": f"^\\$\\{{({PAGE}|{KIND})/[a-z0-9-]+\\.id\\}}$",
            "x-message": f"expected ${{{PAGE}/name.id}} or ${{{KIND}/name.id}}",
        },
    }


def children_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """Children that declare another parent, or none."""
    here = f"${{{resource.address}.id}}"
    for reference in _children(resource):
        child = declared.get(reference.target) if reference.target is not None else None
        if child is not None and child.spec.get("parent") != here:
            yield Fault(reference.path, f"{child.address} does not lie on this page; give it 'parent: {here}'")


def children_references(resource: Resource) -> Iterator[Reference]:
    """The page goes before what lies on it, and each child before the next one."""
    children = [(one.target, one.path) for one in _children(resource) if one.target is not None]
    for target, path in children:
        yield Reference(target, path, deferrable=True)
    for (before, _), (after, path) in pairwise(children):
        yield Reference(before, path, deferrable=True, source=after)


def misplaced(spec: Mapping[str, Any], live: Sequence[str]) -> Iterator[Unmanageable]:
    """The children that stand in another order than declared; what is not there or not declared is passed over."""
    wanted = [one for one in spec.get("children", ()) if one in live]
    if wanted != [one for one in live if one in wanted]:
        yield Unmanageable(CHILDREN, "Notion's API cannot order what is there; drag it into its place in Notion")


def position(child: Address, world: World[Any]) -> dict[str, Any]:
    """Where a new page goes: after the last of those before it, among its parent's `children`, that is there."""
    parents = references_in(world.declared.resources[child].spec.get("parent"))
    pages = [page for one in parents if one.target is not None and (page := world.declared.get(one.target))]
    siblings = [one.target for page in pages for one in _children(page) if one.target is not None]
    before = siblings[: siblings.index(child)] if child in siblings else []
    live = [world.observed[one].id for one in before if one in world.observed and not world.observed[one].in_trash]
    return {"position": {"type": "after_block", "after_block": {"id": live[-1]}}} if live else {}


def _children(page: Resource) -> Iterator[TextReference]:
    return references_in(page.spec.get("children"), _PATH)
