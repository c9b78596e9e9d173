"""A stack's history is checked like its manifests: at line and column, all mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from text_file_runs import PROVIDERS, file_address

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.core.plugins.module_utils.schema import validate

MANIFESTS = "".join(
    f"apiVersion: factory/v1\nkind: TextFile\nmetadata: {{name: {name}}}\nspec: {{content: x}}\n---\n"
    for name in ("tasks", "clients")
)


def load(folder: Path, history: str) -> Declared:
    (folder / "manifests.yml").write_text(MANIFESTS)
    (folder / "history.yml").write_text(history)
    return validate(load_stack(folder, "sandbox"), PROVIDERS)


def test_a_resource_knows_its_former_addresses_the_last_one_first(tmp_path: Path) -> None:
    history = """\
apiVersion: factory/v1
moved:
  - {from: TextFile/first, to: TextFile/second}
  - {from: TextFile/second, to: TextFile/tasks}
removed:
  - {address: TextFile/old, reason: nobody reads it}
"""
    declared = load(tmp_path, history)

    assert declared.resources[file_address("tasks")].former == (file_address("second"), file_address("first"))
    assert declared.resources[file_address("clients")].former == ()
    assert declared.history.removed == {file_address("old"): "nobody reads it"}
    assert declared.history.address_of(file_address("first")) == file_address("tasks")


def test_what_was_moved_may_be_removed_later(tmp_path: Path) -> None:
    history = "moved: [{from: TextFile/a, to: TextFile/b}]\nremoved: [{address: TextFile/b, reason: done}]\n"

    assert load(tmp_path, history).history.address_of(file_address("a")) == file_address("b")


MISTAKES = {
    "a key that there is not": ("moves: []\nmoved: []\n", ["1:1: moves: unknown key 'moves'; did you mean 'moved'?"]),
    "no address": (
        "moved:\n  - {from: tasks, to: TextFile/tasks}\n",
        ["2:12: moved.0.from: expected an address such as NotionDatabase/tasks, not 'tasks'"],
    ),
    "no reason": ("removed:\n  - address: TextFile/a\n", ["2:5: removed.0: missing key 'reason'"]),
    "an unknown kind": (
        "removed:\n  - {address: TextFil/a, reason: x}\n",
        ["2:15: removed.0.address: unknown kind 'TextFil'; did you mean 'TextFile'?"],
    ),
    "to what is not declared": (
        "moved:\n  - {from: TextFile/a, to: TextFile/task}\n",
        ["2:28: moved.0.to: TextFile/task is not declared; did you mean 'tasks'?"],
    ),
    "from what is declared still": (
        "moved:\n  - {from: TextFile/clients, to: TextFile/tasks}\n",
        ["2:12: moved.0.from: TextFile/clients is still declared; remove its manifest, or this entry"],
    ),
    "twice": (
        "moved:\n  - {from: TextFile/a, to: TextFile/tasks}\n  - {from: TextFile/a, to: TextFile/clients}\n",
        ["2:12: moved.0.from: TextFile/a is moved twice; keep the entry that is true"],
    ),
    "two to one": (
        "moved:\n  - {from: TextFile/a, to: TextFile/tasks}\n  - {from: TextFile/b, to: TextFile/tasks}\n",
        ["3:28: moved.1.to: TextFile/a is moved to TextFile/tasks as well; two resources cannot become one"],
    ),
    "a circle": (
        "moved:\n  - {from: TextFile/a, to: TextFile/b}\n  - {from: TextFile/b, to: TextFile/a}\n",
        [
            "2:28: moved.0.to: TextFile/a comes back to itself; a chain of moves ends at a manifest",
            "3:28: moved.1.to: TextFile/b comes back to itself; a chain of moves ends at a manifest",
        ],
    ),
    "removed and declared": (
        "removed:\n  - {address: TextFile/tasks, reason: x}\n",
        ["2:15: removed.0.address: TextFile/tasks is still declared; remove its manifest, or this entry"],
    ),
    "removed under an old address": (
        "moved:\n  - {from: TextFile/a, to: TextFile/tasks}\nremoved:\n  - {address: TextFile/a, reason: x}\n",
        ["4:15: removed.0.address: TextFile/a was moved to TextFile/tasks; name that one"],
    ),
    "removed twice": (
        "removed:\n  - {address: TextFile/a, reason: x}\n  - {address: TextFile/a, reason: y}\n",
        ["3:15: removed.1.address: TextFile/a is removed twice; keep one entry"],
    ),
}


@pytest.mark.parametrize(("history", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_history_is_told_where_it_stands(tmp_path: Path, history: str, expected: list[str]) -> None:
    with pytest.raises(InvalidManifests) as refused:
        load(tmp_path, history)

    assert str(refused.value).replace(f"{tmp_path}/", "").splitlines() == [f"history.yml:{one}" for one in expected]


LIFECYCLE = {
    "an ignored field that the kind has not": (
        "ignore: [contents]",
        "ignore.0: TextFile has no field 'contents'; did you mean 'content'?",
    ),
    "a field below one that has none": ("ignore: ['needs.a']", "ignore.0: there is no field 'needs.a'"),
    "no path": ("ignore: ['a..b']", "ignore.0: 'a..b' is no path of a field"),
    "an acknowledged field that the kind has not": (
        "acknowledge: [{path: mod, reason: r, by: b, until: 2026-12-31}]",
        "acknowledge.0.path: TextFile has no field 'mod'; did you mean 'mode'?",
    ),
    "no day": (
        "acknowledge: [{path: mode, reason: r, by: b, until: 2026-02-30}]",
        "acknowledge.0.until: expected a day such as 2026-12-31, not '2026-02-30'",
    ),
    "no reason": ("acknowledge: [{path: mode, by: b, until: 2026-02-20}]", "acknowledge.0: missing key 'reason'"),
    "protection that is none": ("protect: 'yes'", "protect: expected true or false, not 'yes'"),
}


@pytest.mark.parametrize(("metadata", "expected"), LIFECYCLE.values(), ids=LIFECYCLE)
def test_a_mistake_in_the_lifecycle_of_a_manifest_is_told_where_it_stands(
    tmp_path: Path, metadata: str, expected: str
) -> None:
    manifest = f"apiVersion: factory/v1\nkind: TextFile\nmetadata:\n  name: a\n  {metadata}\nspec: {{content: x}}\n"

    with pytest.raises(InvalidManifests) as refused:
        load(tmp_path, manifest)

    (told,) = str(refused.value).replace(f"{tmp_path}/", "").splitlines()
    assert told.startswith("history.yml:5:")
    assert f": metadata.{expected}" in told
