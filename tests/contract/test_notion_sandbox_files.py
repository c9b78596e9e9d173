"""File uploads and comments."""

from __future__ import annotations

import httpx
import pytest
from notion_sandbox_api import Json, NotionApi, text

MEBIBYTE = 1024 * 1024


def made(api: NotionApi, **options: object) -> str:
    found: str = api.ok("POST", "/v1/file_uploads", {"filename": "my note.txt", **options})["id"]
    return found


def sent(api: NotionApi, upload_id: str, content: bytes = b"hello", **fields: str) -> httpx.Response:
    return api.http.post(f"/v1/file_uploads/{upload_id}/send", files={"file": ("a.txt", content)}, data=fields)


def uploaded(api: NotionApi, **options: object) -> str:
    upload_id = made(api, **options)
    assert sent(api, upload_id).status_code == 200
    return upload_id


@pytest.fixture
def page(notion_sandbox: NotionApi) -> str:
    parent = {"page_id": notion_sandbox.sandbox.root_page_id}
    found: str = notion_sandbox.ok("POST", "/v1/pages", {"parent": parent})["id"]
    return found


def test_an_upload_that_nobody_attaches_expires_after_an_hour(notion_sandbox: NotionApi, page: str) -> None:
    kept, left = uploaded(notion_sandbox), uploaded(notion_sandbox)
    icon = {"icon": {"type": "file_upload", "file_upload": {"id": kept}}}
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", icon)
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 61 * 60})
    found = [notion_sandbox.ok("GET", f"/v1/file_uploads/{upload}") for upload in (kept, left)]
    assert [(one["status"], one["expiry_time"]) for one in found] == [("uploaded", None), ("expired", None)]
    late = {"icon": {"type": "file_upload", "file_upload": {"id": left}}}
    assert "expired" in notion_sandbox.refused("PATCH", f"/v1/pages/{page}", late)["message"]


def test_uploads_of_one_status_fill_whole_pages(notion_sandbox: NotionApi) -> None:
    ready = []
    for _ in range(3):
        ready.append(uploaded(notion_sandbox))
        made(notion_sandbox)
    first = notion_sandbox.ok("GET", "/v1/file_uploads?status=uploaded&page_size=2")
    rest = notion_sandbox.ok("GET", f"/v1/file_uploads?status=uploaded&start_cursor={first['next_cursor']}")
    assert [one["id"] for one in first["results"]] + [one["id"] for one in rest["results"]] == ready[::-1]
    assert len(first["results"]) == 2


def test_a_file_takes_its_name_from_what_is_sent(notion_sandbox: NotionApi) -> None:
    upload_id = notion_sandbox.ok("POST", "/v1/file_uploads", {})["id"]
    assert sent(notion_sandbox, upload_id).json()["filename"] == "a.txt"


def test_an_upload_is_a_file_of_a_row_under_its_own_name(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database(F={"files": {}})
    upload = {"type": "file_upload", "file_upload": {"id": uploaded(notion_sandbox)}}
    file = notion_sandbox.row(source, F={"files": [upload]})["properties"]["F"]["files"][0]
    assert (file["name"], file["type"], httpx.get(file["file"]["url"]).content) == ("my note.txt", "file", b"hello")


def in_parts(api: NotionApi, total: int) -> str:
    bot = api.ok("GET", "/v1/users/me")
    del bot["request_id"]
    bot["bot"]["workspace_limits"] = {"max_file_upload_size_in_bytes": 100 * MEBIBYTE}
    api.ok("POST", "/_sandbox/load", {"objects": [bot]})
    return made(api, mode="multi_part", number_of_parts=total)


def test_parts_are_put_together_in_their_order(notion_sandbox: NotionApi, page: str) -> None:
    upload = in_parts(notion_sandbox, 2)
    sent(notion_sandbox, upload, b"end", part_number="2")
    assert "lacks" in notion_sandbox.refused("POST", f"/v1/file_uploads/{upload}/complete", {})["message"]
    begin = b"x" * 5 * MEBIBYTE
    assert sent(notion_sandbox, upload, begin, part_number="1").json()["number_of_parts"] == {"total": 2, "sent": 2}
    done = notion_sandbox.ok("POST", f"/v1/file_uploads/{upload}/complete", {})
    assert (done["status"], done["content_length"]) == ("uploaded", 5 * MEBIBYTE + 3)
    block = {"file": {"file_upload": {"id": upload}}}
    found = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})["results"][0]
    assert httpx.get(found["file"]["file"]["url"]).content == begin + b"end"


def test_a_part_that_is_too_small_is_not_put_together(notion_sandbox: NotionApi) -> None:
    upload = in_parts(notion_sandbox, 2)
    for number in ("1", "2"):
        sent(notion_sandbox, upload, b"small", part_number=number)
    notion_sandbox.refused("POST", f"/v1/file_uploads/{upload}/complete", {})


PARTS: list[tuple[str, Json]] = [
    ("number_of_parts", {"filename": "a.txt"}),
    ("filename", {"number_of_parts": 2}),
]


@pytest.mark.parametrize(("needed", "given"), PARTS, ids=[case[0] for case in PARTS])
def test_an_upload_in_parts_needs_a_name_and_a_number(notion_sandbox: NotionApi, needed: str, given: Json) -> None:
    message = notion_sandbox.refused("POST", "/v1/file_uploads", {"mode": "multi_part", **given})["message"]
    assert message == f"body failed validation: body.{needed} should be defined, instead was `undefined`."


def test_a_comment_can_be_written_in_markdown(notion_sandbox: NotionApi, page: str) -> None:
    comment = notion_sandbox.ok("POST", "/v1/comments", {"parent": {"page_id": page}, "markdown": "Look **here**"})
    assert [item["plain_text"] for item in comment["rich_text"]] == ["Look ", "here"]
    assert comment["rich_text"][1]["annotations"]["bold"] is True


def test_a_comment_carries_files(notion_sandbox: NotionApi, page: str) -> None:
    files = [{"file_upload_id": uploaded(notion_sandbox, filename=name)} for name in ("a.png", "b.pdf", "c.zip")]
    body = {"parent": {"page_id": page}, "rich_text": text("See"), "attachments": files}
    found = notion_sandbox.ok("POST", "/v1/comments", body)["attachments"]
    assert [attachment["category"] for attachment in found] == ["image", "pdf", "productivity"]
    assert httpx.get(found[0]["file"]["url"]).content == b"hello"


def test_a_block_has_comments_of_its_own(notion_sandbox: NotionApi, page: str) -> None:
    block = {"paragraph": {"rich_text": text("x")}}
    made_block = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})["results"][0]["id"]
    body = {"parent": {"block_id": made_block}, "rich_text": text("Why?"), "display_name": {"type": "integration"}}
    comment = notion_sandbox.ok("POST", "/v1/comments", body)
    assert comment["parent"] == {"type": "block_id", "block_id": made_block}
    listed = [notion_sandbox.ok("GET", f"/v1/comments?block_id={of}")["results"] for of in (page, made_block)]
    assert [[one["id"] for one in found] for found in listed] == [[], [comment["id"]]]


def test_a_comment_without_a_place_is_told_what_it_needs(notion_sandbox: NotionApi) -> None:
    lines = notion_sandbox.refused("POST", "/v1/comments", {"rich_text": text("x")})["message"].splitlines()
    assert lines == [
        "body failed validation. Fix one:",
        "body.parent should be defined, instead was `undefined`.",
        "body.markdown should be defined, instead was `undefined`.",
        "body.discussion_id should be defined, instead was `undefined`.",
    ]


def test_what_is_in_the_trash_takes_no_comments(notion_sandbox: NotionApi, page: str) -> None:
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    error = notion_sandbox.refused("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("x")})
    assert error["message"] == ("Can't edit block that is archived. You must unarchive the block before editing.")


def test_users_are_read_in_pages(notion_sandbox: NotionApi) -> None:
    first = notion_sandbox.ok("GET", "/v1/users?page_size=2")
    rest = notion_sandbox.ok("GET", f"/v1/users?page_size=2&start_cursor={first['next_cursor']}")
    assert (len(first["results"]), len(rest["results"]), rest["has_more"]) == (2, 1, False)


def test_a_custom_emoji_is_found_by_its_name(notion_sandbox: NotionApi) -> None:
    emojis = [
        {
            "object": "custom_emoji",
            "id": f"5a4d0b0e-0000-4000-8000-00000000e00{at}",
            "name": name,
            "url": "https://a.io",
        }
        for at, name in enumerate(("one", "two"))
    ]
    notion_sandbox.ok("POST", "/_sandbox/load", {"objects": emojis})
    found = notion_sandbox.ok("GET", "/v1/custom_emojis?name=two&page_size=1")
    assert ([one["name"] for one in found["results"]], found["has_more"]) == (["two"], False)
