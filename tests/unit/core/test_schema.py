"""Every mistake of every manifest is told at once, in words, at line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from text_file_runs import PROVIDERS, file_address

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource, load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.core.plugins.module_utils.schema import check, validate

HEAD = "apiVersion: factory/v1\nkind: TextFile\nmetadata:\n  name: {name}\n"


def problems(stack: Path, text: str) -> list[str]:
    """The problems of one file, as told, without the folder's name."""
    (stack / "a.yml").write_text(text)
    with pytest.raises(InvalidManifests) as refused:
        validate(load_stack(stack, "sandbox"), PROVIDERS)
    return str(refused.value).replace(f"{stack}/", "").splitlines()


def manifest(name: str = "a", spec: str = "content: x") -> str:
    return HEAD.format(name=name) + f"spec:\n  {spec}\n"


CASES = {
    "unknown key": (
        manifest(spec="contents: x\n  content: x"),
        ["6:3: spec.contents: unknown key 'contents'; did you mean 'content'?"],
    ),
    "missing key": (manifest(spec="mode: '0644'"), ["6:3: spec: missing key 'content'"]),
    "wrong type": (manifest(spec="content: 5"), ["6:12: spec.content: expected text, not the number 5"]),
    "boolean": (manifest(spec="content: true"), ["6:12: spec.content: expected text, not true"]),
    "nothing": (manifest(spec="content:"), ["6:11: spec.content: expected text, not nothing"]),
    "own words": (
        manifest(spec="content: x\n  mode: rw"),
        ["7:9: spec.mode: expected a mode such as 0644, not 'rw'"],
    ),
    "bad name": (manifest(name="Big_Name"), ["4:9: metadata.name: a name is lower-case letters, digits"]),
    "unknown kind": (
        manifest().replace("TextFile", "TextFil"),
        ["2:7: kind: unknown kind 'TextFil'; known are TextFile; did you mean 'TextFile'?"],
    ),
    "reference to nothing": (
        manifest(spec="content: '${TextFile/ab.id}'"),
        ["6:12: spec.content: TextFile/ab is not declared; did you mean 'a'?"],
    ),
    "reference to an attribute that there is not": (
        manifest(spec="content: '${TextFile/a.idd}'"),
        ["6:12: spec.content: TextFile/a has no attribute 'idd'; did you mean 'id'?"],
    ),
    "no kind": ("apiVersion: factory/v1\n", ["1:1: kind: missing key 'kind'"]),
    "kind is a list": ("kind: [x]\n", ["1:7: kind: expected text, not a list"]),
    "wrong version": (
        manifest().replace("factory/v1", "factory/v2"),
        ["1:13: apiVersion: expected 'factory/v1', not 'factory/v2'"],
    ),
    "no mapping": ("- x\n", ["1:1: a manifest is a mapping with apiVersion, kind, metadata and spec, not a list"]),
    "unknown label type": (
        manifest().replace("name: a", "name: a\n  labels: {area: 1}"),
        ["5:18: metadata.labels.area: expected text, not the number 1"],
    ),
    "adopt": (
        manifest().replace("name: a", "name: a\n  adopt: 5"),
        ["5:10: metadata.adopt: expected true, false or the id of what to adopt, not the number 5"],
    ),
    "element of a list": (
        manifest(spec="content: x\n  needs:\n    - a\n    - 5"),
        ["9:7: spec.needs.1: expected text, not the number 5"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = problems(tmp_path, text)

    assert len(found) == len(expected)
    for told, words in zip(found, expected, strict=True):
        assert told.startswith(f"a.yml:{words}")


def test_all_mistakes_of_all_documents_are_told_at_once_in_reading_order(tmp_path: Path) -> None:
    text = manifest(name="A", spec="content: 1\n  mode: x\n  extra: y") + "---\n" + manifest(spec="mode: '0644'")

    found = [problem.split(": ")[0:2] for problem in problems(tmp_path, text)]

    assert found == [
        ["a.yml:4:9", "metadata.name"],
        ["a.yml:6:12", "spec.content"],
        ["a.yml:7:9", "spec.mode"],
        ["a.yml:8:3", "spec.extra"],
        ["a.yml:15:3", "spec"],
    ]


def test_a_rule_of_the_kind_is_told_beside_what_the_schema_finds(tmp_path: Path) -> None:
    found = problems(
        tmp_path, manifest("b", "{content: x, needs: [tasks, task]}") + "---\n" + manifest("tasks", "content: 1")
    )

    assert found == [
        "a.yml:6:31: spec.needs.1: TextFile/task is not declared; did you mean 'tasks'?",
        "a.yml:13:12: spec.content: expected text, not the number 1",
    ]


def test_two_resources_with_one_address_are_refused_at_the_second_one(tmp_path: Path) -> None:
    assert problems(tmp_path, manifest() + "---\n" + manifest()) == [
        "a.yml:11:9: metadata.name: TextFile/a is declared twice (first at a.yml:4:9)"
    ]


def test_a_problem_of_a_resource_that_no_file_declares_is_told_too() -> None:
    resource = Resource(file_address("a"), {"name": "a"}, {"content": "x", "needs": ["nowhere"]})

    found, _ = check(Declared({resource.address: resource}), PROVIDERS)

    assert [problem.message for problem in found] == ["spec.needs.0: TextFile/nowhere is not declared"]


def test_of_a_thousand_manifests_the_three_wrong_ones_are_told(tmp_path: Path) -> None:
    for number in range(1000):
        wrong = number in (7, 500, 999)
        (tmp_path / f"{number:04}.yml").write_text(manifest(f"f{number}", "content: 5" if wrong else "content: x"))

    with pytest.raises(InvalidManifests) as refused:
        validate(load_stack(tmp_path, "sandbox"), PROVIDERS)

    assert [Path(problem.position.file).name for problem in refused.value.problems] == [
        "0007.yml",
        "0500.yml",
        "0999.yml",
    ]


def test_a_thousand_right_manifests_are_a_thousand_resources(tmp_path: Path) -> None:
    text = "---\n".join(manifest(f"f{number}") for number in range(1000))
    (tmp_path / "a.yml").write_text(text)

    declared = validate(load_stack(tmp_path, "sandbox"), PROVIDERS)

    assert len(declared.resources) == 1000
    assert declared.resources[file_address("f999")].spec == {"content": "x"}
