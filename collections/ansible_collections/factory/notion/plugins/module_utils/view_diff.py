# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How live views differ from declared ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.view_filters import (
    normal_condition,
    normal_filter,
    read_filter,
)
from ansible_collections.factory.notion.plugins.module_utils.view_names import LiveNames, live_names
from ansible_collections.factory.notion.plugins.module_utils.view_rules import View, names_in_view
from ansible_collections.factory.notion.plugins.module_utils.view_settings import as_far_as_declared
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView, Recognised, recognise
from ansible_collections.factory.notion.plugins.module_utils.view_types import VIEW_TYPES

DEFAULT_GOES = "default view"
"""The last step of the path of a field that removes a new database's default view."""


def view_fields(scope: SchemaScope, cannot: list[Unmanageable]) -> Iterator[FieldChange]:
    """Views to create, change and replace, and views to remove where the manifest prunes.

    None is removed while a declared one waits: a database keeps at least one view.
    """
    declared = scope.resource.spec.get("views", ())
    if scope.live is None or scope.live.views is None:
        for view in declared:
            yield _new_view(scope, view)
        return
    recognised = recognised_views(scope)
    names = live_names(scope)
    waits = NOBODY.union(*(_waits_of(scope, view) for view in declared))
    for view in declared:
        yield from _one_view(scope, view, recognised, names)
    if recognised.default is not None:
        path = ("views", declared[0]["name"], DEFAULT_GOES)
        reason = "nobody changed it since the database is new, and the declared views take its place"
        yield _field(path, recognised.default.name, None, Effect.REVERSIBLE, reason, waits)
    if scope.resource.spec.get("prune"):
        for name, view in undeclared_views(recognised, declared).items():
            reason = "the view is deleted for good; no row is lost"
            yield _field(("views", name), {"type": view.type}, None, Effect.DESTRUCTIVE, reason, waits)
    cannot.extend(_misplaced(declared, scope.live.views, recognised))


def recognised_views(scope: SchemaScope) -> Recognised:
    """Which of the views of a live database is which declared one."""
    live = scope.live
    views = live.views if live is not None else None
    remembered = live.remembered if live is not None else {}
    return recognise(scope.resource.spec["views"], views or (), remembered)


def undeclared_views(recognised: Recognised, declared: Sequence[View]) -> dict[str, LiveView]:
    """What only Notion has and a manifest could declare, by name; with its id where another has the same name."""
    others = [view for view in recognised.others if view.type in VIEW_TYPES]
    taken = [view["name"] for view in declared] + [view.name for view in others]
    return {view.name if taken.count(view.name) == 1 else f"{view.name} ({view.id})": view for view in others}


def _field(
    path: tuple[str, ...],
    before: Any,
    after: Any,
    effect: Effect,
    reason: str = "",
    waits: frozenset[Address] = NOBODY,
) -> FieldChange:
    return FieldChange(path, before, after, effect, reason, waits, Stage.CONTENT)


def _new_view(scope: SchemaScope, view: View) -> FieldChange:
    told = {key: value for key, value in view.items() if key not in ("name", "renamed_from")}
    return _field(("views", view["name"]), None, told, Effect.ADDITIVE, waits=_waits_of(scope, view))


def _waits_of(scope: SchemaScope, view: View) -> frozenset[Address]:
    """A view waits for the properties that it names."""
    waits = NOBODY
    for name in names_in_view(view):
        found = scope.availability(name)
        if found.live is None:
            waits |= found.waits_for or (NOBODY if scope.live is None else {scope.address})
    return waits


def _one_view(scope: SchemaScope, view: View, recognised: Recognised, names: LiveNames) -> Iterator[FieldChange]:
    name = view["name"]
    outdated, live = recognised.outdated.get(name), recognised.found.get(name)
    if outdated is not None:
        reason = "Notion cannot change a view's type: it is deleted for good and created anew; no row is lost"
        path, waits = ("views", name, "type"), _waits_of(scope, view)
        yield _field(path, outdated.type, view["type"], Effect.DESTRUCTIVE, reason, waits)
    elif live is None:
        yield _new_view(scope, view)
    if live is not None:
        yield from _changed_settings(scope, view, live, names)


def _changed_settings(scope: SchemaScope, view: View, live: LiveView, names: LiveNames) -> Iterator[FieldChange]:
    path, waits = ("views", view["name"]), _waits_of(scope, view)
    if live.name != view["name"]:
        reason = "renamed, keeps what only Notion has of it"
        yield _field((*path, "name"), live.name, view["name"], Effect.REVERSIBLE, reason)
    for key, before in _different(view, live, names):
        yield _field((*path, key), before, view[key], Effect.REVERSIBLE, waits=waits)


def _different(view: View, live: LiveView, names: LiveNames) -> Iterator[tuple[str, Any]]:
    """The declared keys that are otherwise in Notion, with what they are there."""
    if "filter" in view:
        before = read_filter(live.filter, names)
        if normal_filter(before or {}) != normal_filter(view["filter"]):
            yield "filter", before
    if "sorts" in view:
        sorts = [
            {**one, "property": names.name(one["property"])} if "property" in one else one for one in live.sorts or ()
        ]
        if sorts != view["sorts"]:
            yield "sorts", sorts
    if "quick_filters" in view:
        quick = live_quick_filters(live, names)
        if _normal_conditions(quick) != _normal_conditions(view["quick_filters"]):
            yield "quick_filters", quick
    for key, place in VIEW_TYPES[view["type"]].settings.items():
        if key in view:
            stored = live.configuration.get(place.key)
            found = place.setting.read(stored, names) if stored is not None else None
            wanted = place.setting.normal(view[key])
            found = as_far_as_declared(wanted, found)
            if found != wanted:
                yield key, place.setting.shown(found)


def live_quick_filters(live: LiveView, names: LiveNames) -> dict[str, Any]:
    """The quick filters of a view by the names of properties that are still there."""
    quick = live.quick_filters or {}
    return {names.name(key): condition for key, condition in quick.items() if names.has(key)}


def _normal_conditions(quick: Mapping[str, Any]) -> dict[str, Any]:
    return {name: normal_condition(condition) for name, condition in quick.items()}


def _misplaced(declared: Sequence[View], live: Sequence[LiveView], recognised: Recognised) -> Iterator[Unmanageable]:
    """Tabs in another order than declared: a view is placed when it is created, and never moved."""
    there = [recognised.found[view["name"]].id for view in declared if view["name"] in recognised.found]
    if [view.id for view in live if view.id in there] != there:
        yield Unmanageable(
            ("views",), "they stand in another order, and Notion's API cannot move a view; drag the tabs"
        )
