"""Relations, their other ends, and rollups and formulas over them."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi

from factory_iac.sandbox.notion.users import ADA_ID


def _relation(target: str, kind: str = "dual_property", **more: str) -> Json:
    return {"relation": {"data_source_id": target, "type": kind, kind: more}}


def _links(page: Json, name: str) -> list[str]:
    return [link["id"] for link in page["properties"][name]["relation"]]


def test_a_two_way_relation_makes_a_property_on_the_other_side(notion_sandbox: NotionApi) -> None:
    target_database, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target))
    here, there = notion_sandbox.schema(owner)["Link"], notion_sandbox.schema(target)["Related to B (Link)"]
    assert here["relation"]["database_id"] == target_database
    assert here["relation"]["dual_property"] == {
        "synced_property_name": "Related to B (Link)",
        "synced_property_id": there["id"],
    }
    assert there["relation"]["dual_property"]["synced_property_id"] == here["id"]


def test_the_requested_name_of_the_other_side_needs_its_switch(notion_sandbox: NotionApi) -> None:
    notion_sandbox.behave(synced_property_name_honoured=True)
    _, target = notion_sandbox.database("A")
    notion_sandbox.database("B", Link=_relation(target, synced_property_name="Back"))
    assert set(notion_sandbox.schema(target)) == {"Name", "Back"}


def test_a_new_name_shows_on_the_other_side(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target))
    notion_sandbox.change(target, **{"Related to B (Link)": {"name": "Back"}})
    synced = notion_sandbox.schema(owner)["Link"]["relation"]["dual_property"]
    assert synced["synced_property_name"] == "Back"


def test_one_way_leaves_an_orphan_and_two_ways_make_a_new_one(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target))
    before = notion_sandbox.schema(owner)["Link"]["id"]
    notion_sandbox.change(owner, Link=_relation(target, "single_property"))
    assert notion_sandbox.schema(target)["Related to B (Link)"]["relation"]["type"] == "single_property"
    after = notion_sandbox.change(owner, Link=_relation(target))["Link"]
    assert after["id"] == before
    assert after["relation"]["dual_property"]["synced_property_name"] == "Related to B (Link) 1"


def test_another_target_keeps_the_id_and_drops_the_links(notion_sandbox: NotionApi) -> None:
    _, first = notion_sandbox.database("A")
    _, second = notion_sandbox.database("C")
    _, owner = notion_sandbox.database("B", Link=_relation(first, "single_property"))
    page = notion_sandbox.row(owner, Link={"relation": [{"id": notion_sandbox.row(first)["id"]}]})
    before = notion_sandbox.schema(owner)["Link"]["id"]
    after = notion_sandbox.change(owner, Link=_relation(second, "single_property"))["Link"]
    assert (after["id"], after["relation"]["data_source_id"]) == (before, second)
    assert _links(notion_sandbox.page(page["id"]), "Link") == []


@pytest.mark.parametrize(("switch", "left"), [("remove", {"Name"}), ("orphan", {"Name", "Related to B (Link)"})])
def test_deleting_one_side_removes_or_orphans_the_other(notion_sandbox: NotionApi, switch: str, left: set[str]) -> None:
    notion_sandbox.behave(dual_delete=switch)
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target))
    notion_sandbox.change(owner, Link=None)
    assert set(notion_sandbox.schema(target)) == left


def test_a_two_way_relation_to_itself_has_two_properties(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database("A")
    found = notion_sandbox.change(source, Parent=_relation(source))
    assert set(found) == {"Name", "Parent", "Related to A (Parent)"}
    parent = notion_sandbox.row(source, "parent")
    child = notion_sandbox.row(source, "child", Parent={"relation": [{"id": parent["id"]}]})
    assert _links(notion_sandbox.page(parent["id"]), "Related to A (Parent)") == [child["id"]]


def test_links_of_a_two_way_relation_are_mirrored(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target))
    there = notion_sandbox.row(target)
    here = notion_sandbox.row(owner, Link={"relation": [{"id": there["id"]}]})
    assert _links(notion_sandbox.page(there["id"]), "Related to B (Link)") == [here["id"]]
    notion_sandbox.ok("PATCH", f"/v1/pages/{here['id']}", {"properties": {"Link": {"relation": []}}})
    assert _links(notion_sandbox.page(there["id"]), "Related to B (Link)") == []


def test_links_that_exist_are_mirrored_when_a_relation_becomes_two_way(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target, "single_property"))
    there = notion_sandbox.row(target)
    here = notion_sandbox.row(owner, Link={"relation": [{"id": there["id"]}]})
    notion_sandbox.change(owner, Link=_relation(target))
    assert _links(notion_sandbox.page(there["id"]), "Related to B (Link)") == [here["id"]]


def test_25_references_are_shown_and_the_rest_is_behind_has_more(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A")
    _, owner = notion_sandbox.database("B", Link=_relation(target, "single_property"))
    ids = [notion_sandbox.row(target)["id"] for _ in range(30)]
    page = notion_sandbox.row(owner, Link={"relation": [{"id": key} for key in ids]})
    assert _links(page, "Link") == ids[:25]
    assert page["properties"]["Link"]["has_more"] is True
    path = f"/v1/pages/{page['id']}/properties/{page['properties']['Link']['id']}"
    first = notion_sandbox.ok("GET", f"{path}?page_size=20")
    rest = notion_sandbox.ok("GET", f"{path}?page_size=20&start_cursor={first['next_cursor']}")
    assert [item["relation"]["id"] for item in [*first["results"], *rest["results"]]] == ids


ROLLUPS: list[tuple[str, str, Any]] = [
    ("count", "N", 3),
    ("count_values", "N", 2),
    ("empty", "N", 1),
    ("not_empty", "N", 2),
    ("percent_empty", "N", 1 / 3),
    ("percent_not_empty", "N", 2 / 3),
    ("unique", "N", 2),
    ("sum", "N", 10),
    ("average", "N", 5),
    ("median", "N", 5),
    ("min", "N", 2),
    ("max", "N", 8),
    ("range", "N", 6),
    ("checked", "C", 1),
    ("unchecked", "C", 2),
    ("percent_checked", "C", 1 / 3),
    ("percent_unchecked", "C", 2 / 3),
    ("earliest_date", "D", "2026-01-01"),
    ("latest_date", "D", "2026-02-01"),
    ("date_range", "D", ("2026-01-01", "2026-02-01")),
    ("show_original", "N", [2, 8, None]),
    ("show_unique", "C", [True, False]),
    ("count_per_group", "C", {}),
]


@pytest.mark.parametrize(("function", "shown", "expected"), ROLLUPS, ids=[case[0] for case in ROLLUPS])
def test_a_rollup_computes_its_function(notion_sandbox: NotionApi, function: str, shown: str, expected: Any) -> None:
    _, target = notion_sandbox.database("A", N={"number": {}}, C={"checkbox": {}}, D={"date": {}})
    rollup = {"rollup": {"function": function, "relation_property_name": "Link", "rollup_property_name": shown}}
    _, owner = notion_sandbox.database("B", R=rollup, Link=_relation(target, "single_property"))
    rows = [
        notion_sandbox.row(
            target,
            N={"number": 2},
            C={"checkbox": True},
            D={"date": {"start": "2026-01-01", "end": "2026-02-01"}},
        ),
        notion_sandbox.row(target, N={"number": 8}, D={"date": {"start": "2026-01-03"}}),
        notion_sandbox.row(target),
    ]
    page = notion_sandbox.row(owner, Link={"relation": [{"id": row["id"]} for row in rows]})
    answer = page["properties"]["R"]["rollup"]
    found = answer[answer["type"]]
    if answer["type"] == "array":
        found = [item[item["type"]] for item in found]
    if answer["type"] == "date":
        found = (found["start"], found["end"]) if found["end"] else found["start"]
    assert answer["function"] == function
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected


def test_the_number_zero_is_not_empty_to_a_rollup(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("A", N={"number": {}})
    rollups = {
        name: {"rollup": {"function": name, "relation_property_name": "Link", "rollup_property_name": "N"}}
        for name in ("empty", "not_empty", "count_values", "unique")
    }
    _, owner = notion_sandbox.database("B", **rollups, Link=_relation(target, "single_property"))
    page = notion_sandbox.row(owner, Link={"relation": [{"id": notion_sandbox.row(target, N={"number": 0})["id"]}]})
    found = {name: page["properties"][name]["rollup"]["number"] for name in rollups}
    assert found == {"empty": 0, "not_empty": 1, "count_values": 1, "unique": 1}


def test_rollup_ids_are_not_encoded_and_names_follow(notion_sandbox: NotionApi) -> None:
    from urllib.parse import unquote

    _, target = notion_sandbox.database("A", N={"number": {}})
    _, owner = notion_sandbox.database("B", Link=_relation(target, "single_property"))
    link = notion_sandbox.schema(owner)["Link"]["id"]
    rollup = {"function": "sum", "relation_property_id": link, "rollup_property_name": "N"}
    notion_sandbox.change(owner, R={"rollup": rollup})
    notion_sandbox.change(target, N={"name": "Amount"})
    found = notion_sandbox.schema(owner)["R"]["rollup"]
    assert found["rollup_property_name"] == "Amount"
    assert found["relation_property_id"] == unquote(link)


FORMULAS: list[tuple[str, Json]] = [
    ('prop("N") * 2 + 1', {"type": "number", "number": 9}),
    ('prop("N") / 8', {"type": "number", "number": 0.5}),
    ('if(prop("N") > 3, "big", "small")', {"type": "string", "string": "big"}),
    ('prop("N") == 4 and not prop("C")', {"type": "boolean", "boolean": True}),
    ('prop("Name").length()', {"type": "number", "number": 3}),
    ('upper(prop("Name")) + "!"', {"type": "string", "string": "ROW!"}),
    ('prop("T").includes("x")', {"type": "boolean", "boolean": True}),
    ('empty(prop("D")) ? "none" : "some"', {"type": "string", "string": "some"}),
    ('month(dateAdd(prop("D"), 1, "months"))', {"type": "number", "number": 2}),
    ('prop("D")', {"type": "date", "date": {"start": "2026-01-31", "end": None, "time_zone": None}}),
    ('prop("N") / 0', {"type": "string", "string": None}),
    ('let(x, prop("N"), x * x)', {"type": "number", "number": 16}),
    ('lets(a, 2, b, a + 1, a * b)', {"type": "number", "number": 6}),
    ('ifs(prop("N") > 9, "a", prop("N") > 3, "b", "c")', {"type": "string", "string": "b"}),
    ('[1, 2, 3].map(current * prop("N")).sum()', {"type": "number", "number": 24}),
    ('[5, 6, 7].filter(current > 5).length()', {"type": "number", "number": 2}),
    ('["x", "y"].map(current + format(index)).join("-")', {"type": "string", "string": "x0-y1"}),
    ('[1, 2].some(current > 1) and not [1, 2].every(current > 1)', {"type": "boolean", "boolean": True}),
    ('[3, 4].find(current > 3) + [3, 4].findIndex(current > 3)', {"type": "number", "number": 5}),
    ('formatDate(prop("D"), "dddd, MMMM Do YYYY [at] HH:mm")', {
        "type": "string", "string": "Saturday, January 31st 2026 at 00:00"}),
    ('dateBetween(dateRange(prop("D"), dateAdd(prop("D"), 3, "days")).dateEnd(), prop("D"), "days")', {
        "type": "number", "number": 3}),
    ('prop("D").week()', {"type": "number", "number": 5}),
    ('substring("Notion", 0, 3) + "abcabc".replaceAll("[bc]+", "$0.")', {"type": "string", "string": "Nota$0.a$0."}),
    ('"a-b".replace("(a)-(b)", "$2$1") + "x".padStart(3, "0")', {"type": "string", "string": "ba00x"}),
    ('test("Notion", "^No") and "a1b22".match("[0-9]+").length() == 2', {"type": "boolean", "boolean": True}),
    ('style("Red", "b", "red") + link("here", "https://example.com")', {"type": "string", "string": "Redhere"}),
    ('round(2.345, 2) + at([1, 2], 1) + first([4]) + last([0, 8])', {"type": "number", "number": 16.35}),
    ('median(1, 5, 3) + cbrt(8) + [[1], [2, 3]].flat().length()', {"type": "number", "number": 8}),
    ('/* a note */ prop("N") != 4', {"type": "boolean", "boolean": False}),
    ('prop("Who").map(current.email()).join()', {"type": "string", "string": "ada@example.com"}),
    ('now().formatDate("YYYY-MM-DD HH:mm") + " " + today().format()', {
        "type": "string", "string": "2026-03-31 12:34 March 31, 2026"}),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), FORMULAS, ids=[case[0] for case in FORMULAS])
def test_a_formula_computes(notion_sandbox: NotionApi, expression: str, expected: Json) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2026-03-31T12:34:56+00:00", "frozen": True})
    properties = {"N": {"number": {}}, "C": {"checkbox": {}}, "T": {"multi_select": {}}, "D": {"date": {}}}
    properties["Who"] = {"people": {}}
    _, source = notion_sandbox.database(**properties, F={"formula": {"expression": expression}})
    values: dict[str, Any] = {"N": {"number": 4}, "T": {"multi_select": [{"name": "x"}]}}
    values["Who"] = {"people": [{"id": ADA_ID}]}
    page = notion_sandbox.row(source, **values, D={"date": {"start": "2026-01-31"}})
    assert page["properties"]["F"]["formula"] == expected


def test_a_formula_comes_back_reprinted_in_the_form_that_is_switched_on(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(N={"number": {}}, F={"formula": {"expression": '1+prop("N")*(2)'}})
    number = notion_sandbox.schema(source)["N"]["id"]
    expression = notion_sandbox.schema(source)["F"]["formula"]["expression"]
    assert expression.startswith(f"1 + ({{{{notion:block_property:{number}:{source}:")
    assert expression.endswith("}} * 2)")
    notion_sandbox.behave(formula_form="prop")
    notion_sandbox.change(source, N={"name": "Amount"})
    assert notion_sandbox.schema(source)["F"]["formula"]["expression"] == '1 + (prop("Amount") * 2)'


def test_a_formula_reads_the_pages_of_a_relation(notion_sandbox: NotionApi) -> None:
    _, target = notion_sandbox.database("Tasks", State={"status": {}}, Hours={"number": {}})
    rows = [
        notion_sandbox.row(target, "one", State={"status": {"name": "Done"}}, Hours={"number": 3}),
        notion_sandbox.row(target, "two", Hours={"number": 4}),
    ]
    open_hours = 'prop("Tasks").filter(current.prop("State") != "Done").map(current.prop("Hours")).sum()'
    _, owner = notion_sandbox.database(
        "Projects",
        Tasks=_relation(target, "single_property"),
        Open={"formula": {"expression": open_hours}},
        Titles={"formula": {"expression": 'prop("Tasks").map(current.prop("Name")).join(" & ")'}},
        Pages={"formula": {"expression": 'prop("Tasks")'}},
    )
    page = notion_sandbox.row(owner, Tasks={"relation": [{"id": row["id"]} for row in rows]})
    found = {name: page["properties"][name]["formula"] for name in ("Open", "Titles", "Pages")}
    assert found["Open"] == {"type": "number", "number": 4}
    assert found["Titles"]["string"] == "one & two"
    assert found["Pages"]["string"] == "one,two"


@pytest.mark.parametrize(
    ("expression", "status", "said"),
    [
        ("frobnicate(1)", 400, "frobnicate is not defined"),
        ("1 + x", 400, "x is not defined"),
        ("let(x, 1, x) + x", 400, "x is not defined"),
        ("map([1], current) + current", 400, "current is not defined"),
        ("1 +", 400, "Type error with formula"),
        ('formatNumber(1, "dollar")', 501, "formatNumber"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused(
    notion_sandbox: NotionApi, expression: str, status: int, said: str
) -> None:
    _, source = notion_sandbox.database()
    change = {"properties": {"F": {"formula": {"expression": expression}}}}
    assert said in notion_sandbox.refused("PATCH", f"/v1/data_sources/{source}", change, status)["message"]
    assert "F" not in notion_sandbox.schema(source)
