"""The ownership line goes into a description and comes out again, whatever stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    is_protected,
    join_description,
    marked_description,
    owner_of,
    ownership_line,
    split_description,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text

TASKS = Address("NotionDatabase", "tasks")
LINE = ownership_line("shop", TASKS)
TEXTS = ["", "one line", "two\nlines", "gap\n\n\ngap", " spaces ", "Managed by nobody"]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_joined_comes_apart_again(text: str) -> None:
    assert split_description(join_description(text, LINE)) == (text, LINE)


@pytest.mark.parametrize("text", TEXTS)
def test_a_description_without_a_line_stays_as_it_is(text: str) -> None:
    assert split_description(join_description(text, None)) == (text, None)


FOUND = [
    (f"{LINE}\nwritten below", "written below"),
    (f"above\n{LINE}\nbelow", "above\nbelow"),
    (f"above\n\n{LINE}", "above"),
    (f"above\n{LINE} ", "above"),
]


@pytest.mark.parametrize(("live", "rest"), FOUND)
def test_the_line_is_found_wherever_people_moved_it(live: str, rest: str) -> None:
    assert split_description(live) == (rest, LINE)


STYLES = st.sampled_from([{"bold": True}, {"color": "red"}, {}])
RUNS = st.lists(st.tuples(st.text(min_size=1, alphabet="ab \n"), STYLES), max_size=4)
NEW_LINE = ownership_line("shop", Address("NotionDatabase", "jobs"), protected=True)


def items(runs: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rich text as the API answers it."""
    return [
        {
            "type": "text",
            "text": {"content": text, "link": None},
            "annotations": style,
            "plain_text": text,
            "href": None,
        }
        for text, style in runs
    ]


def styled(rich_text: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Every character with its style."""
    return [(one, str(item.get("annotations"))) for item in rich_text for one in item["text"]["content"]]


@given(RUNS)
def test_another_line_takes_the_place_of_the_old_one_and_leaves_every_style(
    runs: list[tuple[str, dict[str, Any]]],
) -> None:
    marked = marked_description(items(runs), LINE)
    changed = marked_description(marked, NEW_LINE)
    assert split_description(plain_text(changed))[1] == NEW_LINE
    assert styled(marked_description(changed, None)) == styled(items(runs))


@pytest.mark.parametrize(("live", "rest"), FOUND)
def test_the_line_is_taken_off_wherever_people_moved_it(live: str, rest: str) -> None:
    left = marked_description(items([(live, {})]), None)
    assert plain_text(left).rstrip("\n") == rest


def test_a_protected_line_names_the_same_owner() -> None:
    assert is_protected(NEW_LINE)
    assert not is_protected(LINE)
    assert owner_of(NEW_LINE, "shop") == Address("NotionDatabase", "jobs")


STACKS = ["shop", "my-stack", "My Stack", "büro", "a.b_c", "v2 (old)"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_line_names_its_owner_in_a_stack_of_any_name(stack: str) -> None:
    assert owner_of(ownership_line(stack, TASKS), stack) == TASKS


FOREIGN = [
    None,
    "",
    "Managed by Factory:",
    "Managed by Factory: shop",
    "Managed by Factory: shop tasks",
    "Managed by hand",
]


@pytest.mark.parametrize("line", FOREIGN)
def test_what_names_nobody_has_no_owner(line: str | None) -> None:
    assert owner_of(line, "shop") is None


@pytest.mark.parametrize("other", ["shop2", "sho", "Shop", "other"])
def test_a_line_of_another_stack_is_nobody_of_ours(other: str) -> None:
    assert owner_of(LINE, other) is None
