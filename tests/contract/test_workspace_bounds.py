"""How many requests a run may cost: the table of the first issue, counted by the API."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notion_sandbox_api import NotionApi, text
from workspace_runs import Stack, assert_applied, assert_settled, connected, database, errors_of, fields_of, options

from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget
from factory_iac.sandbox.process import Sandbox

READ = "GET data_sources/{id}"
LIST = "GET blocks/{id}/children"
SEARCH = "POST search"
QUERY = "POST data_sources/{id}/query"
IN_TRASH = 1
"""The query that looks for rows to create among those in the trash, up to fifty of them."""
MADE_BY_OTHERS = 1
"""The query that looks whether somebody else created the same rows at the same time."""
SCHEMA_WRITES = ("POST databases", "PATCH data_sources/{id}", "PATCH databases/{id}")


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def chain(count: int) -> list[dict[str, Any]]:
    """Databases that each relate to the one before, in one way."""
    found = []
    for index in range(count):
        properties: dict[str, Any] = {
            "State": {"type": "select", "options": options("Open", "Done")},
            "Half": {"type": "formula", "expression": 'prop("Size") / 2'},
            "Size": {"type": "number", "format": "euro"},
        }
        if index:
            properties["Before"] = {"type": "relation", "database": f"db-{index - 1}"}
            properties["Count"] = {"type": "rollup", "relation": "Before", "property": "Size", "function": "sum"}
        found.append(database(f"db-{index}", properties))
    return found


def rows(count: int) -> dict[str, Any]:
    return {"items": [{"Name": f"Row {index}"} for index in range(count)]}


N = 12


def test_creating_acyclic_databases_takes_a_write_a_read_and_at_most_a_listing_each(stack: Stack) -> None:
    stack.declare(*chain(N))
    assert_applied(stack.apply())
    assert stack.requests.count("POST databases") == stack.requests.writes == N
    assert stack.requests.count(SEARCH) == 1
    assert stack.requests.count(LIST) <= N + 1  # that nobody else created it at the same time
    assert stack.requests.reads <= N + stack.requests.count(LIST) + 1


def test_a_plan_of_what_is_not_there_yet_is_one_listing_and_one_look_into_the_trash(stack: Stack) -> None:
    stack.declare(*chain(N))
    assert len(stack.plan().plan.pending) == N
    assert stack.requests.by_endpoint == {LIST: 1, SEARCH: 1}
    assert stack.titles() == []


@pytest.mark.parametrize("check", [True, False])
def test_a_no_op_takes_one_read_a_database_and_no_write(stack: Stack, check: bool) -> None:
    stack.declare(*chain(N))
    assert_applied(stack.apply())
    stack.run(check)
    assert stack.requests.by_endpoint == {READ: N}


@pytest.mark.parametrize(("count", "queries"), [(1, 1), (100, 1), (101, 2), (230, 3)])
def test_rows_are_read_a_hundred_at_a_time(stack: Stack, count: int, queries: int) -> None:
    stack.declare(database("big", rows={"items": [{"Name": "First"}]}), database("plain"))
    assert_applied(stack.apply())
    source = stack.source_id("Big")
    for index in range(count - 1):
        stack.api.row(source, f"Row {index}")
    stack.plan()
    assert stack.requests.by_endpoint == {READ: 2, QUERY: queries}


def test_a_cold_no_op_takes_two_reads_a_database_and_a_listing(stack: Stack) -> None:
    stack.declare(*chain(N))
    assert_applied(stack.apply())
    stack.forget()
    stack.plan()
    assert stack.requests.writes == 0
    assert stack.requests.reads - stack.requests.count(LIST) <= 2 * N
    assert stack.requests.count(LIST) == 1


def test_a_cold_no_op_among_other_peoples_databases_keeps_to_the_bound(stack: Stack) -> None:
    for index in range(N):
        stack.api.database(f"Foreign {index}")
    stack.declare(*chain(N))
    assert_applied(stack.apply())
    stack.forget()
    stack.plan()
    assert stack.requests.reads - stack.requests.count(LIST) <= 2 * N


def test_the_parent_page_is_listed_a_hundred_blocks_at_a_time(stack: Stack) -> None:
    page = f"/v1/blocks/{stack.api.sandbox.root_page_id}/children"
    paragraph = {"type": "paragraph", "paragraph": {"rich_text": text("…")}}
    for _ in range(2):
        stack.api.ok("PATCH", page, {"children": [paragraph] * 75})
    stack.declare(*chain(2))
    assert_applied(stack.apply())
    stack.forget()
    assert stack.plan().plan.pending == ()
    assert stack.requests.count(LIST) == 2


EDITS: list[tuple[str, dict[str, Any], int]] = [
    ("a format", {"properties": {"Size": {"type": "number", "format": "dollar"}}}, 1),
    ("an option", {"properties": {"State": {"type": "select", "options": options("Open", "Done", "New")}}}, 1),
    ("five properties", {"properties": {f"P{index}": {"type": "checkbox"} for index in range(5)}}, 1),
    ("the title", {"title": "Other"}, 1),
    ("the description", {"description": "Other"}, 1),
    ("the cover", {"cover": "https://example.com/c.png"}, 1),
    ("the lock", {"locked": True}, 2),
    ("the icon", {"icon": "🎈"}, 2),
    (
        "the icon, the description and a format",
        {"icon": "🎈", "description": "Other", "properties": {"Url": {"type": "url"}}},
        2,
    ),
]


@pytest.mark.parametrize(("what", "spec", "extra"), EDITS, ids=[what for what, _, _ in EDITS])
@pytest.mark.parametrize("k", [1, 3])
def test_k_changed_databases_take_k_more_requests(
    stack: Stack, what: str, spec: dict[str, Any], extra: int, k: int
) -> None:
    manifests = chain(N)
    stack.declare(*manifests)
    assert_applied(stack.apply())
    for manifest in manifests[:k]:
        old = manifest["spec"]
        manifest["spec"] = {**old, **spec, "properties": {**old["properties"], **spec.get("properties", {})}}
    stack.declare(*manifests)
    assert_applied(stack.apply())
    assert stack.requests.writes <= k * extra
    fresh = k * (what == "an option")  # the list is replaced by what is sent, so it is read once more
    assert stack.requests.reads + stack.requests.writes <= N + k * extra + fresh
    assert_settled(stack)


def test_changed_and_new_rows_take_a_write_each(stack: Stack) -> None:
    stack.declare(database("big", {"Size": {"type": "number"}}, rows=rows(20)))
    assert_applied(stack.apply())
    assert stack.requests.count("POST pages") == 20
    items = [{"Name": f"Row {index}", "Size": index} for index in range(5)] + [{"Name": "New"}]
    stack.declare(database("big", {"Size": {"type": "number"}}, rows={"items": items}))
    assert_applied(stack.apply())
    assert stack.requests.writes == 6
    assert stack.requests.by_endpoint == {
        READ: 1,
        QUERY: 1 + IN_TRASH + MADE_BY_OTHERS,
        "PATCH pages/{id}": 5,
        "POST pages": 1,
    }


def test_related_rows_take_a_write_each_when_they_come_in_order(stack: Stack) -> None:
    jobs = database(
        "a-jobs",
        {"Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"}},
        rows={"items": [{"Name": f"Job {index}", "Client": "Ada"} for index in range(10)]},
    )
    stack.declare(jobs, database("clients", rows={"items": [{"Name": "Ada"}]}))
    assert_applied(stack.apply())
    assert stack.requests.count("POST pages") == 11
    assert stack.requests.count("PATCH pages/{id}") == 0


class Counter:
    """How many requests were in flight at once; holds each until *together* are."""

    def __init__(self, together: int) -> None:
        self.barrier = threading.Barrier(together)
        self.lock = threading.Lock()
        self.now = self.most = 0

    def enter(self, path: str) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if "/data_sources/" in path:
            self.barrier.wait(timeout=10)

    def leave(self) -> None:
        with self.lock:
            self.now -= 1


@contextmanager
def proxy(upstream: str, counter: Counter) -> Iterator[str]:
    """A proxy that lets no request through before its companions have arrived."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            counter.enter(self.path)
            answer = httpx.get(f"{upstream}{self.path}", headers=dict(self.headers))
            counter.leave()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_eight_requests_are_in_flight_and_never_more(stack: Stack) -> None:
    stack.declare(*chain(16))
    assert_applied(stack.apply())
    counter = Counter(together=8)
    with proxy(stack.api.sandbox.base_url, counter) as base_url:
        report = stack.plan(base_url=base_url)
    assert errors_of(report) == []
    assert report.plan.pending == ()
    assert counter.most == 8


def test_nobody_waits_while_the_budget_lasts(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_sleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr("time.sleep", no_sleep)
    stack.declare(*chain(N))
    assert_applied(stack.apply(budget=RequestBudget(3 * N + 2, sleep=no_sleep)))
    assert stack.plan(budget=RequestBudget(N, sleep=no_sleep)).plan.pending == ()


def test_a_spent_budget_is_waited_for_until_its_window_ends(stack: Stack) -> None:
    now, waits, lock = [0.0], [], threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            waits.append(seconds)
            now[0] += seconds

    stack.declare(*chain(N))
    assert_applied(stack.apply(budget=RequestBudget(10, clock=lambda: now[0], sleep=sleep)))
    assert len(waits) >= 2
    assert now[0] >= 120.0
    assert set(waits) <= {0.0, 60.0}


KINDS = ("one-way", "two-way", "declared on both sides")
GRAPH = st.integers(2, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from(KINDS)), max_size=2 * count
        ),
        st.lists(st.tuples(st.integers(0, 100), st.booleans(), st.booleans()), max_size=count),
    )
)


def stack_of(count: int, relations: list[tuple[int, int, str]], rollups: list[tuple[int, bool, bool]]) -> list[Any]:
    """Manifests from a random graph: relations (from, to, kind), rollups over them (which, back, with formula)."""
    properties: list[dict[str, Any]] = [{"Size": {"type": "number"}} for _ in range(count)]
    for index, (here, there, kind) in enumerate(relations):
        relation = {"type": "relation", "database": f"db-{there}"}
        ends = {"synced_property": f"B{index}"} if kind != "one-way" else {}
        properties[here][f"R{index}"] = {**relation, **ends}
        if kind == "declared on both sides":
            back = {"type": "relation", "database": f"db-{here}", "synced_property": f"R{index}"}
            properties[there][f"B{index}"] = {**back, "description": f"The other end of R{index}"}
    for index, (which, back, with_formula) in enumerate(rollups):
        if not relations:
            break
        number = which % len(relations)
        here, there, kind = relations[number]
        owner, name = (there, f"B{number}") if back and kind != "one-way" else (here, f"R{number}")
        rollup = {"type": "rollup", "relation": name, "property": "Size", "function": "sum"}
        properties[owner][f"S{index}"] = rollup
        if with_formula:
            properties[owner][f"F{index}"] = {"type": "formula", "expression": f'prop("S{index}") * 2 + prop("Size")'}
    return [database(f"db-{index}", one) for index, one in enumerate(properties)]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(graph=GRAPH, honoured=st.booleans(), form=st.sampled_from(["token", "prop"]))
def test_any_graph_converges_with_three_writes_a_database(
    notion_process: Sandbox, graph: tuple[int, list[Any], list[Any]], honoured: bool, form: str
) -> None:
    manifests = stack_of(*graph)
    api = connected(notion_process)
    api.behave(synced_property_name_honoured=honoured, formula_form=form)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(api.http):
        stack = Stack(api, Path(folder))
        stack.declare(*manifests)
        report = stack.apply()
        assert_applied(report)
        assert [one.name for outcome in report.outcomes for one in outcome.change.unmanageable] == []
        writes = sum(stack.requests.count(one) for one in SCHEMA_WRITES)
        assert writes <= 3 * len(manifests)
        assert all(outcome.writes <= 3 for outcome in report.outcomes)
        for manifest in manifests:
            live = stack.schema(manifest["spec"]["title"])
            assert {name: live[name]["type"] for name in manifest["spec"]["properties"]} == {
                name: one["type"] for name, one in manifest["spec"]["properties"].items()
            }
        assert_settled(stack)
        stack.forget()
        assert fields_of(stack.plan()) == []


TWISTED = {
    "two-way": (2, [(0, 1, "two-way")], [(0, True, True), (0, False, True)]),
    "to itself, one-way": (1, [(0, 0, "one-way")], [(0, False, True)]),
    "to itself, two-way": (1, [(0, 0, "two-way")], [(0, False, True), (0, True, False)]),
    "a cycle": (
        3,
        [(0, 1, "one-way"), (1, 2, "one-way"), (2, 0, "one-way")],
        [(0, False, True), (1, False, True), (2, False, True)],
    ),
    "a two-way cycle": (
        3,
        [(0, 1, "two-way"), (1, 2, "two-way"), (2, 0, "two-way")],
        [(0, True, True), (1, True, True), (2, True, True), (0, False, True)],
    ),
    "declared on both sides": (2, [(1, 0, KINDS[2])], [(0, True, True), (0, False, True)]),
    "to itself, declared on both sides": (1, [(0, 0, KINDS[2])], [(0, True, True), (0, False, True)]),
    "a cycle, declared on both sides": (
        3,
        [(0, 1, KINDS[2]), (1, 2, KINDS[2]), (2, 0, KINDS[2])],
        [(0, True, True), (1, True, True), (2, True, True), (0, False, True)],
    ),
    "everything with everything": (
        4,
        [(a, b, "two-way") for a in range(4) for b in range(4)],
        [(index, index % 2 == 0, True) for index in range(16)],
    ),
}


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("case", TWISTED)
def test_twisted_databases_take_at_most_three_writes_each(stack: Stack, case: str, honoured: bool) -> None:
    stack.api.behave(synced_property_name_honoured=honoured)
    manifests = stack_of(*TWISTED[case])
    stack.declare(*manifests)
    report = stack.apply()
    assert_applied(report)
    assert stack.requests.writes <= 3 * len(manifests)
    assert all(outcome.writes <= 3 for outcome in report.outcomes)
    assert_settled(stack)
