# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was read of a Notion database: its container, its schema and its rows, as plain data.

Shapes: developers.notion.com, reference/database and reference/data-source (2026-03-11).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.ownership import split_description
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView


@dataclass(frozen=True, slots=True)
class LiveProperty:
    """One property as Notion has it.

    ``id`` is decoded, since Notion percent-encodes it in most places but not in all; ``key`` is the
    id as Notion wrote it, by which requests address the property whatever it is called.
    """

    id: str
    key: str
    name: str
    type: str
    description: str | None
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the id of its page, and what is compared of it.

    ``values`` are in the form in which they compare, by the (decoded) id and the type of their property.
    """

    id: str
    values: Mapping[tuple[str, str], Any]
    icon: str | None = None
    cover: str | None = None
    in_trash: bool = False
    body: tuple[Block, ...] | None = None
    """``None`` when nobody asked: it takes requests of its own."""

    def value(self, live: LiveProperty) -> Any:
        """What the row has for a property; ``None`` where it has nothing or another type."""
        return self.values.get((live.id, live.type))


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A database with its one data source."""

    database_id: str
    data_source_id: str
    title: str
    description: str
    ownership: str | None
    icon: str | None
    cover: str | None
    inline: bool
    parent_page: str | None
    properties: Mapping[str, LiveProperty]
    locked: bool | None = None
    """``None`` when nobody asked: it takes a request of its own."""
    rows: Mapping[str, Row] | None = None
    """By key; ``None`` when the manifest declares no rows."""
    carriers: Mapping[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    """How many rows have an option that is to be renamed, by (decoded) property id and the option's name."""
    rows_fault: str = ""
    """Why its rows cannot be told apart."""
    elsewhere: Mapping[str, Mapping[str, tuple[str, ...]]] = dataclasses.field(default_factory=dict)
    """Ids of related pages of other data sources, by the source's id and the page's title."""
    views: tuple[LiveView, ...] | None = None
    """Of its data source, in the order of tabs; ``None`` when the manifest declares no views."""
    remembered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Ids of properties by the names they were last declared under, and of views; see ``view_state``."""
    expected_ownership: str | None = None
    """The ownership line it should carry; ``None`` when marking is switched off."""
    rich_description: tuple[Mapping[str, Any], ...] = ()
    """The whole description as the API gave it, ownership line and all."""

    def by_id(self, property_id: str) -> LiveProperty | None:
        """The property with a (decoded) id."""
        return next((one for one in self.properties.values() if one.id == property_id), None)

    @property
    def title_property(self) -> LiveProperty:
        """The one property of type title."""
        return next(one for one in self.properties.values() if one.type == "title")

    def with_database(self, database: Mapping[str, Any]) -> DatabaseState:
        """This state, updated by the container as ``GET`` or ``PATCH databases`` answers it."""
        description, ownership = split_description(plain_text(database.get("description")))
        return dataclasses.replace(
            self,
            title=plain_text(database.get("title")),
            description=description,
            ownership=ownership,
            icon=icon_text(database.get("icon")),
            cover=icon_text(database.get("cover")),
            inline=bool(database.get("is_inline")),
            parent_page=(database.get("parent") or {}).get("page_id"),
            locked=bool(database.get("is_locked")),
            rich_description=tuple(database.get("description") or ()),
        )

    def with_data_source(self, data_source: Mapping[str, Any]) -> DatabaseState:
        """This state, updated by a data source as ``PATCH data_sources`` answers it."""
        fresh = parse_data_source(data_source)
        return dataclasses.replace(
            fresh,
            locked=self.locked,
            rows=self.rows,
            rows_fault=self.rows_fault,
            elsewhere=self.elsewhere,
            views=self.views,
            remembered=self.remembered,
            expected_ownership=self.expected_ownership,
        )


def parse_data_source(data_source: Mapping[str, Any]) -> DatabaseState:
    """A state from a data source object, which says everything but ``locked``, rows and views."""
    description, ownership = split_description(plain_text(data_source.get("description")))
    return DatabaseState(
        database_id=data_source["parent"]["database_id"],
        data_source_id=data_source["id"],
        title=plain_text(data_source.get("title")),
        description=description,
        ownership=ownership,
        icon=icon_text(data_source.get("icon")),
        cover=icon_text(data_source.get("cover")),
        inline=bool(data_source.get("is_inline")),
        parent_page=(data_source.get("database_parent") or {}).get("page_id"),
        properties={name: parse_property(name, one) for name, one in data_source["properties"].items()},
        rich_description=tuple(data_source.get("description") or ()),
    )


def parse_property(name: str, stored: Mapping[str, Any]) -> LiveProperty:
    """One entry of a data source's ``properties``."""
    kind = stored["type"]
    return LiveProperty(
        id=unquote(stored["id"]),
        key=stored["id"],
        name=name,
        type=kind,
        description=stored.get("description") or None,
        config=stored.get(kind) or {},
    )


def icon_text(stored: Mapping[str, Any] | None) -> str | None:
    """An icon or cover as manifests write it: an emoji, or a URL.

    Other kinds as ``type:id``; an uploaded file without its link, which expires.
    """
    if not stored:
        return None
    kind = stored.get("type", "")
    match kind:
        case "emoji":
            return str(stored["emoji"])
        case "external":
            return str(stored["external"]["url"])
        case _:
            content = stored.get(kind) or {}
            return f"{kind}:{content.get('id') or content.get('name') or ''}"


def icon_object(text: str) -> dict[str, Any]:
    """What the API takes for an emoji or a URL."""
    if text.startswith(("http://", "https://")):
        return {"type": "external", "external": {"url": text}}
    return {"type": "emoji", "emoji": text}
