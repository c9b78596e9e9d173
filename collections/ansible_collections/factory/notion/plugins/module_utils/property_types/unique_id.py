# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""unique_id: a number that Notion counts, with a prefix that is unique in the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope


class UniqueId(PropertyType):
    """``unique_id``."""

    writable = False
    settings: ClassVar[Mapping[str, Any]] = {
        "prefix": {
            "description": "Unique in the whole workspace, even after the database is gone.",
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9]{0,9}$",
            "x-message": "a prefix is a letter and up to 9 letters or digits",
        }
    }

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """The prefix, where one is declared."""
        return {"prefix": declared["prefix"]} if "prefix" in declared else {}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """Another prefix breaks links to the old ids, and the old one stays taken."""
        before = live.config.get("prefix")
        if declared.get("prefix", before) != before:
            reason = "links by the old id break, and the old prefix stays taken"
            yield Difference(("prefix",), before, declared["prefix"], Effect.DISRUPTIVE, reason)
