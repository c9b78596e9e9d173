# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds that this collection offers to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Fault,
    Observation,
    Provider,
    Reference,
    World,
)
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.notion.plugins.module_utils.database_diff import database_change, scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_rules import data_source_faults, database_faults
from ansible_collections.factory.notion.plugins.module_utils.database_schema import (
    data_source_spec_schema,
    database_spec_schema,
)
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.page_children import children_references
from ansible_collections.factory.notion.plugins.module_utils.page_diff import page_change
from ansible_collections.factory.notion.plugins.module_utils.page_rules import page_faults, page_spec_schema
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import (
    DATA_SOURCE,
    KIND,
    PAGE,
    declared_target,
)


class NotionDatabase:
    """A Notion database with its properties, relations, seed rows and views."""

    kind: str = KIND
    schema_name: str = "notion-database"
    spec_schema: Mapping[str, Any] = database_spec_schema()
    attributes: tuple[str, ...] = ("id", "data_source_id")
    keeps_variables: bool = False

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """See ``database_rules``."""
        return database_faults(resource, declared)

    def references(self, resource: Resource) -> Iterable[Reference]:
        """Relations; all can be added after both databases exist, so that cycles are fine."""
        scope = scope_of(resource, None, World(Declared({}), {}))
        for name, one in scope.properties.items():
            target = declared_target(one) if one["type"] == "relation" else None
            if target is not None:
                path = ("spec", "properties", name)
                attribute = "id" if target.kind == DATA_SOURCE else "data_source_id"
                yield Reference(target, path, True, attribute, (*path, "data_source_id"))

    def diff(
        self, resource: Resource, observed: Observation[DatabaseState] | None, world: World[DatabaseState]
    ) -> Change:
        """See ``database_diff``."""
        return database_change(resource, observed, world)


class NotionDataSource(NotionDatabase):
    """A further data source of a declared database: a table of its own, with properties and rows."""

    kind: str = DATA_SOURCE
    schema_name: str = "notion-data-source"
    spec_schema: Mapping[str, Any] = data_source_spec_schema()
    attributes: tuple[str, ...] = ("id", "database_id")

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """Also that its database is declared, and that no other data source there has its title."""
        yield from super().check(resource, declared)
        yield from data_source_faults(resource, declared)

    def references(self, resource: Resource) -> Iterable[Reference]:
        """Its database, which must exist first, and relations."""
        yield Reference(Address(KIND, resource.spec["database"]), ("spec", "database"))
        yield from super().references(resource)


class NotionPage:
    """A Notion page with its icon, cover and body."""

    kind: str = PAGE
    schema_name: str = "notion-page"
    spec_schema: Mapping[str, Any] = page_spec_schema()
    attributes: tuple[str, ...] = ("id", "url")
    keeps_variables: bool = False

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """See ``page_rules``."""
        return page_faults(resource, declared)

    def references(self, resource: Resource) -> Iterable[Reference]:
        """What its body refers to: that may lie on the page itself, so that the body comes later; and its children."""
        yield from children_references(resource)
        for one in references_in(resource.spec.get("body"), ("spec", "body")):
            if one.target is not None:
                yield Reference(one.target, one.path, deferrable=True)

    def diff(self, resource: Resource, observed: Observation[PageState] | None, world: World[PageState]) -> Change:
        """See ``page_diff``."""
        return page_change(resource, observed)


PROVIDERS: list[Provider[Any]] = [NotionDatabase(), NotionDataSource(), NotionPage()]
KINDS = frozenset(provider.kind for provider in PROVIDERS)
"""What lives in a Notion workspace."""
