"""What a manifest's lifecycle words make of pages, of databases on them, and of further data sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Json,
    Stack,
    assert_applied,
    assert_settled,
    database,
    drift_of,
    errors_of,
    fields_of,
)

from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.report import Report

MARK = "Managed by Factory: shop NotionPage/"
HOME = "${NotionPage/handbook.id}"


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def page(name: str = "handbook", title: str = "Handbook", metadata: Json | None = None, **spec: Any) -> Json:
    return {
        "apiVersion": "factory/v1",
        "kind": "NotionPage",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"title": title, **spec},
    }


def data_source(name: str, home: str, metadata: Json | None = None) -> Json:
    manifest = database(name, {"Size": {"type": "number"}}, metadata)
    return {**manifest, "kind": "NotionDataSource", "spec": {"database": home, **manifest["spec"]}}


KEPT = database("kept")
TREE = (
    page(body="See https://www.notion.so/${NotionDatabase/crm.id}"),
    page("team", "Team", parent=HOME),
    database("crm", parent="${NotionPage/team.id}", rows={"items": [{"Name": "Acme"}]}),
    database("calls", {"Company": {"type": "relation", "database": "crm", "synced_property": "Calls"}}, parent=HOME),
    data_source("deals", "crm"),
)


def declare(stack: Stack, *manifests: Json, **history: Any) -> None:
    stack.declare(*manifests)
    if history:
        (stack.stack_folder / "history.yml").write_text(json.dumps(history))


def applied(stack: Stack, *manifests: Json, **history: Any) -> None:
    declare(stack, *manifests, **history)
    assert_applied(stack.apply())


def destroy(stack: Stack) -> Report:
    return stack.apply(purpose=Purpose.DESTROY, confirm="sandbox")


def actions(report: Report) -> dict[str, str]:
    return {change.address.name: change.action.value for change in report.plan.pending}


def children(stack: Stack, parent: str) -> list[Json]:
    found: list[Json] = stack.api.ok("GET", f"/v1/blocks/{parent}/children", params={"page_size": 100})["results"]
    return found


def page_ids(stack: Stack, parent: str | None = None) -> dict[str, str]:
    """The ids of the pages on a page, the stack's own parent if none is given, by title."""
    listed = children(stack, parent or stack.api.sandbox.root_page_id)
    return {one["child_page"]["title"]: one["id"] for one in listed if one["type"] == "child_page"}


def texts(stack: Stack, title: str = "Handbook") -> list[str]:
    """The paragraphs on a page."""
    listed = children(stack, page_ids(stack)[title])
    return [
        "".join(part["plain_text"] for part in one["paragraph"]["rich_text"])
        for one in listed
        if one["type"] == "paragraph"
    ]


def sources(stack: Stack, title: str = "Crm") -> dict[str, str]:
    return {one["name"]: one["id"] for one in stack.container(title)["data_sources"]}


def unmark(stack: Stack, title: str = "Handbook") -> None:
    """Take the ownership line off a page, as somebody does by hand."""
    (mark,) = [
        one["id"]
        for one in children(stack, page_ids(stack)[title])
        if one["type"] == "paragraph" and "Managed by Factory" in json.dumps(one)
    ]
    stack.api.ok("DELETE", f"/v1/blocks/{mark}")


# moved

MOVED = [{"from": "NotionPage/handbook", "to": "NotionPage/guide"}]


@pytest.mark.parametrize("spec", [{}, {"body": "one"}])
@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_a_moved_page_takes_one_write_of_its_ownership_line(stack: Stack, cache: str, spec: Json) -> None:
    applied(stack, page(**spec), database("tasks", parent=HOME))
    before = page_ids(stack)
    declare(stack, page("guide", **spec), database("tasks", parent="${NotionPage/guide.id}"), moved=MOVED)
    if cache == "lost":
        stack.forget()

    planned = stack.plan(prune=True)
    assert (actions(planned), fields_of(planned)) == ({"guide": "rename"}, ["guide ownership"])
    assert drift_of(planned) == []
    assert_applied(stack.apply(prune=True))

    assert stack.requests.writes == 1
    assert page_ids(stack) == before
    assert texts(stack)[-1] == f"{MARK}guide"
    assert_settled(stack)
    stack.forget()
    assert_settled(stack)


def test_a_page_costs_no_look_at_its_ownership_line_once_it_was_moved(stack: Stack) -> None:
    applied(stack, page(metadata={"protect": True}))
    applied(stack, page("guide", metadata={"protect": True}), moved=MOVED)
    assert_settled(stack)
    assert stack.requests.reads == 1


def test_a_moved_data_source_stays_the_same_one(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"))
    before = sources(stack)
    renamed = data_source("leads", "crm")
    renamed["spec"]["title"] = "Deals"
    moved = [{"from": "NotionDataSource/deals", "to": "NotionDataSource/leads"}]
    declare(stack, database("crm"), renamed, moved=moved)

    assert actions(stack.plan(prune=True)) == {"leads": "rename"}
    assert_applied(stack.apply(prune=True))
    assert stack.requests.writes == 0
    assert sources(stack) == before
    assert_settled(stack)


# protect


@pytest.mark.parametrize("spec", [{}, {"body": "one"}])
@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_protection_of_a_page_comes_and_goes_with_one_write_and_is_no_drift(
    stack: Stack, cache: str, spec: Json
) -> None:
    applied(stack, page(**spec))
    for metadata, mark in (({"protect": True}, f"{MARK}handbook, protected"), ({}, f"{MARK}handbook")):
        declare(stack, page(metadata=metadata, **spec))
        if cache == "lost":
            stack.forget()
            stack.plan()
        assert fields_of(stack.plan()) == ["handbook ownership"]
        assert cache == "lost" or drift_of(stack.plan()) == []
        assert_applied(stack.apply())
        assert stack.requests.writes == 1
        assert texts(stack)[-1] == mark
        assert_settled(stack)


@pytest.mark.parametrize("manifest", [page("guarded", "Guarded"), database("guarded", parent=HOME)])
@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_what_is_protected_survives_its_manifest_and_the_page_it_lies_on(
    stack: Stack, cache: str, manifest: Json
) -> None:
    manifest = {**manifest, "metadata": {"name": "guarded", "protect": True}}
    applied(stack, KEPT, page(), manifest)
    declare(stack, KEPT)
    if cache == "lost":
        stack.forget()

    assert stack.plan(prune=True, allow_destructive=True).plan.gate.decision is Decision.DENY
    with pytest.raises(FactoryError, match="removed: "):
        stack.apply(prune=True, allow_destructive=True)
    assert stack.requests.writes == 0


@pytest.mark.parametrize("protected", ["deals", "crm"])
def test_a_protected_data_source_or_one_in_a_protected_database_is_not_pruned(stack: Stack, protected: str) -> None:
    guard = {name: {"protect": True} if name == protected else {} for name in ("crm", "deals")}
    applied(stack, database("crm", metadata=guard["crm"]), data_source("deals", "crm", guard["deals"]))
    declare(stack, database("crm", metadata=guard["crm"]))
    with pytest.raises(FactoryError, match="removed: "):
        stack.apply(prune=True, allow_destructive=True)
    assert sorted(sources(stack)) == ["Crm", "Deals"]


# removed


def test_a_removed_page_stays_and_loses_its_ownership_line_only(stack: Stack) -> None:
    applied(stack, KEPT, page(metadata={"protect": True}, body="one"))
    declare(stack, KEPT, removed=[{"address": "NotionPage/handbook", "reason": "theirs now"}])

    assert actions(stack.plan()) == {"handbook": "forget"}
    assert_applied(stack.apply())

    assert stack.requests.writes == 1
    assert texts(stack) == ["one"]
    assert actions(stack.plan(prune=True)) == {}
    assert_settled(stack)


def test_a_removed_data_source_stays_and_is_forgotten_without_a_write(stack: Stack) -> None:
    applied(stack, database("crm"), data_source("deals", "crm"))
    declare(stack, database("crm"), removed=[{"address": "NotionDataSource/deals", "reason": "theirs now"}])

    assert actions(stack.plan()) == {"deals": "forget"}
    assert_applied(stack.apply())

    assert stack.requests.writes == 0
    assert sorted(sources(stack)) == ["Crm", "Deals"]
    assert actions(stack.plan(prune=True)) == {}
    assert_settled(stack)


def test_a_removed_page_goes_into_the_trash_under_prune_with_all_of_ours_on_it(stack: Stack) -> None:
    applied(stack, KEPT, *TREE)
    names = {one["metadata"]["name"]: one["kind"] for one in TREE}
    declare(stack, KEPT, removed=[{"address": f"{kind}/{name}", "reason": "over"} for name, kind in names.items()])
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert (page_ids(stack), stack.titles()) == ({}, ["Kept"])
    assert_settled(stack)


def test_a_page_whose_ownership_line_is_gone_is_neither_pruned_nor_destroyed(stack: Stack) -> None:
    applied(stack, KEPT, page())
    unmark(stack)
    report = destroy(stack)
    assert_applied(report)
    assert [one for one in report.plan.warnings if one.startswith("NotionPage/handbook: ")]
    assert list(page_ids(stack)) == ["Handbook"]

    applied(stack, KEPT, page())
    declare(stack, KEPT)
    assert actions(stack.plan(prune=True)) == {}
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert list(page_ids(stack)) == ["Handbook"]


# destroy, and what comes back


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_a_stack_of_pages_databases_on_them_and_a_further_data_source_is_destroyed(stack: Stack, cache: str) -> None:
    stack.api.database("Foreign")
    applied(stack, *TREE)
    if cache == "lost":
        stack.forget()

    planned = stack.plan(purpose=Purpose.DESTROY)
    assert actions(planned) == dict.fromkeys(("handbook", "team", "crm", "calls", "deals"), "delete")
    order = [change.address.name for change in planned.plan.pending]
    assert order.index("deals") < order.index("crm") < order.index("team") < order.index("handbook")
    assert_applied(destroy(stack))

    assert (page_ids(stack), stack.titles()) == ({}, ["Foreign"])
    assert actions(destroy(stack)) == {}
    assert stack.requests.writes == 0


@pytest.mark.parametrize("cache", ["warm", "lost"])
def test_what_was_destroyed_comes_back_with_its_content_and_no_twins(stack: Stack, cache: str) -> None:
    applied(stack, *TREE)
    before = page_ids(stack)
    below = page_ids(stack, before["Handbook"])
    assert_applied(destroy(stack))
    if cache == "lost":
        stack.forget()

    assert set(actions(stack.plan()).values()) == {"restore"}
    assert_applied(stack.apply())

    assert page_ids(stack) == before
    assert page_ids(stack, before["Handbook"]) == below
    (crm,) = [one["id"] for one in children(stack, below["Team"]) if one["type"] == "child_database"]
    found = stack.api.ok("GET", f"/v1/databases/{crm}")["data_sources"]
    assert sorted(one["name"] for one in found) == ["Crm", "Deals"]
    (own,) = [one["id"] for one in found if one["name"] == "Crm"]
    assert stack.api.names(own) == ["Acme"]
    assert_settled(stack)


def test_a_trashed_page_is_found_without_the_cache_and_brings_back_what_lies_on_it(stack: Stack) -> None:
    applied(stack, *TREE)
    home = page_ids(stack)["Handbook"]
    stack.api.ok("PATCH", f"/v1/pages/{home}", {"in_trash": True})
    stack.forget()

    assert actions(stack.plan())["handbook"] == "restore"
    assert "create" not in actions(stack.plan()).values()
    assert_applied(stack.apply())
    assert page_ids(stack) == {"Handbook": home}
    assert_settled(stack)


def test_destroying_says_what_of_others_goes_with_a_page(stack: Stack) -> None:
    applied(stack, page())
    parent = {"type": "page_id", "page_id": page_ids(stack)["Handbook"]}
    stack.api.ok("POST", "/v1/pages", {"parent": parent, "properties": {"title": {"title": text("Mine")}}})
    planned = stack.plan(purpose=Purpose.DESTROY)
    assert planned.plan.warnings == ("with NotionPage/handbook goes to the trash what lies on it: 'Mine'",)


def test_a_protected_page_keeps_its_stack_from_being_destroyed(stack: Stack) -> None:
    applied(stack, page(metadata={"protect": True}), database("tasks", parent=HOME))
    with pytest.raises(FactoryError, match="it is protected"):
        destroy(stack)
    assert stack.requests.writes == 0


# adopt


def test_to_adopt_a_page_writes_its_ownership_line_and_nothing_else(stack: Stack) -> None:
    parent = {"type": "page_id", "page_id": stack.api.sandbox.root_page_id}
    body = {"parent": parent, "properties": {"title": {"title": text("Handbook")}}}
    theirs = stack.api.ok("POST", "/v1/pages", body)["id"]
    stack.api.ok(
        "PATCH",
        f"/v1/blocks/{theirs}/children",
        {"children": [{"type": "paragraph", "paragraph": {"rich_text": text("precious")}}]},
    )
    declare(stack, page(icon="📘", body="one"))

    assert_applied(stack.apply(purpose=Purpose.ADOPT))

    assert stack.requests.writes == 1
    assert texts(stack) == ["precious", f"{MARK}handbook"]
    planned = stack.plan()
    assert "handbook icon" in fields_of(planned)
    assert drift_of(planned) == []
    assert not errors_of(planned)


def test_a_page_that_went_to_the_trash_with_the_one_around_it_is_pruned_without_an_error(stack: Stack) -> None:
    applied(stack, KEPT, page(), page("team", "Team", parent=HOME))
    stack.api.ok("PATCH", f"/v1/pages/{page_ids(stack)['Handbook']}", {"in_trash": True})
    declare(stack, KEPT)

    assert actions(stack.plan(prune=True)) == {"team": "delete"}
    assert_applied(stack.apply(prune=True, allow_destructive=True))

    assert_settled(stack)
    assert actions(stack.plan(prune=True)) == {}
