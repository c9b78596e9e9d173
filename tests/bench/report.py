"""What the bench found, as a page for people and as targets that are met or missed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from tools import FACTORY, TOOLS, URI, Case, Measured
from workload import PROPERTIES

MOST_VALIDATION_SECONDS = 2.0
MOST_PLAN_MEGABYTES = 300.0
MOST_GROWTH = 2.5
"""Twice as many databases may take this many times as long and still count as linear, on a machine with noise."""
LEAST_SPEEDUP = 10.0
SPEEDUP_SIZE = 50
_LIBRARIES = ("ansible-core", "httpx", "notion-client", "ultimate-notion")

Results = Mapping[tuple[str, int, Case], Measured]


@dataclass(frozen=True, slots=True)
class Scale:
    """The engine alone: the median time and the peak memory of processes."""

    validation_seconds: float
    plan_seconds: float
    plan_megabytes: float
    double_plan_seconds: float
    double_plan_megabytes: float

    @property
    def growth(self) -> float:
        """How much longer twice as many take; 2 is linear."""
        return self.double_plan_seconds / self.plan_seconds


def missed_targets(results: Results, scale: Scale) -> Iterator[str]:
    """Every target of the issue that was measured and not met."""
    for one in results.values():
        if one.tool == FACTORY.name and one.error:
            yield f"Factory could not do {one.case} of {one.size}: {one.error}"
    ours = results.get((FACTORY.name, SPEEDUP_SIZE, Case.NO_OP))
    theirs = results.get((URI.name, SPEEDUP_SIZE, Case.NO_OP))
    if ours and theirs and ours.runs and theirs.runs and theirs.seconds < LEAST_SPEEDUP * ours.seconds:
        faster = theirs.seconds / ours.seconds
        yield f"no-op of {SPEEDUP_SIZE}: {faster:.1f} times faster than the uri playbook, not {LEAST_SPEEDUP:.0f}"
    if scale.validation_seconds >= MOST_VALIDATION_SECONDS:
        yield f"validating 1,000 manifests: {scale.validation_seconds:.2f} s, not under {MOST_VALIDATION_SECONDS:.0f} s"
    if scale.plan_megabytes >= MOST_PLAN_MEGABYTES:
        yield f"planning 1,000 databases: {scale.plan_megabytes:.0f} MB, not under {MOST_PLAN_MEGABYTES:.0f} MB"
    if scale.growth > MOST_GROWTH:
        yield f"planning is not linear: 2,000 databases take {scale.growth:.2f} times as long as 1,000"


def page(results: Results, scale: Scale, sizes: Sequence[int], command: str, today: date) -> str:
    """``docs/benchmarks.md``."""
    return f"""# Benchmarks

Written by `{command}` on {today.isoformat()}; do not edit.
Machine: {_machine()}.

## Databases kept as declared

Databases of {PROPERTIES} properties, each but the first related to an earlier one (a tree, four to one). Every tool ran
as a whole process, one after another, against the same local Notion API, which was emptied before each creation; what
each left behind was read back and compared. A cell says requests (reads + writes), seconds (median of a few runs; of
one run where the playbook takes minutes), and the time as a multiple of Factory's.

{chr(10).join(_table(results, sizes))}

- **uri playbook** ([peer_uri.yml](../tests/bench/peer_uri.yml)) is what people write today: a loop of
  `ansible.builtin.uri`, a read and a write per database. It writes whether or not anything differs, and it deletes what
  is not in its list, such as options that somebody added in Notion.
- **ultimate-notion** ([peer_ultimate_notion.py](../tests/bench/peer_ultimate_notion.py)) declares the schemas as
  classes and re-opens each database by a remembered id. It has no plan: it compares the format of numbers, which is
  what changes here, and fails on any other difference.
- Factory, besides, plans, marks and verifies: it finds every difference, not only the one that changes here, reads back
  what it wrote, and keeps a journal.
- The local API answers in a millisecond or two. Notion takes some hundred, and allows 180 requests per minute on most
  plans, so that there the number of requests and how many are under way at once decide, not the seconds above.

## The lower bound

There is no batch endpoint, and creating a database does not answer its schema. For N databases whose ids are known,
with one-way relations, nobody who verifies can do with less than:

| case | reads | writes |
| --- | --- | --- |
| create | N, and 1 list of the page's children to know that they are not there | N |
| no-op | N | 0 |
| one change | N | 1, which answers the new schema |

{chr(10).join(_bounds(results, sizes))}

## The engine alone

No network: manifests of {PROPERTIES} properties on disk, and what Notion would answer in memory. Planning is the worst
case, in which every database differs. Memory is the peak of the whole process, which loads and validates before.

| measure | seconds | MB | must reach |
| --- | ---: | ---: | --- |
| load and validate 1,000 manifests | {scale.validation_seconds:.2f} | | under {MOST_VALIDATION_SECONDS:.0f} s |
| plan 1,000 databases | {scale.plan_seconds:.2f} | {scale.plan_megabytes:.0f} | under {MOST_PLAN_MEGABYTES:.0f} MB |
| plan 2,000 databases | {scale.double_plan_seconds:.2f} | {scale.double_plan_megabytes:.0f} | |
| 2,000 against 1,000 | {scale.growth:.2f} times as long | | time linear in N (at most {MOST_GROWTH}) |

{_verdict(results, scale)}
"""


def _table(results: Results, sizes: Sequence[int]) -> Iterator[str]:
    yield f"| databases | case | {' | '.join(tool.name for tool in TOOLS)} |"
    yield f"| ---: | --- |{' --- |' * len(TOOLS)}"
    for size in sizes:
        for case in Case:
            ours = results.get((FACTORY.name, size, case))
            cells = [_cell(results.get((tool.name, size, case)), ours) for tool in TOOLS]
            yield f"| {size} | {case} | {' | '.join(cells)} |"


def _cell(one: Measured | None, ours: Measured | None) -> str:
    if one is None:
        return "not reached"
    if one.error:
        return f"could not: {one.error.replace('|', '/')}"
    told = f"{one.reads} + {one.writes}, {one.seconds:.2f} s"
    if ours is None or not ours.runs or one is ours:
        return told
    return f"{told}, {one.seconds / ours.seconds:.1f}x"


def _bounds(results: Results, sizes: Sequence[int]) -> Iterator[str]:
    yield f"| databases | case | lower bound | {' | '.join(tool.name for tool in TOOLS)} |"
    yield f"| ---: | --- | ---: |{' ---: |' * len(TOOLS)}"
    for size in sizes:
        for case in Case:
            bound = {Case.CREATE: 2 * size + 1, Case.NO_OP: size, Case.CHANGE: size + 1}[case]
            found = [results.get((tool.name, size, case)) for tool in TOOLS]
            totals = [str(one.reads + one.writes) if one and one.runs else "-" for one in found]
            yield f"| {size} | {case} | {bound} | {' | '.join(totals)} |"


def _verdict(results: Results, scale: Scale) -> str:
    missed = list(missed_targets(results, scale))
    return "Targets missed:\n\n" + "\n".join(f"- {one}" for one in missed) if missed else "No target was missed."


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    system = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
    return f"{system}, Python {platform.python_version()}, {libraries}"
