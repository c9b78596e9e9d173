"""Blocks: what a request may say of them, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from notion_sandbox_api import Json, NotionApi, text


def paragraph(content: str = "x", *inside: Json) -> Json:
    found: Json = {"type": "paragraph", "paragraph": {"rich_text": text(content)}}
    if inside:
        found["paragraph"]["children"] = list(inside)
    return found


def appended(api: NotionApi, *blocks: Json, to: str | None = None) -> list[Json]:
    parent = to or api.sandbox.root_page_id
    found: list[Json] = api.ok("PATCH", f"/v1/blocks/{parent}/children", {"children": list(blocks)})["results"]
    return found


def refusal(api: NotionApi, body: Json) -> str:
    message: str = api.refused("PATCH", f"/v1/blocks/{api.sandbox.root_page_id}/children", body)["message"]
    return message


ONE = "body failed validation: body.children[0]."
REFUSED: list[tuple[str, Json, str]] = [
    ("text is missing", {"paragraph": {}}, f"{ONE}paragraph.rich_text should be defined, instead was `undefined`."),
    (
        "text is too long",
        paragraph("x" * 2001),
        f"{ONE}paragraph.rich_text[0].text.content.length should be ≤ `2000`, instead was `2001`.",
    ),
    (
        "style in the wrong place",
        {"paragraph": {"rich_text": [{"text": {"content": "x", "annotations": {"bold": True}}}]}},
        f'{ONE}paragraph.rich_text[0].text.annotations should be not present, instead was `{{"bold":true}}`.',
    ),
    (
        "three levels",
        paragraph("1", paragraph("2", paragraph("3", paragraph("4")))),
        f"{ONE}paragraph.children[0].paragraph.children[0].paragraph.children should be not present, instead was "
        '`[{"type":"paragraph","paragraph":{"rich_text":[{"type":...`.',
    ),
    (
        "a field of answers",
        {"numbered_list_item": {"rich_text": [], "list_format": "numbers"}},
        f'{ONE}numbered_list_item.list_format should be not present, instead was `"numbers"`.',
    ),
    ("a column without content", {"column_list": {"children": [{"column": {}}]}}, "column.children should be defined"),
    ("a block as text", {"to_do": "x"}, 'body.children[0].to_do should be an object, instead was `"x"`.'),
    (
        "no address",
        {"image": {"external": {"url": ""}}},
        f'{ONE}image.external.url should be populated, instead was `""`.',
    ),
    ("no icon", {"callout": {"rich_text": [], "icon": None}}, "icon should be an object or `undefined`"),
    ("an unknown colour", {"quote": {"rich_text": [], "color": "gold"}}, 'or `undefined`, instead was `"gold"`.'),
    ("no such language", {"code": {"rich_text": [], "language": "sh"}}, 'or `"java/c/c++/c#"`, instead was `"sh"`.'),
    (
        "a link without a host",
        {"paragraph": {"rich_text": [{"text": {"content": "x", "link": {"url": "#top"}}}]}},
        "Content creation Failed. Fix the following:\nInvalid URL for link.",
    ),
    (
        "a row that is too short",
        {"table": {"table_width": 2, "children": [{"table_row": {"cells": [[]]}}]}},
        "Number of cells in table row must match the table width of the parent table",
    ),
]


@pytest.mark.parametrize(("block", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_block_of_another_shape_is_refused_in_the_words_of_notion(
    notion_sandbox: NotionApi, block: Json, said: str
) -> None:
    assert said in refusal(notion_sandbox, {"children": [block]})


def test_a_block_of_no_known_type_is_told_every_type(notion_sandbox: NotionApi) -> None:
    lines = refusal(notion_sandbox, {"children": [{"object": "block", "title": "x"}]}).splitlines()
    assert lines[0] == "body failed validation. Fix one:"
    assert "body.children[0].paragraph should be defined, instead was `undefined`." in lines


def test_more_than_a_hundred_children_are_refused(notion_sandbox: NotionApi) -> None:
    message = refusal(notion_sandbox, {"children": [paragraph()] * 101})
    assert message == "body failed validation: body.children.length should be ≤ `100`, instead was `101`."


def test_children_that_are_null_are_refused(notion_sandbox: NotionApi) -> None:
    body = {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}, "children": None}
    message = notion_sandbox.refused("POST", "/v1/pages", body)["message"]
    assert message == "body failed validation: body.children should be an array or `undefined`, instead was `null`."


CREATED: list[tuple[str, Json, Json]] = [
    ("table_of_contents", {}, {"color": "default"}),
    ("heading_4", {"rich_text": [], "color": "red"}, {"rich_text": [], "is_toggleable": False, "color": "red"}),
    ("to_do", {"rich_text": []}, {"rich_text": [], "checked": False, "color": "default"}),
    ("equation", {"expression": "E"}, {"expression": "E"}),
    ("bookmark", {"url": "https://a.io"}, {"caption": [], "url": "https://a.io"}),
    (
        "audio",
        {"external": {"url": "https://a.io/b.mp3"}},
        {"caption": [], "type": "external", "external": {"url": "https://a.io/b.mp3"}},
    ),
    (
        "file",
        {"external": {"url": "https://a.io/b%20c.txt"}},
        {"caption": [], "type": "external", "external": {"url": "https://a.io/b%20c.txt"}, "name": "b c.txt"},
    ),
    (
        "callout",
        {"rich_text": [], "icon": {"icon": {"name": "pizza"}}},
        {"rich_text": [], "icon": {"type": "icon", "icon": {"name": "pizza", "color": "gray"}}, "color": "default"},
    ),
]


@pytest.mark.parametrize(("kind", "given", "stored"), CREATED, ids=[case[0] for case in CREATED])
def test_what_a_request_leaves_out_of_a_block_is_filled_in(
    notion_sandbox: NotionApi, kind: str, given: Json, stored: Json
) -> None:
    assert appended(notion_sandbox, {kind: given})[0][kind] == stored


def test_columns_keep_their_width(notion_sandbox: NotionApi) -> None:
    columns = [{"column": {"width_ratio": ratio, "children": [paragraph()]}} for ratio in (0.25, 0.75)]
    made = appended(notion_sandbox, {"column_list": {"children": columns}})[0]
    found = notion_sandbox.ok("GET", f"/v1/blocks/{made['id']}/children")["results"]
    assert [(block["column"], block["has_children"]) for block in found] == [
        ({"width_ratio": 0.25}, True),
        ({"width_ratio": 0.75}, True),
    ]


def test_only_a_heading_that_folds_takes_children(notion_sandbox: NotionApi) -> None:
    headings = [{"heading_1": {"rich_text": text("x"), "is_toggleable": folds}} for folds in (True, False)]
    folding, fixed = appended(notion_sandbox, *headings)
    appended(notion_sandbox, paragraph(), to=folding["id"])
    error = notion_sandbox.refused("PATCH", f"/v1/blocks/{fixed['id']}/children", {"children": [paragraph()]})
    assert "does not support children" in error["message"]


def test_blocks_go_to_the_start_and_behind_others_in_both_versions(notion_sandbox: NotionApi) -> None:
    path = f"/v1/blocks/{notion_sandbox.sandbox.root_page_id}/children"
    first = appended(notion_sandbox, paragraph("b"))[0]["id"]
    notion_sandbox.ok("PATCH", path, {"children": [paragraph("a")], "position": {"type": "start"}})
    old = {"headers": {"Notion-Version": "2025-09-03"}}
    notion_sandbox.ok("PATCH", path, {"children": [paragraph("c")], "after": first}, **old)
    notion_sandbox.ok("PATCH", path, {"children": [paragraph("d")], "position": {"type": "end"}})
    found = notion_sandbox.ok("GET", path)["results"]
    assert [block["paragraph"]["rich_text"][0]["plain_text"] for block in found] == ["a", "b", "c", "d"]
    assert "body.after should be not present" in refusal(notion_sandbox, {"children": [], "after": first})


def changed(api: NotionApi, block: Json, **content: Any) -> Json:
    return api.ok("PATCH", f"/v1/blocks/{block['id']}", content)


def test_a_change_replaces_the_text_and_keeps_the_rest(notion_sandbox: NotionApi) -> None:
    block = appended(notion_sandbox, {"to_do": {"rich_text": text("a"), "checked": True, "color": "blue"}})[0]
    found = changed(notion_sandbox, block, to_do={"rich_text": text("b")})["to_do"]
    assert (found["rich_text"][0]["plain_text"], found["checked"], found["color"]) == ("b", True, "blue")


def test_a_block_keeps_its_type(notion_sandbox: NotionApi) -> None:
    block = appended(notion_sandbox, paragraph())[0]
    body = {"to_do": {"rich_text": text("x")}}
    assert "type" in notion_sandbox.refused("PATCH", f"/v1/blocks/{block['id']}", body)["message"]


def test_a_picture_is_replaced_without_naming_its_type(notion_sandbox: NotionApi) -> None:
    block = appended(notion_sandbox, {"image": {"external": {"url": "https://a.io/1.png"}}})[0]
    found = changed(notion_sandbox, block, image={"external": {"url": "https://a.io/2.png"}})
    assert found["image"]["external"]["url"] == "https://a.io/2.png"
    body = {"image": {"type": "external", "external": {"url": "https://a.io/3.png"}}}
    error = notion_sandbox.refused("PATCH", f"/v1/blocks/{block['id']}", body)
    assert error["message"] == (
        'body failed validation: body.image.type should be not present, instead was `"external"`.'
    )


def test_new_content_changes_the_time_of_its_page(notion_sandbox: NotionApi) -> None:
    notion_sandbox.ok("POST", "/_sandbox/clock", {"now": "2026-01-01T00:00:00Z", "frozen": True})
    page = notion_sandbox.ok("POST", "/v1/pages", {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}})["id"]
    block = appended(notion_sandbox, {"toggle": {"rich_text": text("x"), "children": [paragraph()]}}, to=page)[0]
    inner = notion_sandbox.ok("GET", f"/v1/blocks/{block['id']}/children")["results"][0]
    times = [notion_sandbox.page(page)["last_edited_time"]]
    for change in ({"paragraph": {"rich_text": text("y")}}, {"in_trash": True}):
        notion_sandbox.ok("POST", "/_sandbox/clock", {"advance": 60})
        changed(notion_sandbox, inner, **change)
        times.append(notion_sandbox.page(page)["last_edited_time"])
    assert times == [f"2026-01-01T00:0{minute}:00.000Z" for minute in range(3)]


def test_nothing_below_the_trash_is_edited(notion_sandbox: NotionApi) -> None:
    page = notion_sandbox.ok("POST", "/v1/pages", {"parent": {"page_id": notion_sandbox.sandbox.root_page_id}})["id"]
    below = notion_sandbox.ok("POST", "/v1/pages", {"parent": {"page_id": page}})["id"]
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    error = notion_sandbox.refused("PATCH", f"/v1/pages/{below}", {"icon": {"emoji": "🌱"}})
    assert error["message"] == (
        "Can't edit page on block with an archived ancestor. You must unarchive the ancestor before editing page."
    )
    notion_sandbox.ok("PATCH", f"/v1/pages/{page}", {"in_trash": False})
    notion_sandbox.ok("PATCH", f"/v1/pages/{below}", {"icon": {"emoji": "🌱"}})


def test_meeting_notes_have_their_older_name_in_the_older_version(notion_sandbox: NotionApi) -> None:
    block = {
        "object": "block",
        "id": "5a4d0b0e-0000-4000-8000-00000000aaaa",
        "parent": {"type": "page_id", "page_id": notion_sandbox.sandbox.root_page_id},
        "created_time": "2026-01-01T00:00:00.000Z",
        "last_edited_time": "2026-01-01T00:00:00.000Z",
        "has_children": False,
        "in_trash": False,
        "type": "meeting_notes",
        "meeting_notes": {"status": "notes_ready"},
    }
    notion_sandbox.ok("POST", "/_sandbox/load", {"objects": [block]})
    path = f"/v1/blocks/{block['id']}"
    older = notion_sandbox.ok("GET", path, headers={"Notion-Version": "2025-09-03"})
    assert (notion_sandbox.ok("GET", path)["type"], older["type"]) == ("meeting_notes", "transcription")
    assert older["transcription"] == {"status": "notes_ready"}


def test_template_mentions_are_shown_as_people_see_them(notion_sandbox: NotionApi) -> None:
    mention = {"template_mention": {"type": "template_mention_date", "template_mention_date": "today"}}
    block = appended(notion_sandbox, {"paragraph": {"rich_text": [{"mention": mention}]}})[0]
    assert block["paragraph"]["rich_text"][0]["plain_text"] == "@Today"
