# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the views of one data source."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView, parse_view

_IN_FLIGHT = 4
"""For one database; others are read at the same time."""


def read_views(api: NotionApi, state: DatabaseState) -> tuple[LiveView, ...]:
    """The views in the order of tabs: one list, and one read each, since the list names ids only.

    Asked for by database: by data source, Notion names linked views on other pages as well.
    """
    return views_of(state, read_all_views(api, state.database_id))


def views_of(state: DatabaseState, views: Iterable[LiveView]) -> tuple[LiveView, ...]:
    """Those of *views* that show the data source of *state*."""
    return tuple(view for view in views if view.data_source_id == state.data_source_id)


def read_all_views(api: NotionApi, database_id: str) -> tuple[LiveView, ...]:
    """The views of all data sources of a database, in the order of tabs."""
    ids = [one["id"] for one in api.pages("GET", "views", database_id=database_id)]
    with ThreadPoolExecutor(max_workers=_IN_FLIGHT) as pool:
        views = list(pool.map(lambda view_id: _read_listed(api, view_id), ids))
    return tuple(view for view in views if view is not None)


def _read_listed(api: NotionApi, view_id: str) -> LiveView | None:
    """``None`` when somebody deleted it since it was listed."""
    try:
        return read_view(api, view_id)
    except NotionError as error:
        if error.status != 404:
            raise
        return None


def read_view(api: NotionApi, view_id: str) -> LiveView:
    """One view."""
    return parse_view(api.read("GET", f"views/{view_id}"))
