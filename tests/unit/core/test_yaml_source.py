"""YAML is read as data, and every value can be found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.yaml_source import Reading, read_file


def read(tmp_path: Path, text: str) -> Reading:
    file = tmp_path / "a.yml"
    file.write_text(text)
    return read_file(file, "a.yml")


def problems(reading: Reading) -> list[str]:
    return [str(problem) for problem in reading.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("-e1", "-e1"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("'true'", "true"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("-12", -12),
        ("0", 0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
    ],
)
def test_a_plain_scalar_is_what_it_looks_like(tmp_path: Path, written: str, value: Any) -> None:
    (document,) = read(tmp_path, f"key: {written}\n").documents

    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)


@pytest.mark.parametrize("key", ["no", "1", "true", "~", "2026-01-01", "1.5"])
def test_a_key_is_the_text_that_was_written(tmp_path: Path, key: str) -> None:
    (document,) = read(tmp_path, f"{key}: x\n").documents

    assert document.data == {key: "x"}


def test_a_duplicate_key_is_refused_at_the_second_one_and_names_the_first(tmp_path: Path) -> None:
    reading = read(tmp_path, "kind: A\nspec:\n  one: 1\n  two: 2\n  one: 3\n")

    assert problems(reading) == ["a.yml:5:3: duplicate key 'one' (first at line 3)"]


def test_keys_that_only_look_different_are_duplicates(tmp_path: Path) -> None:
    assert problems(read(tmp_path, "1: a\n'1': b\n")) == ["a.yml:2:1: duplicate key '1' (first at line 1)"]


def test_every_duplicate_of_every_document_is_told(tmp_path: Path) -> None:
    reading = read(tmp_path, "a: 1\na: 2\n---\nb: 1\nb: 2\n")

    assert problems(reading) == [
        "a.yml:2:1: duplicate key 'a' (first at line 1)",
        "a.yml:5:1: duplicate key 'b' (first at line 4)",
    ]


def test_a_key_that_overrides_a_merged_one_is_no_duplicate(tmp_path: Path) -> None:
    reading = read(tmp_path, "base: &base {a: 1}\ntop: {<<: *base, a: 2}\n")

    assert problems(reading) == []
    assert reading.documents[0].data["top"] == {"a": 2}


def test_a_nested_mapping_that_overrides_and_is_merged_again_has_no_duplicate(tmp_path: Path) -> None:
    text = "base: &base {a: 1}\nlist:\n  - nested: &mid {<<: *base, a: 2}\ntop: {<<: *mid}\n"

    assert problems(read(tmp_path, text)) == []


def test_a_list_as_a_key_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    assert "unhashable" in problems(read(tmp_path, "? [x]\n: 1\n"))[0]


def test_a_list_as_a_key_beside_a_duplicate_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    assert problems(read(tmp_path, "a: 1\na: 2\n? [x]\n: 3\n"))


def test_a_file_may_hold_several_documents_and_empty_ones_do_not_count(tmp_path: Path) -> None:
    reading = read(tmp_path, "---\na: 1\n---\n---\nb: 2\n")

    assert [document.data for document in reading.documents] == [{"a": 1}, {"b": 2}]


def test_a_value_of_a_later_document_is_found_at_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("a: 1\n---\n---\nspec:\n  list: [x, {deep: y}]\n")
    document = read_file(file).documents[1]

    position = document.source.locate(("spec", "list", 1, "deep"))

    assert (position.line, position.column) == (5, 20)


@pytest.mark.parametrize(
    ("path", "key", "line", "column"),
    [
        (("spec", "title"), False, 2, 10),
        (("spec", "title"), True, 2, 3),
        (("spec", "items", 1), False, 5, 7),
        (("spec", "nowhere", "deep"), False, 2, 3),
        ((), False, 1, 1),
    ],
)
def test_a_path_is_located_at_its_value_its_key_or_its_nearest_parent(
    tmp_path: Path, path: tuple[str | int, ...], key: bool, line: int, column: int
) -> None:
    (document,) = read(tmp_path, "spec:\n  title: x\n  items:\n    - a\n    - b\n").documents
    source = type(document.source)(tmp_path / "a.yml")

    position = source.locate(path, key=key)

    assert (position.line, position.column) == (line, column)


def test_a_file_that_changed_since_is_located_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("key: 1\n")
    read_file(file).documents[0].source.locate(("key",))
    file.write_text("# a comment\n# and another\nkey: 1\n")

    assert read_file(file).documents[0].source.locate(("key",)).line == 3


def test_a_syntax_error_keeps_the_documents_before_it_and_says_that_more_may_follow(tmp_path: Path) -> None:
    reading = read(tmp_path, "a: 1\n---\nb: [1,\n---\nc: 3\n")

    assert [document.data for document in reading.documents] == [{"a": 1}]
    assert problems(reading)[0].startswith("a.yml:4:1: not valid YAML:")
    assert not reading.complete


def test_a_document_before_a_syntax_error_is_still_located(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("a: 1\nb: 2\n---\nc: [1,\n")

    assert read_file(file).documents[0].source.locate(("b",)).line == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"key: \xff\xfe\n", "cannot be read"),
        (b"key: \x00\n", "not valid YAML"),
        (b"key: !vault x\n", "not valid YAML"),
        (b"key: *nowhere\n", "not valid YAML"),
        (b"\tkey: 1\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_not_yaml_is_one_problem(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "a.yml"
    file.write_bytes(content)

    reading = read_file(file, "a.yml")

    assert len(reading.problems) == 1
    assert words in reading.problems[0].message
    assert not reading.complete


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in problems(read_file(tmp_path / "gone.yml"))[0]


@pytest.mark.parametrize("rest", ["b: 2\nc: 3\n", 'b: "2"\nc: 3\n'])
def test_a_quote_that_is_left_open_is_told_where_it_begins(tmp_path: Path, rest: str) -> None:
    (problem,) = read(tmp_path, f'a: "1\n{rest}').problems
    assert (problem.position.line, problem.position.column) == (1, 4)
    assert "is the quote that begins here closed?" in problem.message
