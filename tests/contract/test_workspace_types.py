"""Property types: what the API cannot create, what it does not convert, and what is only doubtful."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_applied, assert_settled, database, fields_of, options

from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.notion.plugins.module_utils.property_types import NOT_CREATABLE, PROPERTY_TYPES


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


@pytest.mark.parametrize("kind", NOT_CREATABLE)
def test_a_type_that_the_api_cannot_create_is_refused_with_what_to_do_instead(stack: Stack, kind: str) -> None:
    stack.declare(database("things", {"Extra": {"type": kind}}))
    with pytest.raises(InvalidManifests) as refused:
        stack.plan()
    (problem,) = refused.value.problems
    assert problem.message.startswith("spec.properties.Extra.type: ")
    assert NOT_CREATABLE[kind] in problem.message


def test_a_number_format_that_nobody_knows_is_a_warning_where_it_stands(stack: Stack) -> None:
    stack.declare(database("things", {"Fee": {"type": "number", "format": "euros"}}))
    (warning,) = stack.plan().plan.warnings
    assert "things.yml:1:" in warning
    assert warning.endswith("Notion may refuse it; did you mean 'euro'?")
    assert_applied(stack.apply())
    assert stack.schema("Things")["Fee"]["number"] == {"format": "euros"}
    assert_settled(stack)


def test_a_place_goes_there_and_comes_back(stack: Stack) -> None:
    spot = {"lat": 52.52, "lon": 13.405, "name": "Berlin"}
    stack.declare(database("things", {"Where": {"type": "place"}}, rows={"items": [{"Name": "It", "Where": spot}]}))
    assert_applied(stack.apply())
    assert stack.value("Things", "It", "Where")["name"] == "Berlin"
    assert_settled(stack)


NO_PLACES = ["Berlin", {"lat": 1}, {"lat": 91, "lon": 0}, {"lat": "1", "lon": 0}, {"lat": 1, "lon": 1, "zoom": 3}]


@pytest.mark.parametrize("spot", NO_PLACES, ids=str)
def test_a_place_that_is_none_is_refused(stack: Stack, spot: Any) -> None:
    stack.declare(database("things", {"Where": {"type": "place"}}, rows={"items": [{"Name": "It", "Where": spot}]}))
    with pytest.raises(InvalidManifests):
        stack.plan()


@pytest.mark.parametrize(("before", "after"), [("place", "rich_text"), ("rich_text", "place")])
def test_a_conversion_that_the_api_does_not_do_is_unmanageable_and_never_tried(
    stack: Stack, before: str, after: str
) -> None:
    stack.declare(database("things", {"Where": {"type": before}}))
    assert_applied(stack.apply())
    stack.declare(database("things", {"Where": {"type": after}}))
    (change,) = stack.plan().plan.changes
    assert [one.name for one in change.unmanageable] == ["properties.Where.type"]
    assert_settled(stack)
    assert stack.schema("Things")["Where"]["type"] == before


CONFIGURED: dict[str, dict[str, Any]] = {
    "formula": {"expression": "1 + 1"},
    "relation": {"database": "things"},
    "rollup": {"relation": "Self", "property": "Name", "function": "count"},
    "select": {"options": options("One")},
}


@pytest.mark.parametrize("kind", PROPERTY_TYPES)
def test_the_description_of_a_property_is_written_changed_and_cleared(stack: Stack, kind: str) -> None:
    def manifest(text: str) -> dict[str, Any]:
        described = {"type": kind, "description": text, **CONFIGURED.get(kind, {})}
        return database("things", {"Thing": described, "Self": {"type": "relation", "database": "things"}})

    for text in ("What it is for", "Something else", ""):
        stack.declare(manifest(text))
        applied = stack.apply()
        assert_applied(applied)
        assert [one.name for outcome in applied.outcomes for one in outcome.change.unmanageable] == []
        assert (stack.schema("Things")["Thing"]["description"] or "") == text
        assert_settled(stack)


def test_live_properties_of_other_types_stay_as_they_are(stack: Stack) -> None:
    stack.declare(database("things"))
    assert_applied(stack.apply())
    source = stack.source("Things")
    for kind in ("button", "verification"):
        source["properties"][kind.title()] = {"id": f"x{kind[:3]}", "name": kind.title(), "description": None}
        source["properties"][kind.title()] |= {"type": kind, kind: {}}
    stack.api.ok("POST", "/_sandbox/load", {"objects": [source], "replace": True})
    stack.declare(database("things", {"Note": {"type": "rich_text"}}))
    assert fields_of(stack.plan()) == ["things properties.Note"]
    assert_applied(stack.apply())
    assert {"Button", "Verification", "Note"} <= stack.schema("Things").keys()
    assert_settled(stack)


@pytest.mark.parametrize("form", ["token", "prop"])
def test_formulas_may_stand_on_formulas_in_any_order(stack: Stack, form: str) -> None:
    stack.api.behave(formula_form=form)
    properties = {
        "C": {"type": "formula", "expression": 'prop("B").add(prop("A"))'},
        "B": {"type": "formula", "expression": 'prop("A") * 2'},
        "A": {"type": "formula", "expression": 'prop("N") + 1'},
        "N": {"type": "number"},
    }
    stack.declare(database("things", properties, rows={"items": [{"Name": "It", "N": 1}]}))
    assert_applied(stack.apply())
    assert stack.requests.count("POST databases") == stack.requests.writes - 1 == 1
    assert stack.value("Things", "It", "C")["number"] == 6
    assert_settled(stack)


def test_a_formula_over_related_pages_names_their_properties(stack: Stack) -> None:
    hours = 'prop("Parts").map(current.prop("Hours")).sum()'
    properties = {"Hours": {"type": "number"}, "Parts": {"type": "relation", "database": "things"}}
    stack.declare(database("things", {**properties, "Sum": {"type": "formula", "expression": hours}}))
    assert_applied(stack.apply())
    assert_settled(stack)


@pytest.mark.parametrize("wrong", ['prop("Hours") +', 'round(prop("Hours")', 'prop("Hourz") * 2'])
def test_a_wrong_formula_is_refused_where_it_stands_before_any_request(stack: Stack, wrong: str) -> None:
    properties = {"Hours": {"type": "number"}, "Sum": {"type": "formula", "expression": wrong}}
    stack.declare(database("things", properties))
    with pytest.raises(InvalidManifests) as refused:
        stack.plan()
    (problem,) = refused.value.problems
    assert problem.message.startswith("spec.properties.Sum.expression: ")
    assert problem.position.line == 1
    assert stack.requests.reads == 0
