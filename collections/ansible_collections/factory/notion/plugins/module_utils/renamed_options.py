# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that are declared with ``renamed_from`` and still live under the old name, and the rows that have them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, LiveProperty, Row
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope, lone_scope


@dataclass(frozen=True, slots=True)
class RenamedOption:
    """An option of *live* that is called *old* and is to be called *new*."""

    property: str
    live: LiveProperty
    old: str
    new: str


def renamed_options(scope: SchemaScope) -> Iterator[RenamedOption]:
    """The options that are still to be renamed."""
    for name, declared in scope.properties.items():
        renames = {
            one["renamed_from"].lower(): one["name"] for one in declared.get("options", ()) if "renamed_from" in one
        }
        live = scope.find_live(name) if renames else None
        if live is None or live.type != declared["type"]:
            continue
        for option in live.config.get("options", ()):
            if option["name"].lower() in renames:
                yield RenamedOption(name, live, option["name"], renames[option["name"].lower()])


def with_renamed_options(api: NotionApi, resource: Resource, state: DatabaseState) -> DatabaseState:
    """*state* with how many rows are to be moved, and with its rows as they will be then.

    Asks only for options that are still to be renamed.
    """
    for option in renamed_options(lone_scope(resource, state, PROPERTY_TYPES)):
        carriers = {**state.carriers, (option.live.id, option.old): _count(api, state, option)}
        rows = {key: _row_renamed(row, option) for key, row in state.rows.items()} if state.rows is not None else None
        state = dataclasses.replace(state, carriers=carriers, rows=rows)
    return state


def some_carriers(
    api: NotionApi, state: DatabaseState, option: RenamedOption, cursor: Mapping[str, str] | None = None
) -> Any:
    """Up to a hundred rows that have the old option, as Notion answers a query."""
    operator = "contains" if option.live.type == "multi_select" else "equals"
    only = {"property": option.live.name, option.live.type: {operator: option.old}}
    path = f"data_sources/{state.data_source_id}/query"
    body = {"filter": only, "page_size": 100, **(cursor or {})}
    return api.read("POST", path, body, filter_properties=[option.live.key])


def _count(api: NotionApi, state: DatabaseState, option: RenamedOption) -> int:
    """How many rows have the old option; of more than Notion counts in one query, as many as it does."""
    count, cursor = 0, None
    while True:
        answer = some_carriers(api, state, option, cursor)
        count += len(answer["results"])
        if not answer.get("has_more"):
            return count
        cursor = {"start_cursor": answer["next_cursor"]}


def _row_renamed(row: Row, option: RenamedOption) -> Row:
    key = (option.live.id, option.live.type)
    value = row.values.get(key)
    if isinstance(value, list) and option.old in value:
        after: Any = sorted({option.new if name == option.old else name for name in value})
    elif value == option.old:
        after = option.new
    else:
        return row
    return dataclasses.replace(row, values={**row.values, key: after})
