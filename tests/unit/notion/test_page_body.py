"""Laws of edits: they make what is there into what is declared, and leave alone what is equal."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.notion.plugins.module_utils.block import Block, block
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.page_body import (
    Insert,
    Remove,
    Update,
    body_edits,
    body_fields,
)
from ansible_collections.factory.notion.plugins.module_utils.page_body_writing import first_request, portions
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run

LAW = settings(deadline=None, derandomize=True, max_examples=300)
TYPES = st.sampled_from(["paragraph", "heading_1", "quote", "bulleted_list_item"])
TEXTS = st.sampled_from(["red green", "green blue", "blue", "gray"]).map(lambda text: [Run(text)])
BODIES = st.recursive(
    st.lists(st.builds(block, TYPES, TEXTS), max_size=5),
    lambda inner: st.lists(st.builds(block, TYPES, TEXTS, inner), max_size=5),
    max_leaves=8,
)


def with_ids(blocks: list[Block] | tuple[Block, ...], ids: itertools.count[int]) -> tuple[Block, ...]:
    return tuple(dataclasses.replace(one, id=str(next(ids)), children=with_ids(one.children, ids)) for one in blocks)


def edited(live: tuple[Block, ...], edits: list[Insert | Update | Remove], parent: str = "") -> tuple[Block, ...]:
    """What a page with *live* blocks is after *edits*."""
    removed = {edit.live.id for edit in edits if isinstance(edit, Remove)}
    updated = {edit.live.id: edit.wanted for edit in edits if isinstance(edit, Update)}
    inserted = {(edit.parent, edit.after): edit.blocks for edit in edits if isinstance(edit, Insert)}
    found = list(inserted.get((parent, ""), ()))
    for one in live:
        if one.id not in removed:
            new = updated.get(one.id, one)
            found.append(dataclasses.replace(new, id=one.id, children=edited(one.children, edits, one.id)))
        found += inserted.get((parent, one.id), ())
    return tuple(found)


@LAW
@given(BODIES, BODIES)
def test_edits_make_what_is_there_into_what_is_declared(wanted: list[Block], before: list[Block]) -> None:
    live = with_ids(before, itertools.count(1))
    edits = body_edits(wanted, live)
    assert edited(live, edits) == tuple(wanted)
    assert len({edit.place for edit in edits}) == len(edits)


@LAW
@given(BODIES)
def test_what_is_equal_needs_no_edit(wanted: list[Block]) -> None:
    assert body_edits(wanted, with_ids(wanted, itertools.count(1))) == []


@LAW
@given(BODIES, BODIES, BODIES)
def test_what_is_inserted_moves_nothing(before: list[Block], new: list[Block], after: list[Block]) -> None:
    edits = body_edits([*before, *new, *after], with_ids([*before, *after], itertools.count(1)))
    assert all(isinstance(edit, Insert) for edit in edits)
    assert sum(len(edit.blocks) for edit in edits if isinstance(edit, Insert)) == len(new)


def live_body(markdown: str) -> tuple[Block, ...]:
    return with_ids(blocks_from_markdown(markdown), itertools.count(1))


def test_a_changed_text_keeps_the_block_that_is_most_alike() -> None:
    live = live_body("the quick brown fox\n\nlorem ipsum")
    edits = body_edits(blocks_from_markdown("lorem\n\nthe quick red fox\n\nlorem ipsum"), live)
    assert [type(edit).__name__ for edit in edits] == ["Insert", "Update"]
    assert isinstance(edits[1], Update)
    assert edits[1].live.id == "1"


def test_empty_lines_that_people_put_between_are_no_difference() -> None:
    live = live_body("one\n\ntwo")
    assert body_edits(blocks_from_markdown("one\n\ntwo"), (live[0], Block("paragraph", id="9"), live[1])) == []


def test_another_type_is_another_block_and_another_width_another_table() -> None:
    edits = body_edits(blocks_from_markdown("# one"), live_body("one"))
    assert [type(edit).__name__ for edit in edits] == ["Insert", "Remove"]
    edits = body_edits(blocks_from_markdown("|a|b|\n|-|-|"), live_body("|a|\n|-|"))
    assert [type(edit).__name__ for edit in edits] == ["Insert", "Remove"]


def test_removing_what_only_notion_has_is_destructive() -> None:
    edits = body_edits(blocks_from_markdown("one"), live_body("one\n\ntwo\n\n- three\n  - four"))
    fields, _ = body_fields(("body",), edits, ours={"2", "3"})
    assert [(one.before, one.effect) for one in fields] == [
        ("two", Effect.REVERSIBLE),
        ("- three\n  - four", Effect.DESTRUCTIVE),
    ]


def test_a_block_with_a_page_in_it_stays_and_is_told() -> None:
    (column,) = with_ids([block("column_list", content="{}")], itertools.count(1))
    edits = body_edits((), [dataclasses.replace(column, holds_pages=True)])
    fields, cannot = body_fields(("body",), edits, ours=())
    assert fields == []
    assert "pages or databases lie in it" in cannot[0].reason


@pytest.mark.parametrize(("blocks", "sizes"), [(100, [100]), (101, [100, 1]), (0, [])])
def test_a_request_has_at_most_a_hundred_blocks_side_by_side(blocks: int, sizes: list[int]) -> None:
    body = blocks_from_markdown("\n\n".join(map(str, range(blocks))))
    assert [len(portion) for portion in portions(body)] == sizes


def test_what_is_nested_too_deep_or_too_wide_goes_in_parts() -> None:
    deep, wide, table = (
        blocks_from_markdown("- a\n  - b\n    - c\n      - d")[0],
        blocks_from_markdown("- a\n" + "".join(f"  - {n}\n" for n in range(101)))[0],
        blocks_from_markdown("|a|\n|-|\n" + "|1|\n" * 120)[0],
    )
    assert "children" not in first_request(deep)["bulleted_list_item"]
    assert "children" not in first_request(wide)["bulleted_list_item"]
    assert len(first_request(table)["table"]["children"]) == 100
    assert "children" in first_request(deep.children[0])["bulleted_list_item"]
