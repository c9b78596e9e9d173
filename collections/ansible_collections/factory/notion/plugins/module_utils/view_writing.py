# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create, change and delete the views of one database."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change, FieldChange
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import PartlyApplied, WriteUnconfirmed
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_reading import database_observation
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.view_diff import (
    DEFAULT_GOES,
    recognised_views,
    undeclared_views,
)
from ansible_collections.factory.notion.plugins.module_utils.view_filters import filter_body
from ansible_collections.factory.notion.plugins.module_utils.view_names import LiveNames, live_names
from ansible_collections.factory.notion.plugins.module_utils.view_reading import read_view
from ansible_collections.factory.notion.plugins.module_utils.view_rules import View
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView
from ansible_collections.factory.notion.plugins.module_utils.view_types import VIEW_TYPES


@dataclass(slots=True)
class _Tabs:
    """The views of one database while they are written; ``live`` in the order of tabs."""

    api: NotionApi
    state: DatabaseState
    names: LiveNames
    live: list[LiveView]
    errors: list[str] = field(default_factory=list)

    def attempt(self, name: str, write: Callable[[], None]) -> None:
        """Let one refused view stop no other."""
        try:
            write()
        except WriteUnconfirmed:
            raise
        except FactoryError as error:
            self.errors.append(f"view '{name}': {error}")

    def create(self, view: View, before: LiveView | None) -> None:
        """Put a new view behind *before*, or first, and read it back."""
        position = {"type": "after_view", "view_id": before.id} if before is not None else {"type": "start"}
        body = {
            "database_id": self.state.database_id,
            "data_source_id": self.state.data_source_id,
            "name": view["name"],
            "type": view["type"],
            "position": position,
            **{key: one for key, one in _row_settings(view, None, self.names).items() if one is not None},
            "configuration": _configuration(view, self.names),
        }
        made = self.api.write("POST", "views", body)
        at = self.live.index(before) + 1 if before in self.live else 0
        self.live.insert(at, read_view(self.api, made["id"]))

    def change(self, view: View, live: LiveView, keys: set[str]) -> None:
        """Send what differs, and read it back. Of its configuration, all that is declared.

        Notion does not say whether it keeps what a request leaves out of the configuration.
        """
        body = _row_settings({key: one for key, one in view.items() if key in keys}, live, self.names)
        if "name" in keys:
            body["name"] = view["name"]
        if keys & VIEW_TYPES[view["type"]].settings.keys():
            body["configuration"] = _configuration(view, self.names)
        self.api.write("PATCH", f"views/{live.id}", body)
        self.live[self.live.index(live)] = read_view(self.api, live.id)

    def delete(self, live: LiveView) -> None:
        """For good: views have no trash. One that somebody else deleted at the same moment is gone as well."""
        try:
            self.api.write("DELETE", f"views/{live.id}")
        except NotionError as error:
            if error.status != 404:
                raise
        self.live.remove(live)


def write_views(api: NotionApi, scope: SchemaScope, state: DatabaseState, change: Change) -> DatabaseState:
    """One write per changed view, in the order of tabs; what goes, goes last, since one view must be left.

    Raises ``PartlyApplied`` with what was refused, ``WriteUnconfirmed`` at the first write that may have landed.
    """
    fields = _by_view(change.fields)
    if not fields:
        return state
    scope = dataclasses.replace(scope, live=state)
    recognised = recognised_views(scope)
    declared = scope.resource.spec["views"]
    tabs = _Tabs(api, state, live_names(scope), list(state.views or ()))
    going: list[LiveView] = []
    before: LiveView | None = None
    for view in declared:
        name = view["name"]
        whole = any(len(one.path) == 2 for one in fields.get(name, ()))
        keys = {one.path[2] for one in fields.get(name, ()) if len(one.path) > 2}
        live, outdated = recognised.found.get(name), recognised.outdated.get(name)
        if live is None and (whole or "type" in keys):
            tabs.attempt(name, partial(tabs.create, view, outdated or before))
        elif live is not None and keys - {"type", DEFAULT_GOES}:
            tabs.attempt(name, partial(tabs.change, view, live, keys))
        if "type" in keys and outdated is not None:
            going.append(outdated)
        if DEFAULT_GOES in keys and recognised.default is not None:
            going.append(recognised.default)
        before = next((one for one in tabs.live if one.name == name and one.type == view["type"]), before)
    others = undeclared_views(recognised, declared)
    going += [others[name] for name in fields if name in others]
    for live in going if not tabs.errors else ():
        tabs.attempt(live.name, partial(tabs.delete, live))
    state = dataclasses.replace(state, views=tuple(tabs.live))
    if tabs.errors:
        raise PartlyApplied("; ".join(tabs.errors), database_observation(state, scope.resource))
    return state


def _by_view(fields: Sequence[FieldChange]) -> dict[str, list[FieldChange]]:
    found: dict[str, list[FieldChange]] = {}
    for one in fields:
        if one.path[0] == "views":
            found.setdefault(one.path[1], []).append(one)
    return found


def _configuration(view: View, names: LiveNames) -> dict[str, Any]:
    """All declared settings as the API takes them."""
    settings: Mapping[str, Any] = VIEW_TYPES[view["type"]].settings
    body = {place.key: place.setting.body(view[key], names) for key, place in settings.items() if key in view}
    return {"type": view["type"], **body}


def _row_settings(view: View, live: LiveView | None, names: LiveNames) -> dict[str, Any]:
    """The declared filter, sorts and quick filters as the API takes them; ``None`` clears.

    A quick filter that the request leaves out stays, so those that nobody declares are sent as ``None``.
    """
    body: dict[str, Any] = {}
    if "filter" in view:
        body["filter"] = filter_body(view["filter"], names)
    if "sorts" in view:
        body["sorts"] = [{**one, "property": names.key(one["property"])} for one in view["sorts"]] or None
    if "quick_filters" in view:
        wanted = view["quick_filters"]
        there = (live.quick_filters or {}) if live is not None else {}
        gone = dict.fromkeys(key for key in there if names.has(key) and names.name(key) not in wanted)
        body["quick_filters"] = {**gone, **{names.key(name): one for name, one in wanted.items()}} if wanted else None
    return body
