"""Several data sources in one database: each declared on its own, with its own schema and rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import Json, Stack, assert_applied, assert_settled, database, errors_of, fields_of

from ansible_collections.factory.core.plugins.module_utils.change import Action, Effect
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def data_source(name: str, home: str, properties: Json | None = None, **spec: Any) -> Json:
    manifest = database(name, properties)
    manifest["kind"] = "NotionDataSource"
    manifest["spec"] = {"database": home, **manifest["spec"], **spec}
    return manifest


def applied(stack: Stack, *manifests: Json, **how: Any) -> None:
    stack.declare(*manifests)
    assert_applied(stack.apply(**how))


def sources(stack: Stack, title: str = "Crm") -> dict[str, str]:
    """The ids of the data sources of a database, by title."""
    return {one["name"]: one["id"] for one in stack.container(title)["data_sources"]}


def schema(stack: Stack, source: str) -> Json:
    return stack.api.schema(sources(stack)[source])


CRM = database("crm", {"Size": {"type": "number"}}, rows={"items": [{"Name": "Acme", "Size": 3}]})
DEALS = data_source(
    "deals",
    "crm",
    {
        "Company": {"type": "relation", "database": "crm", "synced_property": "Deals"},
        "Size": {"type": "rollup", "relation": "Company", "property": "Size", "function": "sum"},
    },
    icon="🤝",
    rows={"items": [{"Name": "Roof", "Company": "Acme"}]},
)
CALLS = database(
    "calls",
    {
        "Deal": {"type": "relation", "data_source": "deals"},
        "Deals": {"type": "rollup", "relation": "Deal", "property": "Name", "function": "count"},
    },
    rows={"items": [{"Name": "Monday", "Deal": "Roof"}]},
)


def test_a_database_has_two_data_sources_that_relate_and_settle(stack: Stack) -> None:
    applied(stack, CRM, DEALS, CALLS)
    assert sorted(sources(stack)) == ["Crm", "Deals"]
    assert sorted(schema(stack, "Crm")) == ["Deals", "Name", "Size"]
    assert sorted(schema(stack, "Deals")) == ["Company", "Name", "Size"]
    assert stack.api.names(sources(stack)["Deals"]) == ["Roof"]
    assert stack.api.names(sources(stack)["Crm"]) == ["Acme"]
    assert stack.schema("Calls")["Deal"]["relation"]["data_source_id"] == sources(stack)["Deals"]
    assert len(stack.value("Calls", "Monday", "Deal")) == 1
    assert stack.api.ok("GET", f"/v1/data_sources/{sources(stack)['Deals']}")["icon"]["emoji"] == "🤝"
    assert_settled(stack)


def test_a_check_costs_one_read_for_each(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"), data_source("leads", "crm"))
    assert_settled(stack)
    assert (stack.requests.reads, stack.requests.writes) == (3, 0)


def test_without_the_cache_each_is_found_in_its_database(stack: Stack) -> None:
    applied(stack, CRM, DEALS, CALLS)
    stack.forget()
    planned = stack.plan()
    assert not planned.plan.pending, fields_of(planned)
    assert not planned.plan.warnings
    assert_settled(stack)


def test_the_first_data_source_stays_the_database_s_own_whatever_their_order(stack: Stack) -> None:
    applied(stack, database("crm", {"Size": {"type": "number"}}), data_source("deals", "crm"))
    stack.api.ok("PATCH", f"/v1/data_sources/{sources(stack)['Crm']}", {"title": text("Renamed")})
    stack.forget()
    planned = stack.plan()
    assert fields_of(planned) == ["crm title"]
    assert_applied(stack.apply())
    assert sorted(sources(stack)) == ["Crm", "Deals"]
    assert_settled(stack)


def test_a_new_title_reaches_the_database_and_its_first_data_source(stack: Stack) -> None:
    applied(stack, CRM, DEALS)
    renamed = {**CRM, "spec": {**CRM["spec"], "title": "Customers"}}
    applied(stack, renamed, DEALS)
    assert sorted(sources(stack, "Customers")) == ["Customers", "Deals"]
    assert_settled(stack)


def test_changes_by_hand_are_drift_of_the_one_data_source(stack: Stack) -> None:
    applied(stack, CRM, DEALS)
    before = stack.container("Crm")["icon"]
    stack.api.change(sources(stack)["Deals"], Name={"name": "Deal"})
    stack.api.ok("PATCH", f"/v1/data_sources/{sources(stack)['Deals']}", {"icon": {"type": "emoji", "emoji": "🙃"}})
    planned = stack.plan()
    assert sorted(fields_of(planned)) == ["deals icon", "deals properties.Name.name"]
    assert_applied(stack.apply())
    assert stack.container("Crm")["icon"] == before
    assert_settled(stack)


def test_one_in_the_trash_is_restored(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"))
    deals = sources(stack)["Deals"]
    stack.api.ok("PATCH", f"/v1/data_sources/{deals}", {"in_trash": True})
    assert Action.RESTORE in [change.action for change in stack.plan().plan.changes]
    assert_applied(stack.apply())
    assert sources(stack)["Deals"] == deals
    assert_settled(stack)


def test_one_that_is_no_longer_declared_goes_with_prune_only(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"))
    stack.declare(database("crm"))
    assert "no longer declared" in stack.plan().plan.warnings[0]
    (change,) = stack.plan(prune=True).plan.pending
    assert (str(change.address), change.effect) == ("NotionDataSource/deals", Effect.DESTRUCTIVE)
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert sorted(sources(stack)) == ["Crm"]
    assert_settled(stack)


def test_a_database_goes_with_its_data_sources(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"), database("other"))
    stack.declare(database("other"))
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert stack.titles() == ["Other"]
    assert_settled(stack)


def test_a_data_source_that_somebody_added_is_nobody_s_and_stays(stack: Stack) -> None:
    applied(stack, database("crm"))
    parent = {"type": "database_id", "database_id": stack.id_of("Crm")}
    body = {"parent": parent, "title": text("Mine"), "properties": {"Name": {"title": {}}}}
    stack.api.ok("POST", "/v1/data_sources", body)
    stack.forget()
    assert_settled(stack)
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert sorted(sources(stack)) == ["Crm", "Mine"]


def test_two_of_one_title_are_named_and_left_alone(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"))
    parent = {"type": "database_id", "database_id": stack.id_of("Crm")}
    body = {"parent": parent, "title": text("Deals"), "properties": {"Name": {"title": {}}}}
    twin = stack.api.ok("POST", "/v1/data_sources", body)["id"]
    stack.forget()
    (error,) = errors_of(stack.plan())
    assert "2 live data sources are titled 'Deals'" in error
    assert twin in error


WRONG = {
    "a database that is not declared": (data_source("deals", "crn"), "NotionDatabase/crn is not declared"),
    "the title of its database": (data_source("deals", "crm", title="Crm"), "NotionDatabase/crm has this title"),
    "what only a database has": (data_source("deals", "crm", inline=True), "unknown key 'inline'"),
    "two targets of a relation": (
        data_source("deals", "crm", {"R": {"type": "relation", "database": "crm", "data_source": "deals"}}),
        "give either database or data_source, not both",
    ),
    "a relation to nothing": (
        data_source("deals", "crm", {"R": {"type": "relation", "data_source": "deal"}}),
        "NotionDataSource/deal is not declared",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_data_source_that_cannot_be_is_refused_before_any_request(stack: Stack, case: str) -> None:
    manifest, message = WRONG[case]
    stack.declare(manifest, database("crm"))
    with pytest.raises(InvalidManifests, match=r"deals\.yml:1:\d+") as refused:
        stack.plan()
    assert message in str(refused.value)
