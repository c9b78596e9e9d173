"""Laws of page bodies: what Markdown can say comes back as it was."""

from __future__ import annotations

import dataclasses
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.notion.plugins.module_utils.block import Block, block, block_of, request_of
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import CALLOUTS, blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.markdown_writer import markdown_of_blocks, markdown_says
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run, merged

LAW = settings(deadline=None, derandomize=True, max_examples=300)
TEXT = st.text(st.sampled_from(string.punctuation + "ab12 \n"), min_size=1, max_size=10)
RUNS = st.lists(st.builds(Run, TEXT, bold=st.booleans(), code=st.booleans()), min_size=1, max_size=3).map(merged)
CODE = st.text(st.sampled_from("`~ab \n$|"), max_size=12).map(lambda text: [Run(text)] if text else [])
EXPRESSION = st.text(st.sampled_from("ab^_{}\\ "), min_size=1, max_size=8).map(str.strip).filter(bool)


def tables() -> st.SearchStrategy[Block]:
    row = st.lists(RUNS | st.just(()), min_size=2, max_size=2)
    rows = st.lists(row.map(lambda cells: Block("table_row", cells=tuple(cells))), min_size=1, max_size=3)
    return rows.map(lambda found: block("table", (), found, table_width=2, has_column_header=True))


LEAVES = st.one_of(
    st.builds(block, st.sampled_from(["paragraph", "heading_1", "heading_3", "heading_4"]), RUNS),
    st.builds(block, st.just("code"), CODE, language=st.sampled_from(["python", "plain text", "visual basic"])),
    st.builds(block, st.just("equation"), expression=EXPRESSION),
    st.builds(block, st.just("image"), RUNS, url=st.just("https://example.com/a b(c).png")),
    st.just(block("divider")),
    tables(),
)


def nesting(inner: st.SearchStrategy[list[Block]]) -> st.SearchStrategy[Block]:
    lists = st.sampled_from(["bulleted_list_item", "numbered_list_item", "quote", "toggle"])
    callout = st.sampled_from(sorted(CALLOUTS.values()))
    return st.one_of(
        st.builds(block, lists, RUNS, inner),
        st.builds(block, st.just("to_do"), RUNS, inner, checked=st.booleans()),
        st.builds(lambda style, *rest: block("callout", *rest, icon=style[0], color=style[1]), callout, RUNS, inner),
    )


BODIES = st.recursive(
    st.lists(LEAVES, max_size=3),
    lambda inner: st.lists(LEAVES | nesting(inner), max_size=4),
    max_leaves=6,
)


@LAW
@given(BODIES)
def test_blocks_come_back_from_markdown(body: list[Block]) -> None:
    assert blocks_from_markdown(markdown_of_blocks(body)) == tuple(body)


@LAW
@given(BODIES)
def test_blocks_come_back_from_a_request(body: list[Block]) -> None:
    assert [answered(request_of(one)) for one in body] == body


@LAW
@given(st.text(st.sampled_from("#->*`|\n\n 1.ab[x]$"), max_size=40))
def test_any_markdown_written_anew_means_the_same(text: str) -> None:
    body = blocks_from_markdown(text)
    assert blocks_from_markdown(markdown_of_blocks(body)) == body


def answered(request: dict[str, Any]) -> Block:
    """The block as if the API had stored the request."""
    children = [answered(child) for child in request[request["type"]].get("children", [])]
    return block_of({"id": "1", **request}, children)


def item(kind: str, text: str, *children: Block, **settings: Any) -> Block:
    return block(kind, [Run(text)], children, **settings)


MEANINGS = {
    "## Hello\n\none\ntwo\n": (item("heading_2", "Hello"), item("paragraph", "one two")),
    "###### deep": (item("heading_4", "deep"),),
    "- a\n  - b\n    1. c\n": (
        item("bulleted_list_item", "a", item("bulleted_list_item", "b", item("numbered_list_item", "c"))),
    ),
    "- [x] done\n- [ ] open\n- [link](u)": (
        item("to_do", "done", checked=True),
        item("to_do", "open"),
        block("bulleted_list_item", [Run("link", link="u")]),
    ),
    "> quoted\n>\n> more": (item("quote", "quoted", item("paragraph", "more")),),
    "> [!TIP]\n> Drink *tea*": (
        block("callout", [Run("Drink "), Run("tea", italic=True)], icon="💡", color="green_background"),
    ),
    "```yml\na: 1\n```": (item("code", "a: 1", language="yaml"),),
    "```brainfuck\n+\n```": (item("code", "+", language="plain text"),),
    "$$\na^2\n+ b\n$$": (block("equation", expression="a^2\n+ b"),),
    "![A cat](https://e.com/c.png)": (item("image", "A cat", url="https://e.com/c.png"),),
    "<details>\n<summary>More **here**</summary>\n\ninside\n\n- a\n\n</details>\n\nafter": (
        block(
            "toggle",
            [Run("More "), Run("here", bold=True)],
            [item("paragraph", "inside"), item("bulleted_list_item", "a")],
        ),
        item("paragraph", "after"),
    ),
    "<details>\n<summary>Open</summary>\n\nno end": (
        item("paragraph", "<details> <summary>Open</summary>"),
        item("paragraph", "no end"),
    ),
    "---": (block("divider"),),
    "": (),
}


@pytest.mark.parametrize("markdown", MEANINGS)
def test_markdown_means(markdown: str) -> None:
    assert blocks_from_markdown(markdown) == MEANINGS[markdown]


def test_a_table_has_a_header_and_a_row_for_each_line() -> None:
    (table,) = blocks_from_markdown("| a | b |\n| --- | :-: |\n| 1 | `x\\|y` |\n| 2 |\n")
    assert (table.setting("table_width"), table.setting("has_column_header")) == (2, True)
    assert [["".join(run.text for run in cell) for cell in row.cells] for row in table.children] == [
        ["a", "b"],
        ["1", "x|y"],
        ["2", ""],
    ]


def test_what_notion_fills_in_does_not_count() -> None:
    stored = {"id": "1", "type": "paragraph", "paragraph": {"rich_text": [], "color": "default", "icon": None}}
    assert block_of(stored) == block("paragraph")
    assert block_of({**stored, "paragraph": {"rich_text": [], "color": "red"}}) != block("paragraph")


def test_markdown_cannot_say_what_it_has_no_word_for() -> None:
    heading = {"rich_text": [{"text": {"content": "More"}}], "is_toggleable": True}
    toggle = block_of({"id": "1", "type": "heading_1", "heading_1": heading})
    bookmark = block_of({"id": "1", "type": "bookmark", "bookmark": {"url": "https://e.com"}})
    assert not markdown_says([toggle])
    assert not markdown_says([bookmark])
    assert not markdown_says([dataclasses.replace(toggle, type="paragraph", children=(toggle,))])
    assert "bookmark" in markdown_of_blocks([bookmark])
