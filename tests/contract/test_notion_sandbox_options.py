"""Options of select, multi_select and status."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi

KINDS = ["select", "multi_select"]


def _options(names: str) -> list[Json]:
    return [{"name": name} for name in names.split()]


@pytest.mark.parametrize("kind", KINDS)
def test_an_omitted_option_is_deleted_with_its_values(notion_sandbox: NotionApi, kind: str) -> None:
    _, source = notion_sandbox.database(P={kind: {"options": _options("A B")}})
    value: Any = {"name": "A"} if kind == "select" else [{"name": "A"}, {"name": "B"}]
    page = notion_sandbox.row(source, P={kind: value})
    notion_sandbox.change(source, P={kind: {"options": _options("B")}})
    found = notion_sandbox.page(page["id"])["properties"]["P"][kind]
    assert found is None if kind == "select" else [option["name"] for option in found] == ["B"]


@pytest.mark.parametrize("kind", [*KINDS, "status"])
def test_an_option_is_matched_by_its_name_in_any_case(notion_sandbox: NotionApi, kind: str) -> None:
    _, source = notion_sandbox.database(P={kind: {"options": _options("Alpha Beta")}})
    before = {option["name"]: option["id"] for option in notion_sandbox.schema(source)["P"][kind]["options"]}
    change = {kind: {"options": _options("beta ALPHA new")}}
    after = notion_sandbox.change(source, P=change)["P"][kind]["options"]
    assert [option["name"] for option in after] == ["Beta", "Alpha", "new"]
    assert [option["id"] for option in after[:2]] == [before["Beta"], before["Alpha"]]


@pytest.mark.parametrize("kind", [*KINDS, "status"])
def test_the_colour_of_an_option_cannot_change(notion_sandbox: NotionApi, kind: str) -> None:
    _, source = notion_sandbox.database(P={kind: {"options": [{"name": "A", "color": "red"}]}})
    option = notion_sandbox.schema(source)["P"][kind]["options"][0]
    change = {"properties": {"P": {kind: {"options": [{"name": "A", "color": "blue"}]}}}}
    error = notion_sandbox.refused("PATCH", f"/v1/data_sources/{source}", change)
    assert error["message"] == f"Cannot update color of {kind} with id: {option['id']}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_an_option_cannot_change(notion_sandbox: NotionApi, kind: str) -> None:
    _, source = notion_sandbox.database(P={kind: {"options": _options("A")}})
    option = notion_sandbox.schema(source)["P"][kind]["options"][0]
    change = {"properties": {"P": {kind: {"options": [{"id": option["id"], "name": "B"}]}}}}
    error = notion_sandbox.refused("PATCH", f"/v1/data_sources/{source}", change)
    assert "Cannot update name" in error["message"]


def test_a_new_name_for_a_status_option_is_ignored(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(P={"status": {"options": _options("A")}})
    option = notion_sandbox.schema(source)["P"]["status"]["options"][0]
    change = {"status": {"options": [{"id": option["id"], "name": "B"}]}}
    assert notion_sandbox.change(source, P=change)["P"]["status"]["options"][0]["name"] == "A"


@pytest.mark.parametrize("names", [["a,b"], ["Same", "same"], [""]], ids=["comma", "duplicate", "empty"])
@pytest.mark.parametrize("kind", [*KINDS, "status"])
def test_a_bad_option_name_is_refused(notion_sandbox: NotionApi, kind: str, names: list[str]) -> None:
    _, source = notion_sandbox.database()
    change = {"properties": {"P": {kind: {"options": [{"name": name} for name in names]}}}}
    assert notion_sandbox.refused("PATCH", f"/v1/data_sources/{source}", change)["code"] == "validation_error"


def test_a_status_starts_with_three_options_in_three_groups(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(P={"status": {}})
    status = notion_sandbox.schema(source)["P"]["status"]
    names = {option["id"]: option["name"] for option in status["options"]}
    groups = {group["name"]: [names[key] for key in group["option_ids"]] for group in status["groups"]}
    assert groups == {"To-do": ["Not started"], "In progress": ["In progress"], "Complete": ["Done"]}


@pytest.mark.parametrize(("honoured", "group"), [(False, "To-do"), (True, "Complete")])
def test_the_group_of_a_new_status_option_is_honoured_only_when_switched_on(
    notion_sandbox: NotionApi, honoured: bool, group: str
) -> None:
    notion_sandbox.behave(status_group_honoured=honoured)
    _, source = notion_sandbox.database(P={"status": {"options": [{"name": "Shipped", "group": "Complete"}]}})
    status = notion_sandbox.schema(source)["P"]["status"]
    home = next(found["name"] for found in status["groups"] if found["option_ids"])
    assert home == group


def test_a_row_may_invent_a_select_option_but_no_status(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(S={"select": {}}, T={"status": {}})
    page = notion_sandbox.row(source, S={"select": {"name": "Fresh"}})
    assert [option["name"] for option in notion_sandbox.schema(source)["S"]["select"]["options"]] == ["Fresh"]
    change = {"properties": {"T": {"status": {"name": "Fresh"}}}}
    error = notion_sandbox.refused("PATCH", f"/v1/pages/{page['id']}", change)
    assert error["message"] == 'Invalid status option. Status option "Fresh" does not exist.'


def test_a_status_of_null_is_the_default(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(T={"status": {}})
    page = notion_sandbox.row(source, T={"status": {"name": "Done"}})
    change = {"properties": {"T": {"status": None}}}
    found = notion_sandbox.ok("PATCH", f"/v1/pages/{page['id']}", change)
    assert found["properties"]["T"]["status"]["name"] == "Not started"


def test_options_survive_the_change_from_one_choice_to_many(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(P={"select": {"options": _options("A B")}})
    page = notion_sandbox.row(source, P={"select": {"name": "A"}})
    before = notion_sandbox.schema(source)["P"]["select"]["options"]
    assert notion_sandbox.change(source, P={"multi_select": {}})["P"]["multi_select"]["options"] == before
    found = notion_sandbox.page(page["id"])["properties"]["P"]["multi_select"]
    assert [option["name"] for option in found] == ["A"]
