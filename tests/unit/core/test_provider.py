"""What a collection offers is found; what a stack declares can be asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from text_file_runs import declare, file_address

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, installed_providers

PROVIDER = "from types import SimpleNamespace\nPROVIDERS = [SimpleNamespace(kind='{kind}')]\n"


@pytest.fixture
def collections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of further collections, installed for one test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "ansible_collections"
    for name in set(sys.modules) - before:
        if name.startswith("ansible_collections.acme"):
            del sys.modules[name]


def install(collections: Path, name: str, kind: str) -> None:
    folder = collections / "acme" / name / "plugins" / "module_utils"
    folder.mkdir(parents=True)
    (folder / "factory_provider.py").write_text(PROVIDER.format(kind=kind))


def test_the_kinds_of_the_collections_that_are_here_are_found() -> None:
    providers = installed_providers()

    assert "NotionDatabase" in providers
    assert all(provider.kind == kind for kind, provider in providers.items())


def test_a_collection_from_elsewhere_adds_its_kind(collections: Path) -> None:
    install(collections, "files", "AcmeFile")

    assert {"AcmeFile", "NotionDatabase"} <= installed_providers().keys()


def test_two_collections_that_claim_one_kind_are_refused(collections: Path) -> None:
    install(collections, "one", "AcmeClaimed")
    install(collections, "two", "AcmeClaimed")

    with pytest.raises(FactoryError, match="kind 'AcmeClaimed' is claimed by two collections"):
        installed_providers()


@pytest.mark.parametrize(
    ("declared", "lacks"),
    [
        (declare({"a": "x"}), False),
        (declare({"b": "x"}), True),
        (Declared({}, unreadable={file_address("a"): {}}), False),
        (Declared({}, complete=False), False),
        (Declared({}), True),
    ],
)
def test_a_resource_is_lacking_only_when_that_is_certain(declared: Declared, lacks: bool) -> None:
    assert declared.lacks(file_address("a")) is lacks


def test_a_name_is_offered_from_what_is_declared_readable_or_not() -> None:
    declared = Declared(declare({"notes": "x"}).resources, unreadable={file_address("tasks"): {}})

    assert declared.suggest(file_address("task")) == "; did you mean 'tasks'?"


def test_what_is_derived_from_all_resources_is_worked_out_once() -> None:
    calls: list[Declared] = []

    def count(declared: Declared) -> int:
        calls.append(declared)
        return len(declared.resources)

    declared = declare({"a": "x", "b": "y"})

    assert [declared.once(count), declared.once(count)] == [2, 2]
    assert len(calls) == 1
