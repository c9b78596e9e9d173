"""Which passages of a page a change of its Markdown touches, and what they become.

A passage is the text of one block and of what is inside.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from factory_iac.sandbox.notion import errors

Span = tuple[int, int]


@dataclass(frozen=True)
class Rewrite:
    """The passages from `first` to `last`, both included, and the text they become."""

    first: int
    last: int
    text: str


def whole(passages: list[str]) -> str:
    """The text that passages make up."""
    return "\n".join(passages)


def occurrences(text: str, wanted: str, *, every: bool) -> list[Span]:
    """Where a text stands: once, or as often as it does when `every` place is meant."""
    found = [match.span() for match in re.finditer(re.escape(wanted), text)]
    if not found:
        raise errors.invalid(f"Could not find {errors.shown(wanted)} in the content of the page.")
    if len(found) > 1 and not every:
        raise errors.invalid(f"Found {errors.shown(wanted)} {len(found)} times; replace_all_matches is not set.")
    return found


def selected(text: str, selection: str) -> Span:
    """Where a selection stands that tells its beginning and its end: `start text...end text`."""
    begin, dots, end = selection.partition("...")
    at = text.find(begin)
    until = text.find(end, at + len(begin)) if dots else at + len(begin)
    if at < 0 or until < 0:
        raise errors.invalid(f"Could not find {errors.shown(selection)} in the content of the page.")
    return at, until + len(end)


def last_touched(passages: list[str], span: Span) -> int:
    """The last passage that a span reaches into."""
    return max(bisect_left(_starts(passages), span[1]) - 1, 0)


def rewrites(passages: list[str], spans: list[Span], new: str) -> list[Rewrite]:
    """What becomes of the passages when `new` stands in the place of every span, in their order."""
    starts, text = _starts(passages), whole(passages)
    groups: list[tuple[int, int, list[Span]]] = []
    for span in spans:
        first, last = bisect_right(starts, span[0]) - 1, last_touched(passages, span)
        if groups and first <= groups[-1][1]:
            before = groups.pop()
            groups.append((before[0], max(before[1], last), [*before[2], span]))
        else:
            groups.append((first, max(first, last), [span]))
    return [
        Rewrite(first, last, _replaced(text, starts[first], starts[last] + len(passages[last]), inside, new))
        for first, last, inside in groups
    ]


def _starts(passages: list[str]) -> list[int]:
    return [0, *accumulate(len(passage) + 1 for passage in passages[:-1])]


def _replaced(text: str, begin: int, end: int, spans: list[Span], new: str) -> str:
    found, at = "", begin
    for first, last in spans:
        found, at = f"{found}{text[at:first]}{new}", last
    return found + text[at:end]
