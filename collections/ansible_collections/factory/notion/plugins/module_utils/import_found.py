# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an import finds in a workspace, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, PAGE
from ansible_collections.factory.notion.plugins.module_utils.view_state import LiveView


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that no manifest says, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A live database with its first data source, or a further data source, as *kind* says."""

    kind: str
    state: DatabaseState
    on_page: str | None
    """The page that it was found on; ``None`` where nobody knows."""
    views: tuple[LiveView, ...] = ()
    pages: tuple[Mapping[str, Any], ...] | None = None
    """Its rows, as the API answers them; ``None`` where nobody asked for them."""
    bodies: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    """What is on the pages of its rows, by their ids, where somebody asked for it."""
    other_title: str = ""
    """What the database is called, where that is not what its first data source is called."""

    @property
    def id(self) -> str:
        """The id by which a manifest names it."""
        return self.state.data_source_id if self.kind == DATA_SOURCE else self.state.database_id

    @property
    def title(self) -> str:
        """Its title."""
        return self.state.title

    @property
    def ownership(self) -> str | None:
        """The ownership line it carries; a data source has none of its own."""
        return None if self.kind == DATA_SOURCE else self.state.ownership


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A live page that is no row."""

    state: PageState
    on_page: str
    kind: str = PAGE

    @property
    def id(self) -> str:
        """The page's id."""
        return self.state.page_id

    @property
    def title(self) -> str:
        """Its title."""
        return self.state.title

    @property
    def ownership(self) -> str | None:
        """The ownership line it carries."""
        return self.state.ownership


Found = FoundTable | FoundPage


@dataclass(frozen=True, slots=True)
class FoundWorkspace:
    """What was found, in the order in which people see it."""

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]
