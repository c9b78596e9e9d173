"""A fingerprint stands in the place of a secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.redaction import redactor

SECRET = "correct-horse-battery"
TEXT = st.text(alphabet="abc ", max_size=5)
JSON = st.recursive(
    TEXT | st.integers() | st.none() | st.builds(lambda before, after: before + SECRET + after, TEXT, TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.just(SECRET), inner, max_size=3),
)


@given(JSON)
def test_a_known_secret_is_nowhere_in_what_is_left(value: Any) -> None:
    assert SECRET not in repr(redactor([SECRET])(value))


@given(JSON)
def test_what_holds_no_secret_stays_as_it_is(value: Any) -> None:
    assert redactor(["another-secret"])(value) == value


def test_equal_secrets_have_equal_fingerprints_and_others_have_others() -> None:
    redact = redactor([SECRET, "another-secret"])

    assert redact(SECRET) == redact(SECRET)
    assert redact(SECRET) != redact("another-secret")


def test_of_two_secrets_the_longer_one_is_replaced_whole() -> None:
    assert "-battery" not in redactor(["correct-horse", SECRET])(f"x {SECRET} y")


@pytest.mark.parametrize(
    "secret",
    [
        "ntn_1234567890abcdef",
        "secret_1234567890abcdef",
        "sk-1234567890abcdef",
        "ghp_1234567890abcdef",
        "github_pat_1234567890abcdef",
        "glpat-1234567890abcdef",
        "xoxb-1234567890abcdef",
        "AKIA1234567890ABCDEF",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEow, and cut short",
    ],
)
def test_what_looks_like_a_secret_is_redacted_though_nobody_named_it(secret: str) -> None:
    redacted = redactor([])({"text": f"before {secret}"})["text"]

    assert redacted.startswith("before (secret, sha256 ")
    assert secret[-6:] not in redacted


@pytest.mark.parametrize("text", ["a secretary", "task-list", "the sk- prefix", "mask_live_ 12345678", "AKI"])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert redactor([])(text) == text
