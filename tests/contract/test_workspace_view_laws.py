"""Whatever views are declared over whatever properties: one apply brings them about, and the next plan is empty."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workspace_runs import Json, Stack, assert_applied, assert_settled, connected, database, fields_of, options

from factory_iac.sandbox.process import Sandbox

PROPERTIES = {
    "Name": {"type": "title"},
    "Note": {"type": "rich_text"},
    "Stage": {"type": "status", "options": options("Todo", "Won")},
    "Kind": {"type": "select", "options": options("Roof", "Door")},
    "Tags": {"type": "multi_select", "options": options("new", "old")},
    "Due": {"type": "date"},
    "Fee": {"type": "number"},
    "Paid": {"type": "checkbox"},
    "Photo": {"type": "files"},
    "Owner": {"type": "people"},
    "Parent": {"type": "relation", "database": "jobs", "synced_property": "Children"},
    "Double": {"type": "formula", "expression": 'prop("Fee") * 2'},
    "Fees": {"type": "rollup", "relation": "Children", "property": "Fee", "function": "sum"},
    "Made": {"type": "created_time"},
}
NAMES = st.sampled_from([*PROPERTIES, "Children"])
CONDITIONS: dict[str, list[Json]] = {
    "Name": [{"title": {"contains": "x"}}, {"title": {"is_empty": True}}],
    "Note": [{"rich_text": {"starts_with": "é"}}],
    "Stage": [{"status": {"equals": "Won"}}, {"status": {"does_not_equal": ["Won", "Todo"]}}],
    "Kind": [{"select": {"equals": ["Roof"]}}, {"select": {"is_not_empty": True}}],
    "Tags": [{"multi_select": {"contains": "new"}}],
    "Due": [{"date": {"on_or_after": "2026-01-31"}}, {"date": {"next_week": {}}}, {"date": {"is_empty": True}}],
    "Fee": [{"number": {"greater_than": 1.5}}, {"number": {"equals": 0}}],
    "Paid": [{"checkbox": {"equals": False}}],
    "Photo": [{"files": {"is_empty": True}}],
    "Owner": [{"people": {"is_empty": True}}],
    "Children": [{"relation": {"is_not_empty": True}}],
    "Double": [{"formula": {"number": {"less_than": 3}}}],
    "Made": [{"created_time": {"past_month": {}}}],
}
CONDITION = st.sampled_from([(name, one) for name, several in CONDITIONS.items() for one in several])
LEAF = CONDITION.map(lambda pair: {"property": pair[0], **pair[1]})


def compound(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    parts = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(parts.map(lambda several: {"and": several}), parts.map(lambda several: {"or": several}))


FILTER = st.one_of(st.just({}), LEAF, compound(st.one_of(LEAF, compound(LEAF))))
SORTS = st.lists(
    st.fixed_dictionaries({"property": NAMES, "direction": st.sampled_from(["ascending", "descending"])}), max_size=3
)
SHOWN = st.lists(NAMES, min_size=1, max_size=5, unique=True).flatmap(
    lambda names: st.tuples(*(st.one_of(st.just(name), wide(name)) for name in names)).map(list)
)
GROUP = st.one_of(
    st.sampled_from(["Stage", "Kind", "Tags", "Paid", "Owner", "Children", "Name", "Fee", "Due"]),
    st.fixed_dictionaries({"property": st.just("Due")}, optional={"by": st.sampled_from(["day", "year"])}),
    st.fixed_dictionaries(
        {"property": st.just("Stage")},
        optional={"by": st.sampled_from(["group", "option"]), "hide_empty_groups": st.booleans()},
    ),
    st.just({"property": "Double", "result": "number", "range_size": 10}),
)


def wide(name: str) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {"name": st.just(name)}, optional={"width": st.integers(1, 900), "wrap": st.booleans()}
    )


def view(kind: str, needed: dict[str, Any], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    rows = {
        "filter": FILTER,
        "sorts": SORTS,
        "quick_filters": st.lists(CONDITION, max_size=3).map(dict),
    }
    return st.fixed_dictionaries({"type": st.just(kind), **needed}, optional={**rows, **optional})


VIEW = st.one_of(
    view("table", {}, properties=SHOWN, group_by=GROUP, wrap_cells=st.booleans()),
    view("board", {"group_by": GROUP}, sub_group_by=GROUP, properties=SHOWN),
    view("list", {}, properties=SHOWN),
    view("calendar", {"date_property": st.sampled_from(["Due", "Made"])}, properties=SHOWN),
    view("timeline", {"date_property": st.just("Due")}, zoom_level=st.sampled_from(["day", "5_years"])),
    view("gallery", {}, cover=st.sampled_from([{"type": "page_cover"}, {"type": "property", "property": "Photo"}])),
    view("chart", {"chart_type": st.sampled_from(["bar", "donut"])}, x_axis=GROUP, stack_by=GROUP),
    st.fixed_dictionaries({"type": st.just("form")}, optional={"is_form_closed": st.booleans()}),
)
VIEWS = st.lists(st.sampled_from(["A", "B.c", "Ünïcode", "D"]), min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.tuples(*(VIEW.map(lambda one, name=name: {"name": name, **one}) for name in names)).map(list)
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(before=VIEWS, after=VIEWS, prune=st.booleans())
def test_any_views_are_brought_about_and_changed_into_any_others(
    notion_process: Sandbox, before: list[Json], after: list[Json], prune: bool
) -> None:
    api = connected(notion_process)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        stack = Stack(api, Path(folder))
        for views in (before, after):
            stack.declare(database("jobs", PROPERTIES, views=views, prune=prune))
            report = stack.apply(allow_destructive=True)
            assert_applied(report)
            assert all(one.name == "views" for done in report.outcomes for one in done.change.unmanageable)
            declared = [(one["name"], one["type"]) for one in views]
            live = [(one["name"], one["type"]) for one in stack.views("Jobs")]
            assert set(declared) <= set(live)
            assert len(set(live)) == len(live)
            assert not prune or sorted(live) == sorted(declared)
            assert_settled(stack)
        stack.forget()
        assert fields_of(stack.plan()) == []
