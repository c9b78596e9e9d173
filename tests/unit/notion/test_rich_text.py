"""Plain text becomes rich text in pieces that Notion takes, and comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text, to_rich_text

LENGTHS = [(0, 0), (1, 1), (1999, 1), (2000, 1), (2001, 2), (4000, 2), (4001, 3)]


@pytest.mark.parametrize(("length", "pieces"), LENGTHS)
def test_a_text_is_cut_where_notion_wants_it_cut(length: int, pieces: int) -> None:
    assert len(to_rich_text("x" * length)) == pieces


@settings(max_examples=50, derandomize=True, deadline=None)
@given(text=st.text(), times=st.sampled_from([1, 700]))
def test_a_text_comes_back_as_it_was(text: str, times: int) -> None:
    parts = to_rich_text(text * times)
    assert plain_text(parts) == text * times
    assert all(0 < len(part["text"]["content"]) <= 2000 for part in parts)


READ = [
    (None, ""),
    ([], ""),
    ([{"plain_text": "a", "text": {"content": "ignored"}}], "a"),
    ([{"text": {"content": "a"}}, {"plain_text": "b"}], "ab"),
    ([{"type": "mention", "plain_text": "@Ada"}], "@Ada"),
    ([{"type": "equation", "plain_text": "e=mc"}], "e=mc"),
    ([{"plain_text": "", "text": {"content": ""}}], ""),
]


@pytest.mark.parametrize(("parts", "text"), READ)
def test_rich_text_reads_as_people_see_it(parts: list[dict[str, object]] | None, text: str) -> None:
    assert plain_text(parts) == text
