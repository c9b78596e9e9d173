"""How many requests, seconds and megabytes a database of many rows takes, 1 % of them changed.

Run as ``python tests/bench/rows.py [--rows 5000,10000]``. Prints a table; exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.notion.plugins.module_utils.connection import Connection
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.workspace_run import run_on_workspace
from factory_iac.sandbox.process import Sandbox, running_notion

Json = dict[str, Any]
PAGE = 100
CHANGED = 100
"""One row in so many."""
MOST_MEGABYTES = 200.0
TEXTS = 6


def main() -> int:
    """Measure every size, and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="5000,10000", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--engine", nargs=5, metavar=("STACK", "CHECK", "URL", "TOKEN", "PAGE"), help="for itself")
    arguments = parser.parse_args()
    if arguments.engine:
        return _engine(*arguments.engine)
    print("| rows | case | reads | writes | seconds | MB |\n| ---: | --- | ---: | ---: | ---: | ---: |")
    missed = [one for count in arguments.rows for one in _measure(count)]
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    return 1 if missed else 0


def _engine(stack: str, check: str, url: str, token: str, page: str) -> int:
    """One run in this process, so that its memory can be told; prints one JSON object."""
    start = time.perf_counter()
    providers = installed_providers()
    declared = validate(load_stack(Path(stack), "sandbox"), providers)
    connection = Connection(token, url, "sandbox", 1_000_000, 8, 120)
    state = Path(stack).with_name("state")
    options = Options(check=check == "plan", allow_destructive=True)
    report = run_on_workspace(declared, providers, connection, Placement(page, "rows", "sandbox"), "n", state, options)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"seconds": time.perf_counter() - start, "megabytes": megabytes, "failed": report.failed}
    print(json.dumps(found))
    return 0


def _measure(count: int) -> list[str]:
    """Plan and apply *count* rows of which one in a hundred changed; what was missed."""
    missed = []
    with running_notion() as sandbox, tempfile.TemporaryDirectory() as name:
        stack = Path(name, "rows")
        stack.mkdir()
        with httpx.Client(base_url=sandbox.base_url, timeout=120, trust_env=False) as http:
            _declare(stack, [])
            _run(stack, "apply", sandbox)
            _load(http, sandbox, count)
            _declare(stack, [_row(index, changed=index % CHANGED == 0) for index in range(count)])
            pages = math.ceil(count / PAGE)
            for case, writes in (("plan", 0), ("apply", math.ceil(count / CHANGED)), ("plan again", 0)):
                http.delete("/_sandbox/requests")
                found = _run(stack, case.split()[0], sandbox)
                sent = http.get("/_sandbox/requests").json()
                told = f"{count:,} | {case} | {sent['reads']} | {sent['writes']} | {found['seconds']:.1f}"
                print(f"| {told} | {found['megabytes']:.0f} |", flush=True)
                if (sent["reads"], sent["writes"]) != (1 + pages, writes):
                    missed.append(f"{case} of {count} rows: expected {1 + pages} reads and {writes} writes")
                if found["megabytes"] > MOST_MEGABYTES or found["failed"]:
                    missed.append(f"{case} of {count} rows: {found}")
    return missed


def _run(stack: Path, case: str, sandbox: Sandbox) -> Json:
    told = ["--engine", str(stack), case, sandbox.base_url, sandbox.token, sandbox.root_page_id]
    done = subprocess.run([sys.executable, __file__, *told], check=True, capture_output=True, text=True)
    found: Json = json.loads(done.stdout)
    return found


def _declare(stack: Path, rows: list[Json]) -> None:
    texts = {f"Text {number}": {"type": "rich_text"} for number in range(TEXTS)}
    spec = {
        "title": "Many",
        "properties": {"Name": {"type": "title"}, "Size": {"type": "number"}, **texts},
        "rows": {"items": rows},
    }
    manifest = {"apiVersion": "factory/v1", "kind": "NotionDatabase", "metadata": {"name": "many"}, "spec": spec}
    (stack / "many.yml").write_text(json.dumps(manifest))


def _row(index: int, changed: bool) -> Json:
    texts = {f"Text {number}": f"What stands in column {number} of row {index}" for number in range(TEXTS)}
    return {"Name": f"Row {index}", "Size": -1 - index if changed else index, **texts}


def _load(http: httpx.Client, sandbox: Sandbox, count: int) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": "2026-03-11"}
    found = http.post("/v1/search", json={"filter": {"property": "object", "value": "data_source"}}, headers=headers)
    (source,) = [one for one in found.json()["results"] if one["title"][0]["plain_text"] == "Many"]
    for start in range(0, count, 1000):
        pages = [_page(source, index) for index in range(start, min(start + 1000, count))]
        http.post("/_sandbox/load", json={"objects": pages}).raise_for_status()


def _page(source: Json, index: int) -> Json:
    minute = index // 10
    created = f"2026-01-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00.000Z"
    values = _row(index, changed=False)
    return {
        "object": "page",
        "id": f"{index:08x}-0000-4000-8000-000000000000",
        "created_time": created,
        "last_edited_time": created,
        "parent": {"type": "data_source_id", "data_source_id": source["id"]},
        "properties": {
            name: {"id": one["id"], "type": one["type"], one["type"]: _stored(values[name])}
            for name, one in source["properties"].items()
        },
    }


def _stored(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [{"type": "text", "text": {"content": value, "link": None}, "plain_text": value, "href": None}]


if __name__ == "__main__":
    sys.exit(main())
