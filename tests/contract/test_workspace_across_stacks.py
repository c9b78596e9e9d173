"""References to resources of other stacks: what is written, what is refused, and what the other stack sees of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Json, Stack, assert_applied, assert_settled, database, errors_of, fields_of, title_of

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.plan_text import plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests

CUSTOMER = {"type": "relation", "database": "crm:customers"}
TWO_WAY = {**CUSTOMER, "synced_property": "Orders"}
GONE = "11111111-2222-4333-8444-555555555555"
"""An id that answers 404."""
CUSTOMERS = [{"Name": "Ada", "Discount": 5}, {"Name": "Bob", "Discount": 7}]


@pytest.fixture
def crm(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path, "crm")


@pytest.fixture
def sales(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    """Shares the environment's identity cache with crm."""
    return Stack(notion_sandbox, tmp_path, "sales")


def customers(name: str = "customers", **spec: object) -> Json:
    return database(name, {"Discount": {"type": "number"}}, **{"rows": {"items": CUSTOMERS}, **spec})


def page(name: str, **spec: object) -> Json:
    return {
        "apiVersion": "factory/v1",
        "kind": "NotionPage",
        "metadata": {"name": name},
        "spec": {"title": name.title(), **spec},
    }


def applied(stack: Stack, *manifests: Json) -> None:
    stack.declare(*manifests)
    assert_applied(stack.apply())


def history(stack: Stack, **entries: object) -> None:
    (stack.stack_folder / "history.yml").write_text(json.dumps({"apiVersion": "factory/v1", **entries}))


def refused(stack: Stack) -> str:
    """What a plan says before any request is sent."""
    with pytest.raises(InvalidManifests) as told:
        stack.plan()
    assert stack.requests.reads == stack.requests.writes == 0
    return str(told.value)


def test_relations_rows_rollups_views_and_texts_reach_into_another_stack(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    discount = {"type": "rollup", "relation": "Customer", "property": "Discount", "function": "sum"}
    orders = database(
        "orders",
        {"Customer": CUSTOMER, "Discount": discount},
        description="For ${crm:NotionDatabase/customers.id}.",
        rows={"items": [{"Name": "Roof", "Customer": "Ada"}, {"Name": "Door", "Customer": ["Ada", "Bob"]}]},
        views=[{"name": "All", "type": "table", "properties": [{"name": "Customer"}]}],
    )
    applied(sales, orders)

    relation = sales.schema("Orders")["Customer"]["relation"]
    assert (relation["data_source_id"], relation["type"]) == (crm.source_id("Customers"), "single_property")
    linked = [one["id"] for one in sales.value("Orders", "Door", "Customer")]
    assert sorted(title_of(crm.api.ok("GET", f"/v1/pages/{one}")) for one in linked) == ["Ada", "Bob"]
    assert sales.value("Orders", "Door", "Discount")["number"] == 12
    assert sales.container("Orders")["description"][0]["plain_text"].startswith(f"For {crm.id_of('Customers')}.")
    assert_settled(sales)
    assert_settled(crm)


def test_what_is_known_of_another_stack_costs_no_request(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    applied(sales, database("orders", {"Customer": CUSTOMER}))

    assert sales.plan().plan.pending == ()
    assert (sales.requests.reads, sales.requests.writes) == (1, 0)


def test_a_page_of_another_stack_can_be_a_parent(crm: Stack, sales: Stack) -> None:
    applied(crm, page("handbook"))
    handbook = next(
        one["id"]
        for one in crm.api.ok("GET", f"/v1/blocks/{crm.api.sandbox.root_page_id}/children")["results"]
        if one["type"] == "child_page"
    )
    sales.declare(
        database("orders", parent="${crm:NotionPage/handbook.id}"),
        page("notes", body="See ${crm:NotionPage/handbook.url}."),
    )
    assert_applied(sales.apply())

    inside = sales.api.ok("GET", f"/v1/blocks/{handbook}/children")["results"]
    assert [one["child_database"]["title"] for one in inside if one["type"] == "child_database"] == ["Orders"]
    assert_settled(sales)
    sales.forget()
    assert crm.plan().plan.pending == ()
    assert_settled(sales)


def test_a_plan_shows_which_resource_of_another_stack_is_used(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    sales.declare(database("orders", {"Customer": CUSTOMER}))

    told = [line.text.strip() for line in plan_lines(sales.plan().plan)]

    assert f"uses crm:NotionDatabase/customers ({crm.id_of('Customers')})" in told


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("crm:customers", "nothing of the stack 'crm' is known in the environment sandbox; apply stack crm first"),
        ("sales:orders", "'sales' is this stack itself; leave 'sales:' out"),
        ("crm:Some Name", "'Some Name' is no name; write another stack's as in crm:customers"),
    ],
)
def test_what_is_not_there_is_refused_before_any_request(sales: Stack, target: str, told: str) -> None:
    sales.declare(database("orders", {"Customer": {"type": "relation", "database": target}}))
    with pytest.raises(InvalidManifests) as error:
        sales.plan()
    assert told in str(error.value)
    assert "orders.yml:1:" in str(error.value)


def test_a_name_that_another_stack_does_not_have_is_refused_with_the_close_one(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    sales.declare(database("orders", {"Customer": {"type": "relation", "database": "crm:custmers"}}))
    assert refused(sales).endswith(
        "crm:NotionDatabase/custmers is not known in the environment sandbox; apply stack crm first; "
        "did you mean 'customers'?"
    )
    sales.declare(database("orders", {"Customer": {"type": "relation", "database": "crn:customers"}}))
    assert "did you mean 'crm'?" in refused(sales)
    sales.declare(database("orders", description="${crm:NotionPage/customers.id} ${crm:NotionDatabase/customers.size}"))
    assert "crm:NotionDatabase/customers has no attribute 'size'" in refused(sales)


def test_a_further_data_source_stays_in_the_stack_of_its_database(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    source = database("leads", database="crm:customers")
    sales.declare({**source, "kind": "NotionDataSource"})
    assert "a data source belongs to the stack of its database; declare it there" in refused(sales)


def test_an_id_of_another_page_or_target_is_never_used(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    parent = sales.api.ok(
        "POST",
        "/v1/pages",
        {"parent": {"page_id": sales.api.sandbox.root_page_id}, "properties": {"title": {"title": []}}},
    )["id"]
    sales.declare(database("orders", {"Customer": CUSTOMER}))
    with pytest.raises(InvalidManifests, match=r"but only on notion \(.*\), not on notion"):
        sales.plan(parent=parent)


def test_what_another_stack_renames_is_not_silently_something_else(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    applied(sales, database("orders", {"Customer": CUSTOMER}))
    before = crm.source_id("Customers")

    crm.declare(customers("clients", title="Customers"))
    history(crm, moved=[{"from": "NotionDatabase/customers", "to": "NotionDatabase/clients"}])
    assert_applied(crm.apply())
    assert "crm:NotionDatabase/customers is not known" in refused(sales)

    crm.declare(customers("clients", title="Customers"), customers(title="Prospects"))
    assert_applied(crm.apply())
    (change,) = sales.plan().plan.pending
    assert [(one.name, str(one.effect)) for one in change.fields] == [("properties.Customer.database", "destructive")]
    assert sales.schema("Orders")["Customer"]["relation"]["data_source_id"] == before

    applied(sales, database("orders", {"Customer": {**CUSTOMER, "database": "crm:clients"}}))
    assert_settled(sales)


# two-way


@pytest.mark.parametrize("prune", [False, True])
def test_the_other_end_of_a_two_way_relation_is_no_drift_of_the_stack_that_has_it(
    crm: Stack, sales: Stack, prune: bool
) -> None:
    applied(crm, customers(prune=prune))
    applied(sales, database("orders", {"Customer": TWO_WAY}))

    assert_settled(crm)
    assert_settled(sales)
    ends = [one for one in crm.schema("Customers").values() if one["type"] == "relation"]
    assert [one["relation"]["data_source_id"] for one in ends] == [sales.source_id("Orders")]
    assert (crm.plan().plan.changes[0].unmanageable != ()) is prune


def test_the_other_end_has_the_name_that_notion_gave_it_and_that_is_said(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    applied(sales, database("orders", {"Customer": TWO_WAY}))
    (told,) = sales.plan().plan.changes[0].unmanageable
    assert told.reason == (
        "in crm:NotionDatabase/customers, which is not this stack's, it is 'Related to Orders (Customer)'; "
        "rename it there"
    )


def test_each_stack_may_declare_its_end_of_a_two_way_relation(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    applied(sales, database("orders", {"Customer": TWO_WAY}))
    back = {"type": "relation", "database": "sales:orders", "synced_property": "Customer"}
    count = {"type": "rollup", "relation": "Orders", "property": "Name", "function": "count"}
    crm.declare(database("customers", {"Orders": back, "Count": count}, prune=True))

    assert fields_of(crm.plan()) == [
        "customers properties.Orders.name",
        "customers properties.Count",
        "customers properties.Discount",
    ]
    assert_applied(crm.apply(allow_destructive=True))
    assert_settled(crm)
    assert_settled(sales)
    assert sales.plan().plan.changes[0].unmanageable == ()
    assert [one["type"] for one in crm.schema("Customers").values()].count("relation") == 1


def test_a_relation_becomes_one_way_and_leaves_an_end_that_pruning_takes(crm: Stack, sales: Stack) -> None:
    applied(crm, customers(prune=True))
    applied(sales, database("orders", {"Customer": TWO_WAY}))
    applied(sales, database("orders", {"Customer": CUSTOMER}))

    assert fields_of(crm.plan()) == ["customers properties.Related to Orders (Customer)"]
    assert_applied(crm.apply(allow_destructive=True))
    assert sorted(crm.schema("Customers")) == ["Discount", "Name"]
    assert_settled(sales)


# stale ids


@pytest.mark.parametrize("rows", [False, True])
def test_an_id_of_another_stack_that_leads_nowhere_is_an_error_with_both_causes(
    crm: Stack, sales: Stack, rows: bool
) -> None:
    applied(crm, customers())
    items = {"rows": {"items": [{"Name": "Roof", "Customer": "Ada"}]}} if rows else {}
    orders = database("orders", {"Customer": CUSTOMER}, **items)
    if rows:
        applied(sales, orders)
    cache = crm.state / "identity.json"
    cache.write_text(cache.read_text().replace(crm.source_id("Customers"), GONE))
    sales.declare(orders, database("other"))

    report = sales.plan() if rows else sales.apply()
    (told,) = errors_of(report)
    assert "That is crm:NotionDatabase/customers as the identity cache of the environment sandbox knows it" in told
    assert "deleted for good, is in the trash, or is no longer shared" in told
    assert sales.titles() == ["Customers", "Orders" if rows else "Other"]


def test_a_database_that_factory_deleted_is_said_to_be(crm: Stack, sales: Stack) -> None:
    applied(crm, customers(), database("staff"))
    crm.declare(database("staff"))
    assert_applied(crm.apply(prune=True, allow_destructive=True))
    sales.declare(database("orders", {"Customer": CUSTOMER}))
    assert "crm:NotionDatabase/customers" in refused(sales)


def test_a_stack_can_be_destroyed_after_the_one_it_needs(crm: Stack, sales: Stack) -> None:
    applied(crm, customers())
    orders = database("orders", {"Customer": CUSTOMER}, rows={"items": [{"Name": "Roof", "Customer": "Ada"}]})
    applied(sales, orders)
    assert_applied(crm.apply(purpose=Purpose.DESTROY, confirm="sandbox"))
    assert_applied(sales.apply(purpose=Purpose.DESTROY, confirm="sandbox"))
    assert sales.titles() == []


def test_manifests_that_name_other_stacks_are_valid_without_any_of_them(sales: Stack) -> None:
    sales.declare(database("orders", {"Customer": CUSTOMER}, description="${crm:NotionDatabase/customers.id}"))
    assert load_stack(sales.stack_folder, "sandbox").problems == ()
