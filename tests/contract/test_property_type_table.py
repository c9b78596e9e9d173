"""The page of property types is what the runs say."""

from __future__ import annotations

import pytest
from property_type_table import COLUMNS, DOCUMENT, HEAD, cell, left_to_notion, refused

from ansible_collections.factory.notion.plugins.module_utils.property_types import NOT_CREATABLE, PROPERTY_TYPES
from factory_iac.sandbox.process import Sandbox

HOW = "make reference"


def rows() -> dict[str, list[str]]:
    """The cells of the page, by type."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    cells = [[one.strip() for one in line.strip("|").split(" | ")] for line in lines]
    return {one[0].strip("`"): one[1:] for one in cells}


@pytest.mark.parametrize("kind", PROPERTY_TYPES)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_cell_of_the_page_is_what_a_run_says(notion_process: Sandbox, kind: str, column: str) -> None:
    said = rows()[kind][list(COLUMNS).index(column)]
    assert cell(notion_process, kind, column) == said, f"run: {HOW}"


@pytest.mark.parametrize("kind", NOT_CREATABLE)
def test_what_the_page_says_of_a_refused_type_is_what_validation_says(notion_process: Sandbox, kind: str) -> None:
    assert refused(notion_process, kind) == rows()[kind][0], f"run: {HOW}"


@pytest.mark.parametrize("kind", NOT_CREATABLE)
def test_what_the_page_says_of_an_import_of_a_refused_type_is_what_a_run_says(
    notion_process: Sandbox, kind: str
) -> None:
    assert left_to_notion(notion_process, kind) == rows()[kind][1], f"run: {HOW}"


def test_the_page_has_every_type_and_nothing_else() -> None:
    assert list(rows()) == [*PROPERTY_TYPES, *NOT_CREATABLE]
    assert DOCUMENT.read_text().startswith(HEAD)
