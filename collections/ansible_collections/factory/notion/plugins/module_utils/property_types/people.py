# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""people: users of the workspace, named by e-mail address."""

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


class People(PropertyType):
    """``people``."""

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A list of addresses."""
        for index, one in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(value, list) or not isinstance(one, str) or "@" not in one:
                path = (index,) if isinstance(value, list) else ()
                yield fault("expected a list of e-mail addresses", one, *path)

    def normal(self, value: Any) -> list[str]:
        """A set, in lower case."""
        return sorted({one.lower() for one in value or []})

    def read(self, stored: Any) -> list[str]:
        """Addresses; the id of somebody whose address the token may not see."""
        return sorted((user.get("person", {}).get("email") or user["id"]).lower() for user in stored or [])

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """Users by id."""
        return [
            {"object": "user", "id": writing.user_id(one)} for one in dict.fromkeys(one.lower() for one in value or [])
        ]
