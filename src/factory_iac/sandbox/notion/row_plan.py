"""What SQLite is asked to do of a query: conditions and an order over stored values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from factory_iac.sandbox.notion.dates import day_or_moment
from factory_iac.sandbox.notion.rich_text import plain


@dataclass(frozen=True)
class Term:
    """A stored value as SQL, and a test of it; without `comparison` the value is only ordered by."""

    expression: str
    comparison: str = ""
    value: Any = None


@dataclass(frozen=True)
class Plan:
    """What SQLite can do of a query. Rows that pass still have to be asked for the rest of the filter."""

    where: list[Term] = field(default_factory=list)
    order: Term | None = None
    descending: bool = False

    def indexes(self) -> list[tuple[str, ...]]:
        """The expressions of the indexes that serve this: what must be equal stands before what is ordered by."""
        alone: list[tuple[str, ...]] = [
            (term.expression,) for term in self.where if self.order is None or term.comparison != "="
        ]
        if self.order is None:
            return alone
        equal = sorted({term.expression for term in self.where if term.comparison == "="} - {self.order.expression})
        return [*alone, (*equal, self.order.expression)]


def folded(runs: str | None) -> str | None:
    """Stored rich text as filters and sorts compare it; nothing when it is empty."""
    return plain(json.loads(runs)).casefold() or None if runs else None


def moment(text: str | None) -> float | None:
    """A stored day or time as seconds."""
    return day_or_moment(text).timestamp() if text else None


FUNCTIONS: dict[str, Callable[[str | None], Any]] = {"folded": folded, "moment": moment}
