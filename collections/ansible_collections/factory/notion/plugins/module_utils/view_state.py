# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was read of a database's views, as plain data, and which of them is which declared one. Pure.

Shapes: developers.notion.com, reference/view (2026-03-11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_NEW_DEFAULT = "views/"
"""The part by which the default view of a new database is remembered until it is gone."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """One view as Notion has it."""

    id: str
    name: str
    type: str
    data_source_id: str | None
    """``None`` for a dashboard and what stands in one, which is no tab."""
    filter: Mapping[str, Any] | None
    sorts: Sequence[Mapping[str, Any]] | None
    quick_filters: Mapping[str, Any] | None
    configuration: Mapping[str, Any]
    untouched: bool
    """Whether nobody changed it since it was created."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which live view is which declared one."""

    found: Mapping[str, LiveView]
    """By declared name; of the declared type."""
    outdated: Mapping[str, LiveView]
    """By declared name; of another type, which cannot be changed: to be deleted and created anew."""
    default: LiveView | None
    """The untouched default view of a new database that no declared view can take over."""
    others: tuple[LiveView, ...]
    """What only Notion has."""


@dataclass(slots=True)
class _Recognition:
    """The views that are still free, while declared ones claim theirs."""

    remembered: Mapping[str, str]
    free: dict[str, LiveView]
    found: dict[str, LiveView] = field(default_factory=dict)
    outdated: dict[str, LiveView] = field(default_factory=dict)

    def claim_remembered(self, declared: Mapping[str, Any]) -> None:
        """The view with the remembered id, whatever it is called now."""
        names = (declared["name"], declared.get("renamed_from"))
        ids = (self.remembered.get(_part(name)) for name in names if name is not None)
        view = next((self.free.pop(one) for one in ids if one in self.free), None)
        self._keep(declared, view)

    def claim_named(self, declared: Mapping[str, Any]) -> None:
        """The view of the declared name, or of the old one."""
        for name in (declared["name"], declared.get("renamed_from")):
            named = [one for one in self.free.values() if one.name == name]
            same_type = [one for one in named if one.type == declared["type"]]
            if declared["name"] not in self.found and (same_type or declared["name"] not in self.outdated):
                view = _only_one(same_type or named)
                self._keep(declared, self.free.pop(view.id) if view is not None else None)

    def claim_default(self, declared: Sequence[Mapping[str, Any]]) -> LiveView | None:
        """The untouched default view becomes the first declared one of its type that is missing."""
        views = list(self.free.values())
        new = self.free.get(self.remembered.get(_NEW_DEFAULT, ""))
        alone = views[0] if len(views) == 1 and not self.found and not self.outdated else None
        default = new or alone
        if default is None or not default.untouched:
            return None
        for one in declared:
            if one["type"] == default.type and one["name"] not in {**self.found, **self.outdated}:
                self.found[one["name"]] = self.free.pop(default.id)
                return None
        return self.free.pop(default.id) if new is not None else None

    def _keep(self, declared: Mapping[str, Any], view: LiveView | None) -> None:
        if view is not None:
            (self.found if view.type == declared["type"] else self.outdated)[declared["name"]] = view


def recognise(
    declared: Sequence[Mapping[str, Any]], live: Sequence[LiveView], remembered: Mapping[str, str]
) -> Recognised:
    """By remembered id, then by name, then the default view of a database that has no other.

    Raises ``FactoryError`` when two live views have the name of a declared one and nothing else tells them apart.
    """
    work = _Recognition(remembered, {view.id: view for view in live})
    for one in declared:
        work.claim_remembered(one)
    for one in declared:
        work.claim_named(one)
    default = work.claim_default(declared)
    return Recognised(work.found, work.outdated, default, tuple(work.free.values()))


def view_parts(
    declared: Sequence[Mapping[str, Any]], live: Sequence[LiveView], remembered: Mapping[str, str], owned: bool
) -> dict[str, str]:
    """The ids to remember: of the declared views, and of the default view of a new database.

    A view of another type stays remembered until it is gone, so that a crash between creating its
    successor and deleting it leaves no twin. *owned*: whether the database carries our ownership line.
    """
    found = recognise(declared, live, remembered)
    parts = {_part(name): view.id for name, view in {**found.found, **found.outdated}.items()}
    new = owned and not remembered and not parts and len(found.others) == 1 and found.others[0].untouched
    default = found.default or (found.others[0] if new else None)
    return {**parts, _NEW_DEFAULT: default.id} if default is not None else parts


def parse_view(stored: Mapping[str, Any]) -> LiveView:
    """A view object. An answer without a name is a partial one; see ``GET views/{id}``."""
    return LiveView(
        id=stored["id"],
        name=stored.get("name") or "",
        type=stored["type"],
        data_source_id=None if stored.get("dashboard_view_id") else stored.get("data_source_id"),
        filter=stored.get("filter") or None,
        sorts=stored.get("sorts") or None,
        quick_filters=stored.get("quick_filters") or None,
        configuration=stored.get("configuration") or {},
        untouched=stored.get("created_time") == stored.get("last_edited_time"),
    )


def _part(name: str) -> str:
    return f"views/{name}"


def _only_one(views: Sequence[LiveView]) -> LiveView | None:
    if len(views) > 1:
        ids = " and ".join(view.id for view in views)
        raise FactoryError(
            f"two views are called '{views[0].name}', so the name cannot tell them apart: {ids}; "
            "nothing was changed, rename or remove one in Notion"
        )
    return views[0] if views else None
