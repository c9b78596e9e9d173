"""A folder of YAML becomes the manifests of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_runs import PROVIDERS, file_address

from ansible_collections.factory.core.plugins.module_utils.manifest import (
    NAME_PATTERN,
    Address,
    load_stack,
    merge_patch,
)
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.core.plugins.module_utils.schema import validate

TEXT_FILE = "apiVersion: factory/v1\nkind: TextFile\nmetadata: {{name: {name}}}\nspec: {{content: {content}}}\n"


class Stack:
    """A stack folder to write manifests into and to load."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def load(self, environment: str = "sandbox") -> Declared:
        return validate(load_stack(self.folder, environment), PROVIDERS)

    def problems(self, environment: str = "sandbox") -> list[str]:
        with pytest.raises(InvalidManifests) as refused:
            self.load(environment)
        return str(refused.value).replace(f"{self.folder}/", "").splitlines()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "stack")


def text_file(name: str, content: str = "x") -> str:
    return TEXT_FILE.format(name=name, content=content)


def test_every_manifest_below_the_folder_is_read_in_any_depth_and_document(stack: Stack) -> None:
    stack.write("one.yml", text_file("a") + "---\n" + text_file("b"))
    stack.write("deep/down/two.yaml", text_file("c"))

    assert set(stack.load().resources) == {file_address(name) for name in "abc"}


@pytest.mark.parametrize("name", [".hidden.yml", ".git/config.yml", "overlays/notes.txt", "notes.txt"])
def test_what_is_hidden_or_no_manifest_is_not_read(stack: Stack, name: str) -> None:
    stack.write("one.yml", text_file("a"))
    stack.write(name, "just: noise\n")

    assert set(stack.load().resources) == {file_address("a")}


def test_an_overlay_whose_name_does_not_end_in_yml_is_told(stack: Stack) -> None:
    stack.write("one.yml", text_file("a"))
    stack.write("overlays/sandbox.yaml", "{}\n")

    with pytest.raises(InvalidManifests, match=r"overlays/sandbox.yaml:1:1: .*rename it to sandbox.yml"):
        stack.load()


def test_an_overlay_of_an_environment_that_there_is_not_is_told(stack: Stack) -> None:
    stack.write("one.yml", text_file("a"))
    stack.write("overlays/prodution.yml", "{}\n")
    stack.write("overlays/sandbox.yml", "{}\n")
    stack.load()
    for environment in ("sandbox", "production"):
        (stack.folder.parent / "inventories" / environment).mkdir(parents=True)

    with pytest.raises(InvalidManifests) as told:
        stack.load()

    assert [problem.message for problem in told.value.problems] == [
        "no environment is called 'prodution'; did you mean 'production'?"
    ]


def test_a_stack_is_called_like_its_folder(stack: Stack) -> None:
    stack.write("one.yml", text_file("a"))

    assert load_stack(stack.folder, "sandbox").name == "stack"


@pytest.mark.parametrize(("folder", "words"), [("nowhere", "no stack folder '.*nowhere'"), (".", "holds no manifests")])
def test_a_folder_without_manifests_is_an_error_that_names_it(tmp_path: Path, folder: str, words: str) -> None:
    with pytest.raises(FactoryError, match=words):
        load_stack(tmp_path / folder, "sandbox")


def test_a_syntax_error_of_one_file_does_not_hide_the_problems_of_others(stack: Stack) -> None:
    stack.write("a.yml", "kind: [\n")
    stack.write("b.yml", "a: 1\na: 1\n")
    stack.write("c.yml", text_file("c").replace("content", "contents"))

    files = {problem.split(":")[0] for problem in stack.problems()}

    assert files == {"a.yml", "b.yml", "c.yml"}


def test_a_reference_that_an_unreadable_file_may_declare_is_no_problem(stack: Stack) -> None:
    stack.write("a.yml", "kind: [\n")
    stack.write("b.yml", text_file("b"))
    stack.write(
        "c.yml", "apiVersion: factory/v1\nkind: TextFile\nmetadata: {name: c}\nspec: {content: x, needs: [a]}\n"
    )

    assert [problem.split(":")[0] for problem in stack.problems()] == ["a.yml"]


def test_an_overlay_is_merged_over_the_resource_that_it_names(stack: Stack) -> None:
    stack.write("one.yml", text_file("a", "base") + "---\n" + text_file("b", "base"))
    stack.write("overlays/staging.yml", "TextFile/a: {spec: {content: staged, mode: '0600'}}\n")

    assert stack.load("staging").resources[file_address("a")].spec == {"content": "staged", "mode": "0600"}
    assert stack.load("staging").resources[file_address("b")].spec == {"content": "base"}
    assert stack.load("sandbox").resources[file_address("a")].spec == {"content": "base"}


def test_a_mistake_in_an_overlay_is_located_in_the_overlay(stack: Stack) -> None:
    stack.write("one.yml", text_file("a"))
    stack.write("overlays/staging.yml", "# staging\nTextFile/a:\n  spec:\n    mode: rw\n")

    assert stack.problems("staging") == ["overlays/staging.yml:4:11: spec.mode: expected a mode such as 0644, not 'rw'"]


def test_a_mistake_below_an_overlay_is_located_in_the_manifest(stack: Stack) -> None:
    stack.write("one.yml", text_file("a").replace("content: x", "content: 5"))
    stack.write("overlays/staging.yml", "TextFile/a: {spec: {mode: '0600'}}\n")

    assert stack.problems("staging") == ["one.yml:4:17: spec.content: expected text, not the number 5"]


def test_an_overlay_for_an_unknown_address_asks_what_was_meant(stack: Stack) -> None:
    stack.write("one.yml", text_file("tasks"))
    stack.write("overlays/staging.yml", "\nTextFile/task: {spec: {content: x}}\n")

    assert stack.problems("staging") == [
        "overlays/staging.yml:2:1: the overlay patches 'TextFile/task', "
        "which this stack does not declare; did you mean 'TextFile/tasks'?"
    ]


def test_an_overlay_for_what_an_unreadable_file_may_declare_is_no_problem(stack: Stack) -> None:
    stack.write("a.yml", "kind: [\n")
    stack.write("b.yml", text_file("b"))
    stack.write("overlays/staging.yml", "TextFile/a: {spec: {content: x}}\n")

    assert [problem.split(":")[0] for problem in stack.problems("staging")] == ["a.yml"]


def test_an_overlay_that_is_no_mapping_is_a_problem(stack: Stack) -> None:
    stack.write("one.yml", text_file("a"))
    stack.write("overlays/staging.yml", "- TextFile/a\n")

    assert "an overlay is a mapping" in stack.problems("staging")[0]


@pytest.mark.parametrize(
    ("value", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_in_the_examples_of_rfc_7396(value: Any, patch: Any, merged: Any) -> None:
    assert merge_patch(value, patch) == merged


@given(st.from_regex(NAME_PATTERN, fullmatch=True))
def test_an_address_is_read_back_as_it_is_written(name: str) -> None:
    address = Address("TextFile", name)

    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "TextFile", "TextFile/", "/tasks"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        Address.parse(text)


def test_files_are_named_relative_to_the_working_folder(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.write("one.yml", "kind: [\n")
    monkeypatch.chdir(stack.folder.parent)

    (problem,) = load_stack(stack.folder, "sandbox").problems

    assert problem.position.file == "stack/one.yml"
