"""The replay itself: it must see every difference, and let only rules hide one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from factory_iac.replay.__main__ import main

Json = dict[str, Any]
ROOT = "11111111-0000-4000-8000-000000000001"
PAGE = "11111111-0000-4000-8000-000000000002"
BOT = "11111111-0000-4000-8000-0000000000b0"
REQUEST = "11111111-0000-4000-8000-0000000000ff"
MINUTE = "2026-01-02T03:04:00.000Z"
TEXT = {
    "type": "text",
    "text": {"content": "Roof", "link": None},
    "annotations": dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False)
    | {"color": "default"},
    "plain_text": "Roof",
    "href": None,
}
ANSWER: Json = {
    "object": "page",
    "id": PAGE,
    "created_time": MINUTE,
    "last_edited_time": MINUTE,
    "created_by": {"object": "user", "id": BOT},
    "last_edited_by": {"object": "user", "id": BOT},
    "cover": None,
    "icon": None,
    "parent": {"type": "page_id", "page_id": ROOT},
    "in_trash": False,
    "is_archived": False,
    "is_locked": False,
    "properties": {"title": {"id": "title", "type": "title", "title": [TEXT]}},
    "url": f"https://app.notion.com/p/Another-slug-{PAGE.replace('-', '')}",
    "public_url": None,
    "request_id": REQUEST,
}
BODY = {"parent": {"page_id": ROOT}, "properties": {"title": {"title": [{"text": {"content": "Roof"}}]}}}


def step(n: int, method: str, path: str, response: Json, body: Any = "", status: int = 200) -> Json:
    return {
        "source": "synthetic",
        "scenario": "a page",
        "n": n,
        "version": "2026-03-11",
        "method": method,
        "path": path,
        "body": body,
        "status": status,
        "response": response,
    }


def replayed(folder: Path, capsys: pytest.CaptureFixture[str], *steps: Json) -> Json:
    (folder / "recorded.jsonl").write_text("\n".join(json.dumps(one) for one in steps))
    assert main([str(folder), "--json", "--differences", str(folder / "differences")]) == 0
    found: Json = json.loads(capsys.readouterr().out)
    return found


def differences(folder: Path) -> str:
    return "".join(file.read_text() for file in sorted((folder / "differences").glob("*.diff")))


CREATE = step(0, "POST", "/v1/pages", ANSWER, BODY)


def test_what_notion_answered_matches_whatever_the_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(tmp_path, capsys, CREATE, step(1, "GET", f"/v1/pages/{PAGE}", ANSWER))
    assert (found["overall"]["matched"], found["overall"]["total"]) == (2, 2)
    assert found["rules"]["slug of a page address"] == 2
    assert found["rules"]["timestamp (format compared)"] == 4


SPOILED: list[tuple[str, Json, str]] = [
    ("a value", {"is_locked": True}, "is_locked"),
    ("a number where Notion has a truth value", {"is_locked": 0}, "is_locked"),
    ("a text", {"properties": {"title": {"id": "title", "type": "title", "title": [TEXT, TEXT]}}}, "plain_text"),
    ("an attribute that ours lacks", {"mood": "good"}, "mood"),
    ("the form of a time", {"created_time": "2026-01-02T03:04:05.678+00:00"}, "created_time"),
    ("the host of an address", {"url": f"https://notion.site/{PAGE.replace('-', '')}"}, "url"),
    ("an id that stands for something else", {"parent": {"type": "page_id", "page_id": PAGE}}, "page_id"),
]


@pytest.mark.parametrize(("change", "said"), [one[1:] for one in SPOILED], ids=[one[0] for one in SPOILED])
def test_any_other_difference_is_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Json, said: str
) -> None:
    read = step(1, "GET", f"/v1/pages/{PAGE}", {**ANSWER, **change})
    found = replayed(tmp_path, capsys, CREATE, read)
    assert found["overall"]["matched"] == 1
    assert said in differences(tmp_path)


def test_another_status_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(tmp_path, capsys, CREATE, step(1, "GET", f"/v1/pages/{PAGE}", ANSWER, status=201))
    assert found["overall"]["matched"] == 1
    assert "-status 201\n+status 200" in differences(tmp_path)


def test_what_was_there_before_is_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = replayed(tmp_path, capsys, step(0, "GET", f"/v1/pages/{PAGE}", ANSWER))
    assert found["overall"]["matched"] == 1


ITEM = {key: value for key, value in ANSWER.items() if key != "request_id"}
SECOND = {**ITEM, "id": f"{PAGE[:-1]}3", "url": f"{ITEM['url'][:-1]}3"}


def listed(kind: str, *items: Json) -> Json:
    envelope: Json = {"object": "list", "next_cursor": None, "has_more": False, "type": kind, kind: {}}
    return {**envelope, "results": list(items), "request_id": REQUEST}


def test_search_may_answer_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [listed("page_or_data_source", ITEM, SECOND), listed("page_or_data_source", SECOND, ITEM)]
    steps = [step(at, "POST", "/v1/search", answer, {"query": "Roof"}) for at, answer in enumerate(answers)]
    assert replayed(tmp_path, capsys, *steps)["overall"]["matched"] == 2


def test_the_order_of_any_other_list_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = [{"object": "user", "id": at, "name": at[-1], "type": "person", "person": {}} for at in (PAGE, ROOT)]
    answers = [listed("user", *people), listed("user", *people[::-1])]
    found = replayed(tmp_path, capsys, *[step(at, "GET", "/v1/users", answer) for at, answer in enumerate(answers)])
    assert found["overall"]["matched"] == 1


def test_an_empty_folder_is_said_and_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no recordings" in capsys.readouterr().err


BROKEN: list[tuple[str, str]] = [
    ('{"source": "cut o', "not a recorded interaction"),
    ("[]", "not a recorded interaction"),
    (json.dumps({**CREATE, "n": "first"}), "n is a number"),
    (json.dumps({key: value for key, value in CREATE.items() if key != "path"}), "has a key 'path'"),
]


@pytest.mark.parametrize(("line", "said"), BROKEN)
def test_a_line_that_is_no_interaction_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    (tmp_path / "recorded.jsonl").write_text(json.dumps(CREATE) + "\n" + line)
    assert main([str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path / 'recorded.jsonl'}:2: " in told
    assert said in told


@pytest.mark.parametrize("answer", ["<html>502</html>", None, [], {"object": "list"}, {"results": None}])
def test_an_answer_of_any_shape_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any) -> None:
    strange = [
        step(1, "POST", "/v1/pages", answer, BODY),
        step(2, "PATCH", f"/v1/blocks/{PAGE}/children", answer, {"children": []}),
        step(3, "POST", "/v1/search", answer, {}),
        step(4, "GET", "/v1/nowhere", answer, status=404),
    ]
    assert replayed(tmp_path, capsys, CREATE, *strange)["overall"]["total"] == 5
