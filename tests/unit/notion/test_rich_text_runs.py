"""Laws of rich text: equal meaning is equal runs, and what Markdown can say comes back as it was."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.rich_text import (
    Run,
    merged,
    plain_text,
    rich_text_of,
    runs_of,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text_markdown import (
    markdown_of,
    runs_from_markdown,
    says_all,
)
from factory_iac.sandbox.notion import rich_text as notion

LAW = settings(deadline=None, derandomize=True)
TEXTS = st.text(st.sampled_from(string.punctuation * 2 + "ab1 \té\n"), min_size=1, max_size=12)
LINKS = st.sampled_from([None, None, "https://example.com/a_b", "https://example.com/x?(z)&q=<1>\\", "/p/1"])
ODD_LINKS = st.just("a b (c)")
COLORS = st.sampled_from(["default", "default", "red", "blue_background"])
STYLED = st.builds(Run, TEXTS, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(), COLORS, LINKS)
EQUATIONS = st.builds(Run, st.sampled_from(["E = mc^2", "a_b*c*", "x<y"]), bold=st.booleans(), equation=st.just(True))
MENTIONS = st.just(
    Run("", mention='{"page":{"id":"7d4a7a39-0c2b-4c5e-9d3f-0a1b2c3d4e5f"},"type":"page"}', shown="Home")
)


@LAW
@given(st.lists(STYLED | EQUATIONS | MENTIONS, max_size=6))
def test_runs_come_back_from_what_notion_makes_of_a_request(runs: list[Run]) -> None:
    answer = notion.normalise(rich_text_of(runs), "body.rich_text")
    assert runs_of(answer) == merged(runs)


@LAW
@given(st.lists(STYLED | EQUATIONS | st.builds(Run, TEXTS, link=ODD_LINKS), max_size=6))
def test_runs_come_back_from_markdown(runs: list[Run]) -> None:
    assert runs_from_markdown(markdown_of(runs)) == merged(runs)
    assert says_all(runs)


@LAW
@given(st.text(st.sampled_from(string.punctuation + "ab1 \n"), max_size=40))
def test_markdown_written_anew_means_the_same(text: str) -> None:
    runs = runs_from_markdown(text)
    assert runs_from_markdown(markdown_of(runs)) == runs


@LAW
@given(st.lists(STYLED, max_size=6))
def test_joining_neighbours_twice_changes_nothing(runs: list[Run]) -> None:
    assert merged(merged(runs)) == merged(runs)
    assert "".join(run.plain for run in merged(runs)) == "".join(run.plain for run in runs)


@pytest.mark.parametrize(
    ("markdown", "runs"),
    [
        ("plain", (Run("plain"),)),
        ("**bold *and italic***", (Run("bold ", bold=True), Run("and italic", bold=True, italic=True))),
        ("~~old~~ `code`", (Run("old", strikethrough=True), Run(" "), Run("code", code=True))),
        ("[a **b**](https://e.com)", (Run("a ", link="https://e.com"), Run("b", bold=True, link="https://e.com"))),
        ('<u>u</u><span color="red">r</span>', (Run("u", underline=True), Run("r", color="red"))),
        ("$`E = mc^2`$ for $5", (Run("E = mc^2", equation=True), Run(" for $5"))),
        ("one\ntwo<br>three", (Run("one two\nthree"),)),
        ("<https://e.com>", (Run("https://e.com", link="https://e.com"),)),
        ("1 <sup>st</sup>", (Run("1 <sup>st</sup>"),)),
    ],
)
def test_markdown_means(markdown: str, runs: tuple[Run, ...]) -> None:
    assert runs_from_markdown(markdown) == runs


@pytest.mark.parametrize(
    "text",
    ["plain - text, with (signs) & more: 1. done!", "**bold**, `x_y`", "[a](https://e.com/a_b)", "$`x`$"],
)
def test_markdown_that_is_simple_stays_as_it_is_written(text: str) -> None:
    assert markdown_of(runs_from_markdown(text)) == text


def test_what_notion_adds_does_not_count() -> None:
    sent = [{"text": {"content": "a"}}, {"text": {"content": "b", "link": None}, "annotations": {"bold": False}}]
    style = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False)
    answer = {
        "type": "text",
        "text": {"content": "ab", "link": None},
        "annotations": {**style, "color": "default"},
        "plain_text": "ab",
        "href": None,
    }
    assert runs_of(sent) == runs_of([answer]) == (Run("ab"),)


def test_a_mention_compares_by_what_it_mentions() -> None:
    user = {"object": "user", "id": "u1", "name": "Ada", "type": "person", "person": {"email": "ada@example.com"}}
    answer = [{"type": "mention", "mention": {"type": "user", "user": user}, "plain_text": "@Ada", "href": None}]
    assert runs_of(answer) == runs_of([{"mention": {"user": {"id": "u1"}}}])
    assert rich_text_of(runs_of(answer)) == [{"type": "mention", "mention": {"type": "user", "user": {"id": "u1"}}}]
    assert not says_all(runs_of(answer))
    assert markdown_of(runs_of(answer)) == "@Ada"


def test_long_text_is_cut_and_comes_back_whole() -> None:
    items = rich_text_of([Run("x" * 4500, bold=True)])
    assert [len(item["text"]["content"]) for item in items] == [2000, 2000, 500]
    assert runs_of(items) == (Run("x" * 4500, bold=True),)
    assert plain_text(items) == "x" * 4500


def test_more_pieces_than_notion_takes_are_refused_before_the_request() -> None:
    with pytest.raises(FactoryError, match="101 pieces"):
        rich_text_of([Run(str(number), bold=number % 2 == 0) for number in range(101)])
