"""The append-only stream of structured events of a run."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from text_file_runs import Crash

from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
from ansible_collections.factory.core.plugins.module_utils.redaction import redactor

SECRET = "correct-horse-battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "journal.jsonl"


def events(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_event_is_a_line_with_what_was_said_when_and_in_which_context(file: Path) -> None:
    with open_journal(file, redactor([]), target="folder") as journal:
        journal.info("planned", pending=2)

    (event,) = events(file)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "planned", "level": "info", "pending": 2, "target": "folder"}


def test_a_journal_is_only_ever_added_to(file: Path) -> None:
    for name in ("first", "second"):
        with open_journal(file, redactor([])) as journal:
            journal.info(name)

    assert [event["event"] for event in events(file)] == ["first", "second"]


def test_an_event_is_in_the_file_before_the_next_thing_happens(file: Path) -> None:
    with open_journal(file, redactor([])) as journal:
        journal.info("planned")
        assert len(events(file)) == 1


def test_a_journal_survives_a_crash(file: Path) -> None:
    def crashing_run() -> None:
        with open_journal(file, redactor([])) as journal:
            journal.info("planned")
            raise Crash

    with pytest.raises(Crash):
        crashing_run()

    assert [event["event"] for event in events(file)] == ["planned"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(f"token={SECRET}", id="text"),
        pytest.param({"deep": [SECRET]}, id="deep"),
        pytest.param({SECRET: 1}, id="key"),
        pytest.param(RuntimeError(f"token={SECRET}"), id="error"),
    ],
)
def test_no_event_holds_a_secret(file: Path, value: Any) -> None:
    with open_journal(file, redactor([SECRET]), context=f"with {SECRET}") as journal:
        journal.info(f"planned {SECRET}", value=value)

    assert events(file)
    assert SECRET not in file.read_text()


def test_threads_never_mix_their_lines(file: Path) -> None:
    with open_journal(file, redactor([])) as journal:

        def tell(name: str) -> None:
            for number in range(50):
                journal.info("told", by=name, number=number, padding="x" * 500)

        threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    told = [(event["by"], event["number"]) for event in events(file)]
    assert sorted(told) == [(name, number) for name in "abcd" for number in range(50)]
