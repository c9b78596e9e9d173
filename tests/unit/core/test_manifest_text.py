"""Manifests as text: they read back as they were, with either version of YAML, and look as people write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.manifest_text import manifest_text
from ansible_collections.factory.core.plugins.module_utils.yaml_source import read_file

words = st.one_of(
    st.sampled_from(["no", "~", "1e3", "1_000", "0o7", "012", "1:30", "2026-01-01", "<<", "=", "- a", "a: b", "#", ""]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.text("ab :#-\t ", max_size=8), max_size=4).map("\n".join),
)
values = st.recursive(
    st.one_of(words, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(manifest=st.dictionaries(words, values, max_size=4))
def test_what_is_written_reads_back_as_it_was(
    manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = manifest_text(manifest, ["a comment"])
    assert yaml.safe_load(written) == manifest
    file: Path = tmp_path_factory.mktemp("manifest") / "a.yml"
    file.write_text(written, encoding="utf-8")
    reading = read_file(file)
    assert reading.problems == []
    assert [document.data for document in reading.documents] == [manifest]


def test_short_mappings_stand_on_one_line_and_long_ones_do_not() -> None:
    options = [{"name": f"Option {number}", "color": "blue"} for number in range(4)]
    spec = {"properties": {"Name": {"type": "title"}, "Kind": {"type": "select", "options": options}}}
    assert manifest_text({"spec": spec}) == (
        "spec:\n"
        "  properties:\n"
        "    Name: {type: title}\n"
        "    Kind:\n"
        "      type: select\n"
        "      options:\n"
        "        - {name: Option 0, color: blue}\n"
        "        - {name: Option 1, color: blue}\n"
        "        - {name: Option 2, color: blue}\n"
        "        - {name: Option 3, color: blue}\n"
    )


def test_a_text_of_several_lines_stands_as_it_is() -> None:
    assert manifest_text({"spec": {"description": "One\n\n- two"}}) == (
        "spec:\n  description: |-\n    One\n\n    - two\n"
    )


def test_a_comment_has_no_character_that_yaml_refuses() -> None:
    told = manifest_text({"spec": {"title": "x"}}, ["a bell\x07, emoji 🎉"])
    assert told == "# a bell?, emoji 🎉\nspec:\n  title: x\n"
