# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notion's rich text as runs of equal style (developers.notion.com, reference/rich-text). Pure.

Notion adds ``plain_text``, ``href`` and the annotations that a request left out, and joins neighbours of
equal style; runs are what is left when none of that counts. How runs look in Markdown: ``rich_text_markdown``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import canonical_json
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_LONGEST_CONTENT = 2000
"""Characters in one ``text.content`` (facts, section 2.2)."""
_MOST_PIECES = 100
"""Rich text objects in one list (facts, section 2.2)."""
_STYLES = ("bold", "italic", "strikethrough", "underline", "code")
_MENTIONED_BY_ID = frozenset(("user", "page", "database", "data_source", "custom_emoji"))


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text of one style.

    ``text`` is what it says, or the expression of an *equation*. A *mention* is canonical JSON, as a
    request takes it; ``shown`` is what a reader sees of it, which Notion makes up, so that it does not compare.
    """

    text: str
    bold: bool = False
    italic: bool = False
    strikethrough: bool = False
    underline: bool = False
    code: bool = False
    color: str = "default"
    link: str | None = None
    equation: bool = False
    mention: str = ""
    shown: str = field(default="", compare=False)

    @property
    def plain(self) -> str:
        """What a reader sees of it."""
        return self.shown if self.mention else self.text

    def has_style_of(self, other: Run) -> bool:
        """Whether *other* differs at most in what it says."""
        return dataclasses.replace(self, text="") == dataclasses.replace(other, text="")


def runs_of(rich_text: Iterable[Mapping[str, Any]] | None) -> tuple[Run, ...]:
    """The runs of rich text objects, from an answer or a request; equal meaning gives equal runs."""
    return merged(_run(item) for item in rich_text or ())


def merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """*runs* with neighbours of one style joined, and none that says nothing."""
    found: list[Run] = []
    for run in runs:
        if not run.text and not run.mention:
            continue
        joins = found and not run.mention and not run.equation and found[-1].has_style_of(run)
        if joins:
            found[-1] = dataclasses.replace(run, text=found[-1].text + run.text)
        else:
            found.append(run)
    return tuple(found)


def rich_text_of(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """*runs* as a request takes them, cut where Notion wants them cut.

    Raises ``FactoryError`` when they are more than Notion takes in one place.
    """
    items = [item for run in merged(runs) for item in _items(run)]
    if len(items) > _MOST_PIECES:
        raise FactoryError(
            f"this text has {len(items)} pieces of different style, and Notion takes {_MOST_PIECES}; "
            "cut it into several"
        )
    return items


def to_rich_text(text: str) -> list[dict[str, Any]]:
    """*text* as rich text objects, cut where Notion wants it cut; empty text is an empty list."""
    return list(_items(Run(text)))


def plain_text(rich_text: Sequence[Mapping[str, Any]] | None) -> str:
    """What a reader sees of *rich_text*."""
    return "".join(part.get("plain_text") or part.get("text", {}).get("content", "") for part in rich_text or ())


def _run(item: Mapping[str, Any]) -> Run:
    annotations = item.get("annotations") or {}
    style: dict[str, Any] = {name: bool(annotations.get(name)) for name in _STYLES}
    style["color"] = annotations.get("color") or "default"
    shown = item.get("plain_text") or ""
    if isinstance(item.get("equation"), Mapping):
        return Run(item["equation"].get("expression") or "", **style, equation=True)
    if isinstance(item.get("mention"), Mapping):
        return Run("", **style, mention=canonical_json(_mention(item["mention"])), shown=shown)
    text = item.get("text") or {}
    link = (text.get("link") or {}).get("url")
    return Run(text.get("content", shown), **style, link=link or None)


def _mention(mention: Mapping[str, Any]) -> dict[str, Any]:
    """A mention without what Notion adds to the id of what is mentioned, and to a date."""
    kind = mention.get("type") or next((key for key in mention if key != "type"), "page")
    value = mention.get(kind)
    if isinstance(value, Mapping):
        keys = ("id",) if kind in _MENTIONED_BY_ID and "id" in value else tuple(value)
        value = {key: value[key] for key in keys if value[key] is not None}
    return {"type": kind, kind: value}


def _items(run: Run) -> Iterator[dict[str, Any]]:
    style = {name: True for name in _STYLES if getattr(run, name)}
    told: dict[str, Any] = {**style, **({"color": run.color} if run.color != "default" else {})}
    annotations = {"annotations": told} if told else {}
    if run.equation:
        yield {"type": "equation", "equation": {"expression": run.text}, **annotations}
    elif run.mention:
        yield {"type": "mention", "mention": json.loads(run.mention), **annotations}
    else:
        link = {"link": {"url": run.link}} if run.link else {}
        for start in range(0, len(run.text), _LONGEST_CONTENT):
            piece = run.text[start : start + _LONGEST_CONTENT]
            yield {"type": "text", "text": {"content": piece, **link}, **annotations}
