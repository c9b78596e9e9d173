# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live views as ``spec.views`` of a manifest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.import_found import LeftOut
from ansible_collections.factory.notion.plugins.module_utils.view_diff import live_quick_filters
from ansible_collections.factory.notion.plugins.module_utils.view_filters import read_filter
from ansible_collections.factory.notion.plugins.module_utils.view_names import LiveNames
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView
from ansible_collections.factory.notion.plugins.module_utils.view_types import NOT_DECLARABLE, VIEW_TYPES


def views_spec(state: DatabaseState, views: Sequence[LiveView]) -> tuple[list[dict[str, Any]], list[LeftOut]]:
    """The views of a database, in the order of tabs; none where there is only the untouched default view."""
    if len(views) == 1 and views[0].untouched:
        return [], []
    names = _names(state)
    counts = Counter(view.name for view in views)
    found: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for view in views:
        path = f"views.{view.name}"
        if view.type not in VIEW_TYPES:
            told = NOT_DECLARABLE.get(view.type, f"Factory does not know views of type '{view.type}'; it stays")
            left_out.append(LeftOut(path, told))
        elif counts[view.name] > 1:
            left_out.append(LeftOut(path, "several views have that name, which tells them apart"))
        else:
            found.append({"name": view.name, "type": view.type, **dict(_settings(view, names))})
    return found, left_out


def _settings(view: LiveView, names: LiveNames) -> Iterator[tuple[str, Any]]:
    if stored := read_filter(view.filter, names):
        yield "filter", stored
    if view.sorts:
        yield "sorts", [{**one, "property": names.name(one.get("property", ""))} for one in view.sorts]
    if quick := live_quick_filters(view, names):
        yield "quick_filters", quick
    for key, place in VIEW_TYPES[view.type].settings.items():
        raw = view.configuration.get(place.key)
        value = place.setting.shown(place.setting.read(raw, names)) if raw is not None else None
        if value not in (None, [], {}):
            yield key, value


def _names(state: DatabaseState) -> LiveNames:
    live = state.properties.values()
    names = {**{one.name: one.name for one in live}, **{one.id: one.name for one in live}}
    return LiveNames({one.name: one.key for one in live}, names, {one.name: one.type for one in live})
