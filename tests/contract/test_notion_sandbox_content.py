"""What lies beside rows and schemas: comments, views, files, Markdown, async tasks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from notion_sandbox_api import Json, NotionApi, text


def a_page(api: NotionApi, title: str = "Notes") -> str:
    body = {"parent": {"page_id": api.sandbox.root_page_id}, "properties": {"title": {"title": text(title)}}}
    found: str = api.ok("POST", "/v1/pages", body)["id"]
    return found


def said(comments: Json) -> list[str]:
    return [comment["rich_text"][0]["plain_text"] for comment in comments["results"]]


def test_a_comment_is_answered_in_its_discussion(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    first = notion_sandbox.ok("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("Why?")})
    reply = {"discussion_id": first["discussion_id"], "rich_text": text("Because.")}
    notion_sandbox.ok("POST", "/v1/comments", reply)
    assert said(notion_sandbox.ok("GET", f"/v1/comments?block_id={page}")) == ["Why?", "Because."]


def test_a_comment_can_be_reworded_and_removed(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    comment = notion_sandbox.ok("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("Hm")})["id"]
    notion_sandbox.ok("PATCH", f"/v1/comments/{comment}", {"rich_text": text("Yes")})
    assert said(notion_sandbox.ok("GET", f"/v1/comments?block_id={page}")) == ["Yes"]
    notion_sandbox.ok("DELETE", f"/v1/comments/{comment}")
    notion_sandbox.refused("GET", f"/v1/comments/{comment}", status=404)


def test_a_comment_is_no_content_of_its_page(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    notion_sandbox.ok("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": text("Why?")})
    assert notion_sandbox.ok("GET", f"/v1/blocks/{page}")["has_children"] is False


def test_a_new_database_has_one_table_view(notion_sandbox: NotionApi) -> None:
    database, source = notion_sandbox.database()
    views = notion_sandbox.ok("GET", f"/v1/views?database_id={database}")["results"]
    view = notion_sandbox.ok("GET", f"/v1/views/{views[0]['id']}")
    assert (len(views), view["type"], view["data_source_id"]) == (1, "table", source)


def test_a_view_queries_with_its_own_filter_and_sorts(notion_sandbox: NotionApi) -> None:
    database, source = notion_sandbox.database(Cost={"number": {}})
    rows = [notion_sandbox.row(source, str(cost), Cost={"number": cost})["id"] for cost in (1, 2, 3)]
    view = notion_sandbox.ok(
        "POST",
        "/v1/views",
        {
            "database_id": database,
            "data_source_id": source,
            "name": "Dear first",
            "type": "table",
            "filter": {"property": "Cost", "number": {"greater_than": 1}},
            "sorts": [{"property": "Cost", "direction": "descending"}],
        },
    )
    query = notion_sandbox.ok("POST", f"/v1/views/{view['id']}/queries", {"page_size": 1})
    rest = notion_sandbox.ok("GET", f"/v1/views/{view['id']}/queries/{query['id']}?start_cursor={query['next_cursor']}")
    found = [row["id"] for row in query["results"] + rest["results"]]
    assert (found, query["total_count"]) == ([rows[2], rows[1]], 2)


def test_a_view_query_expires_after_a_quarter_of_an_hour(notion_sandbox: NotionApi) -> None:
    database, _ = notion_sandbox.database()
    view = notion_sandbox.ok("GET", f"/v1/views?database_id={database}")["results"][0]["id"]
    query = notion_sandbox.ok("POST", f"/v1/views/{view}/queries", {})["id"]
    notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 16 * 60})
    notion_sandbox.refused("GET", f"/v1/views/{view}/queries/{query}", status=404)


def test_a_view_keeps_its_type_and_changes_its_name(notion_sandbox: NotionApi) -> None:
    database, _ = notion_sandbox.database()
    view = notion_sandbox.ok("GET", f"/v1/views?database_id={database}")["results"][0]["id"]
    assert notion_sandbox.ok("PATCH", f"/v1/views/{view}", {"name": "All"})["name"] == "All"
    notion_sandbox.refused("PATCH", f"/v1/views/{view}", {"type": "board"})


def test_what_the_sandbox_cannot_do_with_views_it_says(notion_sandbox: NotionApi) -> None:
    _, source = notion_sandbox.database()
    place = {"create_database": {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}}}
    body = {"data_source_id": source, "name": "Linked", "type": "table", **place}
    assert notion_sandbox.refused("POST", "/v1/views", body, 501)["code"] == "not_implemented"


def upload(api: NotionApi, content: bytes) -> str:
    body = {"mode": "single_part", "filename": "note.txt", "content_type": "text/plain"}
    upload_id: str = api.ok("POST", "/v1/file_uploads", body)["id"]
    sent = api.http.post(f"/v1/file_uploads/{upload_id}/send", files={"file": ("note.txt", content, "text/plain")})
    assert (sent.status_code, sent.json()["content_length"]) == (200, len(content))
    return upload_id


def test_an_uploaded_file_can_be_attached_and_fetched(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    upload_id = upload(notion_sandbox, b"hello")
    block = {"type": "file", "file": {"type": "file_upload", "file_upload": {"id": upload_id}}}
    found = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})["results"][0]
    assert httpx.get(found["file"]["file"]["url"]).content == b"hello"


def test_a_file_that_was_not_sent_cannot_be_attached(notion_sandbox: NotionApi) -> None:
    upload_id = notion_sandbox.ok("POST", "/v1/file_uploads", {"filename": "note.txt"})["id"]
    icon = {"icon": {"type": "file_upload", "file_upload": {"id": upload_id}}}
    error = notion_sandbox.refused("PATCH", f"/v1/pages/{a_page(notion_sandbox)}", icon)
    assert "pending" in error["message"]


def test_file_uploads_are_listed_newest_first(notion_sandbox: NotionApi) -> None:
    made = [notion_sandbox.ok("POST", "/v1/file_uploads", {"filename": f"{at}.txt"})["id"] for at in range(3)]
    first = notion_sandbox.ok("GET", "/v1/file_uploads?page_size=2")
    rest = notion_sandbox.ok("GET", f"/v1/file_uploads?start_cursor={first['next_cursor']}")
    assert [item["id"] for item in first["results"] + rest["results"]] == made[::-1]


MARKDOWN = """# Plan
Some **bold** and *slanted* text with a [link](https://example.com/)
- one
\t- inside one
1. first
2. second
- [x] done
> quoted
```python
print(1)
```
---"""


def markdown(api: NotionApi, page: str, change: Json, **options: Any) -> Json:
    kind = next(iter(change))
    return api.ok("PATCH", f"/v1/pages/{page}/markdown", {"type": kind, **change, **options})


def test_markdown_goes_in_and_comes_out_again(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    markdown(notion_sandbox, page, {"insert_content": {"content": MARKDOWN}})
    assert notion_sandbox.ok("GET", f"/v1/pages/{page}/markdown")["markdown"] == MARKDOWN


def test_replaced_markdown_leaves_nothing_of_the_old(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    markdown(notion_sandbox, page, {"insert_content": {"content": "Old"}})
    assert markdown(notion_sandbox, page, {"replace_content": {"new_str": "New"}})["markdown"] == "New"


def test_an_async_write_is_accepted_and_its_result_fetched(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    body = {"type": "insert_content", "insert_content": {"content": "Hi"}, "allow_async": True}
    accepted = notion_sandbox.call("PATCH", f"/v1/pages/{page}/markdown", body)
    task = notion_sandbox.ok("GET", f"/v1/async_tasks/{accepted.json()['id']}")
    assert (accepted.status_code, task["status"], task["result"]["markdown"]) == (202, "succeeded", "Hi")


def test_a_mention_gets_the_name_of_what_it_mentions(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox, "Target")
    mention = {"type": "mention", "mention": {"type": "page", "page": {"id": page}}}
    block = {"type": "paragraph", "paragraph": {"rich_text": [mention]}}
    found = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [block]})["results"][0]
    assert found["paragraph"]["rich_text"][0]["plain_text"] == "Target"


def test_a_copy_of_a_synced_block_shows_what_the_original_holds(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    inner = {"type": "paragraph", "paragraph": {"rich_text": text("Both")}}
    original = {"type": "synced_block", "synced_block": {"synced_from": None, "children": [inner]}}
    made = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [original]})["results"][0]
    copy = {"type": "synced_block", "synced_block": {"synced_from": {"type": "block_id", "block_id": made["id"]}}}
    shown = notion_sandbox.ok("PATCH", f"/v1/blocks/{page}/children", {"children": [copy]})["results"][0]
    inside = notion_sandbox.ok("GET", f"/v1/blocks/{shown['id']}/children")["results"]
    assert (shown["has_children"], [block["type"] for block in inside]) == (True, ["paragraph"])


def test_a_passage_is_replaced_and_the_other_blocks_stay(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    markdown(notion_sandbox, page, {"insert_content": {"content": "# One\n- two\n- three\n> four"}})
    before = notion_sandbox.ok("GET", f"/v1/blocks/{page}/children")["results"]
    updates = [{"old_str": "two\n- three", "new_str": "2\n- 3"}]
    found = markdown(notion_sandbox, page, {"update_content": {"content_updates": updates}})["markdown"]
    after = notion_sandbox.ok("GET", f"/v1/blocks/{page}/children")["results"]
    assert found == "# One\n- 2\n- 3\n> four"
    assert [block["id"] for block in after[::3]] == [block["id"] for block in before[::3]]


def test_a_text_that_stands_twice_is_replaced_only_when_every_place_is_meant(notion_sandbox: NotionApi) -> None:
    page = a_page(notion_sandbox)
    markdown(notion_sandbox, page, {"insert_content": {"content": "a a\nb\na"}})
    update = {"old_str": "a", "new_str": "c"}
    body = {"type": "update_content", "update_content": {"content_updates": [update]}}
    notion_sandbox.refused("PATCH", f"/v1/pages/{page}/markdown", body)
    update["replace_all_matches"] = True  # type: ignore[assignment]
    assert notion_sandbox.ok("PATCH", f"/v1/pages/{page}/markdown", body)["markdown"] == "c c\nb\nc"


MARKDOWN_CHANGES: list[tuple[str, Json, str]] = [
    ("at the start", {"insert_content": {"content": "x", "position": {"type": "start"}}}, "x\none\ntwo\nthree"),
    ("behind a passage", {"insert_content": {"content": "x", "after": "one...two"}}, "one\ntwo\nx\nthree"),
    ("a range", {"replace_content_range": {"content": "x", "content_range": "one...two"}}, "x\nthree"),
]


@pytest.mark.parametrize(("change", "left"), [c[1:] for c in MARKDOWN_CHANGES], ids=[c[0] for c in MARKDOWN_CHANGES])
def test_markdown_goes_where_it_is_told_to(notion_sandbox: NotionApi, change: Json, left: str) -> None:
    page = a_page(notion_sandbox)
    markdown(notion_sandbox, page, {"insert_content": {"content": "one\ntwo\nthree"}})
    assert markdown(notion_sandbox, page, change)["markdown"] == left


def test_a_page_made_of_markdown_takes_its_title_from_the_first_heading(notion_sandbox: NotionApi) -> None:
    parent = {"page_id": notion_sandbox.sandbox.root_page_id}
    body = {"parent": parent, "markdown": "# Notes\nHello\n## More"}
    page = notion_sandbox.ok("POST", "/v1/pages", body)
    assert page["properties"]["title"]["title"][0]["plain_text"] == "Notes"
    assert notion_sandbox.ok("GET", f"/v1/pages/{page['id']}/markdown")["markdown"] == "Hello\n## More"
    notion_sandbox.refused("POST", "/v1/pages", {**body, "children": []})
