# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the blocks of a page differ from declared ones, and the fewest edits that mend it. Pure.

Blocks that are equal stay, so that their ids and the comments on them survive; one whose text changed is
updated in place. Pages and databases inside the page are no part of its body.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Effect,
    FieldChange,
    FieldPath,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.markdown_writer import markdown_of_blocks


@dataclass(frozen=True, slots=True)
class Insert:
    """New blocks inside the block *parent* (``""``: the page), after the block *after* (``""``: at the start)."""

    place: str
    parent: str
    after: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """New content for a live block; what is inside it stays."""

    place: str
    live: Block
    wanted: Block


@dataclass(frozen=True, slots=True)
class Remove:
    """A live block goes to the trash, with what is inside it."""

    place: str
    live: Block


Edit = Insert | Update | Remove
"""``place`` tells the edits of a body apart: the block's number, and those of the blocks that it is in."""


def body_edits(wanted: Sequence[Block], live: Sequence[Block], parent: str = "", place: str = "") -> list[Edit]:
    """What makes *live* into *wanted*; removals last, since nothing is anchored on what goes."""
    kept = [one for one in live if not one.is_empty_line]
    partners = _partners(wanted, kept)
    edits: list[Edit] = []
    fresh: list[Block] = []
    anchor = ""
    for number, one in enumerate(wanted, 1):
        partner = partners.get(number - 1)
        if partner is None:
            fresh.append(one)
            continue
        edits += _inserted(fresh, f"{place}{number - len(fresh)}", parent, anchor)
        fresh, anchor, found = [], kept[partner].id, kept[partner]
        if not found.has_content_of(one):
            edits.append(Update(f"{place}{number}", found, one))
        edits += body_edits(one.children, found.children, found.id, f"{place}{number}/")
    edits += _inserted(fresh, f"{place}{len(wanted) - len(fresh) + 1}", parent, anchor)
    stays = set(partners.values())
    gone = [Remove(f"{place}live {number}", one) for number, one in enumerate(kept, 1) if number - 1 not in stays]
    return sorted([*edits, *gone], key=lambda edit: isinstance(edit, Remove))


def _inserted(blocks: list[Block], place: str, parent: str, anchor: str) -> list[Edit]:
    return [Insert(place, parent, anchor, tuple(blocks))] if blocks else []


def _partners(wanted: Sequence[Block], live: Sequence[Block]) -> dict[int, int]:
    """Which live block each wanted one is, by index, in order: the equal ones, between them the most alike."""
    found: dict[int, int] = {}
    matcher = difflib.SequenceMatcher(None, live, wanted, autojunk=False)
    for tag, live_start, live_end, start, end in matcher.get_opcodes():
        if tag == "equal":
            found.update(zip(range(start, end), range(live_start, live_end), strict=True))
        elif tag == "replace":
            for one, other in _most_alike(wanted[start:end], live[live_start:live_end]):
                found[start + one] = live_start + other
    return found


def _most_alike(wanted: Sequence[Block], live: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """The pairs in order, of blocks that can become each other, that have the most words in common."""
    words = [[frozenset(one.plain.split()) for one in side] for side in (wanted, live)]
    best = [[0.0] * (len(live) + 1) for _ in range(len(wanted) + 1)]
    pairs: dict[tuple[int, int], float] = {}
    for i in reversed(range(len(wanted))):
        for j in reversed(range(len(live))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if live[j].can_become(wanted[i]):
                alike = 0.1 + _overlap(words[0][i], words[1][j]) + best[i + 1][j + 1]
                if alike > best[i][j]:
                    best[i][j] = pairs[i, j] = alike
    i = j = 0
    while i < len(wanted) and j < len(live):
        if (i, j) in pairs:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def body_fields(
    path: FieldPath, edits: Sequence[Edit], ours: Collection[str], stage: Stage = Stage.SHAPE
) -> tuple[list[FieldChange], list[Unmanageable]]:
    """*edits* as the fields of a plan, and what has to stay because pages or databases lie in it.

    Removing a block is destructive, unless its id is among *ours*: then its text is in the manifest's history.
    """
    fields: list[FieldChange] = []
    cannot: list[Unmanageable] = []
    for edit in edits:
        where = (*path, edit.place)
        match edit:
            case Insert():
                after = markdown_of_blocks(edit.blocks)
                fields.append(FieldChange(where, None, after, Effect.ADDITIVE, stage=stage))
            case Update():
                before, after = _shown(edit.live), _shown(edit.wanted)
                fields.append(FieldChange(where, before, after, Effect.REVERSIBLE, stage=stage))
            case Remove() if edit.live.holds_pages:
                reason = "the block is not declared, but pages or databases lie in it; move them away by hand"
                cannot.append(Unmanageable(where, f"{_summary(edit.live)}: {reason}"))
            case Remove():
                mine = edit.live.id in ours and _all_ours(edit.live, ours)
                effect = Effect.REVERSIBLE if mine else Effect.DESTRUCTIVE
                reason = "" if mine else "only Notion has this block"
                before = markdown_of_blocks([edit.live])
                fields.append(FieldChange(where, before, None, effect, reason, stage=stage))
    return fields, cannot


def _all_ours(live: Block, ours: Collection[str]) -> bool:
    return all(child.id in ours and _all_ours(child, ours) for child in live.children)


def _shown(one: Block) -> Any:
    """A block's own content, with the settings that Markdown does not show."""
    told = markdown_of_blocks([_without_children(one)])
    color = one.setting("color")
    return told if color in (None, "default") or one.type == "callout" else f"{told} ({color})"


def _without_children(one: Block) -> Block:
    return Block(one.type, one.runs, one.settings, one.cells)


def _summary(one: Block) -> str:
    return one.plain or f"({one.type})"


def edits_of(fields: Sequence[FieldChange], path: FieldPath, edits: Sequence[Edit]) -> list[Edit]:
    """Those of *edits* that are among *fields*."""
    names = {field.path for field in fields}
    return [edit for edit in edits if (*path, edit.place) in names]


def block_ids(blocks: Sequence[Block], accept: Callable[[Block], bool]) -> Iterator[str]:
    """The ids of *blocks* and of those inside them, as far as *accept* says."""
    for one in blocks:
        if accept(one):
            yield one.id
        yield from block_ids(one.children, accept)
