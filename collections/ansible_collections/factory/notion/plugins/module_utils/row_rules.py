# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with declared rows and no schema can say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean, said
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.row_files import declared_file, declared_text
from ansible_collections.factory.notion.plugins.module_utils.row_schema import BODY, NO_PROPERTIES, decoration_faults
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import TABLES, SchemaScope


def row_key_property(spec: Mapping[str, Any]) -> str:
    """The property that tells the rows of a spec apart."""
    named = spec["rows"].get("key")
    if named is not None:
        return str(named)
    return next((name for name, one in spec["properties"].items() if one["type"] == "title"), "")


def row_keys(declared: Declared) -> dict[Address, frozenset[str]]:
    """The keys of all declared rows, by database."""
    found = {}
    for address, resource in declared.resources.items():
        if address.kind in TABLES:
            items = resource.spec.get("rows", {}).get("items", [])
            key = row_key_property(resource.spec) if items else ""
            found[address] = frozenset(text_of(item[key]) for item in items if item.get(key) is not None)
    return found


def row_faults(scope: SchemaScope) -> Iterator[Fault]:
    """Every fault of a database's rows, and of what it says about pruning them."""
    spec = scope.resource.spec
    yield from _pruning_faults(spec)
    yield from _name_faults(scope.properties)
    if "rows" in spec:
        yield from _key_faults(scope)


def _pruning_faults(spec: Mapping[str, Any]) -> Iterator[Fault]:
    pruning = spec.get("prune_rows")
    if pruning and "rows" not in spec:
        yield Fault(("spec", "prune_rows"), "there are no rows to keep; declare rows, or leave prune_rows out")
    elif pruning is True and not spec["rows"]["items"]:
        message = "no row is declared, so every row would go; if that is meant, say {at_most: …} with their number"
        yield Fault(("spec", "prune_rows"), message)


def _name_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    for name in NO_PROPERTIES & properties.keys():
        message = f"'{name}' stands for a row's own {name.removeprefix('$')}; name the property otherwise"
        yield Fault(("spec", "properties", name), message, at_key=True)


def _key_faults(scope: SchemaScope) -> Iterator[Fault]:
    spec = scope.resource.spec
    key = row_key_property(spec)
    declared_key = scope.properties.get(key)
    if declared_key is None:
        if "key" in spec["rows"]:
            guess = did_you_mean(key, scope.properties)
            yield Fault(("spec", "rows", "key"), f"there is no property '{key}'{guess}")
        return
    if not PROPERTY_TYPES[declared_key["type"]].can_be_key:
        message = f"'{key}' is a {declared_key['type']}, which cannot tell rows apart"
        yield Fault(("spec", "rows", "key"), message)
        return
    seen: dict[str, int] = {}
    for index, item in enumerate(spec["rows"]["items"]):
        path = ("spec", "rows", "items", index)
        if item.get(key) in (None, ""):
            yield Fault(path, f"missing key '{key}', which tells rows apart")
        elif _is_filled_in_later(item[key]):
            yield Fault((*path, key), "what tells rows apart cannot be a reference")
        elif not isinstance(item[key], str | int | float):
            yield Fault((*path, key), f"what tells rows apart is plain, not {said(item[key])}")
        elif (value := text_of(item[key])) in seen:
            yield Fault((*path, key), f"a row with {key} '{value}' is declared already")
        else:
            seen[value] = index
        for name, value in item.items():
            if name in NO_PROPERTIES:
                yield from decoration_faults((*path, name), name, value)
                if name == BODY and isinstance(value, dict):
                    yield from _local_file_faults(scope, (*path, name), value, declared_text)
            else:
                yield from _value_faults(scope, (*path, name), name, value)


def _value_faults(scope: SchemaScope, path: tuple[str | int, ...], name: str, value: Any) -> Iterator[Fault]:
    declared = scope.properties.get(name)
    if declared is None:
        back = scope.back_named(name)
        if back is not None:
            message = f"'{name}' is a back-property; set it on the rows of {back.owner} ({back.property})"
        elif scope.may_have(name):
            return
        else:
            message = f"there is no property '{name}'{did_you_mean(name, [*scope.properties, *NO_PROPERTIES])}"
        yield Fault(path, message, at_key=True)
        return
    kind = PROPERTY_TYPES[declared["type"]]
    if not kind.writable:
        yield Fault(path, f"Notion computes a {declared['type']}; a row cannot set it", at_key=True)
    elif value is not None and not _is_filled_in_later(value):
        faults = list(kind.value_faults(value, declared))
        for found in faults:
            yield Fault((*path, *found.path), found.message, found.at_key)
        if not faults and declared["type"] == "relation":
            yield from _relation_value_faults(scope, path, declared, value)
        if not faults and declared["type"] == "files":
            for index, one in enumerate(value):
                yield from _local_file_faults(scope, (*path, index), one, declared_file)


def _local_file_faults(
    scope: SchemaScope, path: tuple[str | int, ...], entry: Mapping[str, Any], read: Callable[[Resource, str], object]
) -> Iterator[Fault]:
    if isinstance(entry.get("file"), str):
        try:
            read(scope.resource, entry["file"])
        except FactoryError as error:
            yield Fault((*path, "file"), str(error))


def _is_filled_in_later(value: Any) -> bool:
    """Whether it is a text with references, which stand for something else."""
    return isinstance(value, str) and any(True for _ in references_in(value))


def _relation_value_faults(
    scope: SchemaScope, path: tuple[str | int, ...], declared: Mapping[str, Any], value: Any
) -> Iterator[Fault]:
    target = scope.relation_target(declared)
    if target is None or scope.declared.get(target) is None:
        return
    keys = scope.declared.once(row_keys)[target]
    for index, key in enumerate(value if isinstance(value, list) else [value]):
        if text_of(key) not in keys:
            where = (*path, index) if isinstance(value, list) else path
            yield Fault(where, f"{target} declares no row '{text_of(key)}'{did_you_mean(text_of(key), keys)}")
