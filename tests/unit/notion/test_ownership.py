"""The ownership line goes into a description and comes out again, whatever stands beside it."""

from __future__ import annotations

import pytest

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    join_description,
    owner_of,
    ownership_line,
    split_description,
)

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
