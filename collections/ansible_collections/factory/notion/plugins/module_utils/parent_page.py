# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page that a page or a database lies on, as manifests declare it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Effect, FieldChange
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import said
from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.core.plugins.module_utils.reference import references_in, substitute
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import PAGE


def parent_schema() -> dict[str, Any]:
    """Where a page or a database belongs."""
    return {
        "description": (
            "The page it lies on: `${NotionPage/name.id}`, `${stack:NotionPage/name.id}` of another stack, or the id "
            "of a page; the environment's parent page if left out. A change moves it."
        ),
        "type": "string",
        "pattern": "^(\\$\\{[^}]+\\}|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})$",
        "x-message": "expected ${NotionPage/name.id} or the id of a page",
    }


def parent_faults(resource: Resource) -> Iterator[Fault]:
    """A parent that is no page."""
    parent = resource.spec.get("parent", "")
    found = list(references_in(parent, ("spec", "parent")))
    if "${" in parent and not found:
        yield Fault(("spec", "parent"), f"expected ${{{PAGE}/name.id}} or the id of a page, not {said(parent)}")
    for reference in found:
        target = reference.target
        if target is not None and (target.kind != PAGE or reference.attribute != "id"):
            yield Fault(reference.path, f"only a page can be a parent; write ${{{PAGE}/name.id}}")


def parent_of(resource: Resource, pages: Mapping[Address, str], default: str) -> str | None:
    """The id of the page that *resource* belongs on; ``None`` when that is a declared one that is not there yet."""
    declared = resource.spec.get("parent", default)
    told = substitute(declared, lambda reference: pages.get(reference.target) if reference.target else None)
    return None if any(True for _ in references_in(told)) else str(told)


def parent_field(spec: Mapping[str, Any], live: str | None) -> Iterator[FieldChange]:
    """The page it lies on, where one is declared and the live one is known."""
    declared = spec.get("parent")
    if declared is not None and live is not None and _bare(declared) != _bare(live):
        yield FieldChange(("parent",), live, declared, Effect.REVERSIBLE, "moves, keeps id and content")


def _bare(identifier: str) -> str:
    return identifier.replace("-", "").lower()
