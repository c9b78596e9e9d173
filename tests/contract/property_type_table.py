"""What Factory can do with each property type, found by doing it on the local Notion API.

``make reference`` runs this and writes docs/reference/notion-property-types.md anew.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from import_runs import assert_plan_is_empty, import_into, inject, left_out, manifest
from workspace_runs import Stack, connected, database, drift_of, errors_of, fields_of

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.notion.plugins.module_utils.property_types import NOT_CREATABLE, PROPERTY_TYPES
from factory_iac.sandbox.process import Sandbox, running_notion

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "notion-property-types.md"
Json = dict[str, Any]

HEAD = """\
# Property types

What Factory does with each type of property. Every cell comes from a run on the local Notion API, made by
`make reference`; do not edit.

- **create**: the type can be declared, and the second plan is empty.
- **update**: its own settings can be changed in place (the worst effect in brackets); *nothing to set* where a type has
  none.
- **rename**: `renamed_from` keeps the property's id.
- **delete**: `prune: true` removes it once it is not declared; always destructive.
- **import**: `factory import` writes it as it was declared, and a plan right after that is empty.
- **drift**: what somebody changed by hand is found and put right.

"""


@dataclass(frozen=True)
class Sample:
    """A property of some type: how it is declared first, then, and how somebody changes it by hand."""

    first: Json
    then: Json | None = None
    by_hand: Json | None = None


def _options(kind: str) -> Sample:
    first = {"options": [{"name": "One"}, {"name": "Two"}]}
    then = {"options": [{"name": "One"}, {"name": "Three", "renamed_from": "Two"}, {"name": "Four"}]}
    return Sample(first, then, {kind: {"options": [{"name": "One"}]}})


SAMPLES: Mapping[str, Sample] = {
    "number": Sample({"format": "euro"}, {"format": "percent"}, {"number": {"format": "yen"}}),
    **{kind: _options(kind) for kind in ("select", "multi_select", "status")},
    "formula": Sample(
        {"expression": 'prop("Size") * 2'},
        {"expression": 'prop("Size") * 3'},
        {"formula": {"expression": 'prop("Size") * 4'}},
    ),
    "relation": Sample({"database": "others"}, {"database": "others", "synced_property": "Things"}),
    "rollup": Sample(
        {"relation": "Links", "property": "Size", "function": "sum"},
        {"relation": "Links", "property": "Size", "function": "max"},
        {
            "rollup": {
                "function": "min",
                "relation_property_name": "Links",
                "rollup_property_name": "Size",
            }
        },
    ),
    "unique_id": Sample({"prefix": "ONE"}, {"prefix": "TWO"}, {"unique_id": {"prefix": "THREE"}}),
}
"""Types with settings of their own; all others have none."""


def sample_of(kind: str) -> Sample:
    return SAMPLES.get(kind, Sample({}))


@dataclass
class Trial:
    """One property type on a workspace of its own."""

    stack: Stack
    kind: str

    def declare(self, name: str | None = "Thing", **settings: Any) -> None:
        """The type as property *name*, ``None`` for not at all, with what a database needs besides."""
        spec = {key: settings.pop(key) for key in ("prune",) if key in settings}
        own = {name: {"type": self.kind, **settings}} if name else {}
        links = {"type": "relation", "database": "others"}
        sized = {"Size": {"type": "number"}, "Links": links}
        self.stack.declare(
            database("things", {**sized, **own}, **spec), database("others", {"Size": {"type": "number"}})
        )

    def create(self) -> None:
        self.declare(**sample_of(self.kind).first)
        assert_done(self.stack, self.stack.apply())

    @property
    def live(self) -> Json:
        found: Json = self.stack.schema("Things")
        return found


def assert_done(stack: Stack, report: Report) -> None:
    """It went well, nothing is left that Notion does not do, and nothing is left to do."""
    assert not report.failed, errors_of(report)
    assert [one.name for outcome in report.outcomes for one in outcome.change.unmanageable] == []
    assert fields_of(stack.plan()) == []


def create(trial: Trial) -> str:
    trial.create()
    assert trial.live["Thing"]["type"] == trial.kind
    return "yes"


def update(trial: Trial) -> str:
    then = sample_of(trial.kind).then
    if then is None:
        assert not PROPERTY_TYPES[trial.kind].settings
        return "nothing to set"
    trial.create()
    before = trial.live["Thing"]
    trial.declare(**then)
    fields = [one for change in trial.stack.plan().plan.changes for one in change.fields]
    own = [one for one in fields if one.path[1] == "Thing"]
    assert own
    assert_done(trial.stack, trial.stack.apply(allow_destructive=True))
    assert trial.live["Thing"]["id"] == before["id"]
    assert trial.live["Thing"] != before
    return f"yes ({max(one.effect for one in own)})"


def rename(trial: Trial) -> str:
    trial.create()
    before = trial.live["Thing"]["id"]
    trial.declare("Other", renamed_from="Thing", **sample_of(trial.kind).first)
    assert_done(trial.stack, trial.stack.apply())
    assert "Thing" not in trial.live
    assert trial.live["Other"]["id"] == before
    return "yes"


def delete(trial: Trial) -> str:
    trial.create()
    before = trial.live["Thing"]["id"]
    trial.declare(None, prune=True)
    if trial.kind == "title":
        assert_done(trial.stack, trial.stack.apply())
        assert [one["id"] for one in trial.live.values() if one["type"] == "title"] == [before]
        return "no: every database has one"
    assert trial.stack.plan().plan.changes[0].effect is Effect.DESTRUCTIVE
    assert_done(trial.stack, trial.stack.apply(allow_destructive=True))
    assert "Thing" not in trial.live
    return "yes"


def imported(trial: Trial) -> str:
    """With its manifest and everything that was remembered of it lost."""
    trial.create()
    shutil.rmtree(trial.stack.stack_folder)
    shutil.rmtree(trial.stack.state)
    import_into(trial.stack)
    found = manifest(trial.stack, "things")["spec"]["properties"]["Thing"]
    options = [{"name": one["name"]} for one in found.get("options", [])]
    told = {**found, "options": options} if options else found
    assert told == {"type": trial.kind, **sample_of(trial.kind).first}
    assert_plan_is_empty(trial.stack)
    return "yes"


def drift(trial: Trial) -> str:
    """By hand: its settings changed where it has some, its name else."""
    trial.create()
    by_hand = sample_of(trial.kind).by_hand or {"name": "By hand"}
    found = trial.live["Thing"]
    trial.stack.api.change(trial.stack.source_id("Things"), Thing=by_hand)
    planned = trial.stack.plan()
    assert drift_of(planned) == fields_of(planned) != []
    applied = trial.stack.apply()
    if trial.kind == "unique_id":
        assert "already used" in errors_of(applied)[0]
        return "found; Notion keeps an old prefix taken, so declare another"
    assert_done(trial.stack, applied)
    assert trial.live["Thing"]["id"] == found["id"]
    return "found and put right"


COLUMNS: Mapping[str, Callable[[Trial], str]] = {
    "create": create,
    "update": update,
    "rename": rename,
    "delete": delete,
    "import": imported,
    "drift": drift,
}
"""What is tried with every type; another column is another function."""


def cell(sandbox: Sandbox, kind: str, column: str) -> str:
    """The outcome of trying *column* with a type, on an emptied workspace. ``AssertionError`` when it fails."""
    api = connected(sandbox)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        return COLUMNS[column](Trial(Stack(api, Path(folder)), kind))


def refused(sandbox: Sandbox, kind: str) -> str:
    """What is said of a type that cannot be declared; a property of that type stays when it is left out."""
    api = connected(sandbox)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        stack = Stack(api, Path(folder))
        stack.declare(database("things", {"Thing": {"type": kind}}))
        try:
            stack.plan()
        except InvalidManifests as problems:
            (problem,) = problems.problems
            return problem.message.split("cannot be declared: ", 1)[1]
    raise AssertionError(f"{kind} was taken")


def left_to_notion(sandbox: Sandbox, kind: str) -> str:
    """What an import says of a property of a type that cannot be declared."""
    api = connected(sandbox)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        stack = Stack(api, Path(folder))
        _, source = api.database("Things")
        inject(api, source, "Thing", kind, {})
        done = import_into(stack)
        assert f"NotionDatabase/things properties.Thing: {NOT_CREATABLE[kind]}" in left_out(done)
        assert_plan_is_empty(stack)
    return "left to Notion, with this as a comment"


def table(sandbox: Sandbox) -> str:
    """The whole page."""
    lines = [f"| type | {' | '.join(COLUMNS)} |", f"| --- |{' --- |' * len(COLUMNS)}"]
    for kind in PROPERTY_TYPES:
        lines.append(f"| `{kind}` | {' | '.join(cell(sandbox, kind, column) for column in COLUMNS)} |")
    lines += ["", "## Not to be declared", "", "| type | why, and what to do | import |", "| --- | --- | --- |"]
    lines += [f"| `{kind}` | {refused(sandbox, kind)} | {left_to_notion(sandbox, kind)} |" for kind in NOT_CREATABLE]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    with running_notion() as api:
        DOCUMENT.write_text(table(api), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")
