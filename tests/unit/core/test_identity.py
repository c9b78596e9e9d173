"""The identity cache: a cache, never the truth."""

from __future__ import annotations

import json
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from text_file_runs import file_address

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.identity import (
    IdentityCache,
    Record,
    locked,
)
from ansible_collections.factory.core.plugins.module_utils.provider import Known

A, B = file_address("a"), file_address("b")
RECORD = Record({"id": "/a"}, {"Status": "s1"}, {"content": "1"}, {"mode": "2"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox" / "identity.json"


def test_what_is_remembered_is_there_for_the_next_run(file: Path) -> None:
    IdentityCache(file, "here").remember({A: RECORD, B: Record({"id": "/b"})})

    assert dict(IdentityCache(file, "here").items()) == {A: RECORD, B: Record({"id": "/b"})}


def test_what_is_forgotten_is_gone_for_the_next_run(file: Path) -> None:
    cache = IdentityCache(file, "here")
    cache.remember({A: RECORD, B: RECORD})
    cache.forget(A)

    assert cache.get(A) is None
    assert dict(IdentityCache(file, "here").items()) == {B: RECORD}


def test_one_scope_never_sees_another(file: Path) -> None:
    IdentityCache(file, "here").remember({A: RECORD})
    IdentityCache(file, "there").remember({A: Record({"id": "/elsewhere"})})

    assert IdentityCache(file, "here").get(A) == RECORD


def test_nothing_is_written_when_nothing_is_new(file: Path) -> None:
    cache = IdentityCache(file, "here")
    cache.remember({A: RECORD})
    file.unlink()
    cache.remember({A: RECORD})
    cache.forget(B)

    assert not file.exists()


def test_a_cache_can_be_deleted(file: Path) -> None:
    IdentityCache(file, "here").remember({A: RECORD})
    file.unlink()

    assert dict(IdentityCache(file, "here").items()) == {}


ENTRY = {"attributes": {"id": "/b"}, "parts": {}, "declared": {}, "unmanageable": {}}


def stored(scopes: object, version: int = 1) -> bytes:
    return json.dumps({"version": version, "scopes": scopes}).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\x00", id="not text"),
        pytest.param(stored({"here": {"TextFile/b": ENTRY}})[:-9], id="cut short"),
        pytest.param(b"[]", id="a list"),
        pytest.param(stored([]), id="scopes are a list"),
        pytest.param(stored({"here": []}), id="a scope is a list"),
        pytest.param(stored({"here": {"TextFile/b": ENTRY}}, version=0), id="an older version"),
        pytest.param(stored({"here": {"nonsense": ENTRY}}), id="no address"),
        pytest.param(stored({"here": {"TextFile/b": "text"}}), id="a record is a text"),
        pytest.param(stored({"here": {"TextFile/b": {"unknown": 1}}}), id="a record of other fields"),
        pytest.param(stored({"here": {"TextFile/b": {"attributes": None}}}), id="attributes are nothing"),
        pytest.param(stored({"here": {"TextFile/b": {"attributes": {}}}}), id="no id"),
    ],
)
def test_what_cannot_be_read_counts_as_nothing_remembered_and_can_be_written_again(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)

    cache = IdentityCache(file, "here")
    assert dict(cache.items()) == {}
    cache.remember({A: RECORD})

    assert IdentityCache(file, "here").get(A) == RECORD


def test_a_record_that_cannot_be_read_does_not_cost_the_others(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(stored({"here": {"TextFile/a": {"unknown": 1}, "TextFile/b": ENTRY}}))

    assert dict(IdentityCache(file, "here").items()) == {B: Record({"id": "/b"})}


def _remember_many(file: Path, scope: str, prefix: str) -> None:
    cache = IdentityCache(file, scope)
    for number in range(25):
        cache.remember({file_address(f"{prefix}{number}"): Record({"id": f"{prefix}{number}"})})


@pytest.mark.parametrize("scopes", [("here", "here"), ("here", "there")])
def test_two_processes_that_write_at_once_lose_nothing(file: Path, scopes: tuple[str, str]) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [
        fork.Process(target=_remember_many, args=(file, scope, p)) for scope, p in zip(scopes, "xy", strict=True)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    remembered = {address.name for scope in set(scopes) for address, _ in IdentityCache(file, scope).items()}
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert remembered == {f"{prefix}{number}" for prefix in "xy" for number in range(25)}


def test_threads_of_one_run_lose_nothing(file: Path) -> None:
    cache = IdentityCache(file, "here")
    names = [f"f{number}" for number in range(24)]

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda name: cache.remember({file_address(name): Record({"id": name})}), names))

    assert {address.name for address, _ in IdentityCache(file, "here").items()} == set(names)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.json"
    write_atomically(file, "old")

    def power_failure(_handle: int) -> None:
        raise OSError("power failure")

    monkeypatch.setattr(os, "fsync", power_failure)
    with pytest.raises(OSError, match="power failure"):
        write_atomically(file, "new")

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_that_opened_the_old_file_reads_it_to_the_end(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    write_atomically(file, "old")

    with file.open() as reader:
        write_atomically(file, "new and longer")
        assert reader.read() == "old"
    assert file.read_text() == "new and longer"


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path / "a.lock"):
        raise RuntimeError

    with locked(tmp_path / "a.lock"):
        pass


OLD, NEW = file_address("old"), file_address("new")


def test_what_was_moved_is_remembered_under_its_new_address_alone_once_it_was_written(file: Path) -> None:
    record = Record({"id": "1"}, {"part": "p"}, {"content": "f"})
    IdentityCache(file, "s").remember({OLD: record})
    cache = IdentityCache(file, "s")

    cache.follow({OLD: NEW})

    assert (cache.get(NEW), cache.get(OLD), cache.followed(NEW)) == (record, None, OLD)
    assert IdentityCache(file, "s").get(OLD) == record
    cache.begin(NEW, Known({"id": "1"}))
    fresh = IdentityCache(file, "s")
    assert fresh.get(OLD) is None
    assert fresh.get(NEW) == Record({"id": "1"}, {}, {"content": "f"})


def test_a_new_address_that_is_known_already_keeps_what_is_known_of_it(file: Path) -> None:
    cache = IdentityCache(file, "s")
    cache.remember({OLD: Record({"id": "1"}), NEW: Record({"id": "2"})})

    cache.follow({OLD: NEW})

    assert dict(cache.items()) == {OLD: Record({"id": "1"}), NEW: Record({"id": "2"})}


def test_what_factory_deleted_is_told_until_it_is_there_again(file: Path) -> None:
    cache = IdentityCache(file, "s")
    cache.remember({OLD: Record({"id": "1"}, declared={"content": "f"})})

    cache.bury(OLD)

    assert IdentityCache(file, "s").get(OLD) == Record({"id": "1"}, deleted=True)
    assert OLD not in cache.elsewhere("s")
    cache.recognise({OLD: Known({"id": "1"})}, ())
    assert IdentityCache(file, "s").get(OLD) == Record({"id": "1"})
