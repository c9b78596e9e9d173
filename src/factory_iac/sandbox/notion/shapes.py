"""Shapes of requests: what a body may hold, and what Notion says about one that holds something else.

The wording is Notion's, as public issues quote it. When a value fits none of several shapes, Notion tells only the
problems that lie deepest, since those belong to the shape that was meant; several are introduced by "Fix one:".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.ids import canonical_uuid


@dataclass(frozen=True)
class Place:
    """Where a value stands, and what may stand there besides what its shape asks for."""

    path: str
    depth: int = 0
    besides: tuple[str, ...] = ()

    def below(self, step: str, *besides: str) -> Place:
        """The place one step further down."""
        return Place(self.path + step, self.depth + 1, besides)

    def problem(self, expected: str, value: object) -> Problem:
        """That something else should stand here."""
        return Problem(self.depth, f"{self.path} should be {expected}, instead was {errors.shown(value)}.")

    def wrong(self, kinds: Sequence[str], value: object) -> list[Problem]:
        """That the value is of none of these kinds."""
        return [self.problem(either([*kinds, *self.besides]), value)]


@dataclass(frozen=True)
class Problem:
    """One sentence about a place in a body."""

    depth: int
    text: str


class Shape(Protocol):
    """What a value may be."""

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""


def check(shape: Shape, value: object, path: str = "body") -> None:
    """Refuse a value that does not fit, with Notion's words."""
    found = shape.problems(value, Place(path))
    if not found:
        return
    deepest = max(problem.depth for problem in found)
    texts = list(dict.fromkeys(problem.text for problem in found if problem.depth == deepest))
    start = path.split(".")[0].split("[")[0]
    if len(texts) == 1:
        raise errors.invalid(f"{start} failed validation: {texts[0]}")
    raise errors.invalid("\n".join([f"{start} failed validation. Fix one:", *texts]))


def either(choices: Sequence[str]) -> str:
    """Alternatives as Notion lists them."""
    if len(choices) < 3:
        return " or ".join(choices)
    return f"{', '.join(choices[:-1])}, or {choices[-1]}"


@dataclass(frozen=True)
class Anything:
    """Left to be checked elsewhere."""

    def problems(self, value: object, place: Place) -> list[Problem]:
        """None."""
        return []


@dataclass(frozen=True)
class Text:
    """A string, `populated` when it may not be empty."""

    limit: int | None = None
    populated: bool = False

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        if not isinstance(value, str):
            return place.wrong(["a string"], value)
        if self.populated and not value:
            return place.wrong(["populated"], value)
        return _too_long(value, self.limit, place)


@dataclass(frozen=True)
class Number:
    """A number, not a boolean."""

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return [] if fits else place.wrong(["a number"], value)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        return [] if isinstance(value, bool) else place.wrong(["a boolean"], value)


@dataclass(frozen=True)
class Uuid:
    """The id of an object, with or without dashes."""

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        return [] if canonical_uuid(value) is not None else place.wrong(["a valid uuid"], value)


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[str | bool, ...]

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        return [] if value in self.values else place.wrong([errors.shown(choice) for choice in self.values], value)


@dataclass(frozen=True)
class Nullable:
    """A shape or null."""

    shape: Shape

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        if value is None:
            return []
        return self.shape.problems(value, Place(place.path, place.depth, ("`null`", *place.besides)))


@dataclass(frozen=True)
class Items:
    """A list, of 100 at most as everywhere in Notion."""

    shape: Shape
    limit: int = 100

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; nothing when it fits."""
        if not isinstance(value, list):
            return place.wrong(["an array"], value)
        if len(value) > self.limit:
            return _too_long(value, self.limit, place)
        return [
            problem
            for index, item in enumerate(value)
            for problem in self.shape.problems(item, place.below(f"[{index}]"))
        ]


@dataclass(frozen=True)
class Fields:
    """An object with fields that must be there and fields that may; an open one takes others too."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    is_open: bool = False

    def problems(self, value: object, place: Place) -> list[Problem]:
        """What is wrong with a value; what is missing comes before everything else."""
        if not isinstance(value, dict):
            return place.wrong(["an object"], value)
        missing = [name for name in self.required if name not in value]
        if missing:
            below = [place.below(f".{name}") for name in missing]
            return [Problem(at.depth, f"{at.path} should be defined, instead was `undefined`.") for at in below]
        found: list[Problem] = []
        for name, part in value.items():
            if name in self.required:
                found += self.required[name].problems(part, place.below(f".{name}"))
            elif name in self.optional:
                found += self.optional[name].problems(part, place.below(f".{name}", "`undefined`"))
            elif not self.is_open:
                found.append(place.below(f".{name}").problem("not present", part))
        return found


@dataclass(frozen=True)
class OneOf:
    """Any of several shapes."""

    shapes: tuple[Shape, ...]

    def problems(self, value: object, place: Place) -> list[Problem]:
        """Nothing when one shape fits, else what is wrong with the value as each of them."""
        # Told in words only when none fits: there are many shapes of blocks, and nearly every block is of one of them.
        if any(_has_what_is_required(shape, value) and not shape.problems(value, place) for shape in self.shapes):
            return []
        return [problem for shape in self.shapes for problem in shape.problems(value, place)]


def _has_what_is_required(shape: Shape, value: object) -> bool:
    return not (isinstance(shape, Fields) and isinstance(value, dict)) or shape.required.keys() <= value.keys()


def _too_long(value: str | list[Any], limit: int | None, place: Place) -> list[Problem]:
    if limit is None or len(value) <= limit:
        return []
    return [place.below(".length").problem(f"≤ `{limit}`", len(value))]
