"""Errors are written for the person who reads them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import (
    InvalidManifests,
    Position,
    Problem,
    did_you_mean,
    said,
)


def test_problems_are_told_once_each_in_reading_order() -> None:
    late, early = Problem(Position("a.yml", 10, 1), "late"), Problem(Position("a.yml", 9, 5), "early")

    assert str(InvalidManifests([late, early, late])) == "a.yml:9:5: early\na.yml:10:1: late"


@pytest.mark.parametrize(
    ("word", "candidates", "hint"),
    [
        ("lables", ["labels", "name"], "; did you mean 'labels'?"),
        ("STATUS", ["Status"], "; did you mean 'Status'?"),
        ("xyz", ["labels"], ""),
        ("xyz", [], ""),
    ],
)
def test_only_a_close_word_is_offered(word: str, candidates: list[str], hint: str) -> None:
    assert did_you_mean(word, candidates) == hint


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (None, "nothing"),
        ({}, "a mapping"),
        ([], "a list"),
        ("x", "'x'"),
        ("x" * 61, "'" + "x" * 57 + "…'"),
        (0, "the number 0"),
    ],
)
def test_a_value_is_named_as_a_person_would(value: Any, words: str) -> None:
    assert said(value) == words
