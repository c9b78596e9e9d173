"""Two-way relations are one thing: declared on either side or on both, and nothing is left of what they were."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notion_sandbox_api import NotionApi
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    connected,
    database,
    drift_of,
    errors_of,
    fields_of,
    title_of,
)

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from factory_iac.sandbox.process import Sandbox

Json = dict[str, Any]
JOBS = {"type": "relation", "database": "clients", "synced_property": "Jobs"}
CLIENT = {"type": "relation", "database": "jobs", "synced_property": "Client"}


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def manifests(client: Json | None, jobs: Json | None, **rows: Any) -> list[Json]:
    """Jobs with the property Client, clients with the property Jobs; a row each, the job with its client."""
    return [
        database("clients", {"Jobs": jobs} if jobs else {}, rows={"items": [{"Name": "Ada", **rows}]}),
        database(
            "jobs",
            {"Client": client} if client else {},
            rows={"items": [{"Name": "Roof", **({"Client": "Ada"} if client and not rows else {})}]},
        ),
        database("suppliers"),
    ]


def linked(stack: Stack, title: str, row: str, prop: str) -> list[str]:
    """The titles of the pages that a row relates to."""
    return [
        title_of(stack.api.ok("GET", f"/v1/pages/{one['id']}"))
        for one in stack.row(title, row)["properties"][prop]["relation"]
    ]


def assert_two_way(stack: Stack) -> None:
    client, jobs = stack.schema("Jobs")["Client"], stack.schema("Clients")["Jobs"]
    assert client["relation"]["dual_property"]["synced_property_id"] == jobs["id"]
    assert jobs["relation"]["dual_property"]["synced_property_id"] == client["id"]
    assert linked(stack, "Jobs", "Roof", "Client") == ["Ada"]
    assert linked(stack, "Clients", "Ada", "Jobs") == ["Roof"]


SIDES: dict[str, tuple[Json | None, Json | None]] = {
    "one": (JOBS, None),
    "both": (JOBS, {**CLIENT, "description": "What we do for them"}),
}
ONE_WAY = {"type": "relation", "database": "clients"}


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("before", [*SIDES, "one-way"])
@pytest.mark.parametrize("after", SIDES)
def test_a_relation_may_be_declared_on_either_side_or_both_and_change_between(
    stack: Stack, before: str, after: str, honoured: bool
) -> None:
    stack.api.behave(synced_property_name_honoured=honoured)
    stack.declare(*manifests(*SIDES.get(before, (ONE_WAY, None))))
    assert_applied(stack.apply())
    stack.declare(*manifests(*SIDES[after]))
    applied = stack.apply()
    assert_applied(applied)
    assert [one.name for outcome in applied.outcomes for one in outcome.change.unmanageable] == []
    assert_two_way(stack)
    described = stack.schema("Clients")["Jobs"]["description"]
    assert described == ("What we do for them" if "both" in (before, after) else None)
    assert_settled(stack)
    stack.forget()
    assert fields_of(stack.plan()) == []


def test_rows_may_set_a_relation_from_either_side_but_not_from_both(stack: Stack) -> None:
    both = SIDES["both"]
    stack.declare(*manifests(*both, Jobs="Roof"))
    assert_applied(stack.apply())
    assert_two_way(stack)
    assert_settled(stack)
    twice = manifests(*both, Jobs="Roof")
    twice[1]["spec"]["rows"]["items"][0]["Client"] = "Ada"
    stack.declare(*twice)
    with pytest.raises(InvalidManifests, match="set it on one side only"):
        stack.plan()


def test_two_ends_that_do_not_agree_are_told_at_both_places(stack: Stack) -> None:
    stack.declare(*manifests(JOBS, {**CLIENT, "synced_property": "Customer"}))
    with pytest.raises(InvalidManifests) as refused:
        stack.plan()
    told = {Path(problem.position.file).name: problem.message for problem in refused.value.problems}
    assert told.keys() == {"clients.yml", "jobs.yml"}
    assert all("both must agree" in message for message in told.values())


def test_becoming_one_way_removes_the_other_end_after_asking(stack: Stack) -> None:
    stack.declare(*manifests(*SIDES["one"]))
    assert_applied(stack.apply())
    stack.declare(*manifests(ONE_WAY, None))
    planned = stack.plan()
    assert sorted(fields_of(planned)) == ["clients properties.Jobs", "jobs properties.Client.synced_property"]
    assert planned.plan.changes[0].effect is Effect.DESTRUCTIVE
    assert drift_of(planned) == []
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.requests.count("PATCH data_sources/{id}") == 2
    assert stack.schema("Clients").keys() == {"Name"}
    assert linked(stack, "Jobs", "Roof", "Client") == ["Ada"]
    assert_settled(stack)


def test_an_end_that_is_declared_one_way_stays_as_that(stack: Stack) -> None:
    stack.declare(*manifests(*SIDES["both"]))
    assert_applied(stack.apply())
    stack.declare(*manifests(ONE_WAY, {"type": "relation", "database": "jobs"}))
    assert_applied(stack.apply())
    for title, name in (("Jobs", "Client"), ("Clients", "Jobs")):
        assert stack.schema(title)[name]["relation"]["type"] == "single_property"
    assert_settled(stack)


@pytest.mark.parametrize("synced", [True, False])
def test_another_target_is_destructive_and_leaves_no_end_behind(stack: Stack, synced: bool) -> None:
    stack.declare(*manifests(*SIDES["one"]))
    assert_applied(stack.apply())
    to_suppliers = {**(JOBS if synced else ONE_WAY), "database": "suppliers"}
    changed = manifests(to_suppliers, None)
    del changed[1]["spec"]["rows"]["items"][0]["Client"]
    stack.declare(*changed)
    planned = stack.plan()
    assert sorted(fields_of(planned)) == sorted(
        [
            "clients properties.Jobs",
            "jobs properties.Client.database",
            *(["suppliers properties.Jobs"] if synced else []),
        ]
    )
    assert len(planned.plan.gate.reasons) == 2
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.schema("Clients").keys() == {"Name"}
    assert ("Jobs" in stack.schema("Suppliers")) is synced
    assert_settled(stack)


def test_an_apply_that_died_between_the_two_ends_is_finished_by_the_next(stack: Stack) -> None:
    stack.declare(*manifests(*SIDES["one"]))
    assert_applied(stack.apply())
    stack.declare(*manifests(ONE_WAY, None))
    stack.api.fail("status", status=403, code="restricted_resource", method="PATCH", nth=2)
    assert errors_of(stack.apply(allow_destructive=True))
    assert stack.schema("Clients")["Jobs"]["relation"]["type"] == "single_property"
    assert fields_of(stack.plan()) == ["clients properties.Jobs"]
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.schema("Clients").keys() == {"Name"}
    assert_settled(stack)


def test_a_relation_that_people_added_is_left_alone(stack: Stack) -> None:
    stack.declare(*manifests(*SIDES["one"]))
    assert_applied(stack.apply())
    by_hand = {"relation": {"data_source_id": stack.source_id("Jobs"), "single_property": {}}}
    stack.api.change(stack.source_id("Clients"), Favourites=by_hand)
    stack.declare(*manifests(ONE_WAY, None))
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.schema("Clients").keys() == {"Name", "Favourites"}
    assert_settled(stack)


KINDS = ("one-way", "two-way", "both sides")
COUNT = 4
RELATIONS = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1), st.sampled_from(KINDS)), min_size=1, max_size=5
)


def graph(relations: list[tuple[int, int, str]]) -> list[Json]:
    properties: list[Json] = [{} for _ in range(COUNT)]
    for index, (here, there, kind) in enumerate(relations):
        ends = {"synced_property": f"B{index}"} if kind != "one-way" else {}
        properties[here][f"R{index}"] = {"type": "relation", "database": f"db-{there}", **ends}
        if kind == "both sides":
            back = {"type": "relation", "database": f"db-{here}", "synced_property": f"R{index}"}
            properties[there][f"B{index}"] = back
    return [database(f"db-{index}", one) for index, one in enumerate(properties)]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(before=RELATIONS, targets=st.lists(st.tuples(st.integers(0, COUNT - 1), st.sampled_from(KINDS)), min_size=5))
def test_any_relations_become_any_others_and_the_old_ends_are_gone(
    notion_process: Sandbox, before: list[tuple[int, int, str]], targets: list[tuple[int, str]]
) -> None:
    after = [(here, *target) for (here, _, _), target in zip(before, targets, strict=False)]
    api = connected(notion_process)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        stack = Stack(api, Path(folder))
        stack.declare(*graph(before))
        assert_applied(stack.apply())
        stack.declare(*graph(after))
        report = stack.apply(allow_destructive=True)
        assert_applied(report)
        assert [one.name for outcome in report.outcomes for one in outcome.change.unmanageable] == []
        for number, manifest in enumerate(graph(after)):
            live = stack.schema(manifest["spec"]["title"])
            ends = {
                f"B{index}" for index, (_, there, kind) in enumerate(after) if there == number and kind != "one-way"
            }
            assert live.keys() == manifest["spec"]["properties"].keys() | ends
            for name, declared in manifest["spec"]["properties"].items():
                if declared["type"] == "relation":
                    two_way = live[name]["relation"]["type"] == "dual_property"
                    assert two_way is ("synced_property" in declared)
        assert_settled(stack)


def test_what_follows_from_a_declared_change_is_no_drift(stack: Stack) -> None:
    """The links of rows after another target."""
    stack.declare(*manifests(*SIDES["one"]))
    assert_applied(stack.apply())
    changed = manifests({**JOBS, "database": "suppliers"}, None)
    changed[2]["spec"]["rows"] = {"items": [{"Name": "Ada"}]}
    stack.declare(*changed)
    planned = stack.plan()
    assert "jobs rows.Roof.Client" in fields_of(planned)
    assert drift_of(planned) == []
    assert_applied(stack.apply(allow_destructive=True))
    (client,) = stack.row("Jobs", "Roof")["properties"]["Client"]["relation"]
    assert client["id"] == stack.row("Suppliers", "Ada")["id"]
    assert_settled(stack)
