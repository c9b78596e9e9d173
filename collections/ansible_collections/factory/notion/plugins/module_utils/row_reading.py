# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the rows of a data source, by key, and keep of each no more than what is compared."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    LiveProperty,
    Row,
    icon_text,
)
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import read_content
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.row_body import declared_bodies
from ansible_collections.factory.notion.plugins.module_utils.row_query import live_rows, trashed_rows
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope, lone_scope

_MOST_REFERENCES = 25
"""A page tells no more people, mentions or related pages of one property (facts, section 2.2)."""


@dataclass(slots=True)
class _Found:
    """Rows as they come in, sorted by which declared row they may be."""

    by_key: dict[str, Row] = field(default_factory=dict)
    same: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the pages that have one declared key, where there are several."""
    near: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)
    """Rows whose key is a declared one but for case and white space, by the key without these."""


def read_rows(api: NotionApi, resource: Resource, state: DatabaseState) -> DatabaseState:
    """*state* with all rows by key, one query per hundred; or why they cannot be told apart."""
    scope = lone_scope(resource, state, PROPERTY_TYPES)
    key_name = row_key_property(resource.spec)
    kind = PROPERTY_TYPES[scope.properties[key_name]["type"]]
    key = scope.find_live(key_name)
    declared = {text_of(item[key_name]): item[key_name] for item in resource.spec["rows"]["items"]}
    wanted = wanted_properties(scope)
    pages = live_rows(api, state.data_source_id, [live.key for live in wanted.values()])
    if key is None or key.type != kind.name:
        return _without_key(state, key_name, kind.name, any(True for _ in pages))
    folded = Counter(map(_folded, declared))
    found = _Found()
    for page in pages:
        text = kind.key_of(stored_value(page, key)) or page["id"]
        near = _folded(text)
        if text in declared and text in found.by_key:
            found.same.setdefault(text, [found.by_key[text].id]).append(page["id"])
        elif text in declared:
            found.by_key[text] = row_of(api, page, wanted)
        elif near in folded:
            found.near.setdefault(near, []).append((text, row_of(api, page, wanted)))
        else:
            found.by_key[page["id"] if text in found.by_key else text] = Row(page["id"], {})
    told = [*_same_faults(key_name, found), *_take_near(key_name, found, declared, folded)]
    missing = {text: value for text, value in declared.items() if text not in found.by_key}
    if not told and missing:
        for page in sorted(
            trashed_rows(api, state.data_source_id, key, missing.values()), key=lambda page: page["last_edited_time"]
        ):
            text = kind.key_of(stored_value(page, key))
            if text in missing:
                found.by_key[text] = Row(page["id"], {}, in_trash=True)
    for row_key in declared_bodies(resource):
        row = found.by_key.get(row_key)
        if row is not None and not row.in_trash and not told:
            found.by_key[row_key] = dataclasses.replace(row, body=read_content(api, row.id).blocks)
    return dataclasses.replace(state, rows=found.by_key, rows_fault="; ".join(told))


def wanted_properties(scope: SchemaScope) -> dict[str, LiveProperty]:
    """The live properties that declared rows have values for, and their key, by (decoded) id."""
    names = {name for item in scope.resource.spec["rows"]["items"] for name in item if name in scope.properties}
    names.add(row_key_property(scope.resource.spec))
    found = (scope.find_live(name) for name in sorted(names))
    return {live.id: live for live in found if live is not None}


def row_of(api: NotionApi, page: Mapping[str, Any], wanted: Mapping[str, LiveProperty]) -> Row:
    """A page as a row, with its *wanted* values in the form in which they compare."""
    values = dict(_values_of(api, page, wanted))
    return Row(page["id"], values, icon_text(page.get("icon")), icon_text(page.get("cover")), bool(page["in_trash"]))


def _values_of(
    api: NotionApi, page: Mapping[str, Any], wanted: Mapping[str, LiveProperty]
) -> Iterator[tuple[tuple[str, str], Any]]:
    """Values by id and type of their property; what Notion cut short is read in full."""
    for stored in page["properties"].values():
        live = wanted.get(unquote(stored["id"]))
        kind = stored["type"]
        if live is None or kind not in PROPERTY_TYPES:
            continue
        value = stored.get(kind)
        if _is_cut_short(stored, kind):
            path = f"pages/{page['id']}/properties/{quote(stored['id'], safe='%')}"
            value = [one[kind] for one in api.pages("GET", path)]
        yield (live.id, kind), PROPERTY_TYPES[kind].read(value)


def _is_cut_short(stored: Mapping[str, Any], kind: str) -> bool:
    """Only a relation says so; of people and mentions it is known by their number."""
    match kind:
        case "relation":
            return bool(stored.get("has_more"))
        case "people":
            return len(stored["people"]) >= _MOST_REFERENCES
        case "title" | "rich_text":
            return sum(1 for part in stored[kind] if part.get("type") == "mention") >= _MOST_REFERENCES
        case _:
            return False


def stored_value(page: Mapping[str, Any], key: LiveProperty) -> Any:
    """What a page has for a property, as the API answered it."""
    return next((one.get(key.type) for one in page["properties"].values() if unquote(one["id"]) == key.id), None)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _without_key(state: DatabaseState, key_name: str, kind: str, any_rows: bool) -> DatabaseState:
    if not any_rows:
        return dataclasses.replace(state, rows={})
    told = (
        f"there are rows, and the {kind} property '{key_name}' that tells them apart is not in Notion any more; "
        "nothing of this database was changed, bring it back or declare another rows.key"
    )
    return dataclasses.replace(state, rows={}, rows_fault=told)


def _same_faults(key_name: str, found: _Found) -> Iterator[str]:
    for text, ids in found.same.items():
        del found.by_key[text]
        yield (
            f"{_number(ids)} rows have {key_name} '{text}', so it cannot tell them apart: {' and '.join(ids)}; "
            "nothing of this database was changed, rename or remove one in Notion"
        )


def _take_near(key_name: str, found: _Found, declared: Mapping[str, Any], folded: Mapping[str, int]) -> Iterator[str]:
    """Take a row for the one declared row from whose key it differs only in case and white space."""
    missing = {_folded(text): text for text in declared if text not in found.by_key and text not in found.same}
    for near, rows in found.near.items():
        text = missing.get(near) if folded[near] == 1 else None
        if text is not None and len(rows) == 1:
            found.by_key[text] = rows[0][1]
            continue
        if text is not None:
            yield (
                f"no row has {key_name} '{text}', and {_number(rows)} differ from it only in case and white space: "
                f"{' and '.join(row.id for _, row in rows)}; nothing of this database was changed, "
                "rename or remove one in Notion"
            )
        for other, row in rows:
            found.by_key[row.id if other in found.by_key else other] = row


def _number(several: list[Any]) -> str:
    return "two" if len(several) == 2 else str(len(several))
