"""What surrounds the API: errors, counts, faults, switches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from notion_sandbox_api import Json, NotionApi

MISSING = "5a4d0b0e-0000-4000-8000-00000000ffff"

ERRORS: list[tuple[str, str, Json | None, int, str, str]] = [
    ("GET", "/v1/invalid", None, 400, "invalid_request_url", "Invalid request URL."),
    ("DELETE", "/v1/users/me", None, 400, "invalid_request_url", "Invalid request URL."),
    ("POST", "/v1/oauth/token", {}, 501, "not_implemented", "POST /v1/oauth"),
    (
        "GET",
        f"/v1/pages/{MISSING}",
        None,
        404,
        "object_not_found",
        f"Could not find page with ID: {MISSING}.",
    ),
    ("GET", f"/v1/data_sources/{MISSING}", None, 404, "object_not_found", "Could not find database with ID"),
    (
        "GET",
        "/v1/pages/12345678-1234-1234-1234-123456789abc",
        None,
        400,
        "validation_error",
        "path failed validation: path.page_id should be a valid uuid, instead was"
        ' `"12345678-1234-1234-1234-123456789abc"`.',
    ),
    (
        "POST",
        "/v1/databases",
        {},
        400,
        "validation_error",
        "body.parent should be defined, instead was `undefined`.",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "said"), ERRORS)
def test_an_error_reads_as_notion_words_it(
    notion_sandbox: NotionApi, method: str, path: str, body: Json | None, status: int, code: str, said: str
) -> None:
    answer = notion_sandbox.call(method, path, body)
    error = answer.json()
    assert (answer.status_code, error["status"], error["code"]) == (status, status, code)
    assert said in error["message"]
    assert error["request_id"] == answer.headers["x-notion-request-id"]


HEADERS: list[tuple[Json, int, str]] = [
    ({"Authorization": "Bearer wrong"}, 401, "unauthorized"),
    ({"Notion-Version": "2022-06-28"}, 400, "validation_error"),
    ({"Notion-Version": None}, 400, "missing_version"),
]


@pytest.mark.parametrize(("changed", "status", "code"), HEADERS)
def test_token_and_version_are_checked(notion_sandbox: NotionApi, changed: Json, status: int, code: str) -> None:
    sandbox = notion_sandbox.sandbox
    headers = {"Authorization": f"Bearer {sandbox.token}", "Notion-Version": "2026-03-11", **changed}
    sent = {name: value for name, value in headers.items() if value is not None}
    answer = httpx.get(f"{sandbox.base_url}/v1/users/me", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_ids_without_dashes_are_ids(notion_sandbox: NotionApi) -> None:
    root = notion_sandbox.sandbox.root_page_id
    assert notion_sandbox.page(root.replace("-", ""))["id"] == root


def test_requests_are_counted_by_endpoint(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    notion_sandbox.schema(source)
    notion_sandbox.names(source)
    found = notion_sandbox.ok("GET", "/_sandbox/requests")
    assert (found["total"], found["reads"], found["writes"]) == (3, 2, 1)
    assert {"method": "GET", "endpoint": "/v1/data_sources/{id}", "count": 1} in found["requests"]
    assert notion_sandbox.ok("DELETE", "/_sandbox/requests")["total"] == 0
    assert notion_sandbox.schema(source)


def test_a_reset_leaves_only_the_root_page(notion_sandbox: NotionApi) -> None:
    notion_sandbox.database()
    notion_sandbox.ok("POST", "/_sandbox/reset", {})
    assert notion_sandbox.ok("GET", "/_sandbox/requests")["total"] == 0
    root = notion_sandbox.sandbox.root_page_id
    assert notion_sandbox.ok("GET", f"/v1/blocks/{root}/children")["results"] == []


CONTROL = [
    ("faults", {"faults": [{"fault": "status", "nht": 3}]}, "faults[0]: status does not take nht; it takes code"),
    ("faults", {"faults": [{"fault": "status"}, {"fault": "storm"}]}, "faults[1]: fault must be one of status"),
    ("faults", {"faults": [{"fault": "reset", "status": 500}]}, "reset does not take status"),
    ("faults", {"faults": [{"fault": "status", "endpoint": "/v1/pages/{page_id}"}]}, "did you mean '/v1/pages/{id}'?"),
    ("faults", {"faults": [{"fault": "status", "method": "POST", "endpoint": "/v1/users"}]}, "only GET"),
    ("faults", {"faults": [{"fault": "status", "method": "get"}]}, "method must be one of"),
    ("faults", {"faults": [{"fault": "status", "nth": 0}]}, "nth must be a whole number from 1, not 0"),
    ("faults", {"faults": [{"fault": "status", "times": "3"}]}, "times must be a whole number from 1"),
    ("faults", {"faults": [{"fault": "status", "probability": None}]}, "probability must be a number above 0"),
    ("faults", {"faults": [{"fault": "status", "seed": 0.5}]}, "seed must be a whole number"),
    ("faults", {"faults": [{"fault": "status", "status": 200}]}, "status must be a status from 400 to 599"),
    ("faults", {"faults": [{"fault": "status", "status": 418}]}, "status 418 needs a code"),
    ("faults", {"faults": [{"fault": "status", "retry_after": -1}]}, "retry_after must be a whole number"),
    ("faults", {"faults": [{"fault": "slow"}]}, "slow needs a delay"),
    ("faults", {"faults": [{"fault": "slow", "delay": -1}]}, "delay must be a number of seconds above 0"),
    ("faults", {"fault": "status"}, 'the body must be {"faults": [...]}'),
    ("behaviour", {"gravity": False}, "unknown behaviour 'gravity'"),
    ("behaviour", {"edition": "gold"}, "edition must be one of unlimited, free, business"),
    ("behaviour", {"search_lag": -1}, "search_lag must be a number of seconds, not -1"),
    ("clock", {"now": "soon"}, "now must be an ISO 8601 text or null, not 'soon'"),
    ("clock", {"now": "9999-12-31"}, "the time must lie in the years 1970 to 2999"),
    ("clock", {"advance": "a bit"}, "advance must be a number of seconds, not 'a bit'"),
    ("clock", {"advance": 1e300}, "advance is too far"),
    ("clock", {"frozen": 1}, "frozen must be true or false, not 1"),
    ("clock", {"back": 5}, "unknown clock order back"),
    ("load", {"objects": [], "replce": True}, "unknown order replce"),
    ("load", {"objects": [], "replace": "yes"}, "replace must be true or false"),
]


@pytest.mark.parametrize(("what", "order", "said"), CONTROL)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(
    notion_sandbox: NotionApi, what: str, order: Json, said: str
) -> None:
    assert said in notion_sandbox.refused("POST", f"/_sandbox/{what}", order)["error"]
    assert notion_sandbox.ok("GET", "/_sandbox/faults")["faults"] == []


@pytest.mark.parametrize("what", ["faults", "behaviour", "clock", "load"])
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not JSON"), (b"{", "not JSON"), (b"\xff", "not JSON"), (b"[" * 9999, "not JSON"), (b"[]", "JSON object")],
    ids=["empty", "half", "no text", "deep", "a list"],
)
def test_an_order_that_is_not_json_is_refused_with_the_reason(
    notion_sandbox: NotionApi, what: str, content: bytes, said: str
) -> None:
    answer = notion_sandbox.http.post(f"/_sandbox/{what}", content=content)
    assert (answer.status_code, said in answer.json()["error"]) == (400, True)


def test_an_order_that_does_not_exist_is_refused_with_those_that_do(notion_sandbox: NotionApi) -> None:
    said = notion_sandbox.refused("POST", "/_sandbox/fautls", {}, 404)["error"]
    assert "there is no POST /_sandbox/fautls" in said
    assert "POST /_sandbox/faults" in said


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "FOO"])
def test_a_method_that_notion_does_not_have_gets_notions_error(notion_sandbox: NotionApi, method: str) -> None:
    assert notion_sandbox.refused(method, "/v1/users/me")["code"] == "invalid_request_url"


STATUSES = [409, 500, 502, 503, 504, 529]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_fault_strikes_once_and_before_the_write(notion_sandbox: NotionApi, status: int) -> None:
    notion_sandbox.fail("status", method="POST", endpoint="/v1/databases", status=status)
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}}
    assert notion_sandbox.refused("POST", "/v1/databases", body, status)["status"] == status
    notion_sandbox.ok("POST", "/v1/databases", body)
    assert len(_databases(notion_sandbox)) == 1


def test_a_rate_limit_says_when_to_come_back(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", status=429, retry_after=7)
    answer = notion_sandbox.call("GET", "/v1/users/me")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["additional_data"] == {
        "rate_limit_reason": "public_api_request_rate_limit",
        "retry_after": "7",
    }


def test_a_rate_limit_lasts_as_long_as_the_window_unless_told_otherwise(notion_sandbox: NotionApi) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2030-01-01T00:00:00Z", "frozen": True})
    notion_sandbox.ok("GET", "/v1/users/me")
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 20})
    notion_sandbox.fail("status", status=429)
    answer = notion_sandbox.call("GET", "/v1/users/me")
    assert (answer.headers["Retry-After"], answer.json()["additional_data"]["retry_after"]) == ("40", "40")


def test_a_fault_tells_what_it_has_seen_and_struck(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", status=500, method="GET", endpoint="/v1/users/me", nth=2)
    for _ in range(3):
        notion_sandbox.call("GET", "/v1/users/me")
    notion_sandbox.ok("GET", "/v1/users")
    fault = notion_sandbox.ok("GET", "/_sandbox/faults")["faults"][0]
    assert (fault["fault"], fault["status"], fault["nth"], fault["seen"], fault["struck"]) == ("status", 500, 2, 3, 1)


def test_faults_that_are_due_at_once_strike_one_after_the_other(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", status=500)
    notion_sandbox.fail("status", status=504)
    assert [notion_sandbox.call("GET", "/v1/users/me").status_code for _ in range(3)] == [500, 504, 200]


def test_odds_hold_without_end_unless_told_otherwise(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", probability=0.5, seed=1)
    found = [notion_sandbox.call("GET", "/v1/users/me").status_code for _ in range(60)]
    assert 10 < found.count(503) < 50


def test_a_code_and_a_message_are_said_as_ordered(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", status=403, code="restricted_resource", message="Not yours.")
    error = notion_sandbox.refused("GET", "/v1/users/me", status=403)
    assert (error["code"], error["message"]) == ("restricted_resource", "Not yours.")


def test_a_read_that_fails_after_the_work_names_nothing_as_written(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    notion_sandbox.row(source)
    notion_sandbox.fail("status_after_write")
    assert "additional_data" not in notion_sandbox.refused("POST", f"/v1/data_sources/{source}/query", {}, 503)


def test_the_nth_request_fails_for_as_long_as_asked(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status", endpoint="/v1/users/me", nth=2, times=2)
    found = [notion_sandbox.call("GET", "/v1/users/me").status_code for _ in range(4)]
    assert found == [200, 503, 503, 200]


def test_a_fault_after_the_write_names_what_was_written(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status_after_write", method="POST", endpoint="/v1/databases")
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}}
    error = notion_sandbox.refused("POST", "/v1/databases", body, 503)
    assert [block["id"] for block in _databases(notion_sandbox)] == [error["additional_data"]["committed_resource_id"]]


@pytest.mark.parametrize(("fault", "written"), [("reset", 0), ("reset_after_write", 1), ("truncate", 1)])
def test_a_broken_connection_is_broken_before_or_after_the_write(
    notion_sandbox: NotionApi, fault: str, written: int
) -> None:
    notion_sandbox.fail(fault, method="POST", endpoint="/v1/databases")
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}}
    with pytest.raises(httpx.TransportError):
        notion_sandbox.call("POST", "/v1/databases", body)
    assert len(_databases(notion_sandbox)) == written


def test_the_edge_answers_html(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("html")
    notion_sandbox.fail("html", status=503)
    answers = [notion_sandbox.call("GET", "/v1/users/me") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [502, 503]
    assert {answer.headers["content-type"].split(";")[0] for answer in answers} == {"text/html"}


def test_a_slow_answer_outlasts_a_short_patience(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("slow", delay=5)
    with pytest.raises(httpx.ReadTimeout):
        notion_sandbox.call("GET", "/v1/users/me", timeout=0.2)


def test_cleared_faults_do_not_strike(notion_sandbox: NotionApi) -> None:
    notion_sandbox.fail("status")
    notion_sandbox.ok("DELETE", "/_sandbox/faults")
    notion_sandbox.ok("GET", "/v1/users/me")


def test_a_hundred_clients_at_once_are_served(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(ID={"unique_id": {}})

    def create(at: int) -> int:
        number: int = notion_sandbox.row(source, str(at))["properties"]["ID"]["unique_id"]["number"]
        return number

    with ThreadPoolExecutor(100) as pool:
        assert sorted(pool.map(create, range(100))) == list(range(1, 101))


def _databases(api: NotionApi) -> list[Any]:
    found: list[Any] = api.ok("GET", f"/v1/blocks/{api.sandbox.root_page_id}/children")["results"]
    return found


def test_writes_that_meet_in_one_data_source_conflict(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    notion_sandbox.fail("overlap", times=1000, delay=0.3)
    body = {"parent": {"data_source_id": source}, "properties": {}}

    def create(_: int) -> int:
        return int(notion_sandbox.call("POST", "/v1/pages", body).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(create, range(2))) == [200, 409]
    assert create(0) == 200


def test_a_fault_after_an_append_names_the_blocks(notion_sandbox: NotionApi) -> None:
    root = notion_sandbox.sandbox.root_page_id
    notion_sandbox.fail("status_after_write", method="PATCH")
    error = notion_sandbox.refused(
        "PATCH", f"/v1/blocks/{root}/children", {"children": [{"type": "divider", "divider": {}}]}, 503
    )
    there = [block["id"] for block in notion_sandbox.ok("GET", f"/v1/blocks/{root}/children")["results"]]
    assert error["additional_data"]["committed_child_ids"] == there
