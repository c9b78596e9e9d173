# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""url, email and phone_number: single texts that may be empty."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import PropertyType


class Contact(PropertyType):
    """``url``, ``email`` and ``phone_number``."""

    can_be_key = True

    def normal(self, value: Any) -> Any:
        """The empty text is nothing, as Notion has it."""
        return value or None

    def read(self, stored: Any) -> Any:
        """The text, or nothing."""
        return stored or None
