"""Whatever goes wrong on the way, one more apply leads to what is declared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_file_kind import Seen, TextFile, TextFolder, World
from text_file_runs import (
    Crash,
    ModelessFolder,
    Place,
    Trouble,
    TroubledFolder,
    declare,
    file_address,
)

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, Effect, FieldChange
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Observation, Reference
from ansible_collections.factory.core.plugins.module_utils.report import Report

NAMES = "abcdef"
Specs = dict[str, dict[str, Any]]


@st.composite
def stacks(draw: st.DrawFn) -> Specs:
    """Files that refer to and need any of those before them, in an order that their names do not give away."""
    specs: Specs = {}
    for name in draw(st.permutations(NAMES)):
        earlier = st.sets(st.sampled_from(sorted(specs)), max_size=2) if specs else st.just(set())
        texts = " ".join(f"${{TextFile/{other}.id}}" for other in sorted(draw(earlier)))
        specs[name] = {"content": f"{name}: {texts}", "mode": "0640", "needs": sorted(draw(earlier))}
    return specs


def expected(place: Place, specs: Specs) -> dict[str, str]:
    texts = {name: spec["content"] for name, spec in specs.items()}
    for other in specs:
        texts = {
            name: text.replace(f"${{TextFile/{other}.id}}", str(place.file(other))) for name, text in texts.items()
        }
    return texts


def actions(report: Report) -> dict[str, str]:
    return {outcome.change.address.name: outcome.change.action.value for outcome in report.outcomes}


def errors(report: Report) -> dict[str, str]:
    return {outcome.change.address.name: outcome.error for outcome in report.outcomes if outcome.error}


LIVE = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["as declared", "something else"]))
TROUBLES = st.lists(st.sampled_from(Trouble), max_size=12)


@settings(max_examples=30, deadline=None)
@given(stacks(), LIVE)
def test_an_apply_converges_from_any_part_of_it_that_is_there_already(specs: Specs, live: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))
        for name, state in live.items():
            place.file(name).write_text(expected(place, specs)[name] if state == "as declared" else "something else")

        first = place.apply(specs)
        second = place.apply(specs, target := TroubledFolder(place.folder))

        assert errors(first) == {}
        assert place.contents() == expected(place, specs)
        assert set(actions(second).values()) == {"no-op"}
        assert target.writes == []


@settings(max_examples=30, deadline=None)
@given(stacks())
def test_an_apply_writes_each_file_once_and_after_all_that_it_needs(specs: Specs) -> None:
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))
        place.apply(specs, target := TroubledFolder(place.folder))

        assert sorted(target.writes) == sorted(specs)
        for name, spec in specs.items():
            referred = [other for other in specs if f"/{other}.id" in spec["content"]]
            for other in (*spec["needs"], *referred):
                assert target.writes.index(other) < target.writes.index(name)


@settings(max_examples=40, deadline=None)
@given(stacks(), TROUBLES)
def test_after_any_trouble_one_more_apply_converges(specs: Specs, troubles: list[Trouble]) -> None:
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))
        target = TroubledFolder(place.folder, troubles)
        for _ in troubles:
            try:
                place.apply(specs, target, in_flight=1)
            except Crash:
                continue

        after = place.apply(specs)

        assert errors(after) == {}
        assert place.contents() == expected(place, specs)
        assert set(actions(place.plan(specs)).values()) == {"no-op"}


@settings(max_examples=30, deadline=None)
@given(stacks(), st.lists(st.sampled_from([Trouble.NONE, Trouble.LOST, Trouble.UNCONFIRMED]), max_size=8))
def test_writes_without_an_answer_do_not_even_need_another_apply(specs: Specs, troubles: list[Trouble]) -> None:
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))

        report = place.apply(specs, TroubledFolder(place.folder, troubles[:5]))

        assert errors(report) == {}
        assert place.contents() == expected(place, specs)


def test_a_write_that_landed_without_an_answer_is_not_repeated(place: Place) -> None:
    place.apply({"a": "x"}, target := TroubledFolder(place.folder, [Trouble.UNCONFIRMED]))

    assert target.writes == ["a"]


def test_a_write_that_was_lost_is_repeated(place: Place) -> None:
    place.apply({"a": "x"}, target := TroubledFolder(place.folder, [Trouble.LOST]))

    assert target.writes == ["a", "a"]
    assert place.contents() == {"a": "x"}


def test_a_write_that_never_gets_an_answer_is_given_up(place: Place) -> None:
    report = place.apply({"a": "x", "b": "y"}, TroubledFolder(place.folder, [Trouble.LOST] * 50, only="a"))

    assert errors(report) == {"a": "no answer for a"}
    assert place.contents() == {"b": "y"}


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.LOST])
def test_nothing_is_written_before_what_it_needs_is_there(place: Place, trouble: Trouble) -> None:
    specs = {"a": "x", "b": {"content": "y", "needs": ["a"]}}

    place.apply(specs, target := TroubledFolder(place.folder, [trouble], only="a"))

    assert target.writes[:2] != ["a", "b"]


def test_nothing_is_created_empty_because_what_its_text_refers_to_failed(place: Place) -> None:
    specs = {"a": "x", "b": "see ${TextFile/a.id}"}

    report = place.apply(specs, TroubledFolder(place.folder, [Trouble.REFUSED], only="a"))

    assert set(errors(report)) == {"a", "b"}
    assert place.contents() == {}


def test_a_resource_that_fails_leaves_the_others_applied_and_the_next_run_completes(place: Place) -> None:
    specs = {"a": "x", "b": "y", "c": "see ${TextFile/b.id}", "d": "see ${TextFile/a.id}"}

    first = place.apply(specs, TroubledFolder(place.folder, [Trouble.REFUSED], only="a"))

    assert errors(first) == {
        "a": "the folder refuses a",
        "d": "content cannot be set: waiting for TextFile/a",
    }
    assert first.failed
    assert {name: place.contents()[name] for name in "bc"} == {"b": "y", "c": f"see {place.file('b')}"}

    second = place.apply(specs)

    assert errors(second) == {}
    assert place.contents()["d"] == f"see {place.file('a')}"


def test_what_the_target_ignores_is_told_once_and_never_sent_again(place: Place) -> None:
    specs = {"a": {"content": "x", "mode": "0600"}}
    place.file("a").write_text("old")
    place.file("a").chmod(0o644)

    first = place.apply(specs, target := ModelessFolder(place.folder))
    second = place.apply(specs, again := ModelessFolder(place.folder))

    assert [one.name for one in first.outcomes[0].change.unmanageable] == ["mode"]
    assert errors(first) == {}
    assert target.writes == ["a"]
    assert again.writes == []
    assert not any(outcome.changed for outcome in second.outcomes)


def test_what_was_ignored_is_sent_again_when_it_is_declared_anew(place: Place) -> None:
    place.apply({"a": {"content": "x", "mode": "0600"}}, ModelessFolder(place.folder))

    place.apply({"a": {"content": "x", "mode": "0604"}})

    assert place.file("a").stat().st_mode & 0o777 == 0o604


def test_an_undeclared_file_is_deleted_only_when_the_run_says_prune(place: Place) -> None:
    place.apply({"a": "x", "b": "y"})

    kept = place.apply({"a": "x"})
    assert place.contents() == {"a": "x", "b": "y"}
    assert kept.plan.warnings == ("TextFile/b is no longer declared; it stays, unless the run says prune",)

    pruned = place.apply({"a": "x"}, prune=True, allow_destructive=True)
    assert place.contents() == {"a": "x"}
    assert actions(pruned) == {"a": "no-op", "b": "delete"}
    assert place.plan({"a": "x"}).plan.warnings == ()


def test_pruning_needs_approval(place: Place) -> None:
    place.apply({"a": "x"})

    with pytest.raises(FactoryError, match="TextFile/a: no longer declared"):
        place.apply({"b": "y"}, prune=True)

    assert place.contents() == {"a": "x"}


def test_pruning_never_touches_what_is_not_ours(place: Place) -> None:
    theirs = place.folder / "notes.txt"
    theirs.write_text("theirs")

    place.apply({"a": "x"}, prune=True, allow_destructive=True)

    assert theirs.read_text() == "theirs"


def test_a_file_that_somebody_removed_together_with_its_manifest_is_forgotten_by_a_pruning_run(place: Place) -> None:
    place.apply({"a": "x", "b": "y"})
    place.file("b").unlink()

    place.apply({"a": "x"}, prune=True)

    assert place.plan({"a": "x"}).plan.warnings == ()


def test_check_mode_writes_nothing_to_the_target(place: Place) -> None:
    place.apply({"a": "x", "b": "y"})
    specs = {"a": "changed", "c": "new"}

    report = place.plan(specs, target := TroubledFolder(place.folder), prune=True)

    assert target.writes == []
    assert place.contents() == {"a": "x", "b": "y"}
    assert actions(report) == {"b": "delete", "a": "update", "c": "create"}
    assert not report.applied


class TrashedFile(TextFile):
    """Every file is in the trash until a restore takes it out."""

    def diff(self, resource: Resource, observed: Seen | None, world: World) -> Change:
        if observed is not None and observed.in_trash:
            return Change(resource.address, Action.RESTORE, id=observed.id)
        return super().diff(resource, observed, world)


class StickyTrash(TextFolder):
    """A folder that accepts a restore and does not do it."""

    restores = 0

    def observe(self, resources: Any, known: Any) -> Any:
        findings = super().observe(resources, known)
        trashed = {
            one: Observation(seen.attributes, seen.state, in_trash=True) for one, seen in findings.observed.items()
        }
        return type(findings)(trashed)

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        self.restores += 1
        if self.restores > 20:
            raise AssertionError("the same restore is sent for ever")
        return observed


def test_a_restore_that_the_target_ignores_is_not_sent_for_ever(place: Place) -> None:
    place.file("a").write_text("x")
    target = StickyTrash(place.folder)

    report = place.run(declare({"a": "x"}), Options(check=False), target, {"TextFile": TrashedFile()})

    assert target.restores <= 2
    assert errors(report) or report.outcomes[0].change.unmanageable


class DivisibleFile(TextFile):
    """A text file whose content may be written before all that it refers to is there."""

    def references(self, resource: Resource) -> Iterator[Reference]:
        for reference in super().references(resource):
            yield Reference(reference.target, reference.path, deferrable=True)

    def diff(self, resource: Resource, observed: Seen | None, world: World) -> Change:
        change = super().diff(resource, observed, world)
        return change.with_fields(
            FieldChange(one.path, one.before, one.after, Effect.ADDITIVE, divisible=True) for one in change.fields
        )


class PatientFolder(TextFolder):
    """A folder that refuses ``a`` and notices when it is asked for the same thing again and again."""

    asked = 0

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        self.asked += 1
        if self.asked > 40:
            raise AssertionError("the same write is sent for ever")
        if change.address == file_address("a"):
            raise FactoryError("the folder refuses a")
        return super().apply(change.with_fields([]), resource, observed, world)


def test_a_divisible_field_that_waits_for_a_failed_resource_is_not_sent_for_ever(place: Place) -> None:
    specs = {"a": "x", "b": "see ${TextFile/a.id}"}
    target = PatientFolder(place.folder)

    report = place.run(declare(specs), Options(check=False), target, {"TextFile": DivisibleFile()})

    assert target.asked <= 4
    assert "a" in errors(report)
