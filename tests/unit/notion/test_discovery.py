"""Which database under the parent page is which resource: by its mark, by its title only on request."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.notion.plugins.module_utils.discovery import Candidate, Discovery, judge
from ansible_collections.factory.notion.plugins.module_utils.ownership import ownership_line


def wanted(name: str, title: str, **metadata: Any) -> Resource:
    return Resource(Address("NotionDatabase", name), metadata, {"title": title})


def live(number: str, title: str, owner: str | None = None, stack: str = "shop") -> Candidate:
    line = None if owner is None else ownership_line(stack, Address("NotionDatabase", owner))
    return Candidate(number, f"source of {number}", title, line)


@dataclass(frozen=True)
class Case:
    wanted: list[Resource]
    live: list[Candidate]
    found: dict[str, str] = field(default_factory=dict)
    adopted: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    orphans: dict[str, str] = field(default_factory=dict)
    warned: int = 0
    marked: bool = True


TASKS, ADOPTED = wanted("tasks", "Tasks"), wanted("tasks", "Tasks", adopt=True)
MOVED = dataclasses.replace(TASKS, former=(Address("NotionDatabase", "todo"), Address("NotionDatabase", "first")))
CASES = {
    "nothing there": Case([TASKS], []),
    "found by its mark": Case([TASKS], [live("1", "Tasks", "tasks")], found={"tasks": "1"}),
    "found by its mark under another title": Case([TASKS], [live("1", "Work", "tasks")], found={"tasks": "1"}),
    "the mark beats the title": Case([ADOPTED], [live("1", "Tasks"), live("2", "Work", "tasks")], found={"tasks": "2"}),
    "a title alone is not enough": Case([TASKS], [live("1", "Tasks")], warned=1),
    "a title alone without marks": Case([TASKS], [live("1", "Tasks")], errors={"tasks": ["1"]}, marked=False),
    "adopted on request": Case([ADOPTED], [live("1", "Tasks")], adopted={"tasks": "1"}),
    "adopted on request without marks": Case([ADOPTED], [live("1", "Tasks")], adopted={"tasks": "1"}, marked=False),
    "another title is not adopted": Case([ADOPTED], [live("1", "tasks"), live("2", "Tasks ")]),
    "two to adopt": Case([ADOPTED], [live("1", "Tasks"), live("2", "Tasks")], errors={"tasks": ["1", "2"]}),
    "two with one mark": Case(
        [TASKS], [live("1", "A", "tasks"), live("2", "B", "tasks")], errors={"tasks": ["1", "2"]}
    ),
    "what another stack owns is not adopted": Case(
        [ADOPTED], [live("1", "Tasks", "tasks", "other")], errors={"tasks": ["1", "other"]}
    ),
    "what another resource owns is not adopted": Case([ADOPTED], [live("1", "Tasks", "todo")], orphans={"todo": "1"}),
    "an orphan": Case(
        [TASKS],
        [live("1", "Tasks", "tasks"), live("2", "Old", "old")],
        found={"tasks": "1"},
        orphans={"old": "2"},
    ),
    "two resources": Case(
        [TASKS, wanted("jobs", "Jobs")],
        [live("1", "Jobs", "jobs"), live("2", "Tasks", "tasks")],
        found={"tasks": "2", "jobs": "1"},
    ),
    "moved": Case([MOVED], [live("1", "Tasks", "todo")], found={"tasks": "1"}),
    "moved from far": Case([MOVED], [live("1", "Tasks", "first")], found={"tasks": "1"}),
    "moved and marked already": Case(
        [MOVED], [live("1", "Tasks", "tasks"), live("2", "Old", "todo")], found={"tasks": "1"}, orphans={"todo": "2"}
    ),
    "two that were moved to one": Case(
        [MOVED], [live("1", "A", "todo"), live("2", "B", "first")], errors={"tasks": ["1", "2"]}
    ),
    "titles swapped": Case(
        [TASKS, wanted("jobs", "Jobs")],
        [live("1", "Jobs", "tasks"), live("2", "Tasks", "jobs")],
        found={"tasks": "1", "jobs": "2"},
    ),
}


def ids(found: Any) -> dict[str, str]:
    return {address.name: candidate.id for address, candidate in found.items()}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_candidate_is_judged_whatever_the_order(name: str, backwards: bool) -> None:
    case = CASES[name]
    step = -1 if backwards else 1
    judged: Discovery = judge(case.wanted[::step], case.live[::step], "shop", case.marked)
    assert ids(judged.found) == case.found
    assert ids(judged.adopted) == case.adopted
    assert ids(judged.orphans) == case.orphans
    assert len(judged.warnings) == case.warned
    assert {address.name for address in judged.errors} == set(case.errors)
    for address, error in judged.errors.items():
        assert all(one in str(error) for one in case.errors[address.name])
