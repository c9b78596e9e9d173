# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create, change, restore and remove rows."""

from __future__ import annotations

import dataclasses
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change, FieldChange
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import PartlyApplied, WriteUnconfirmed
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_reading import database_observation
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    LiveProperty,
    Row,
)
from ansible_collections.factory.notion.plugins.module_utils.page_body import edits_of
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import read_content
from ansible_collections.factory.notion.plugins.module_utils.page_body_writing import write_edits
from ansible_collections.factory.notion.plugins.module_utils.people_directory import PeopleDirectory
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import ValueWriting
from ansible_collections.factory.notion.plugins.module_utils.row_body import declared_bodies, row_edits
from ansible_collections.factory.notion.plugins.module_utils.row_diff import page_ids
from ansible_collections.factory.notion.plugins.module_utils.row_files import declared_file
from ansible_collections.factory.notion.plugins.module_utils.row_progress import RowProgress
from ansible_collections.factory.notion.plugins.module_utils.row_reading import read_rows, row_of, wanted_properties
from ansible_collections.factory.notion.plugins.module_utils.row_requests import row_body
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.row_schema import BODY
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.trashing import put_in_trash
from ansible_collections.factory.notion.plugins.module_utils.twins import drop_younger_rows


@dataclasses.dataclass(frozen=True, slots=True)
class _Writing:
    """What every write to the rows of one database needs."""

    api: NotionApi
    scope: SchemaScope
    data_source_id: str
    wanted: Mapping[str, LiveProperty]
    values: ValueWriting
    bodies: Mapping[str, Any]
    """What is declared under ``$body``, by the keys of the rows."""


def write_rows(
    api: NotionApi,
    people: PeopleDirectory,
    scope: SchemaScope,
    state: DatabaseState,
    change: Change,
    progress: RowProgress,
) -> DatabaseState:
    """Write rows, one request each, one after another; a refused one stops no other.

    Raises ``PartlyApplied`` with what was refused, ``WriteUnconfirmed`` at the first write that may have landed.
    """
    fields = [field for field in change.fields if field.path[0] == "rows"]
    if not fields:
        return state
    values = _value_writing(api, people, scope)
    writing = _Writing(
        api, scope, state.data_source_id, wanted_properties(scope), values, declared_bodies(scope.resource)
    )
    rows = dict(state.rows or {})
    writes = _writes(writing, rows, fields)
    errors = []
    progress.expect(len(writes))
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
        progress.wrote_one()
    state = _without_twins(api, scope, state, dataclasses.replace(state, rows=rows), fields)
    if errors:
        raise PartlyApplied("; ".join(errors), database_observation(state, scope.resource))
    return state


def _writes(
    writing: _Writing, rows: Mapping[str, Row], fields: list[FieldChange]
) -> dict[str, Callable[[], Row | None]]:
    """One write for each row that has fields to change."""
    writes: dict[str, Callable[[], Row | None]] = {}
    updates: dict[str, dict[str, Any]] = {}
    bodies: dict[str, list[FieldChange]] = {}
    for field in fields:
        key = field.path[1]
        if len(field.path) > 2:
            values, body = updates.setdefault(key, {}), bodies.setdefault(key, [])
            if field.path[2] == BODY:
                body.append(field)
            else:
                values[field.path[2]] = field.after
            writes[key] = partial(_change_row, writing, rows[key], values, body)
        elif field.after is None:
            writes[key] = partial(_remove_row, writing, rows[key])
        elif field.before is not None:
            writes[key] = partial(_restore_row, writing, rows[key], BODY in field.after)
        else:
            writes[key] = partial(_create_row, writing, field.after)
    return writes


def _remove_row(writing: _Writing, row: Row) -> None:
    put_in_trash(writing.api, f"pages/{row.id}")


def _restore_row(writing: _Writing, row: Row, with_body: bool) -> Row:
    """Out of the trash and nothing else: what it then has tells what is left to change."""
    page = writing.api.write("PATCH", f"pages/{row.id}", {"in_trash": False})
    body = read_content(writing.api, row.id).blocks if with_body else None
    return dataclasses.replace(row_of(writing.api, page, writing.wanted), body=body)


def _change_row(writing: _Writing, row: Row, values: Mapping[str, Any], body: Sequence[FieldChange]) -> Row:
    if values:
        content = row_body(writing.scope, values, writing.values)
        try:
            page = writing.api.write("PATCH", f"pages/{row.id}", content)
        except NotionError as error:
            if error.status == 400 and "archived" in str(error):  # somebody put it into the trash meanwhile
                raise WriteUnconfirmed(str(error)) from error
            raise
        row = dataclasses.replace(row_of(writing.api, page, writing.wanted), body=row.body)
    if body:
        path = body[0].path[:3]
        edits = row_edits(writing.scope.resource, writing.bodies[path[1]], row)
        write_edits(writing.api, row.id, edits_of(body, path, edits))
        row = dataclasses.replace(row, body=read_content(writing.api, row.id).blocks)
    return row


def _create_row(writing: _Writing, values: Mapping[str, Any]) -> Row:
    """A row with an empty body; what belongs there is the next difference."""
    parent = {"type": "data_source_id", "data_source_id": writing.data_source_id}
    body = {"parent": parent, **row_body(writing.scope, values, writing.values)}
    row = row_of(writing.api, writing.api.write("POST", "pages", body), writing.wanted)
    return dataclasses.replace(row, body=() if BODY in values else None)


def _without_twins(
    api: NotionApi, scope: SchemaScope, before: DatabaseState, after: DatabaseState, fields: Sequence[FieldChange]
) -> DatabaseState:
    """*after* the rows of *fields* were written, less those that another apply created at the same time."""
    name = row_key_property(scope.resource.spec)
    created = [one for one in fields if len(one.path) == 2 and one.before is None and one.after is not None]
    made = {one.path[1]: one.after[name] for one in created}
    if not made:
        return after
    kind = PROPERTY_TYPES[scope.properties[name]["type"]]
    known = {row.id for row in (before.rows or {}).values()}
    dropped = drop_younger_rows(api, scope, kind, name, made, known)
    return read_rows(api, scope.resource, after) if dropped else after


def _value_writing(api: NotionApi, people: PeopleDirectory, scope: SchemaScope) -> ValueWriting:
    def page_id(name: str, key: str) -> str | None:
        return next(iter(page_ids(scope, scope.properties[name], key)), None)

    def upload(path: str, name: str) -> str:
        file = declared_file(scope.resource, path)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        stored = file.stored_name(name)
        begun = api.read("POST", "file_uploads", {"mode": "single_part", "filename": stored, "content_type": kind})
        api.upload(begun["id"], stored, file.path.read_bytes(), kind)
        return str(begun["id"])

    return ValueWriting(people.user_id, page_id, upload)
