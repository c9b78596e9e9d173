"""How fast the local Notion API is, against an empty Starlette endpoint in the same run.

Run as ``python tests/bench/local_api.py [--seconds 3] [--rows 100000]``. Prints a table; exits with 1 when a target
is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from factory_iac.sandbox.process import Sandbox, running_notion

Json = dict[str, Any]
PROPERTIES = 20
PAGE = 100
FEW_ROWS = 1000
EMPTY_APP = """
import asyncio, socket, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def nothing(_):
    return Response(b"{}", media_type="application/json")

# Named as TCP, or asyncio leaves out TCP_NODELAY and every answer waits 40 ms.
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(Starlette(routes=[Route("/", nothing)]), log_level="critical", access_log=False)
asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
"""


@dataclass(frozen=True)
class Figure:
    """One measured number and what it must reach."""

    name: str
    value: float
    target: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target if self.at_most else self.value >= self.target

    def line(self) -> str:
        """The figure as a line of a table."""
        bound = "at most" if self.at_most else "at least"
        return f"| {self.name} | {self.value:.3f} | {bound} {self.target} | {'yes' if self.reached else 'NO'} |"


@contextmanager
def empty_endpoint() -> Iterator[str]:
    """The address of a server that does nothing."""
    process = subprocess.Popen(
        [sys.executable, "-c", EMPTY_APP], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = process.stdout.readline().strip() if process.stdout is not None else ""
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.communicate()


def rate(address: str, headers: dict[str, str], method: str, seconds: float, body: Json | None = None) -> float:
    """Requests a second over one connection, by the client of the standard library: a slow client would hide much."""
    url = urlsplit(address)
    connection = HTTPConnection(url.hostname or "", url.port)
    content = None if body is None else json.dumps(body)
    sent = {**headers, "Content-Type": "application/json"}
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        connection.request(method, url.path, body=content, headers=sent)
        answer = connection.getresponse()
        if answer.status != httpx.codes.OK:
            raise RuntimeError(answer.read())
        answer.read()
        count += 1
    connection.close()
    return count / (time.perf_counter() - begun)


def fastest(http: httpx.Client, url: str, body: Json) -> float:
    """Seconds of the fastest of some requests."""
    found = []
    for _ in range(7):
        begun = time.perf_counter()
        http.post(url, json=body).raise_for_status()
        found.append(time.perf_counter() - begun)
    return min(found)


def data_source(http: httpx.Client, sandbox: Sandbox, rows: int) -> str:
    """A data source with twenty properties and rows."""
    numbers: Json = {f"Number {at:02}": {"number": {}} for at in range(PROPERTIES - 3)}
    others: Json = {"Day": {"date": {}}, "Flag": {"checkbox": {}}}
    body = {
        "parent": {"page_id": sandbox.root_page_id},
        "initial_data_source": {"properties": {"Name": {"title": {}}, **numbers, **others}},
    }
    database = http.post("/v1/databases", json=body).raise_for_status().json()
    source: str = database["data_sources"][0]["id"]
    properties = http.get(f"/v1/data_sources/{source}").json()["properties"]
    parent = {"type": "data_source_id", "data_source_id": source, "database_id": database["id"]}
    for first in range(0, rows, 5000):
        objects = [row(parent, properties, first + at, rows) for at in range(min(5000, rows - first))]
        http.post("/_sandbox/load", json={"objects": objects}).raise_for_status()
    return source


def row(parent: Json, properties: Json, at: int, rows: int) -> Json:
    """A row as Notion would return it."""
    day = {"start": f"{2000 + at % 20}-{at % 12 + 1:02}-{at % 28 + 1:02}", "end": None, "time_zone": None}
    contents: Json = {
        "title": runs(f"row {at}"),
        "number": at % 977,
        "date": day,
        "checkbox": at % 50 == 0,
    }
    values = {
        name: {"id": item["id"], "type": item["type"], item["type"]: contents[item["type"]]}
        for name, item in properties.items()
    }
    page_id = f"{rows:08x}-0000-4000-8000-{at:012x}"
    return {"object": "page", "id": page_id, "parent": parent, "properties": values}


def runs(content: str) -> list[Json]:
    """Rich text as Notion would return it."""
    text = {"type": "text", "plain_text": content, "text": {"content": content, "link": None}, "href": None}
    return [{**text, "annotations": {}}]


ASKED: dict[str, Json] = {
    "number": {
        "filter": {"property": "Number 00", "number": {"greater_than": 900}},
        "sorts": [{"property": "Number 00", "direction": "descending"}],
    },
    "title": {
        "filter": {"property": "Name", "title": {"starts_with": "row 9"}},
        "sorts": [{"property": "Name", "direction": "ascending"}],
    },
    "date": {
        "filter": {"property": "Day", "date": {"on_or_after": "2010-01-01"}},
        "sorts": [{"property": "Day", "direction": "ascending"}],
    },
    "checkbox, then date": {
        "filter": {"property": "Flag", "checkbox": {"equals": True}},
        "sorts": [{"property": "Day", "direction": "descending"}],
    },
    "created_time": {
        "filter": {"timestamp": "created_time", "created_time": {"on_or_after": "2020-01-01"}},
        "sorts": [{"timestamp": "created_time", "direction": "descending"}],
    },
}


def start_up(rows: int) -> float:
    """Seconds of the fastest of some starts of a workspace that is in a file already."""
    with TemporaryDirectory() as folder:
        data = str(Path(folder, "workspace"))
        with running_notion(data) as sandbox:
            headers = {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": "2026-03-11"}
            with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=300) as http:
                data_source(http, sandbox, rows)
        found = []
        for _ in range(5):
            begun = time.perf_counter()
            with running_notion(data):
                found.append(time.perf_counter() - begun)
    return min(found)


def figures(seconds: float, many_rows: int) -> list[Figure]:
    """Everything that is measured."""
    with running_notion() as sandbox, empty_endpoint() as nothing:
        headers = {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": "2026-03-11"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=300) as http:
            small = data_source(http, sandbox, PAGE)
            few, many = (data_source(http, sandbox, rows) for rows in (FEW_ROWS, many_rows))
            base = rate(nothing, headers, "GET", seconds)
            read = rate(f"{sandbox.base_url}/v1/data_sources/{small}", headers, "GET", seconds)
            query = rate(f"{sandbox.base_url}/v1/data_sources/{small}/query", headers, "POST", seconds, {})
            ratios = {
                name: fastest(http, f"/v1/data_sources/{many}/query", body)
                / fastest(http, f"/v1/data_sources/{few}/query", body)
                for name, body in ASKED.items()
            }
    return [
        Figure(f"GET data_source of {PROPERTIES} properties, of an empty endpoint's rate", read / base, 0.4),
        Figure(f"query of {PAGE} rows, of an empty endpoint's rate", query / base, 0.04),
        *(
            Figure(f"filter + sort by {name} of {many_rows} rows, times that of {FEW_ROWS}", ratio, 5, at_most=True)
            for name, ratio in ratios.items()
        ),
        Figure(
            f"start with {many_rows} rows, times that with {FEW_ROWS}",
            start_up(many_rows) / start_up(FEW_ROWS),
            2,
            at_most=True,
        ),
    ]


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description="Measure the local Notion API.")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long to measure each rate")
    parser.add_argument("--rows", type=int, default=100_000, help="how many rows count as many")
    given = parser.parse_args()
    found = figures(given.seconds, given.rows)
    print("| measure | found | target | reached |\n| --- | --- | --- | --- |")
    for figure in found:
        print(figure.line())
    return 0 if all(figure.reached for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
