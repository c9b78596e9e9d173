# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes to the trash with a page: everything on it, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.discovery import Child
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_of


@dataclass(frozen=True, slots=True)
class Doomed:
    """A page that pruning would put into the trash, and what lies on it."""

    address: Address
    id: str
    children: tuple[Child, ...]


def pruning_error(
    doomed: Doomed, declared: Mapping[str, Resource], pages: Mapping[Address, str]
) -> FactoryError | None:
    """Why the page cannot go: something declared (by live id) lies on it and is not declared to move. Pure."""
    for child in doomed.children:
        resource = declared.get(child.id)
        if resource is not None and parent_of(resource, pages, doomed.id) == doomed.id:
            return FactoryError(
                f"{doomed.address} is no longer declared, and {resource.address} lies on it and would go to the trash "
                f"with it; give {resource.address} another parent, or keep the page"
            )
    return None


def pruning_warning(doomed: Doomed, ours: frozenset[str]) -> str:
    """What people may not expect to go with the page: what is not *ours*, by live id; empty if there is nothing."""
    titles = [f"'{child.title}'" for child in doomed.children if child.id not in ours]
    if not titles:
        return ""
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    return f"with {doomed.address} goes to the trash what lies on it: {', '.join(titles[:3])}{more}"
