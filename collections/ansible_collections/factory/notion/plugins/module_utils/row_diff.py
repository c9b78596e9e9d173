# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How live rows differ from declared ones. Pure, but that it looks at the files which manifests name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.database_state import Row
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.row_body import our_blocks, row_body_fields
from ansible_collections.factory.notion.plugins.module_utils.row_files import declared_file
from ansible_collections.factory.notion.plugins.module_utils.row_relations import elsewhere_faults
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.row_schema import BODY, DECORATIONS, ICON, NO_PROPERTIES
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope


def row_fields(scope: SchemaScope, cannot: list[Unmanageable]) -> Iterator[FieldChange]:
    """Rows to create or restore, values to change, and rows to remove where the manifest says so.

    What has to stay as it is goes into *cannot*.
    """
    spec = scope.resource.spec
    if "rows" not in spec:
        return
    key = row_key_property(spec)
    live_rows = (scope.live.rows or {}) if scope.live is not None else {}
    ours = our_blocks(scope.live) if scope.live is not None else {}
    for item in spec["rows"]["items"]:
        row_key = text_of(item[key])
        live = live_rows.get(row_key)
        if live is None:
            yield _new_row(scope, row_key, item)
        elif live.in_trash:
            before = {"id": live.id, "in_trash": True}
            reason = "is in the trash and is restored"
            yield _row_field(("rows", row_key), before, dict(item), Effect.REVERSIBLE, reason)
        else:
            yield from _changed_values(scope, row_key, item, live)
            if BODY in item and live.body is not None:
                fields, stays = row_body_fields(scope.resource, row_key, item[BODY], live, ours)
                cannot.extend(stays)
                yield from fields
    if spec.get("prune_rows"):
        for row_key, row in _surplus(scope).items():
            reason = "the row goes to the trash"
            yield _row_field(("rows", row_key), {"id": row.id}, None, Effect.DESTRUCTIVE, reason)


def rows_refused(scope: SchemaScope) -> str:
    """Why the rows must not be touched: they cannot be told apart, a related one is missing, or too many would go."""
    state = scope.live
    if state is None or state.rows is None:
        return ""
    pruning = scope.resource.spec.get("prune_rows")
    told = state.rows_fault or "; ".join(elsewhere_faults(scope, state))
    surplus = len(_surplus(scope)) if pruning else 0
    there = sum(not row.in_trash for row in state.rows.values())
    if told or not surplus:
        return told
    if isinstance(pruning, Mapping):
        limit, why = pruning["at_most"], f"more than {pruning['at_most']}"
    else:
        limit, why = there // 2, "more than half"
    if surplus <= limit:
        return ""
    return (
        f"prune_rows would move {surplus} of {there} rows to the trash, {why}; nothing of this database was changed. "
        f"If that is meant, declare prune_rows: {{at_most: {surplus}}}"
    )


def _surplus(scope: SchemaScope) -> dict[str, Row]:
    """The rows that only Notion has."""
    key = row_key_property(scope.resource.spec)
    declared = {text_of(item[key]) for item in scope.resource.spec["rows"]["items"]}
    rows = (scope.live.rows or {}) if scope.live is not None else {}
    return {row_key: row for row_key, row in rows.items() if row_key not in declared}


def _row_field(
    path: tuple[str, ...],
    before: Any,
    after: Any,
    effect: Effect,
    reason: str = "",
    waits: frozenset[Address] = NOBODY,
    divisible: bool = False,
) -> FieldChange:
    return FieldChange(path, before, after, effect, reason, waits, Stage.CONTENT, divisible)


def _new_row(scope: SchemaScope, row_key: str, item: Mapping[str, Any]) -> FieldChange:
    after = {name: _with_files_read(scope, name, value) for name, value in item.items()}
    waits = NOBODY.union(*(_waits_of_value(scope, name, value) for name, value in item.items()))
    reasons = (_side_effects(scope, name, None, value) for name, value in item.items())
    reason = "; ".join(filter(None, reasons))
    return _row_field(("rows", row_key), None, after, Effect.ADDITIVE, reason, waits, divisible=bool(waits))


def _changed_values(scope: SchemaScope, row_key: str, item: Mapping[str, Any], live: Row) -> Iterator[FieldChange]:
    for name, value in item.items():
        if name == BODY:
            continue
        path = ("rows", row_key, name)
        if name in DECORATIONS:
            decoration = live.icon if name == ICON else live.cover
            if decoration != value:
                yield _row_field(path, decoration, value, Effect.REVERSIBLE)
            continue
        waits = _waits_of_value(scope, name, value)
        kind = PROPERTY_TYPES[scope.properties[name]["type"]]
        if kind.name == "status" and value is None:
            continue
        found = scope.find_live(name)
        before = None
        if found is not None and found.type == kind.name:
            before = live.value(found)
            before = kind.read(None) if before is None else before
        if waits or before != normal_value(scope, name, value):
            shown = _shown_relation(scope, name, before or []) if kind.name == "relation" else before
            after = _with_files_read(scope, name, value)
            reason = _side_effects(scope, name, before, value)
            field = _row_field(path, shown, after, Effect.REVERSIBLE, reason, waits)
            retarget = ("properties", name, "database") if _is_retargeted(scope, name) else ()
            yield dataclasses.replace(field, follows=retarget)


def _is_retargeted(scope: SchemaScope, name: str) -> bool:
    """Whether the property is a relation that gets another target, which empties it."""
    live = scope.find_live(name)
    target = scope.relation_target(scope.properties[name]) if live is not None and live.type == "relation" else None
    state = scope.state_of(target) if target is not None else None
    return live is not None and state is not None and live.config.get("data_source_id") != state.data_source_id


def _side_effects(scope: SchemaScope, name: str, before: Any, value: Any) -> str:
    """What writing a value does beyond the row: people get mail, and a new option goes into the schema."""
    declared = scope.properties.get(name)
    if declared is None or value is None:
        return ""
    match declared["type"]:
        case "people":
            added = [one for one in PROPERTY_TYPES["people"].normal(value) if one not in (before or [])]
            return f"notifies {', '.join(added)}" if added else ""
        case "select" | "multi_select" if "options" not in declared and scope.live is not None:
            found = scope.find_live(name)
            there = {option["name"].lower() for option in found.config.get("options", [])} if found else set()
            new = [f"'{one}'" for one in dict.fromkeys(_as_list(value)) if one.lower() not in there]
            return f"adds the option {' and '.join(new)} to {name}" if new else ""
    return ""


def normal_value(scope: SchemaScope, name: str, value: Any) -> Any:
    """A declared value in the form in which it compares; relations as the ids of pages."""
    declared = scope.properties[name]
    if declared["type"] == "relation":
        return sorted(page_ids(scope, declared, value))
    return PROPERTY_TYPES[declared["type"]].normal(_with_files_read(scope, name, value))


def _with_files_read(scope: SchemaScope, name: str, value: Any) -> Any:
    """*value*, with the fingerprints of the files that it names."""
    if name == BODY and isinstance(value, Mapping):
        return _with_file_read(scope, value)
    if scope.properties.get(name, {}).get("type") != "files" or value is None:
        return value
    return [_with_file_read(scope, one) for one in value]


def _with_file_read(scope: SchemaScope, entry: Mapping[str, Any]) -> dict[str, Any]:
    if "file" not in entry:
        return dict(entry)
    return {**entry, "fingerprint": declared_file(scope.resource, entry["file"]).fingerprint}


def page_ids(scope: SchemaScope, declared: Mapping[str, Any], value: Any) -> list[str]:
    """The pages of the rows that a relation's *value* names, as far as they exist."""
    target = scope.relation_target(declared)
    if target is None:
        there = scope.live.elsewhere.get(declared["data_source_id"], {}) if scope.live is not None else {}
        return [page_id for text in dict.fromkeys(map(text_of, _as_list(value))) for page_id in there.get(text, ())]
    state = scope.state_of(target)
    rows = (state.rows or {}) if state is not None else {}
    found = (rows.get(text) for text in dict.fromkeys(map(text_of, _as_list(value))))
    return [row.id for row in found if row is not None and not row.in_trash]


def _waits_of_value(scope: SchemaScope, name: str, value: Any) -> frozenset[Address]:
    """A value waits for its property, and a relation's value for the rows it names."""
    if name in NO_PROPERTIES:
        return NOBODY
    if scope.live is not None and scope.find_live(name) is None:
        return frozenset({scope.address})
    declared = scope.properties[name]
    if declared["type"] != "relation" or value is None:
        return NOBODY
    target = scope.relation_target(declared)
    missing = len(page_ids(scope, declared, value)) < len(set(map(text_of, _as_list(value))))
    return frozenset({target}) if missing and target is not None else NOBODY


def _shown_relation(scope: SchemaScope, name: str, ids: list[str]) -> list[str]:
    """Related pages by the keys of their rows, for people to read."""
    target = scope.relation_target(scope.properties[name])
    state = scope.state_of(target) if target is not None else None
    wanted = set(ids)
    rows = (state.rows or {}) if state is not None else {}
    keys = {row.id: key for key, row in rows.items() if row.id in wanted}
    if target is None and scope.live is not None:
        there = scope.live.elsewhere.get(scope.properties[name]["data_source_id"], {})
        keys = {page_id: text for text, pages in there.items() for page_id in pages}
    return [keys.get(one, one) for one in ids]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
