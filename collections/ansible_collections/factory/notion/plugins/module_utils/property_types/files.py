# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""files: links to files elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)


class Files(PropertyType):
    """``files``."""

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A list of names with URLs."""
        good = isinstance(value, list) and all(
            isinstance(one, dict) and set(one) == {"name", "url"} and all(isinstance(v, str) for v in one.values())
            for one in value
        )
        if not good:
            yield fault("expected a list of {name: …, url: …}", value)

    def normal(self, value: Any) -> list[dict[str, str]]:
        """In the order given."""
        return [{"name": one["name"], "url": one["url"]} for one in value or []]

    def read(self, stored: Any) -> list[dict[str, str]]:
        """A file uploaded to Notion has no lasting URL, so it never equals a declared one."""
        return [{"name": one.get("name", ""), "url": one.get("external", {}).get("url", "")} for one in stored or []]

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """External files."""
        return [{"name": one["name"], "type": "external", "external": {"url": one["url"]}} for one in value or []]
