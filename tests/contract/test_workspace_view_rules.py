"""What is wrong with a view is said before any request, where it stands, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from workspace_runs import PROVIDERS

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.schema import validate

MANIFEST = """\
apiVersion: factory/v1
kind: NotionDatabase
metadata: {name: jobs}
spec:
  title: Jobs
  properties:
    Name: {type: title}
    Stage: {type: status}
    Fee: {type: number}
    Due: {type: date}
    Paid: {type: checkbox}
    Owner: {type: people}
    Double: {type: formula, expression: 'prop("Fee") * 2'}
    Parent: {type: relation, database: jobs, synced_property: Children}
    Fees: {type: rollup, relation: Parent, property: Fee, function: sum}
  views:
"""
FIRST = MANIFEST.count("\n") + 1


def problems(folder: Path, views: str) -> list[str]:
    """What is wrong, as ``line: message`` counted from the first view."""
    (folder / "jobs.yml").write_text(MANIFEST + views)
    try:
        validate(load_stack(folder, "sandbox"), PROVIDERS)
    except InvalidManifests as invalid:
        return [f"{one.position.line - FIRST}: {one.message.split(': ', 1)[1]}" for one in invalid.problems]
    return []


def table(filter_text: str) -> str:
    return f"    - {{name: All, type: table,\n       filter: {filter_text}}}\n"


@pytest.mark.parametrize(
    ("views", "told"),
    [
        (
            "    - {name: A, type: tabel}\n",
            "0: 'tabel' is not allowed here; expected one of table, board, list, calend",
        ),
        (
            "    - {name: A, type: dashboard}\n",
            "0: 'dashboard' cannot be declared: Factory does not arrange dashboards",
        ),
        ("    - {name: A, type: map}\n", "0: 'map' cannot be declared: it needs a place property"),
        ("    - {type: table}\n", "0: missing key 'name'"),
        ("    - {name: A, type: board}\n", "0: missing key 'group_by'"),
        ("    - {name: A, type: list}\n    - {name: A, type: table}\n", "1: a view called 'A' is declared already"),
        (
            "    - {name: A, type: list}\n    - {name: B, type: list, renamed_from: A}\n",
            "1: 'A' is still declared; a view cannot be renamed from another one",
        ),
        ("    - {name: A, type: list, group_by: Stage}\n", "0: unknown key 'group_by'"),
        ("    - {name: A, type: form, filter: {}}\n", "0: unknown key 'filter'"),
        ("    - {name: A, type: board, group_by: Stag}\n", "0: there is no property 'Stag'; did you mean 'Stage'?"),
        ("    - {name: A, type: board, group_by: Fees}\n", "0: 'Fees' is a rollup; expected one of type checkbox, "),
        (
            "    - name: A\n      type: board\n      group_by: {property: Stage, by: month}\n",
            "2: a status is grouped by option, group",
        ),
        (
            "    - name: A\n      type: board\n      group_by: {property: Double}\n",
            "2: 'Double' is a formula; say what it comes to in 'result'",
        ),
        ("    - {name: A, type: table, properties: [Name, Du]}\n", "0: there is no property 'Du'; did you mean 'Due'?"),
        ("    - {name: A, type: table, properties: [Name, Name]}\n", "0: 'Name' is listed already"),
        (
            "    - name: A\n      type: table\n      properties:\n        - {name: Due, width: 0}\n",
            "3: expected the name of a property, or a mapping of name, width",
        ),
        (
            "    - name: A\n      type: table\n      sorts:\n        - {property: Dew, direction: ascending}\n",
            "3: there is no property 'Dew'; did you mean 'Due'?",
        ),
        (
            "    - name: A\n      type: table\n      sorts:\n"
            "        - {property: Due, timestamp: created_time, direction: ascending}\n",
            "3: unknown key 'timestamp'; Notion's API changes a view's sorts by property only",
        ),
        (
            "    - {name: A, type: calendar, date_property: Fee}\n",
            "0: 'Fee' is a number; expected one of type created_",
        ),
        (
            "    - {name: A, type: chart, chart_type: bar, y_axis: {function: sum}}\n",
            "0: missing key 'property', which 'sum' needs",
        ),
        (
            "    - name: A\n      type: table\n      quick_filters:\n        Stag: {status: {equals: Won}}\n",
            "3: there is no property 'Stag'; did you mean 'Stage'?",
        ),
        (
            "    - name: A\n      type: table\n      quick_filters:\n        Stage: {select: {equals: Won}}\n",
            "3: 'Stage' is a status, so its condition stands under the one key 'status'",
        ),
        (table("{property: Stag, status: {equals: Won}}"), "1: there is no property 'Stag'; did you mean 'Stage'?"),
        (table("{property: Stage, select: {equals: Won}}"), "1: 'Stage' is a status, so its condition stands under"),
        (
            table("{property: Stage, status: {equal: Won}}"),
            "1: a status has no operator 'equal'; did you mean 'equals'?",
        ),
        (table("{property: Fee, number: {greater_than: big}}"), "1: expected a number, not 'big'"),
        (table("{property: Due, date: {before: someday}}"), "1: expected a date, a date with time, or one of today,"),
        (table("{property: Due, date: {this_week: true}}"), "1: expected {}, not true"),
        (table("{property: Paid, checkbox: {equals: 1}}"), "1: expected true or false, not the number 1"),
        (table("{property: Owner, people: {contains: Ada}}"), "1: expected 'me' or the id of a user, not 'Ada'"),
        (table("{property: Children, relation: {contains: Roof}}"), "1: expected the id of a page, not 'Roof'"),
        (table("{property: Double, formula: {number: {equals: x}}}"), "1: expected a number, not 'x'"),
        (
            table("{property: Double, formula: {num: {equals: 1}}}"),
            "1: a filter on a formula has one of the keys string",
        ),
        (table("{property: Fees, rollup: {any: {number: {equal: 1}}}}"), "1: a number has no operator 'equal'"),
        (table("{timestamp: created, created: {before: today}}"), "1: expected one of created_time, last_edited_time"),
        (table("{and: [{or: [{and: []}]}]}"), "1: Notion nests filters at most 2 levels deep"),
        (table("{and: []}"), "1: expected a list of filters, not a list"),
        (table("{status: {equals: Won}}"), "1: a filter has one of the keys 'property', 'timestamp', 'and', 'or'"),
        (table("{and: [{property: Paid, checkbox: {equals: true}}], or: []}"), "1: 'or' cannot stand beside 'and'"),
    ],
)
def test_a_mistake_in_a_view_is_told_at_its_line_with_what_was_meant(tmp_path: Path, views: str, told: str) -> None:
    found = problems(tmp_path, views)
    assert len(found) == 1, found
    assert found[0].startswith(told), found


@pytest.mark.parametrize(
    "filter_text",
    [
        "{}",
        "{property: Stage, status: {equals: [Won, Lost]}}",
        "{property: Due, date: {on_or_after: today}}",
        "{property: Due, date: {before: 2026-01-31}}",
        "{property: Due, date: {past_week: {}}}",
        "{property: Owner, people: {contains: me}}",
        "{property: Children, relation: {is_empty: true}}",
        "{property: Fees, rollup: {number: {greater_than: 1.5}}}",
        "{property: Fees, rollup: {any: {number: {equals: 1}}}}",
        "{timestamp: last_edited_time, last_edited_time: {past_month: {}}}",
        "{or: [{property: Name, title: {contains: x}}, {and: [{property: Paid, checkbox: {equals: false}}]}]}",
    ],
)
def test_what_notion_takes_as_a_filter_is_taken(tmp_path: Path, filter_text: str) -> None:
    assert problems(tmp_path, table(filter_text)) == []
