"""What a manifest's lifecycle words make of a run, on a kind that knows nothing of them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_file_runs import PROVIDERS, Crash, Place, Trouble, TroubledFolder, file_address

from ansible_collections.factory.core.plugins.module_utils.change import OWNERSHIP, Action, path_name
from ansible_collections.factory.core.plugins.module_utils.field_pattern import matches, parse_pattern
from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import plan_from_json
from ansible_collections.factory.core.plugins.module_utils.plan_text import drift_lines, plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.schema import validate

TODAY = datetime.now(UTC).date()
TOMORROW, YESTERDAY = str(TODAY + timedelta(days=1)), str(TODAY - timedelta(days=1))


class Stack:
    """A stack of text files, written as YAML, and the place where they live."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = Place(root)
        self.texts: dict[str, str] = {}

    def declare(self, history: dict[str, Any] | None = None, /, **files: Any) -> None:
        """A file is its content, or a mapping with a spec and metadata."""
        documents: list[Any] = [history] if history else []
        for name, given_ in files.items():
            one = given_ if isinstance(given_, dict) else {"content": given_}
            spec = {key: value for key, value in one.items() if key in ("content", "mode", "needs")}
            metadata = {"name": name, **{key: value for key, value in one.items() if key not in spec}}
            documents.append({"apiVersion": "factory/v1", "kind": "TextFile", "metadata": metadata, "spec": spec})
        folder = self.root / "stack"
        folder.mkdir(exist_ok=True)
        (folder / "all.yml").write_text("---\n".join(json.dumps(one) + "\n" for one in documents) or "{}")
        if not documents:
            (folder / "all.yml").write_text("moved: []\n")

    def run(self, check: bool, target: Any = None, **options: Any) -> Report:
        declared = validate(load_stack(self.root / "stack", "sandbox"), PROVIDERS)
        return self.place.run(declared, Options(check=check, **options), target)

    def plan(self, **options: Any) -> Report:
        return self.run(True, **options)

    def apply(self, target: Any = None, **options: Any) -> Report:
        return self.run(False, target, **options)

    def forget(self) -> None:
        (self.place.state / "identity.json").unlink()

    @property
    def contents(self) -> dict[str, str]:
        return self.place.contents()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def actions(report: Report) -> dict[str, str]:
    return {change.address.name: change.action.value for change in report.plan.pending}


def fields(report: Report) -> list[str]:
    return [f"{change.address.name} {one.name}" for change in report.plan.changes for one in change.fields]


def texts(lines: list[Any]) -> str:
    return "\n".join(line.text for line in lines)


# moved

MOVED = {"moved": [{"from": "TextFile/old", "to": "TextFile/new"}]}


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_a_moved_resource_is_renamed_and_neither_created_nor_deleted(stack: Stack, cache: str) -> None:
    stack.declare(old="x")
    stack.apply()
    stack.declare(MOVED, new="x")
    if cache == "lost":
        stack.forget()

    planned = stack.plan(prune=True)

    assert actions(planned) == {"new": "rename"}
    assert "~ TextFile/new rename  # was TextFile/old" in texts(plan_lines(planned.plan))
    assert not planned.plan.drifted
    stack.apply(prune=True)
    assert stack.contents == {"new": "x"}
    assert actions(stack.plan(prune=True)) == {}


def test_a_chain_of_moves_is_followed_from_its_start(stack: Stack) -> None:
    stack.declare(first="x")
    stack.apply()
    chain = [{"from": "TextFile/first", "to": "TextFile/second"}, {"from": "TextFile/second", "to": "TextFile/third"}]
    stack.declare({"moved": chain}, third="x")

    assert actions(stack.plan()) == {"third": "rename"}
    stack.apply()
    assert stack.contents == {"third": "x"}


def test_what_was_applied_is_remembered_under_the_new_address(stack: Stack) -> None:
    stack.declare(old="x")
    stack.apply()
    stack.declare(MOVED, new="x")
    stack.place.file("old").write_text("theirs")

    assert [one for one in fields(stack.plan()) if "ownership" not in one] == ["new content"]
    (drifted,) = stack.plan().plan.drifted
    assert [one.name for one in drifted.fields if one.drift] == ["content"]

    stack.apply()
    stack.declare(MOVED, new="y")
    assert not stack.plan().plan.drifted


def test_a_plan_of_a_move_leaves_the_cache_to_those_who_have_not_moved_yet(stack: Stack) -> None:
    stack.declare(old="x")
    stack.apply()
    before = (stack.place.state / "identity.json").read_text()
    stack.declare(MOVED, new="x")
    stack.plan()

    assert (stack.place.state / "identity.json").read_text() == before


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_move_converges_whatever_becomes_of_its_write(stack: Stack, trouble: Trouble) -> None:
    stack.declare(old="x")
    stack.apply()
    stack.declare(MOVED, new="x")
    with contextlib.suppress(Crash):
        stack.apply(TroubledFolder(stack.place.folder, [trouble]))
    stack.apply()

    assert stack.contents == {"new": "x"}
    assert actions(stack.plan(prune=True)) == {}


def test_a_move_onto_what_exists_already_leaves_both_alone_and_says_so(stack: Stack) -> None:
    stack.declare(old="x", new="y")
    stack.apply()
    stack.declare(MOVED, new="y")

    planned = stack.plan()

    assert actions(planned) == {}
    assert planned.plan.warnings == (
        "TextFile/old cannot become TextFile/new, which exists already; both stay as they are",
    )


# protect


@pytest.mark.parametrize("how", [{}, {"prune": True, "allow_destructive": True}])
def test_a_protected_resource_survives_the_removal_of_its_manifest(stack: Stack, how: dict[str, Any]) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(b="y")

    planned = stack.plan(**how)

    assert planned.plan.gate.decision is Decision.DENY
    assert texts(plan_lines(planned.plan)).startswith("! blocked: TextFile/a: it is protected")
    assert "removed: [{address: TextFile/a" in planned.plan.gate.reasons[0]
    with pytest.raises(FactoryError, match=r"nothing was changed, because this is blocked:\n  TextFile/a: it is prot"):
        stack.apply(**how)
    assert stack.contents == {"a": "x", "b": "y"}


def test_a_blocked_plan_is_read_back_as_it_was_written(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(b="y")
    stored = json.loads((stack.plan().folder / "plan.json").read_text())

    assert (stored["applyable"], stored["summary"]["blocked"]) == (False, 1)
    assert plan_from_json(stored).changes[0].blocked


def test_nothing_of_a_protected_resource_is_destroyed_until_protection_is_lifted(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True})
    stack.apply()
    stack.declare(a={"content": "", "protect": True})
    with pytest.raises(FactoryError, match=r"content would be destroyed, and it is protected"):
        stack.apply(allow_destructive=True)
    assert stack.contents == {"a": "x"}

    stack.declare(a={"content": ""})
    stack.apply(allow_destructive=True)
    assert stack.contents == {"a": ""}


def test_lifted_protection_does_not_outlive_the_next_apply(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(a="x", b="y")
    stack.apply()
    stack.declare(b="y")

    stack.apply(prune=True, allow_destructive=True)
    assert stack.contents == {"b": "y"}


# removed

REMOVED = {"removed": [{"address": "TextFile/a", "reason": "nobody reads it"}]}


def test_a_removed_resource_is_left_as_it_is_without_our_mark(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(REMOVED, b="y")

    planned = stack.plan()

    assert actions(planned) == {"a": "forget"}
    assert ". TextFile/a forget  # removed: nobody reads it; it stays as it is, without our mark" in texts(
        plan_lines(planned.plan)
    )
    stack.apply()
    assert (stack.place.folder / "a.txt").read_text() == "x"
    assert stack.contents == {"b": "y"}
    assert actions(stack.plan(prune=True)) == {}


def test_a_removed_resource_is_deleted_under_prune_though_it_was_protected(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(REMOVED, b="y")

    with pytest.raises(FactoryError, match="TextFile/a: removed: nobody reads it"):
        stack.apply(prune=True)
    stack.apply(prune=True, allow_destructive=True)
    assert stack.contents == {"b": "y"}
    assert not (stack.place.folder / "a.txt").exists()


# ignore


def test_an_ignored_field_is_neither_planned_nor_applied_nor_drift(stack: Stack) -> None:
    stack.declare(a={"content": "x", "mode": "0644", "ignore": ["mode"]})
    stack.apply()
    stack.place.file("a").chmod(0o600)
    stack.place.file("a").write_text("theirs")

    planned = stack.plan()

    assert fields(planned) == ["a content"]
    assert [one.name for change in planned.plan.drifted for one in change.fields] == ["content"]
    stack.apply()
    assert stack.place.file("a").stat().st_mode & 0o777 == 0o600
    assert actions(stack.plan()) == {}


def test_an_ignored_field_is_set_when_the_resource_is_created(stack: Stack) -> None:
    stack.declare(a={"content": "x", "mode": "0600", "ignore": ["*"]})
    stack.apply()

    assert stack.contents == {"a": "x"}
    assert stack.place.file("a").stat().st_mode & 0o777 == 0o600


def test_a_field_that_was_ignored_is_a_declared_change_when_it_no_longer_is(stack: Stack) -> None:
    stack.declare(a={"content": "x", "mode": "0644", "ignore": ["mode"]})
    stack.apply()
    stack.place.file("a").chmod(0o600)
    stack.apply()
    stack.declare(a={"content": "x", "mode": "0644"})

    planned = stack.plan()

    assert fields(planned) == ["a mode"]
    assert not planned.plan.drifted


# acknowledge


def acknowledged(until: str) -> dict[str, Any]:
    known = {"path": "content", "reason": "the auditors are at it", "by": "ada", "until": until}
    return {"content": "x", "mode": "0644", "acknowledge": [known]}


def test_acknowledged_drift_raises_no_alarm_and_is_told_apart_and_put_right(stack: Stack) -> None:
    stack.declare(a=acknowledged(str(TODAY)))
    stack.apply()
    stack.place.file("a").write_text("theirs")

    planned = stack.plan()

    assert not planned.plan.drifted
    assert texts(drift_lines(planned.plan)) == (
        f"acknowledged: TextFile/a content: theirs → x  # the auditors are at it (ada, until {TODAY})\n"
        "1 declared change not applied yet (see the plan)\n"
        "No drift."
    )
    assert "~ content: theirs → x (acknowledged drift)" in texts(plan_lines(planned.plan))
    stored = json.loads((planned.folder / "plan.json").read_text())
    assert (stored["drift"], stored["summary"]["drift"]) == ([], 0)
    assert [(one["address"], one["name"], one["by"]) for one in stored["acknowledged"]] == [
        ("TextFile/a", "content", "ada")
    ]
    stack.apply()
    assert stack.contents == {"a": "x"}


def test_other_drift_of_the_same_resource_alarms_as_ever(stack: Stack) -> None:
    stack.declare(a=acknowledged(TOMORROW))
    stack.apply()
    stack.place.file("a").write_text("theirs")
    stack.place.file("a").chmod(0o600)

    planned = stack.plan()

    assert len(planned.plan.drifted) == 1
    told = texts(drift_lines(planned.plan))
    assert "~ mode: 0600 → 0644" in told
    assert "acknowledged: TextFile/a content" in told


def test_an_acknowledgement_that_has_expired_alarms_again_and_says_so(stack: Stack) -> None:
    stack.declare(a=acknowledged(YESTERDAY))
    stack.apply()
    stack.place.file("a").write_text("theirs")

    planned = stack.plan()

    assert len(planned.plan.drifted) == 1
    told = texts(drift_lines(planned.plan))
    assert "Drift: 1 resource changed behind Factory's back." in told
    assert f"# acknowledged, but that has expired: the auditors are at it (ada, until {YESTERDAY})" in told


def test_a_declared_change_is_not_acknowledged(stack: Stack) -> None:
    stack.declare(a="y")
    stack.apply()
    stack.declare(a={**acknowledged(TOMORROW), "mode": "0600"})

    assert all(one.acknowledged is None for change in stack.plan().plan.changes for one in change.fields)


# destroy


def destroyed(stack: Stack, confirm: str = "sandbox", target: Any = None) -> Report:
    return stack.apply(target, purpose=Purpose.DESTROY, confirm=confirm)


def test_a_stack_is_destroyed_in_reverse_order_and_then_there_is_nothing_to_do(stack: Stack) -> None:
    stack.declare(base="x", middle={"content": "y", "needs": ["base"]}, top={"content": "z", "needs": ["middle"]})
    stack.apply()
    folder = TroubledFolder(stack.place.folder)

    destroyed(stack, target=folder)

    assert folder.writes == ["top", "middle", "base"]
    assert stack.contents == {}
    again = destroyed(stack, confirm="")
    assert (again.plan.pending, again.failed) == ((), False)


def test_a_stack_is_not_destroyed_without_the_environment_s_name(stack: Stack) -> None:
    stack.declare(a="x")
    stack.apply()

    for confirm in ("", "production"):
        with pytest.raises(FactoryError, match=r"TextFile/a: destroyed with its stack\n.*-e confirm=sandbox"):
            destroyed(stack, confirm)
    assert stack.contents == {"a": "x"}


def test_what_is_ours_and_no_longer_declared_is_destroyed_with_the_stack_and_nothing_else(stack: Stack) -> None:
    stack.declare(a="x", b="y")
    stack.apply()
    stack.declare(a="x")
    (stack.place.folder / "theirs.txt").write_text("z")

    destroyed(stack)

    assert [file.name for file in stack.place.folder.iterdir()] == ["theirs.txt"]


def test_a_protected_resource_blocks_the_destruction_of_its_stack(stack: Stack) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()

    with pytest.raises(FactoryError, match=r"blocked:\n  TextFile/a: it is protected; take metadata.protect out"):
        destroyed(stack)
    assert stack.contents == {"a": "x", "b": "y"}


def test_what_others_need_stays_while_they_cannot_be_deleted(stack: Stack) -> None:
    stack.declare(base="x", top={"content": "z", "needs": ["base"]})
    stack.apply()

    report = destroyed(stack, target=TroubledFolder(stack.place.folder, [Trouble.REFUSED], only=["top"]))

    assert report.failed
    assert {one.change.address.name: one.error for one in report.outcomes}["base"] == (
        "not deleted, since TextFile/top needs it or lies in it, and is still there"
    )
    assert set(stack.contents) == {"base", "top"}
    destroyed(stack)
    assert stack.contents == {}


def test_what_was_destroyed_is_created_again_and_is_no_drift(stack: Stack) -> None:
    stack.declare(a="x")
    stack.apply()
    destroyed(stack)

    planned = stack.plan()

    assert actions(planned) == {"a": "create"}
    assert not planned.plan.drifted
    stack.apply()
    assert actions(stack.plan()) == {}


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_destruction_converges_whatever_becomes_of_its_first_write(stack: Stack, trouble: Trouble) -> None:
    stack.declare(base="x", top={"content": "z", "needs": ["base"]})
    stack.apply()
    with contextlib.suppress(Crash):
        destroyed(stack, target=TroubledFolder(stack.place.folder, [trouble]))
    destroyed(stack)

    assert stack.contents == {}
    assert destroyed(stack).plan.pending == ()


@pytest.mark.parametrize("trouble", list(Trouble))
def test_what_is_removed_is_forgotten_whatever_becomes_of_the_write(stack: Stack, trouble: Trouble) -> None:
    stack.declare(a={"content": "x", "protect": True}, b="y")
    stack.apply()
    stack.declare(REMOVED, b="y")
    with contextlib.suppress(Crash):
        stack.apply(TroubledFolder(stack.place.folder, [trouble]))
    stack.apply()

    assert (stack.place.folder / "a.txt").read_text() == "x"
    assert (stack.contents, stack.plan(prune=True).plan.pending) == ({"b": "y"}, ())


# adopt


def adopted(stack: Stack, *names: str, **options: Any) -> Report:
    addresses = tuple(file_address(name) for name in names)
    return stack.apply(purpose=Purpose.ADOPT, addresses=addresses, **options)


def test_adopting_records_whose_a_resource_is_and_changes_nothing_else(stack: Stack) -> None:
    (stack.place.folder / "a.txt").write_text("theirs")
    stack.declare(a="ours", b="not there yet")

    report = adopted(stack)

    assert {one.change.address.name: one.change.action for one in report.outcomes} == {"a": Action.ADOPT}
    assert [warning for warning in report.plan.warnings if "TextFile/b: there is nothing to adopt" in warning]
    assert stack.contents == {"a": "theirs"}
    planned = stack.plan()
    assert fields(planned) == ["b content", "a content"] or fields(planned) == ["a content", "b content"]
    assert not planned.plan.drifted
    stack.apply()
    assert stack.contents == {"a": "ours", "b": "not there yet"}


def test_adopting_again_changes_nothing(stack: Stack) -> None:
    (stack.place.folder / "a.txt").write_text("theirs")
    stack.declare(a="ours")
    adopted(stack)

    assert adopted(stack).plan.pending == ()
    stack.place.file("a").write_text("theirs again")
    stack.apply()
    assert adopted(stack).plan.pending == ()
    stack.place.file("a").write_text("drift")
    assert stack.plan().plan.drifted


def test_only_what_is_asked_for_is_adopted(stack: Stack) -> None:
    for name in "ab":
        (stack.place.folder / f"{name}.txt").write_text("theirs")
    stack.declare(a="ours", b="ours")

    adopted(stack, "a")

    assert stack.contents == {"a": "theirs"}


def test_what_cannot_be_adopted_is_an_error_where_it_was_asked_for_by_name(stack: Stack) -> None:
    stack.declare(a="ours")

    with pytest.raises(FactoryError, match="TextFile/a: there is nothing to adopt"):
        adopted(stack, "a")
    with pytest.raises(FactoryError, match="TextFile/aa is not declared in this stack; did you mean 'a'"):
        adopted(stack, "aa")
    assert stack.contents == {}


def test_a_resource_that_is_known_is_not_adopted_under_another_id(stack: Stack) -> None:
    stack.declare(a="ours")
    stack.apply()

    with pytest.raises(FactoryError, match=r"it is known as .* already, not as elsewhere"):
        adopted(stack, "a", adopt_id="elsewhere")


# Field patterns


@given(st.lists(st.text(min_size=1).filter(lambda step: step != "*"), min_size=1, max_size=4).map(tuple))
def test_every_path_as_a_plan_shows_it_is_a_pattern_that_matches_it(path: tuple[str, ...]) -> None:
    pattern = parse_pattern(path_name(path))

    assert pattern == path
    assert matches(pattern, (*path, "below")) or path == OWNERSHIP


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("properties", "properties.Status", True),
        ("properties.*.description", "properties.Status.description", True),
        ("properties.*.description", "properties.Status.options", False),
        ("properties.Status.options", "properties.Status", False),
        ("*", "title", True),
        ("*", "ownership", False),
        ('properties."a.b"', 'properties."a.b".name', True),
    ],
)
def test_a_pattern_names_a_field_and_all_below_it(pattern: str, path: str, expected: bool) -> None:
    assert matches(parse_pattern(pattern), parse_pattern(path)) is expected


# The folders of runs


def test_the_latest_twenty_runs_are_kept_and_folders_of_other_names(stack: Stack) -> None:
    stack.declare(a="x")
    runs = stack.place.state / "folder"
    (runs / "mine").mkdir(parents=True)
    for number in range(25):
        (runs / f"20200101T0000{number:02}Z-abcdef").mkdir()

    last = stack.plan().folder

    kept = sorted(one.name for one in runs.iterdir())
    assert len(kept) == 21
    assert {"mine", last.name, "20200101T000024Z-abcdef"} <= set(kept)
    assert "20200101T000005Z-abcdef" not in kept
