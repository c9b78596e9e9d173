# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How live rows differ from declared ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Effect, FieldChange, Stage
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.database_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.database_state import Row
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import NOBODY, SchemaScope


def row_fields(scope: SchemaScope) -> Iterator[FieldChange]:
    """Rows to create, values to change, and rows to remove where the manifest prunes."""
    spec = scope.resource.spec
    if "rows" not in spec:
        return
    key = row_key_property(spec)
    live_rows = dict(scope.live.rows or {}) if scope.live is not None else {}
    for item in spec["rows"]["items"]:
        row_key = text_of(item[key])
        live = live_rows.pop(row_key, None)
        if live is None:
            yield _new_row(scope, row_key, item)
        else:
            yield from _changed_values(scope, row_key, item, live)
    if spec.get("prune"):
        for row_key, row in live_rows.items():
            reason = "the row goes to the trash"
            yield _row_field(("rows", row_key), {"id": row.id}, None, Effect.DESTRUCTIVE, reason)


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
    waits = [_waits_of_value(scope, name, value) for name, value in item.items()]
    waits_for = NOBODY.union(*waits)
    return _row_field(("rows", row_key), None, dict(item), Effect.ADDITIVE, waits=waits_for, divisible=bool(waits_for))


def _changed_values(scope: SchemaScope, row_key: str, item: Mapping[str, Any], live: Row) -> Iterator[FieldChange]:
    for name, value in item.items():
        waits = _waits_of_value(scope, name, value)
        kind = PROPERTY_TYPES[scope.properties[name]["type"]]
        if kind.name == "status" and value is None:
            continue
        found = scope.find_live(name)
        before = kind.read(live.value(found)) if found is not None and found.type == kind.name else None
        if waits or before != normal_value(scope, name, value):
            shown = _shown_relation(scope, name, before or []) if kind.name == "relation" else before
            yield _row_field(("rows", row_key, name), shown, value, Effect.REVERSIBLE, waits=waits)


def normal_value(scope: SchemaScope, name: str, value: Any) -> Any:
    """A declared value in the form in which it compares; relations as the ids of pages."""
    declared = scope.properties[name]
    if declared["type"] == "relation":
        return sorted(page_ids(scope, declared, value))
    return PROPERTY_TYPES[declared["type"]].normal(value)


def page_ids(scope: SchemaScope, declared: Mapping[str, Any], value: Any) -> list[str]:
    """The pages of the rows that a relation's *value* names, as far as they exist."""
    target = scope.relation_target(declared)
    state = scope.state_of(target) if target is not None else None
    rows = (state.rows or {}) if state is not None else {}
    return [rows[text].id for text in dict.fromkeys(map(text_of, _as_list(value))) if text in rows]


def _waits_of_value(scope: SchemaScope, name: str, value: Any) -> frozenset[Address]:
    """A value waits for its property, and a relation's value for the rows it names."""
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
    keys = {row.id: key for key, row in (state.rows or {}).items()} if state is not None else {}
    return [keys.get(one, one) for one in ids]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
