"""Manifests land in the stack once: nothing is overwritten unasked, and a second run writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft
from ansible_collections.factory.mcp.plugins.module_utils.import_server_json import PackageKind
from ansible_collections.factory.mcp.plugins.module_utils.import_writing import (
    ManifestFile,
    draft_text,
    drafts_of_file,
    manifest_files,
    refuse_overwriting,
)

DRAFT = Draft("git", {"source": {"command": {"path": "/s"}}, "args": ["x"]}, ("Imported.", "Two\nlines."), "git.yml")


def written(folder: Path, draft: Draft = DRAFT) -> ManifestFile:
    (file,) = manifest_files([draft], folder)
    if file.differs:
        file.write()
    return file


def test_a_manifest_has_its_comments_above_and_reads_as_a_person_writes() -> None:
    assert draft_text(DRAFT) == (
        "# Imported.\n# Two?lines.\napiVersion: factory/v1\nkind: McpServer\nmetadata:\n  name: git\n"
        "spec:\n  source:\n    command: {path: /s}\n  args:\n    - x\n"
    )


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    first = written(tmp_path / "stacks" / "tools")
    seen = first.path.stat()
    assert first.differs
    assert not written(tmp_path / "stacks" / "tools").differs
    assert first.path.stat() == seen
    assert [one.name for one in first.path.parent.iterdir()] == ["git.yml"]
    assert seen.st_mode & 0o777 == 0o644


def test_a_manifest_that_says_something_else_is_refused_by_its_path(tmp_path: Path) -> None:
    written(tmp_path)
    changed = Draft("git", {"source": {"command": {"path": "/other"}}}, (), "git.yml")
    files = manifest_files([changed], tmp_path)
    with pytest.raises(FactoryError, match=rf"(?s){tmp_path}/git\.yml.*--force"):
        refuse_overwriting(files)
    refuse_overwriting(manifest_files([DRAFT], tmp_path))


def test_a_manifest_stays_in_the_file_that_declares_it(tmp_path: Path) -> None:
    moved = tmp_path / "below" / "other-name.yml"
    moved.parent.mkdir()
    moved.write_text(draft_text(DRAFT))
    (file,) = manifest_files([DRAFT], tmp_path)
    assert file.path == moved
    assert not file.differs


def test_the_file_of_another_resource_is_left_alone(tmp_path: Path) -> None:
    other = "apiVersion: factory/v1\nkind: NotionDatabase\nmetadata: {name: git}\nspec: {title: Git}\n"
    (tmp_path / "git.yml").write_text(other)
    assert written(tmp_path).path == tmp_path / "git.mcp-server.yml"
    assert (tmp_path / "git.yml").read_text() == other
    assert not written(tmp_path).differs


def test_a_file_that_declares_more_is_not_replaced(tmp_path: Path) -> None:
    other = "apiVersion: factory/v1\nkind: NotionDatabase\nmetadata: {name: git}\nspec: {title: Git}\n"
    (tmp_path / "all.yml").write_text(f"{other}---\n{draft_text(DRAFT)}")
    with pytest.raises(FactoryError, match=r"all\.yml declares more than McpServer/git"):
        manifest_files([DRAFT], tmp_path)


def test_the_kind_of_a_file_is_told_by_what_stands_in_it(tmp_path: Path) -> None:
    file = tmp_path / "any.json"
    package = {"registryType": "npm", "identifier": "pkg", "version": "1.2.3"}
    file.write_text("\ufeff" + json.dumps({"name": "a/b", "packages": [package]}))
    assert [one.name for one in drafts_of_file(file, PackageKind.NPM).drafts] == ["b"]
    file.write_text(json.dumps({"mcpServers": {"c": {"command": "/s"}}}))
    assert [one.name for one in drafts_of_file(file).drafts] == ["c"]
    with pytest.raises(FactoryError, match=r"no server\.json"):
        drafts_of_file(file, PackageKind.NPM)


@pytest.mark.parametrize(("content", "told"), [(None, "there is no file"), (b"\n\xff", r":2:1: this is not UTF-8")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "a.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FactoryError, match=told):
        drafts_of_file(file)
    with pytest.raises(FactoryError, match="directory"):
        drafts_of_file(tmp_path)
