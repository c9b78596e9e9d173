# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the views of a NotionDatabase and no schema can say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.view_filters import (
    condition_faults,
    filter_faults,
    names_in_filter,
)
from ansible_collections.factory.notion.plugins.module_utils.view_names import (
    KnownProperties,
    Path,
    known_properties,
)
from ansible_collections.factory.notion.plugins.module_utils.view_types import VIEW_TYPES

View = Mapping[str, Any]


def view_faults(scope: SchemaScope) -> Iterator[Fault]:
    """Every fault of the views of one database."""
    views = scope.resource.spec["views"]
    known = known_properties(scope)
    yield from _name_faults(views)
    for index, view in enumerate(views):
        path: Path = ("spec", "views", index)
        for key, place in VIEW_TYPES[view["type"]].settings.items():
            if key in view:
                yield from place.setting.faults(view[key], (*path, key), known)
        yield from filter_faults(view.get("filter", {}), (*path, "filter"), known)
        for at, sort in enumerate(view.get("sorts", ())):
            yield from known.faults(sort["property"], (*path, "sorts", at, "property"))
        for name, condition in view.get("quick_filters", {}).items():
            yield from _quick_filter_faults(name, condition, (*path, "quick_filters", name), known)


def _name_faults(views: list[View]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    names = {view["name"] for view in views}
    renamed: set[str] = set()
    for index, view in enumerate(views):
        name, old = view["name"], view.get("renamed_from")
        if name in first:
            yield Fault(("spec", "views", index, "name"), f"a view called '{name}' is declared already")
        first.setdefault(name, index)
        path = ("spec", "views", index, "renamed_from")
        if old in names:
            yield Fault(path, f"'{old}' is still declared; a view cannot be renamed from another one")
        elif old in renamed:
            yield Fault(path, f"'{old}' is what another view was renamed from")
        renamed.update([old] if old is not None else [])


def _quick_filter_faults(name: str, condition: Any, path: Path, known: KnownProperties) -> Iterator[Fault]:
    for fault in known.faults(name, path):
        yield Fault(fault.path, fault.message, at_key=True)
    kind = known.type_of(name)
    if kind is not None:
        yield from condition_faults(condition, kind, path, f"'{name}' is a {kind}")


def names_in_view(view: View) -> set[str]:
    """Every property that a view needs."""
    found = set(names_in_filter(view.get("filter", {})))
    found.update(sort["property"] for sort in view.get("sorts", ()))
    found.update(view.get("quick_filters", {}))
    for key, place in VIEW_TYPES[view["type"]].settings.items():
        found.update(place.setting.uses(view[key]) if key in view else ())
    return found
