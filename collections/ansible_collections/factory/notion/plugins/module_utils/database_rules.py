# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a NotionDatabase and no schema can say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_faults
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.relation_rules import (
    back_relation_faults,
    twice_set_faults,
)
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_faults, row_key_property
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, SchemaScope
from ansible_collections.factory.notion.plugins.module_utils.view_rules import view_faults

_UUID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")


def database_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """Every fault of one database."""
    scope = SchemaScope(resource, None, declared, {}, PROPERTY_TYPES)
    if resource.spec.get("inline") and "cover" in resource.spec:
        yield Fault(("spec", "cover"), "Notion has no cover on an inline database", at_key=True)
    adopt = resource.metadata.get("adopt")
    if isinstance(adopt, str) and not _UUID.match(adopt):
        yield Fault(("metadata", "adopt"), f"expected true, false or the id of a database, not '{adopt}'")
    yield from parent_faults(resource)
    yield from _title_faults(scope.properties)
    yield from _rename_faults(scope.properties)
    for name, one in scope.properties.items():
        for path, message in PROPERTY_TYPES[one["type"]].rules(one, scope):
            yield Fault(("spec", "properties", name, *path), message)
        for path, message in PROPERTY_TYPES[one["type"]].doubts(one):
            yield Fault(("spec", "properties", name, *path), message, doubtful=True)
    yield from back_relation_faults(scope)
    yield from row_faults(scope)
    if "rows" in resource.spec:
        yield from twice_set_faults(scope)
        yield from _renamed_key_faults(scope)
    if "views" in resource.spec:
        yield from view_faults(scope)


def data_source_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """A database that is not declared, or a title that tells it apart from nothing."""
    database = Address(KIND, resource.spec["database"])
    if ":" in database.name:
        yield Fault(("spec", "database"), "a data source belongs to the stack of its database; declare it there")
    elif declared.lacks(database):
        yield Fault(("spec", "database"), f"{database} is not declared{declared.suggest(database)}")
    home = declared.get(database)
    others = [
        other
        for other in declared.resources.values()
        if other.address.kind == DATA_SOURCE and other.spec["database"] == database.name
    ]
    for other in (*others, *([home] if home is not None else [])):
        if other.address != resource.address and other.spec["title"] == resource.spec["title"]:
            message = f"{other.address} has this title, and titles tell the data sources of a database apart"
            yield Fault(("spec", "title"), message)
            return


def _title_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    titles = [name for name, one in properties.items() if one["type"] == "title"]
    if not titles:
        yield Fault(("spec", "properties"), "a database needs one property of type title")
    for name in titles[1:]:
        message = f"a database has one title property, and '{titles[0]}' is one already"
        yield Fault(("spec", "properties", name, "type"), message)


def _rename_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for name, one in properties.items():
        old = one.get("renamed_from")
        path = ("spec", "properties", name, "renamed_from")
        if old is None:
            continue
        if old in properties:
            yield Fault(path, f"'{old}' is still declared; a property cannot be renamed from another one")
        elif old in taken:
            yield Fault(path, f"'{old}' is what '{taken[old]}' was renamed from")
        taken.setdefault(old, name)


def _renamed_key_faults(scope: SchemaScope) -> Iterator[Fault]:
    """A row whose key changes is another row, so the options of the key property keep their names."""
    key = row_key_property(scope.resource.spec)
    for index, option in enumerate(scope.properties.get(key, {}).get("options", ())):
        if "renamed_from" in option:
            path = ("spec", "properties", key, "options", index, "renamed_from")
            yield Fault(path, f"'{key}' tells rows apart, so its options keep their names")
