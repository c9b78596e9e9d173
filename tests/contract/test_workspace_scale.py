"""A thousand databases of twelve properties: memory and work of a plan, without a network."""

from __future__ import annotations

import copy
import json
import multiprocessing
import resource
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from workspace_runs import PROVIDERS, Json, database, options

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource, load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.provider import Findings, Observation
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source

MEGABYTE = 1024
PROPERTIES: Json = {
    "Name": {"type": "title"},
    "Text": {"type": "rich_text"},
    "Size": {"type": "number", "format": "euro"},
    "State": {"type": "select", "options": options("Open", "Doing", "Done")},
    "Tags": {"type": "multi_select", "options": options("a", "b", "c", "d")},
    "When": {"type": "date"},
    "Paid": {"type": "checkbox"},
    "Url": {"type": "url"},
    "Who": {"type": "people"},
    "Before": {"type": "relation", "database": "db-0"},
    "Count": {"type": "rollup", "relation": "Before", "property": "Size", "function": "sum"},
    "Double": {"type": "formula", "expression": 'prop("Size") * 2'},
}


def write_stack(folder: Path, count: int) -> Path:
    stack = folder / f"stack-{count}"
    stack.mkdir()
    for index in range(count):
        properties = copy.deepcopy(PROPERTIES)
        properties["Before"]["database"] = f"db-{max(index - 1, 0)}"
        (stack / f"db-{index}.yml").write_text(json.dumps(database(f"db-{index}", properties)))
    return stack


def source_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


class Memory:
    """A target that holds everything as declared, as the API would tell it."""

    def observe(
        self, resources: Sequence[Resource], known: Mapping[Address, Mapping[str, str]]
    ) -> Findings[DatabaseState]:
        found = {}
        for resource_ in resources:
            state = parse_data_source(self.live(resource_))
            attributes = {"id": state.database_id, "data_source_id": state.data_source_id}
            found[resource_.address] = Observation(attributes, state)
        return Findings(found)

    def apply(self, *_: Any) -> None:
        raise AssertionError("a plan writes nothing")

    def live(self, declared: Resource) -> Json:
        properties = {
            name: {
                "id": f"{index:04d}",
                "name": name,
                "type": one["type"],
                "description": None,
                one["type"]: stored(one),
            }
            for index, (name, one) in enumerate(declared.spec["properties"].items())
        }
        own = source_id(declared.address.name)
        return {
            "id": own,
            "parent": {"type": "database_id", "database_id": own},
            "title": [{"plain_text": declared.spec["title"]}],
            "properties": properties,
        }


def stored(declared: Json) -> Json:
    """A property's configuration as the API would answer it."""
    match declared["type"]:
        case "number":
            return {"format": declared["format"]}
        case "select" | "multi_select":
            return {"options": [{"id": one["name"], "color": "red", **one} for one in declared["options"]]}
        case "relation":
            target = source_id(declared["database"])
            return {"data_source_id": target, "type": "single_property", "single_property": {}}
        case "rollup":
            return {
                "relation_property_name": declared["relation"],
                "relation_property_id": "0009",
                "rollup_property_name": declared["property"],
                "function": declared["function"],
            }
        case "formula":
            return {"expression": declared["expression"]}
    return {}


def plan(folder: Path, stack: Path) -> Report:
    loaded = load_stack(stack, "sandbox")
    declared = validate(loaded, PROVIDERS)
    scope = Scope(loaded.name, "sandbox", "notion", "memory", folder / ".factory")
    return run(declared, PROVIDERS, ["NotionDatabase"], lambda progress: Memory(), scope, Options(check=True))


def measure(folder: str, stack: str, answer: Any) -> None:
    """In a child process: plan, and tell what was pending and the peak of memory in megabytes."""
    report = plan(Path(folder), Path(stack))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    answer.send((len(report.plan.changes), len(report.plan.pending), peak))


def test_a_thousand_databases_are_planned_in_300_megabytes(tmp_path: Path) -> None:
    stack = write_stack(tmp_path, 1000)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=measure, args=(str(tmp_path), str(stack), there))
    child.start()
    there.close()
    changes, pending, peak = here.recv()
    child.join()
    assert (changes, pending) == (1000, 0)
    assert peak < 300


def calls(folder: Path, stack: Path) -> int:
    """How many Python functions a plan calls."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        report = plan(folder, stack)
    finally:
        sys.setprofile(None)
    assert report.plan.pending == ()
    return counted


@pytest.mark.parametrize("base", [60])
def test_the_work_of_a_plan_is_linear_in_the_number_of_databases(tmp_path: Path, base: int) -> None:
    one, two, four = (calls(tmp_path, write_stack(tmp_path, base * times)) for times in (1, 2, 4))
    assert four - two < 2.2 * (two - one)
