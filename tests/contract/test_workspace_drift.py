"""What people edit behind Factory's back is found, named, and put right by one apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    database,
    drift_of,
    errors_of,
    fields_of,
    option_names,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.plan_text import drift_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


CLIENTS = database("clients", rows={"items": [{"Name": "Ada"}, {"Name": "Grace"}]})
JOBS = database(
    "jobs",
    {
        "State": {"type": "select", "options": options("Open", "Done")},
        "Stage": {"type": "status", "options": options("Todo", "Won")},
        "Fee": {"type": "number", "format": "euro"},
        "Paid": {"type": "checkbox", "description": "Money is here."},
        "Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"},
        "Next": {"type": "relation", "database": "jobs"},
        "Clients": {"type": "rollup", "relation": "Client", "property": "Name", "function": "count"},
        "Double": {"type": "formula", "expression": 'prop("Fee") * 2'},
    },
    description="All jobs.",
    icon="🔨",
    cover="https://example.com/cover.png",
    inline=False,
    locked=True,
    rows={
        "items": [
            {"Name": "Roof", "State": "Open", "Stage": "Won", "Fee": 10, "Paid": True, "Client": "Ada"},
            {"Name": "Door", "State": "Done", "Fee": 5, "Client": ["Ada", "Grace"], "Next": "Roof"},
        ]
    },
)


def edit_source(body: Callable[[Stack], dict[str, Any]]) -> Callable[[Stack], object]:
    return lambda stack: stack.api.ok("PATCH", f"/v1/data_sources/{stack.source_id('Jobs')}", body(stack))


def edit_schema(**properties: Any) -> Callable[[Stack], object]:
    return edit_source(lambda stack: {"properties": properties})


def edit_container(**body: Any) -> Callable[[Stack], object]:
    return lambda stack: stack.api.ok("PATCH", f"/v1/databases/{stack.id_of('Jobs')}", body)


def edit_row(**values: Any) -> Callable[[Stack], object]:
    return lambda stack: stack.api.ok("PATCH", f"/v1/pages/{stack.row('Jobs', 'Roof')['id']}", {"properties": values})


def trash_row(stack: Stack) -> None:
    stack.api.ok("PATCH", f"/v1/pages/{stack.row('Jobs', 'Door')['id']}", {"in_trash": True})


def retarget(stack: Stack) -> None:
    own = stack.source_id("Jobs")
    relation = {"relation": {"data_source_id": own, "type": "single_property", "single_property": {}}}
    stack.api.change(own, Client=relation)


def one_way(stack: Stack) -> None:
    other = stack.source_id("Clients")
    relation = {"relation": {"data_source_id": other, "type": "single_property", "single_property": {}}}
    stack.api.change(stack.source_id("Jobs"), Client=relation)


def rename_back(stack: Stack) -> None:
    stack.api.change(stack.source_id("Clients"), Jobs={"name": "Work"})


class Edit(NamedTuple):
    """An edit by hand, the fields that the plan must name, and whether putting it right destroys."""

    do: Callable[[Stack], object]
    named: str
    destructive: bool = False


EDITS = {
    "the title": Edit(edit_source(lambda stack: {"title": text("Orders")}), "jobs title"),
    "the description": Edit(edit_container(description=text("Mine.")), "jobs description"),
    "the ownership line": Edit(edit_container(description=text("All jobs.")), "jobs ownership"),
    "the icon": Edit(edit_container(icon={"type": "emoji", "emoji": "🎈"}), "jobs icon"),
    "the icon of the data source": Edit(edit_source(lambda stack: {"icon": None}), "jobs icon"),
    "the cover": Edit(
        edit_container(cover={"type": "external", "external": {"url": "https://example.com/other.png"}}), "jobs cover"
    ),
    "the lock": Edit(edit_container(is_locked=False), "jobs locked"),
    "a deleted option": Edit(
        edit_schema(State={"select": {"options": [{"name": "Done"}]}}), "jobs properties.State.options.Open"
    ),
    "a deleted status option": Edit(
        edit_schema(Stage={"status": {"options": [{"name": "Todo"}]}}), "jobs properties.Stage.options.Won"
    ),
    "a renamed property": Edit(edit_schema(State={"name": "Condition"}), "jobs properties.State.name"),
    "a renamed title property": Edit(edit_schema(Name={"name": "Job"}), "jobs properties.Name.name"),
    "a renamed two-way relation": Edit(edit_schema(Client={"name": "Customer"}), "jobs properties.Client.name"),
    "a renamed back-property": Edit(rename_back, "clients properties.Jobs.name"),
    "a deleted property": Edit(edit_schema(Fee=None), "jobs properties.Fee"),
    "a deleted two-way relation": Edit(edit_schema(Client=None), "jobs properties.Client"),
    "a deleted self relation": Edit(edit_schema(Next=None), "jobs properties.Next"),
    "a retyped property": Edit(
        edit_schema(Fee={"type": "rich_text", "rich_text": {}}), "jobs properties.Fee.type", True
    ),
    "a property's description": Edit(edit_schema(Paid={"description": "?"}), "jobs properties.Paid.description"),
    "a number format": Edit(edit_schema(Fee={"number": {"format": "dollar"}}), "jobs properties.Fee.format"),
    "a formula": Edit(
        edit_schema(Double={"formula": {"expression": 'prop("Fee") * 3'}}), "jobs properties.Double.expression"
    ),
    "a rollup": Edit(
        edit_schema(
            Clients={
                "rollup": {
                    "relation_property_name": "Client",
                    "rollup_property_name": "Name",
                    "function": "show_original",
                }
            }
        ),
        "jobs properties.Clients.function",
    ),
    "a retargeted relation": Edit(retarget, "jobs properties.Client.database", True),
    "a relation made one-way": Edit(one_way, "jobs properties.Client.synced_property"),
    "a number in a row": Edit(edit_row(Fee={"number": 99}), "jobs rows.Roof.Fee"),
    "a cleared number in a row": Edit(edit_row(Fee={"number": None}), "jobs rows.Roof.Fee"),
    "a select in a row": Edit(edit_row(State={"select": {"name": "Done"}}), "jobs rows.Roof.State"),
    "a status in a row": Edit(edit_row(Stage={"status": {"name": "Todo"}}), "jobs rows.Roof.Stage"),
    "a relation in a row": Edit(edit_row(Client={"relation": []}), "jobs rows.Roof.Client"),
    "the key of a row": Edit(edit_row(Name={"title": text("Ruin")}), "jobs rows.Roof"),
    "a trashed row": Edit(trash_row, "jobs rows.Door"),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_by_hand_is_drift_named_and_put_right(stack: Stack, case: str) -> None:
    edit = EDITS[case]
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    edit.do(stack)
    planned = stack.plan()
    assert edit.named in drift_of(planned)
    assert drift_of(planned) == fields_of(planned)
    assert any(edit.named.split(" ")[1] in line.text for line in drift_lines(planned.plan))
    destroys = any(change.effect is Effect.DESTRUCTIVE for change in planned.plan.changes)
    assert destroys == edit.destructive
    if destroys:
        with pytest.raises(FactoryError, match="allow-destructive"):
            stack.apply()
        assert stack.requests.writes == 0
    assert_applied(stack.apply(allow_destructive=edit.destructive))
    assert_settled(stack)
    assert_as_declared(stack)


def assert_as_declared(stack: Stack) -> None:
    """Read from the API, never from Factory."""
    container, schema = stack.container("Jobs"), stack.schema("Jobs")
    assert container["icon"]["emoji"] == "🔨"
    assert container["cover"]["external"]["url"] == "https://example.com/cover.png"
    assert container["is_locked"] is True
    assert "".join(part["plain_text"] for part in container["description"]).startswith("All jobs.\nManaged by")
    assert {"Open", "Done"} <= set(option_names(schema, "State"))
    assert {"Todo", "Won"} <= set(option_names(schema, "Stage"))
    assert schema["Fee"]["number"]["format"] == "euro"
    assert schema["Paid"]["description"] == "Money is here."
    assert schema["Client"]["relation"]["dual_property"]["synced_property_name"] == "Jobs"
    assert schema["Clients"]["rollup"]["function"] == "count"
    assert schema["Double"]["formula"]["expression"].endswith("* 2")
    assert "Jobs" in stack.schema("Clients")
    roof = stack.row("Jobs", "Roof")["properties"]
    assert (roof["Fee"]["number"], roof["Paid"]["checkbox"], roof["State"]["select"]["name"]) == (10, True, "Open")
    assert roof["Stage"]["status"]["name"] == "Won"
    assert len(roof["Client"]["relation"]) == 1
    assert len(stack.value("Jobs", "Door", "Client")) == 2
    assert len(stack.value("Jobs", "Door", "Next")) == 1


def test_a_declared_change_is_not_drift(stack: Stack) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    changed = {**JOBS, "spec": {**JOBS["spec"], "title": "Jobs", "description": "Other.", "icon": "🎈"}}
    changed["spec"]["properties"] = {
        **JOBS["spec"]["properties"],
        "Fee": {"type": "number", "format": "dollar"},
        "State": {"type": "select", "options": options("Open", "Done", "Stuck")},
        "Where": {"type": "url"},
    }
    changed["spec"]["rows"] = {"items": [{**JOBS["spec"]["rows"]["items"][0], "Fee": 11}, {"Name": "Gate"}]}
    stack.declare(CLIENTS, changed)
    planned = stack.plan()
    assert "jobs properties.Fee.format" in fields_of(planned)
    assert drift_of(planned) == []
    assert not any(change.has_drift for change in planned.plan.changes)


def test_drift_and_a_declared_change_are_told_apart(stack: Stack) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    EDITS["a number format"].do(stack)
    stack.declare(CLIENTS, {**JOBS, "spec": {**JOBS["spec"], "icon": "🎈"}})
    planned = stack.plan()
    assert fields_of(planned) == ["jobs icon", "jobs properties.Fee.format"]
    assert drift_of(planned) == ["jobs properties.Fee.format"]


def test_many_edits_are_put_right_by_one_apply(stack: Stack) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    for case in ("the description", "a deleted option", "a formula", "a number in a row", "a trashed row"):
        EDITS[case].do(stack)
    assert_applied(stack.apply())
    assert_settled(stack)
    assert_as_declared(stack)


def test_the_identity_cache_is_not_needed_to_put_an_edit_right(stack: Stack) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    EDITS["a number in a row"].do(stack)
    stack.forget()
    assert fields_of(stack.plan()) == ["jobs rows.Roof.Fee"]
    assert_applied(stack.apply())
    assert_settled(stack)


@pytest.mark.parametrize("cache", ["warm", "lost"])
@pytest.mark.parametrize(
    "edit", [{"name": "Number"}, None, {"type": "number", "number": {}}], ids=["renamed", "deleted", "retyped"]
)
def test_rows_are_not_made_twice_when_their_key_property_is_gone(
    stack: Stack, edit: dict[str, Any] | None, cache: str
) -> None:
    rows = {"key": "Code", "items": [{"Code": "42", "Name": "One"}, {"Code": "B2", "Name": "Two"}]}
    stack.declare(database("parts", {"Code": {"type": "rich_text"}}, rows=rows))
    assert_applied(stack.apply())
    stack.api.change(stack.source_id("Parts"), Code=edit)
    if cache == "lost":
        stack.forget()
    try:
        failed = errors_of(stack.apply(allow_destructive=True))
    except FactoryError as refused:
        failed = [str(refused)]
    assert stack.row_names("Parts") == ["One", "Two"], failed


@pytest.mark.parametrize("name", ["State", "Fee", "Client", "Next", "Clients", "Double"])
def test_a_property_renamed_by_hand_gets_its_name_back_and_keeps_its_values(stack: Stack, name: str) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    before = stack.schema("Jobs")[name]["id"]
    stack.api.change(stack.source_id("Jobs"), **{name: {"name": "By hand"}})
    assert_applied(stack.apply())
    assert stack.schema("Jobs")[name]["id"] == before
    assert "By hand" not in stack.schema("Jobs")
    assert_settled(stack)
    assert_as_declared(stack)


def test_a_property_renamed_by_hand_is_not_pruned(stack: Stack) -> None:
    pruning = {**JOBS, "spec": {**JOBS["spec"], "prune": True}}
    stack.declare(CLIENTS, pruning)
    assert_applied(stack.apply())
    EDITS["a renamed property"].do(stack)
    EDITS["a renamed two-way relation"].do(stack)
    assert all(change.effect < Effect.DESTRUCTIVE for change in stack.plan().plan.changes)
    assert_applied(stack.apply())
    assert_settled(stack)


def test_drift_found_once_is_still_drift_at_the_second_look(stack: Stack) -> None:
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    EDITS["a number in a row"].do(stack)
    assert drift_of(stack.plan()) == drift_of(stack.plan()) == ["jobs rows.Roof.Fee"]


@pytest.mark.parametrize(("before", "after"), [("token", "prop"), ("prop", "token")])
def test_the_other_spelling_of_a_formula_is_no_drift(stack: Stack, before: str, after: str) -> None:
    stack.api.behave(formula_form=before)
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    stack.api.behave(formula_form=after)
    assert_settled(stack)


def test_a_deleted_two_way_relation_comes_back_although_its_other_end_stayed(stack: Stack) -> None:
    stack.api.behave(dual_delete="orphan")
    stack.declare(CLIENTS, JOBS)
    assert_applied(stack.apply())
    EDITS["a deleted two-way relation"].do(stack)
    assert_applied(stack.apply())
    assert_settled(stack)
    assert_as_declared(stack)


@pytest.mark.parametrize(("before", "after"), [(1234567, 1234568), (20261121, 20261122), (0.1234567, 0.1234568)])
def test_any_other_number_in_a_formula_is_drift(stack: Stack, before: float, after: float) -> None:
    stack.declare(database("sums", {"F": {"type": "formula", "expression": f"1 + {before}"}}))
    assert_applied(stack.apply())
    stack.api.change(stack.source_id("Sums"), F={"formula": {"expression": f"1 + {after}"}})
    assert drift_of(stack.plan()) == ["sums properties.F.expression"]
