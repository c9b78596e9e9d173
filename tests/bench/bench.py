"""Measure Factory against its peers and its own targets, and write ``docs/benchmarks.md``.

Run as ``python tests/bench/bench.py [--sizes 7,50,200] [--runs 3]`` in an environment with the extra ``bench``.
Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import httpx
from report import Scale, missed_targets, page
from tools import HERE, ROOT, TOOLS, LocalApi, Measured, measure
from workload import workload, write_stack

from factory_iac.sandbox.process import running_notion

PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Measure, write the page, and say what was missed."""
    arguments = _arguments()
    if find_spec("ultimate_notion") is None:
        print("ultimate-notion is not installed here; pip install -e '.[bench]'", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as name:
        scale = _scale(Path(name) / "scale", arguments.runs)
        found = _measured(Path(name) / "tools", arguments.sizes, arguments.runs)
        results = {(one.tool, one.size, one.case): one for one in found}
    command = shlex.join(["python", "tests/bench/bench.py", *sys.argv[1:]])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(page(results, scale, arguments.sizes, command, date.today()), encoding="utf-8")
    _say(f"{arguments.output.name} written")
    missed = list(missed_targets(results, scale))
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", default="7,50,200", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--runs", default=3, type=int, help="how often to repeat what does not take minutes")
    parser.add_argument("--output", default=PAGE, type=Path)
    return parser.parse_args()


def _measured(folder: Path, sizes: list[int], runs: int) -> Iterator[Measured]:
    """Every tool, size and case on one local API."""
    with running_notion() as sandbox, httpx.Client(trust_env=False) as http:
        api = LocalApi(sandbox, http)
        for tool in TOOLS:
            list(measure(api, tool, 1, 1, folder))
            _say(f"{tool.name}: warmed up")
        for size, tool in product(sizes, TOOLS):
            for one in measure(api, tool, size, runs, folder):
                _say(_told(one))
                yield one


def _told(one: Measured) -> str:
    what = f"{one.tool}: {one.case} of {one.size}"
    if one.error:
        return f"{what}: could not, {one.error}"
    return f"{what}: {one.reads} reads, {one.writes} writes, {one.seconds:.2f} s (median of {len(one.runs)})"


def _scale(folder: Path, runs: int) -> Scale:
    """The engine alone, in processes of its own."""
    write_stack(workload(1000), folder / "thousand")
    write_stack(workload(2000), folder / "two-thousand")
    validation, _ = _engine("validate", folder / "thousand", runs)
    seconds, megabytes = _engine("plan", folder / "thousand", runs)
    double_seconds, double_megabytes = _engine("plan", folder / "two-thousand", runs)
    return Scale(validation, seconds, megabytes, double_seconds, double_megabytes)


def _engine(measured: str, stack: Path, runs: int) -> tuple[float, float]:
    """The median seconds and the most megabytes."""
    command = [sys.executable, str(HERE / "engine_scale.py"), measured, str(stack), str(stack.with_name("state"))]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(runs)]
    seconds = statistics.median(one["seconds"] for one in found)
    megabytes = max(one["megabytes"] for one in found)
    _say(f"engine: {measured} {stack.name}: {seconds:.2f} s, {megabytes:.0f} MB")
    return seconds, megabytes


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
