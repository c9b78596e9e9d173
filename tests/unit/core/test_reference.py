"""References inside text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.reference import (
    TextReference,
    references_in,
    substitute,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["${env:A}", "x ${TextFile/a.id} y"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_references_are_found_at_any_depth_with_their_path() -> None:
    value = {"a": "x ${env:HOME} ${TextFile/b.id}", "list": [{"deep": "${TextFile/c-1.path}"}]}

    assert list(references_in(value)) == [
        TextReference(("a",), variable="HOME"),
        TextReference(("a",), target=Address("TextFile", "b"), attribute="id"),
        TextReference(("list", 0, "deep"), target=Address("TextFile", "c-1"), attribute="path"),
    ]


@pytest.mark.parametrize("text", ["$HOME", "${HOME}", "${env:}", "${env:1A}", "${TextFile/a}", "${/a.id}", "$ {env:A}"])
def test_what_only_looks_like_a_reference_is_text(text: str) -> None:
    assert list(references_in(text)) == []
    assert substitute(text, lambda reference: "replaced") == text


@given(JSON)
def test_a_lookup_that_knows_nothing_changes_nothing(value: Any) -> None:
    assert substitute(value, lambda reference: None) == value


@given(JSON)
def test_a_lookup_that_knows_everything_leaves_no_reference(value: Any) -> None:
    assert list(references_in(substitute(value, lambda reference: "known"))) == []


def test_only_what_is_known_is_replaced() -> None:
    known = {"A": "1"}

    assert substitute(["${env:A}-${env:B}"], lambda reference: known.get(reference.variable)) == ["1-${env:B}"]
