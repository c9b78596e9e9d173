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


def test_an_unknown_switch_is_refused(notion_sandbox: NotionApi) -> None:
    answer = notion_sandbox.call("POST", "/_sandbox/behaviour", {"gravity": False})
    assert answer.status_code == 400
    assert notion_sandbox.ok("GET", "/_sandbox/behaviour")["formula_form"] == "token"


STATUSES = [409, 500, 503, 504, 529]


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
    answer = notion_sandbox.call("GET", "/v1/users/me")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (502, "text/html")


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
