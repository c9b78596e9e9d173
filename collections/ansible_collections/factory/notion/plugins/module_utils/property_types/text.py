# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Title and rich_text: texts, compared by what a reader sees."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    PropertyType,
    ValueWriting,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text, to_rich_text


class Text(PropertyType):
    """``title`` and ``rich_text``."""

    can_be_key = True

    def read(self, stored: Any) -> str:
        """The plain text."""
        return plain_text(stored)

    def normal(self, value: Any) -> str:
        """Nothing is the empty text."""
        return value or ""

    def write(self, value: Any, name: str, writing: ValueWriting) -> list[dict[str, Any]]:
        """Rich text objects."""
        return to_rich_text(value or "")
