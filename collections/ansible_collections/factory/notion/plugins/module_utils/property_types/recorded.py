# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""created_time, created_by, last_edited_time, last_edited_by: what Notion records by itself."""

from __future__ import annotations

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import PropertyType


class Recorded(PropertyType):
    """A property that nobody can set."""

    writable = False
