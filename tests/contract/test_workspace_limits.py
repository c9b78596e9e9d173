"""Deadlines and interruptions: nothing is sent after them, what was done is recorded, the next apply converges."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from notion_sandbox_api import NotionApi
from workspace_runs import Stack, assert_applied, assert_settled, database, errors_of, options

from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget

ROWS = [{"Name": f"Row {number}"} for number in range(5)]
JOBS = database("jobs", {"Client": {"type": "relation", "database": "clients", "synced_property": "Jobs"}})
CLIENTS = database("clients", {"State": {"type": "select", "options": options("Open")}}, rows={"items": ROWS})


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    stack = Stack(notion_sandbox, tmp_path)
    stack.declare(JOBS, CLIENTS)
    return stack


def stopping_at(monkeypatch: pytest.MonkeyPatch, stop: Stop, request_number: int) -> None:
    """Let *stop* be asked while a request is under way."""
    number, send = itertools.count(1), httpx.HTTPTransport.handle_request

    def counted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if "/v1/" in request.url.path and next(number) == request_number:
            stop.ask("interrupted")
        return send(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", counted)


@pytest.mark.parametrize("request_number", range(2, 14))
def test_interrupted_at_any_request_that_one_is_the_last_and_the_next_apply_converges(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, request_number: int
) -> None:
    stop = Stop()
    with monkeypatch.context() as patch:
        stopping_at(patch, stop, request_number)
        report = stack.apply(stop=stop, in_flight=1)
    assert report.interrupted == ("interrupted" if errors_of(report) else "")
    assert all("interrupted" in one for one in errors_of(report))
    if request_number > 2:  # the listing and the look into the trash
        assert "NotionDatabase/clients" in (stack.state / "identity.json").read_text()
    assert stack.requests.reads + stack.requests.writes == request_number
    assert_applied(stack.apply())
    assert stack.titles() == ["Clients", "Jobs"]
    assert stack.row_names("Clients") == [f"Row {number}" for number in range(5)]
    assert_settled(stack)


def test_an_interrupted_apply_tells_what_is_not_finished_and_what_not_begun(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.declare(database("a", rows={"items": ROWS}), database("b", {"A": {"type": "relation", "database": "a"}}))
    stop = Stop()
    stopping_at(monkeypatch, stop, 4)
    report = stack.apply(stop=stop)
    told = {str(one.change.address): one.error for one in report.outcomes}
    assert told == {
        "NotionDatabase/a": "not finished: interrupted",
        "NotionDatabase/b": "not begun: interrupted",
    }
    assert json.loads((report.folder / "report.json").read_text())["interrupted"] == "interrupted"


def test_a_wait_for_the_budget_ends_with_the_run(stack: Stack) -> None:
    stop = Stop()
    waiting = RequestBudget(3, 3600.0, sleep=stop.wait, waiting=lambda seconds: stop.ask("interrupted"))
    report = stack.apply(stop=stop, budget=waiting)
    assert report.interrupted == "interrupted"
    assert stack.requests.reads + stack.requests.writes == 3
    assert_applied(stack.apply())


def test_after_the_deadline_of_the_run_nothing_is_sent_and_the_next_apply_converges(stack: Stack) -> None:
    now = [0.0]
    stop = Stop(100, clock=lambda: now[0])
    budget = RequestBudget(4, 60.0, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    report = stack.apply(stop=stop, budget=budget)
    assert stack.requests.reads + stack.requests.writes == 8
    assert "the deadline of the run (100 s) is over" in errors_of(report)[0]
    assert_applied(stack.apply())
    assert_settled(stack)


def test_a_database_that_takes_too_long_is_an_error_and_the_others_are_done(stack: Stack) -> None:
    stack.declare(CLIENTS, database("other"))
    stack.api.fail("slow", method="POST", endpoint="/v1/pages", times=100, delay=0.2)
    report = stack.apply(resource_deadline=0.5)
    assert [str(one.change.address) for one in report.outcomes if one.error] == ["NotionDatabase/clients"]
    assert "the deadline of one resource (0.5 s) is over" in errors_of(report)[0]
    assert "Other" in stack.titles()
    stack.api.http.delete("/_sandbox/faults")
    assert_applied(stack.apply())
    assert_settled(stack)


@pytest.fixture
def trickling() -> Iterator[str]:
    """A server whose answer never ends: a byte now and then."""
    server, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def answer() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
                while not over.wait(0.02):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        break

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    over.set()
    server.close()


@pytest.mark.parametrize("limit", ["request", "run"])
def test_an_answer_that_trickles_for_ever_does_not_outlive_a_deadline(stack: Stack, trickling: str, limit: str) -> None:
    start = time.monotonic()
    stop, deadline = (Stop(), 1) if limit == "request" else (Stop(1), 3600)
    with pytest.raises(FactoryError):
        stack.apply(base_url=trickling, stop=stop, deadline=deadline)
    assert time.monotonic() - start < 30, "it did not end with the deadline but by itself"


def test_both_ends_of_two_way_relations_are_never_written_at_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = database("hub")
    spokes = [
        database(f"spoke-{number}", {"Hub": {"type": "relation", "database": "hub", "synced_property": f"S{number}"}})
        for number in range(6)
    ]
    stack.declare(hub, *[database(one["metadata"]["name"]) for one in spokes])
    assert_applied(stack.apply())
    stack.declare(hub, *spokes)
    inside, most, lock = [0], [0], threading.Lock()
    send = httpx.HTTPTransport.handle_request

    def counted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method != "PATCH":
            return send(self, request)
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        try:
            return send(self, request)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", counted)
    stack.api.fail("slow", method="PATCH", endpoint="/v1/data_sources/{id}", times=100, delay=0.05)
    assert_applied(stack.apply())
    assert most == [1]
    assert_settled(stack)
