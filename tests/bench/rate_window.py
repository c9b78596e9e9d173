"""How long 200 databases take at Notion's real pace: 180 requests in a minute.

Run as ``python tests/bench/rate_window.py [--databases 200]``; takes some minutes, nearly all of them waiting. Prints a
table; exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from workload import workload, write_stack

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.notion.plugins.module_utils.connection import Connection
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.workspace_run import run_on_workspace
from factory_iac.sandbox.process import Sandbox, running_notion

REQUESTS = 180
WINDOW_SECONDS = 60.0
MOST_TIMES_FORCED = 1.3


@dataclass(frozen=True, slots=True)
class Run:
    """One run and what it took; ``differing`` counts what it changed, or would."""

    case: str
    requests: int
    seconds: float
    differing: int

    @property
    def forced(self) -> float:
        """The seconds that so many requests take when nothing else takes any time."""
        return (self.requests - 1) // REQUESTS * WINDOW_SECONDS

    def missed(self, expected: int) -> list[str]:
        """What is not as it must be, with *expected* differences."""
        found = [] if self.differing == expected else [f"{self.case}: {self.differing} differ, not {expected}"]
        if self.forced and self.seconds > MOST_TIMES_FORCED * self.forced:
            found.append(f"{self.case}: {self.seconds / self.forced:.2f} times what the budget forces")
        if self.case == "plan" and self.requests > REQUESTS:
            found.append(f"{self.case}: {self.requests} requests do not fit one window")
        return found


def main() -> int:
    """Create, plan, and plan without the cache; what was missed is said."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--databases", type=int, default=200)
    count = parser.parse_args().databases
    missed = []
    print(f"| {count} databases | requests | seconds | forced by the budget |\n| --- | ---: | ---: | ---: |")
    with running_notion() as sandbox, tempfile.TemporaryDirectory() as name:
        stack, state = Path(name, "many"), Path(name, "state")
        write_stack(workload(count), stack)
        for case, expected in (("apply", count), ("plan", 0), ("plan without a cache", 0)):
            if case == "plan without a cache":
                shutil.rmtree(state)
            found = run_case(case, stack, state, sandbox)
            told = f"{found.requests} | {found.seconds:.1f} | {found.forced:.0f}"
            print(f"| {case} | {told} |", flush=True)
            missed += found.missed(expected)
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    return 1 if missed else 0


def run_case(case: str, stack: Path, state: Path, sandbox: Sandbox) -> Run:
    """One run with a budget of its own, as if nothing had been sent in the minute before."""
    providers = installed_providers()
    declared = validate(load_stack(stack, "sandbox"), providers)
    connection = Connection(sandbox.token, sandbox.base_url, "sandbox", REQUESTS, 8, 120)
    placement = Placement(sandbox.root_page_id, stack.name, "sandbox")
    with httpx.Client(base_url=sandbox.base_url) as http:
        http.delete("/_sandbox/requests")
        start = time.perf_counter()
        options = Options(check=case != "apply")
        report = run_on_workspace(declared, providers, connection, placement, "n", state, options)
        seconds = time.perf_counter() - start
        sent = http.get("/_sandbox/requests").json()["total"]
    return Run(case, sent, seconds, len(report.plan.pending))


if __name__ == "__main__":
    sys.exit(main())
