"""An identity cache that is old, copied or broken never leads to a double, nor to a write to the wrong thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import PLENTY, FactoryApi, Json, Stack, assert_applied, assert_settled, database, errors_of

from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
from ansible_collections.factory.core.plugins.module_utils.identity_check import Finding
from ansible_collections.factory.core.plugins.module_utils.identity_lookup import find, remembered
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget
from ansible_collections.factory.notion.plugins.module_utils.id_reading import check_ids

GONE = "11111111-2222-4333-8444-555555555555"
"""An id that answers 404."""
LINE = "Managed by Factory: shop NotionDatabase/tasks"
TASKS = database(
    "tasks", {"State": {"type": "select", "options": [{"name": "Open"}]}}, rows={"items": [{"Name": "One"}]}
)
CLIENTS = database("clients")


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    one = Stack(notion_sandbox, tmp_path)
    one.declare(TASKS, CLIENTS)
    assert_applied(one.apply())
    return one


def cache_of(stack: Stack) -> Path:
    return stack.state / "identity.json"


def edited(stack: Stack, edit: Callable[[Json], object], address: str = "NotionDatabase/tasks") -> None:
    """Change what the cache has for one address."""
    content = json.loads(cache_of(stack).read_text())
    (scope,) = content["scopes"].values()
    edit(scope[address])
    cache_of(stack).write_text(json.dumps(content))


def forgotten(stack: Stack, address: str) -> None:
    """As ``factory ids forget`` does it."""
    found = find(cache_of(stack), address)
    IdentityCache(cache_of(stack), found.scope).forget(found.address)


def create_by_hand(stack: Stack, title: str, description: str = "", source: Json | None = None) -> Json:
    made: Json = stack.api.ok(
        "POST",
        "/v1/databases",
        {
            "parent": {"type": "page_id", "page_id": stack.api.sandbox.root_page_id},
            "title": text(title),
            "description": text(description) if description else [],
            "initial_data_source": {"properties": {"Name": {"title": {}}, **(source or {})}},
        },
    )
    return made


def assert_nothing_written(stack: Stack) -> None:
    with pytest.raises(FactoryError):
        stack.apply()
    assert stack.requests.writes == 0


def test_a_database_made_anew_with_our_line_is_named_when_the_remembered_one_is_gone_for_good(stack: Stack) -> None:
    edited(stack, lambda one: one.update(attributes={"id": GONE, "data_source_id": GONE}))

    (told,) = errors_of(stack.plan())
    assert "deleted for good, or it is no longer shared" in told
    assert "factory ids forget NotionDatabase/tasks --stack shop -i sandbox" in told
    assert stack.id_of("Tasks") in told
    assert_nothing_written(stack)

    forgotten(stack, "NotionDatabase/tasks")
    assert_settled(stack)
    assert stack.titles() == ["Clients", "Tasks"]


def test_a_restored_backup_does_not_bring_back_what_was_replaced(stack: Stack) -> None:
    backup, old = cache_of(stack).read_text(), stack.id_of("Tasks")
    stack.api.ok("PATCH", f"/v1/databases/{old}", {"in_trash": True})
    create_by_hand(stack, "Tasks", LINE)
    stack.forget()
    assert_applied(stack.apply())
    new = stack.id_of("Tasks")
    cache_of(stack).write_text(backup)

    (told,) = errors_of(stack.plan())
    assert f"{old} is in the trash, and {new} carries the ownership line" in told
    assert_nothing_written(stack)

    forgotten(stack, "NotionDatabase/tasks")
    assert_settled(stack)
    assert stack.id_of("Tasks") == new


def test_a_restored_backup_of_what_is_still_there_is_put_right(stack: Stack) -> None:
    backup = cache_of(stack).read_text()
    more = database("tasks", {"State": TASKS["spec"]["properties"]["State"], "Size": {"type": "number"}})
    stack.declare(more, CLIENTS)
    assert_applied(stack.apply())
    cache_of(stack).write_text(backup)
    assert_settled(stack)
    assert stack.titles() == ["Clients", "Tasks"]


def test_the_cache_of_another_page_or_target_says_nothing_here(stack: Stack) -> None:
    copied = json.loads(cache_of(stack).read_text().replace(stack.id_of("Tasks"), GONE))
    (scope,) = copied["scopes"].values()
    cache_of(stack).write_text(
        json.dumps({"version": copied["version"], "scopes": {f"notion|{GONE}|shop": scope, "other||shop": scope}})
    )
    assert_settled(stack)
    assert stack.titles() == ["Clients", "Tasks"]


@pytest.mark.parametrize(
    "garbage",
    [
        {"attributes": {"id": "nonsense", "data_source_id": "nonsense"}},
        {"attributes": {"id": 5}},
        {"attributes": {"data_source_id": GONE}},
        {"attributes": []},
        {"attributes": {"id": "../pages"}},
        {"parts": {"State": 7}},
        {"declared": ["x"]},
        {"deleted": "no"},
        {"incomplete": None},
        {"surprise": 1},
    ],
    ids=str,
)
def test_garbage_in_one_record_is_as_if_it_was_not_there(stack: Stack, garbage: Json) -> None:
    edited(stack, lambda one: one.update(garbage))
    before = stack.id_of("Tasks")
    assert_settled(stack)
    assert (stack.titles(), stack.row_names("Tasks"), stack.id_of("Tasks")) == (["Clients", "Tasks"], ["One"], before)


def test_a_broken_id_of_the_data_source_alone_is_found_anew(stack: Stack) -> None:
    edited(stack, lambda one: one["attributes"].update(data_source_id="nonsense"))
    assert_settled(stack)
    edited(stack, lambda one: one["attributes"].pop("data_source_id"))
    assert_settled(stack)


def test_the_data_source_of_another_database_is_not_written_to(stack: Stack) -> None:
    by_hand = create_by_hand(stack, "By hand")["data_sources"][0]["id"]
    edited(stack, lambda one: one["attributes"].update(data_source_id=by_hand))
    (told,) = errors_of(stack.plan())
    assert "lies in the database" in told
    assert_nothing_written(stack)
    assert list(stack.schema("By hand")) == ["Name"]


@pytest.mark.parametrize("trashed", [False, True])
def test_a_remembered_database_that_says_it_is_somebody_elses_is_left_alone(stack: Stack, trashed: bool) -> None:
    other = create_by_hand(stack, "Other", "Managed by Factory: crm NotionDatabase/tasks")
    ids = {"id": other["id"], "data_source_id": other["data_sources"][0]["id"]}
    if trashed:
        stack.api.ok("PATCH", f"/v1/databases/{other['id']}", {"in_trash": True})
    edited(stack, lambda one: one.update(attributes=ids))

    (told,) = errors_of(stack.plan())
    assert "somebody else's ('Managed by Factory: crm NotionDatabase/tasks')" in told
    assert "factory ids forget NotionDatabase/tasks --stack shop -i sandbox" in told
    assert_nothing_written(stack)

    forgotten(stack, "NotionDatabase/tasks")
    assert_settled(stack)


def test_two_addresses_that_are_remembered_with_one_id_are_both_named(stack: Stack) -> None:
    content = json.loads(cache_of(stack).read_text())
    (scope,) = content["scopes"].values()
    scope["NotionDatabase/tasks"]["attributes"] = scope["NotionDatabase/clients"]["attributes"]
    cache_of(stack).write_text(json.dumps(content))
    told = " ".join(errors_of(stack.plan()))
    assert "NotionDatabase/clients" in told
    assert_nothing_written(stack)


def test_what_is_remembered_is_verified_with_one_request_each_and_one_for_the_mark_of_a_page(stack: Stack) -> None:
    leads: dict[str, Any] = {**database("leads", database="tasks"), "kind": "NotionDataSource"}
    handbook: dict[str, Any] = {**CLIENTS, "kind": "NotionPage", "metadata": {"name": "handbook"}}
    stack.declare(TASKS, CLIENTS, leads, {**handbook, "spec": {"title": "Handbook"}})
    assert_applied(stack.apply())
    sandbox, records = stack.api.sandbox, list(remembered(cache_of(stack)))
    api = FactoryApi(sandbox.token, sandbox.base_url, RequestBudget(PLENTY), 20, "sandbox")
    said: list[tuple[int, int]] = []
    stack.api.http.delete("/_sandbox/requests")

    found = check_ids(api, records, True, 4, lambda stage, done, total: said.append((done, total)))

    assert [(one.remembered, one.finding) for one in found] == [(one, Finding.OURS) for one in records]
    counted = stack.api.http.get("/_sandbox/requests").json()
    assert (counted["reads"], counted["writes"]) == (5, 0)
    assert said == [(done, 4) for done in range(5)]


def test_a_remembered_data_source_in_the_database_of_another_stack_is_left_alone(stack: Stack) -> None:
    leads: dict[str, Any] = {**database("leads", database="tasks"), "kind": "NotionDataSource"}
    stack.declare(TASKS, CLIENTS, leads)
    assert_applied(stack.apply())
    other = create_by_hand(stack, "Other", "Managed by Factory: crm NotionDatabase/other")
    ids = {"id": other["data_sources"][0]["id"], "database_id": other["id"]}
    edited(stack, lambda one: one.update(attributes=ids), "NotionDataSource/leads")
    (told,) = errors_of(stack.plan())
    assert "lies in a database of somebody else's" in told
    assert_nothing_written(stack)
