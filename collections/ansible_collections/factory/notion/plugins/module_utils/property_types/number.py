# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""number: a value and how Notion shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Cannot,
    Config,
    Difference,
    PropertyType,
    ValueFault,
    fault,
)
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope

NUMBER_FORMATS = [
    "number",
    "number_with_commas",
    "percent",
    "dollar",
    "australian_dollar",
    "canadian_dollar",
    "singapore_dollar",
    "euro",
    "pound",
    "yen",
    "ruble",
    "rupee",
    "won",
    "yuan",
    "real",
    "lira",
    "rupiah",
    "franc",
    "hong_kong_dollar",
    "new_zealand_dollar",
    "krona",
    "norwegian_krone",
    "mexican_peso",
    "rand",
    "new_taiwan_dollar",
    "danish_krone",
    "zloty",
    "baht",
    "forint",
    "koruna",
    "shekel",
    "chilean_peso",
    "philippine_peso",
    "dirham",
    "colombian_peso",
    "riyal",
    "ringgit",
    "leu",
    "argentine_peso",
    "uruguayan_peso",
    "peruvian_sol",
    "vietnamese_dong",
    "pakistani_rupee",
    "nigerian_naira",
    "bitcoin",
]
"""developers.notion.com, reference/property-object#number."""


class Number(PropertyType):
    """``number``."""

    can_be_key = True
    settings: ClassVar[Mapping[str, Any]] = {
        "format": {
            "description": "How the number is shown, such as `euro` or `percent`; one that Factory does not know is "
            "told as a warning.",
            "type": "string",
            "examples": NUMBER_FORMATS,
            "pattern": "^[a-z][a-z_]*$",
            "x-message": "expected a format such as euro or number_with_commas",
        }
    }

    def doubts(self, declared: Config) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Notion adds formats without notice, so an unknown one may be right."""
        name = declared.get("format", "number")
        if name not in NUMBER_FORMATS:
            guess = did_you_mean(name, NUMBER_FORMATS)
            yield ("format",), f"'{name}' is not a format that Factory knows; Notion may refuse it{guess}"

    def config(self, declared: Config, live: LiveProperty | None, scope: SchemaScope) -> dict[str, Any]:
        """The format, where one is declared."""
        return {"format": declared["format"]} if "format" in declared else {}

    def compare(self, declared: Config, live: LiveProperty, scope: SchemaScope) -> Iterator[Difference | Cannot]:
        """The format; how a number is shown loses nothing."""
        before = live.config.get("format")
        if declared.get("format", before) != before:
            yield Difference(("format",), before, declared["format"])

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """Whole or not, but no text and no boolean."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield fault("expected a number", value)
