"""What formulas compute with, besides numbers, texts, booleans and moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MAX_REFERENCES = 25


class FormulaError(Exception):
    """The formula is wrong, or beyond what the sandbox computes."""


@dataclass(frozen=True)
class Period:
    """A date with an end."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Person:
    """Somebody in a people property."""

    id: str
    name: str
    email: str


@dataclass(frozen=True)
class Row:
    """A page: `read` gives the value of a property of it by name or id, `follow` another page by its id."""

    id: str
    title: str
    read: Callable[[str], dict[str, Any] | None] = field(compare=False)
    follow: Callable[[str], Row | None] = field(compare=False)


def text(found: Any) -> str:
    """A value as a formula shows it in text."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    if isinstance(found, datetime):
        return f"{found:%B} {found.day}, {found.year}" + (f" {found:%H:%M}" if found.hour or found.minute else "")
    if isinstance(found, Period):
        return f"{text(found.start)} → {text(found.end)}"
    if isinstance(found, Person):
        return found.name
    if isinstance(found, Row):
        return found.title
    if isinstance(found, list):
        return ", ".join(text(part) for part in found)
    return str(found)
