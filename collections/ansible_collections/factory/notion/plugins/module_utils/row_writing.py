# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create, change and remove rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change, FieldChange, Stage
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import PartlyApplied, WriteUnconfirmed
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_reading import database_observation
from ansible_collections.factory.notion.plugins.module_utils.database_requests import row_body
from ansible_collections.factory.notion.plugins.module_utils.database_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, Row
from ansible_collections.factory.notion.plugins.module_utils.people_directory import PeopleDirectory
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    PropertyType,
    ValueWriting,
)
from ansible_collections.factory.notion.plugins.module_utils.row_diff import page_ids
from ansible_collections.factory.notion.plugins.module_utils.row_reading import read_rows, row_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.twins import drop_younger_rows


def write_rows(
    api: NotionApi, people: PeopleDirectory, scope: SchemaScope, state: DatabaseState, change: Change
) -> DatabaseState:
    """Create, change and remove rows, one request each, one after another; a refused one stops no other.

    Raises ``PartlyApplied`` with what was refused, ``WriteUnconfirmed`` at the first write that may have landed.
    """
    fields = [field for field in change.fields if field.stage is Stage.CONTENT]
    writing = _writing(people, scope)
    rows = dict(state.rows or {})
    writes: dict[str, Callable[[], Row | None]] = {}
    updates: dict[str, dict[str, Any]] = {}
    for field in fields:
        key = field.path[1]
        if len(field.path) > 2:
            updates.setdefault(key, {})[field.path[2]] = field.after
            writes[key] = partial(_change_row, api, scope, rows[key], updates[key], writing)
        elif field.after is None:
            writes[key] = partial(_remove_row, api, rows[key])
        else:
            writes[key] = partial(_create_row, api, scope, state, field, writing)
    errors = []
    for key, write in writes.items():
        try:
            row = write()
        except WriteUnconfirmed:
            raise
        except FactoryError as error:
            errors.append(f"row '{key}': {error}")
            continue
        rows.pop(key, None)
        rows.update({key: row} if row is not None else {})
    made = [field.path[1] for field in fields if len(field.path) == 2 and field.after is not None]
    key_name = row_key_property(scope.resource.spec) if made else ""
    known = [row.id for row in (state.rows or {}).values()]
    if made and drop_younger_rows(api, scope, _kind_of(scope, key_name), key_name, made, known):
        rows = read_rows(api, scope.resource, state)
    state = dataclasses.replace(state, rows=rows) if fields else state
    if errors:
        raise PartlyApplied("; ".join(errors), database_observation(state, scope.resource))
    return state


def _remove_row(api: NotionApi, row: Row) -> None:
    api.write("PATCH", f"pages/{row.id}", {"in_trash": True})


def _change_row(api: NotionApi, scope: SchemaScope, row: Row, values: Mapping[str, Any], writing: ValueWriting) -> Row:
    try:
        return row_of(api, api.write("PATCH", f"pages/{row.id}", {"properties": row_body(scope, values, writing)}))
    except NotionError as error:
        if error.status == 400 and "archived" in str(error):  # somebody put it into the trash meanwhile
            raise WriteUnconfirmed(str(error)) from error
        raise


def _create_row(
    api: NotionApi, scope: SchemaScope, state: DatabaseState, field: FieldChange, writing: ValueWriting
) -> Row:
    parent = {"type": "data_source_id", "data_source_id": state.data_source_id}
    body = {"parent": parent, "properties": row_body(scope, field.after, writing)}
    return row_of(api, api.write("POST", "pages", body))


def _kind_of(scope: SchemaScope, name: str) -> PropertyType:
    return PROPERTY_TYPES[scope.properties[name]["type"]]


def _writing(people: PeopleDirectory, scope: SchemaScope) -> ValueWriting:
    def page_id(name: str, key: str) -> str | None:
        return next(iter(page_ids(scope, scope.properties[name], key)), None)

    return ValueWriting(people.user_id, page_id)
