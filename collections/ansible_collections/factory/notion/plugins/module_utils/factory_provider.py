# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds that this collection offers to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Fault,
    Observation,
    Provider,
    Reference,
    World,
)
from ansible_collections.factory.notion.plugins.module_utils.database_diff import database_change, scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_rules import database_faults
from ansible_collections.factory.notion.plugins.module_utils.database_schema import database_spec_schema
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND


class NotionDatabase:
    """A Notion database with its properties, relations, seed rows and views."""

    kind: str = KIND
    schema_name: str = "notion-database"
    spec_schema: Mapping[str, Any] = database_spec_schema()
    attributes: tuple[str, ...] = ("id", "data_source_id")

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """See ``database_rules``."""
        return database_faults(resource, declared)

    def references(self, resource: Resource) -> Iterable[Reference]:
        """Relations; all can be added after both databases exist, so that cycles are fine."""
        scope = scope_of(resource, None, World(Declared({}), {}))
        for name, one in scope.properties.items():
            target = scope.relation_target(one) if one["type"] == "relation" else None
            if target is not None:
                yield Reference(target, ("spec", "properties", name), deferrable=True)

    def diff(
        self, resource: Resource, observed: Observation[DatabaseState] | None, world: World[DatabaseState]
    ) -> Change:
        """See ``database_diff``."""
        return database_change(resource, observed, world)


PROVIDERS: list[Provider[Any]] = [NotionDatabase()]
