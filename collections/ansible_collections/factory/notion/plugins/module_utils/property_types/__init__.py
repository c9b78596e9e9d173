# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The property types of a Notion database, by name."""

from __future__ import annotations

from ansible_collections.factory.notion.plugins.module_utils.property_types.checkbox import Checkbox
from ansible_collections.factory.notion.plugins.module_utils.property_types.contact import Contact
from ansible_collections.factory.notion.plugins.module_utils.property_types.date import Date
from ansible_collections.factory.notion.plugins.module_utils.property_types.files import Files
from ansible_collections.factory.notion.plugins.module_utils.property_types.formula import Formula
from ansible_collections.factory.notion.plugins.module_utils.property_types.number import Number
from ansible_collections.factory.notion.plugins.module_utils.property_types.options import (
    MultiSelect,
    Options,
    Status,
)
from ansible_collections.factory.notion.plugins.module_utils.property_types.people import People
from ansible_collections.factory.notion.plugins.module_utils.property_types.place import Place
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import PropertyType
from ansible_collections.factory.notion.plugins.module_utils.property_types.recorded import Recorded
from ansible_collections.factory.notion.plugins.module_utils.property_types.relation import Relation
from ansible_collections.factory.notion.plugins.module_utils.property_types.rollup import Rollup
from ansible_collections.factory.notion.plugins.module_utils.property_types.text import Text
from ansible_collections.factory.notion.plugins.module_utils.property_types.unique_id import UniqueId

PROPERTY_TYPES: dict[str, PropertyType] = {
    one.name: one
    for one in (
        Text("title"),
        Text("rich_text"),
        Number("number"),
        Options("select"),
        MultiSelect("multi_select"),
        Status("status"),
        Date("date"),
        People("people"),
        Files("files"),
        Place("place"),
        Checkbox("checkbox"),
        Contact("url"),
        Contact("email"),
        Contact("phone_number"),
        Formula("formula"),
        Relation("relation"),
        Rollup("rollup"),
        UniqueId("unique_id"),
        Recorded("created_time"),
        Recorded("created_by"),
        Recorded("last_edited_time"),
        Recorded("last_edited_by"),
    )
}

NOT_CREATABLE = {
    "button": "Notion's API cannot create buttons; add it in Notion, it stays when the manifest leaves it out",
    "verification": "it appears when a page becomes a wiki in Notion; leave it out",
    "location": "Notion's API does not document it; use place",
    "last_visited_time": "Notion's API does not document it; use last_edited_time",
    "unsupported": "it stands for a type that Notion's API does not show; leave it out, it stays as it is",
    **dict.fromkeys(
        ("ai", "ai_autofill", "ai_summary", "ai_keywords", "ai_translation", "ai_custom"),
        "AI autofill is set up in Notion only; declare a rich_text and switch it on there",
    ),
}
"""Types that the API knows or shows and cannot create, and what to do instead (facts, section 1.5)."""

NOT_SETTABLE = {
    "icon": "Notion's API neither shows nor takes the icon of a property; set it in Notion, it stays",
    "ai": "AI autofill is set up in Notion only; it stays",
}
"""Keys that people look for and no property can have."""

UNCONVERTIBLE = frozenset({"title", "button", "verification"}) | {
    one.name for one in PROPERTY_TYPES.values() if not one.convertible
}
"""Types that nothing converts to or from (facts, section 1.5)."""
