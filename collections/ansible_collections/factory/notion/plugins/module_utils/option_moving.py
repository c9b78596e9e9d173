# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rename options, which Notion's API does not do: the new one is there, so move the rows and remove the old one.

As long as the old option lives there is something left to do, and it is removed only when no row has it
any more: an apply that died anywhere is finished by the next.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import PartlyApplied, WriteUnconfirmed
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_reading import database_observation
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.property_types.options import sent_option
from ansible_collections.factory.notion.plugins.module_utils.renamed_options import (
    RenamedOption,
    renamed_options,
    some_carriers,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope


def move_options(api: NotionApi, scope: SchemaScope, state: DatabaseState, change: Change) -> DatabaseState:
    """Finish the renames of options that *change* asks for: a write a row, and one for the list without the old one.

    Raises ``PartlyApplied`` when Notion refuses a row, ``WriteUnconfirmed`` when a write may have landed.
    """
    asked = {(field.path[1], field.path[3]) for field in change.fields if field.path[4:] == ("renamed_from",)}
    for option in renamed_options(dataclasses.replace(scope, live=state)) if asked else ():
        if (option.property, option.new) not in asked:
            continue
        try:
            _move_rows(api, state, option)
            state = state.with_data_source(_without_old(api, state, option))
        except WriteUnconfirmed:
            raise
        except FactoryError as error:
            told = f"option '{option.old}' of '{option.property}': {error}"
            raise PartlyApplied(told, database_observation(state, scope.resource)) from error
    return state


def _move_rows(api: NotionApi, state: DatabaseState, option: RenamedOption) -> None:
    moved: set[str] = set()
    while pages := some_carriers(api, state, option)["results"]:
        for page in pages:
            if page["id"] in moved:
                raise FactoryError(f"Notion accepted that the row {page['id']} gets '{option.new}', and did not do it")
            stored = next(one for one in page["properties"].values() if one["id"] == option.live.key)
            value = {option.live.type: _moved_value(stored[option.live.type], option)}
            api.write("PATCH", f"pages/{page['id']}", {"properties": {option.live.key: value}})
            moved.add(page["id"])


def _moved_value(stored: Any, option: RenamedOption) -> Any:
    if not isinstance(stored, list):
        return {"name": option.new}
    names = [option.new if one["name"] == option.old else one["name"] for one in stored]
    return [{"name": name} for name in dict.fromkeys(names)]


def _without_old(api: NotionApi, state: DatabaseState, option: RenamedOption) -> Any:
    live = state.by_id(option.live.id) or option.live
    left = [sent_option(one) for one in live.config["options"] if one["name"] != option.old]
    body = {"properties": {live.key: {live.type: {"options": left}}}}
    return api.write("PATCH", f"data_sources/{state.data_source_id}", body)
