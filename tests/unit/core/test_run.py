"""The way of a run, from what is declared to a report."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from text_file_kind import Seen, TextFile, TextFolder, World
from text_file_runs import PROVIDERS, Crash, Place, Trouble, TroubledFolder, declare

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.plan_text import plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Findings, Known
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.resource_result import task_result

SECRET = "correct-horse-battery-staple"


def plan_file(report: Report) -> Path:
    return report.folder / "plan.json"


def events(report: Report) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (report.folder / "journal.jsonl").read_text().splitlines()]


# A plan and the apply of it


def test_the_plan_that_was_made_is_the_plan_that_is_applied(place: Place) -> None:
    planned = place.plan({"a": "x"})

    place.apply({"a": "x"}, plan_file=plan_file(planned))

    assert place.contents() == {"a": "x"}


def test_a_plan_is_stale_when_the_declaration_changed_since(place: Place) -> None:
    planned = place.plan({"a": "x"})

    with pytest.raises(FactoryError, match=r"is stale .* nothing was changed, plan again"):
        place.apply({"a": "y"}, plan_file=plan_file(planned))

    assert place.contents() == {}


def test_a_plan_is_stale_when_the_target_changed_since(place: Place) -> None:
    place.apply({"a": "x"})
    planned = place.plan({"a": "y"})
    place.file("a").write_text("theirs")

    with pytest.raises(FactoryError, match="is stale"):
        place.apply({"a": "y"}, plan_file=plan_file(planned))

    assert place.contents() == {"a": "theirs"}


def test_a_plan_of_another_environment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    (tmp_path / "production").mkdir()
    staging, production = Place(tmp_path / "staging", "staging"), Place(tmp_path / "production", "production")
    planned = staging.plan({"a": "x"})

    with pytest.raises(FactoryError):
        production.apply({"a": "x"}, plan_file=plan_file(planned))

    assert production.contents() == {}


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00"])
def test_what_is_no_plan_file_is_refused(place: Place, tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content)

    with pytest.raises(FactoryError, match="is not a plan file"):
        place.apply({"a": "x"}, plan_file=tmp_path / "plan.json")

    assert place.contents() == {}


def test_what_would_be_destroyed_needs_approval_and_is_named(place: Place) -> None:
    place.apply({"a": "x"})

    with pytest.raises(FactoryError, match="TextFile/a content: destroyed\nnothing was changed"):
        place.apply({"a": ""})
    assert place.contents() == {"a": "x"}

    place.apply({"a": ""}, allow_destructive=True)
    assert place.contents() == {"a": ""}


# Errors


def test_an_error_in_observing_one_resource_stops_the_apply_before_anything_is_written(place: Place) -> None:
    place.file("a").mkdir()

    with pytest.raises(
        FactoryError, match=r"nothing was changed, because the plan has errors:\nTextFile/a: .*cannot be read"
    ):
        place.apply({"a": "x", "b": "y"}, target := TroubledFolder(place.folder))

    assert target.writes == []


def test_an_error_in_observing_one_resource_leaves_the_plan_of_the_others(place: Place) -> None:
    place.file("a").mkdir()

    report = place.plan({"a": "x", "b": "y"})

    assert report.failed
    assert {str(one.change.address): (one.change.action.value, bool(one.error)) for one in report.outcomes} == {
        "TextFile/a": ("no-op", True),
        "TextFile/b": ("create", False),
    }
    stored = json.loads(plan_file(report).read_text())
    assert (stored["complete"], stored["errored"], stored["applyable"]) == (False, True, False)


class UnreachableFolder(TroubledFolder):
    """A folder that cannot be reached at all."""

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[Any]:
        raise FactoryError("the folder cannot be reached")


def test_a_target_that_cannot_be_reached_stops_the_run(place: Place) -> None:
    with pytest.raises(FactoryError, match="cannot be reached"):
        place.apply({"a": "x"}, target := UnreachableFolder(place.folder))

    assert target.writes == []


@pytest.mark.parametrize("check", [True, False])
def test_a_missing_variable_stops_the_run_before_anything_is_touched(place: Place, check: bool) -> None:
    with pytest.raises(InvalidManifests, match="FACTORY_TEST_UNSET is not set"):
        place.run(declare({"a": "${env:FACTORY_TEST_UNSET}"}), Options(check=check))

    assert not place.state.exists()


def test_what_stopped_a_run_is_in_its_journal(place: Place) -> None:
    with pytest.raises(FactoryError):
        place.apply({"a": "x"}, UnreachableFolder(place.folder))

    (journal,) = place.state.rglob("journal.jsonl")
    assert "the folder cannot be reached" in journal.read_text()


# Identity and drift


def test_deleting_the_identity_cache_does_not_change_the_plan(place: Place) -> None:
    specs = {"a": "x", "b": "see ${TextFile/a.id}"}
    place.apply(specs)
    (place.state / "identity.json").unlink()

    assert place.plan(specs).plan.pending == ()


def test_a_file_changed_by_somebody_else_is_drift_and_a_new_declaration_is_not(place: Place) -> None:
    place.apply({"a": "x", "b": "y"})
    place.file("a").write_text("theirs")

    stored = json.loads(plan_file(place.plan({"a": "x", "b": "new"})).read_text())

    assert stored["drift"] == ["TextFile/a content"]
    assert stored["summary"]["change"] == 2


def test_no_apply_is_needed_to_know_drift_from_then_on(place: Place) -> None:
    place.file("a").write_text("x")
    place.apply({"a": "x"})
    place.file("a").write_text("theirs")

    assert [str(change.address) for change in place.plan({"a": "x"}).plan.drifted] == ["TextFile/a"]


# Two kinds


class Note(TextFile):
    """A second kind on the same target."""

    kind = "Note"


KINDS = {**PROVIDERS, "Note": Note()}


def with_note(declared: Declared, content: str) -> Declared:
    address = Address("Note", "n")
    return Declared({**declared.resources, address: Resource(address, {"name": "n"}, {"content": content})})


def test_pruning_one_kind_never_deletes_the_declared_resources_of_another(place: Place) -> None:
    declared = with_note(declare({"a": "x"}), "y")
    pruning = Options(check=False, prune=True, allow_destructive=True)
    place.run(declared, pruning, TextFolder(place.folder, "Note"), KINDS, ["Note"])

    report = place.run(declared, pruning, TextFolder(place.folder), KINDS, ["TextFile"])

    assert [str(outcome.change.address) for outcome in report.outcomes] == ["TextFile/a"]
    assert (place.folder / "Note.n.txt").read_text() == "y"


def test_a_text_may_refer_to_a_resource_of_a_kind_that_was_applied_before(place: Place) -> None:
    declared = with_note(declare({"a": "x"}), "see ${TextFile/a.id}")
    place.run(declared, Options(check=False), TextFolder(place.folder), KINDS, ["TextFile"])

    report = place.run(declared, Options(check=False), TextFolder(place.folder, "Note"), KINDS, ["Note"])

    assert [outcome.error for outcome in report.outcomes] == [""]
    assert (place.folder / "Note.n.txt").read_text() == f"see {place.file('a')}"


# Two applies at once


class SlowFolder(TroubledFolder):
    """A folder whose first write is not done before somebody else waits for it."""

    def __init__(self, folder: Path, somebody_waits: threading.Event) -> None:
        super().__init__(folder)
        self.writing = threading.Event()
        self._somebody_waits = somebody_waits

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        self.writing.set()
        assert self._somebody_waits.wait(timeout=30)
        return super().apply(change, resource, observed, world)


def test_of_two_applies_at_once_one_waits_says_so_and_finds_everything_done(place: Place) -> None:
    somebody_waits = threading.Event()
    told: list[str] = []
    slow = SlowFolder(place.folder, somebody_waits)
    first = threading.Thread(target=place.apply, args=({"a": "x"}, slow))
    first.start()
    assert slow.writing.wait(timeout=30)

    def say(message: str) -> None:
        told.append(message)
        somebody_waits.set()

    second = TroubledFolder(place.folder)
    report = place.run(declare({"a": "x"}), Options(check=False), second, waiting=say)
    first.join()

    assert told == ["another apply is running on folder in sandbox; waiting for it to finish"]
    assert second.writes == []
    assert report.plan.pending == ()


def test_a_plan_does_not_wait_for_an_apply(place: Place) -> None:
    planned = threading.Event()
    slow = SlowFolder(place.folder, planned)
    apply = threading.Thread(target=place.apply, args=({"a": "x"}, slow))
    apply.start()
    assert slow.writing.wait(timeout=30)

    report = place.plan({"a": "x"})
    planned.set()
    apply.join()

    assert len(report.plan.pending) == 1


@pytest.mark.parametrize("trouble", [Trouble.CRASH_BEFORE, Trouble.CRASH_AFTER])
def test_an_apply_after_a_crash_does_not_wait(place: Place, trouble: Trouble) -> None:
    told: list[str] = []
    with pytest.raises(Crash):
        place.apply({"a": "x"}, TroubledFolder(place.folder, [trouble]))

    place.run(declare({"a": "x"}), Options(check=False), waiting=told.append)

    assert told == []
    assert place.contents() == {"a": "x"}


# What is written down


def test_a_run_writes_down_its_plan_its_report_and_its_journal(place: Place) -> None:
    report = place.apply({"a": "x"})

    told = json.loads((report.folder / "report.json").read_text())
    assert sorted(file.name for file in report.folder.iterdir()) == ["journal.jsonl", "plan.json", "report.json"]
    assert (told["applied"], told["failed"]) == (True, False)
    assert [(one["address"], one["action"], one["writes"]) for one in told["resources"]] == [
        ("TextFile/a", "create", 1)
    ]
    assert [event["event"] for event in events(report) if event["event"] != "progress"] == [
        "observed",
        "planned",
        "written",
        "finished",
    ]


def test_a_failed_resource_is_in_the_report_and_in_the_journal(place: Place) -> None:
    report = place.apply({"a": "x"}, TroubledFolder(place.folder, [Trouble.REFUSED]))

    told = json.loads((report.folder / "report.json").read_text())
    assert told["failed"]
    assert [one["error"] for one in told["resources"]] == ["the folder refuses a"]
    assert [event["error"] for event in events(report) if event["event"] == "failed"] == ["the folder refuses a"]


class TalkativeFolder(TroubledFolder):
    """A folder that repeats in its errors what it was sent."""

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        super().apply(change, resource, observed, world)
        raise FactoryError(f"the folder refuses {change.fields[0].after!r}")


def assert_nowhere(secret: str, place: Place, report: Report) -> None:
    """Nobody who reads the state folder or the task's result learns *secret*, nor a telling part of it."""
    part = secret[:12]
    leaking = [file.name for file, text in place.written_down().items() if part in text]
    assert leaking == []
    assert part not in json.dumps(task_result(report))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("folder", [TroubledFolder, TalkativeFolder])
def test_a_secret_is_nowhere_in_what_a_run_leaves(
    place: Place, monkeypatch: pytest.MonkeyPatch, check: bool, folder: type[TroubledFolder]
) -> None:
    monkeypatch.setenv("FACTORY_TEST_TOKEN", SECRET)

    report = place.run(declare({"a": "token=${env:FACTORY_TEST_TOKEN}\n"}), Options(check=check), folder(place.folder))

    assert_nowhere(SECRET, place, report)


def test_the_old_value_of_a_secret_that_was_rotated_is_nowhere_either(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = declare({"a": "token=${env:FACTORY_TEST_TOKEN}"})
    monkeypatch.setenv("FACTORY_TEST_TOKEN", SECRET)
    place.run(declared, Options(check=False))
    monkeypatch.setenv("FACTORY_TEST_TOKEN", "a-new-and-other-secret")

    assert_nowhere(SECRET, place, place.run(declared, Options(check=True)))


def test_a_secret_is_not_shown_in_part_where_a_long_text_is_cut_short(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_TEST_TOKEN", SECRET)
    place.file("a").write_text("old")
    shown: list[Plan] = []

    place.run(declare({"a": f"{'x' * 40}${{env:FACTORY_TEST_TOKEN}}"}), Options(check=True), planned=shown.append)

    text = "\n".join(line.text for line in plan_lines(shown[0]))
    assert "TextFile/a" in text
    assert SECRET[:8] not in text


def test_the_error_that_stops_a_run_shows_no_secret(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_TEST_TOKEN", SECRET)

    class LeakyFolder(TroubledFolder):
        def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[Any]:
            raise FactoryError(f"cannot log in with {resources[0].spec['content']}")

    with pytest.raises(FactoryError) as stopped:
        place.run(declare({"a": "${env:FACTORY_TEST_TOKEN}"}), Options(), LeakyFolder(place.folder))

    assert SECRET not in str(stopped.value)
