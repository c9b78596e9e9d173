"""What SQLite is asked to do of a query: conditions and an order over stored values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
