# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""checkbox: true or false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    fault,
)


class Checkbox(PropertyType):
    """``checkbox``."""

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """Only true and false."""
        if not isinstance(value, bool):
            yield fault("expected true or false", value)
