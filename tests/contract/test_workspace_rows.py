"""Rows: which live row a declared one is, what is written, what is removed, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Stack,
    assert_applied,
    assert_settled,
    database,
    errors_of,
    fields_of,
    options,
)

from ansible_collections.factory.core.plugins.module_utils.plan_text import plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests

QUERY = "POST data_sources/{id}/query"
PATCH = "PATCH pages/{id}"
NUMBER = {"type": "number"}


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def names(*several: str, **values: Any) -> dict[str, Any]:
    return {"items": [{"Name": name, **values} for name in several]}


def clients(*several: str, **spec: Any) -> dict[str, Any]:
    return database("clients", {"Size": NUMBER, **spec.pop("properties", {})}, rows=names(*several), **spec)


def by_hand(stack: Stack, *several: str) -> list[str]:
    source = stack.source_id("Clients")
    return [stack.api.row(source, name)["id"] for name in several]


def trash(stack: Stack, page_id: str) -> None:
    stack.api.ok("PATCH", f"/v1/pages/{page_id}", {"in_trash": True})


def reasons(stack: Stack) -> list[str]:
    return [one.reason for change in stack.plan().plan.changes for one in change.fields if one.reason]


# Which row is which


@pytest.mark.parametrize("live", ["ada", " Ada", "ADA  ", "Ada\n"])
def test_a_row_whose_key_differs_only_in_case_or_white_space_is_the_declared_one(stack: Stack, live: str) -> None:
    stack.declare(clients())
    assert_applied(stack.apply())
    (page,) = by_hand(stack, live)
    stack.declare(clients("Ada", "Grace"))
    assert fields_of(stack.plan()) == ["clients rows.Ada.Name", "clients rows.Grace"]
    assert_applied(stack.apply())
    assert stack.row("Clients", "Ada")["id"] == page
    assert stack.row_names("Clients") == ["Ada", "Grace"]
    assert_settled(stack)


def test_keys_that_are_declared_to_differ_only_in_case_stay_two_rows(stack: Stack) -> None:
    stack.declare(clients("ab", "aB", "AB"))
    assert_applied(stack.apply())
    assert stack.row_names("Clients") == ["AB", "aB", "ab"]
    assert_settled(stack)
    trash(stack, stack.row("Clients", "aB")["id"])
    assert_applied(stack.apply())
    assert stack.row_names("Clients") == ["AB", "aB", "ab"]


def test_two_rows_that_might_be_the_declared_one_are_both_named(stack: Stack) -> None:
    stack.declare(clients())
    assert_applied(stack.apply())
    pages = by_hand(stack, "ada", "ADA")
    stack.declare(clients("Ada"))
    (error,) = errors_of(stack.apply())
    assert all(page in error for page in pages)
    assert stack.requests.writes == 0


def test_duplicates_of_a_key_hold_up_their_own_database_only(stack: Stack) -> None:
    others = database("others", {"Client": {"type": "relation", "database": "clients"}}, rows=names("One"))
    stack.declare(clients("Ada"), others)
    assert_applied(stack.apply())
    twin = by_hand(stack, "Ada")[0]
    others["spec"]["rows"] = names("One", "Two")
    stack.declare(clients("Ada", "Grace"), others)
    planned = stack.plan()
    assert fields_of(planned) == ["others rows.Two"]
    assert planned.failed
    assert any(twin in line.text for line in plan_lines(planned.plan))
    applied = stack.apply()
    assert applied.failed
    (error,) = errors_of(applied)
    assert twin in error
    assert stack.row_names("Others") == ["One", "Two"]
    assert stack.row_names("Clients") == ["Ada", "Ada"]
    trash(stack, twin)
    assert_applied(stack.apply())
    assert stack.row_names("Clients") == ["Ada", "Grace"]
    assert_settled(stack)


# The trash


def test_a_trashed_row_is_restored_with_what_nobody_declared(stack: Stack) -> None:
    stack.declare(clients("Ada", "Grace", properties={"Url": {"type": "url"}}))
    assert_applied(stack.apply())
    page = stack.row("Clients", "Ada")["id"]
    stack.api.ok("PATCH", f"/v1/pages/{page}", {"properties": {"Url": {"url": "https://hand.example"}}})
    trash(stack, page)
    assert "is in the trash and is restored" in reasons(stack)
    assert_applied(stack.apply())
    assert stack.requests.writes == 1
    assert stack.row("Clients", "Ada")["id"] == page
    assert stack.value("Clients", "Ada", "Url") == "https://hand.example"
    assert_settled(stack)


def test_a_restored_row_gets_the_values_that_were_declared_meanwhile(stack: Stack) -> None:
    linked = {"Best": {"type": "relation", "database": "clients"}}
    jobs = database("jobs", linked, rows=names("Roof", Best="Ada"))
    stack.declare(clients("Ada"), jobs)
    assert_applied(stack.apply())
    page = stack.row("Clients", "Ada")["id"]
    trash(stack, page)
    changed = clients("Ada")
    changed["spec"]["rows"] = names("Ada", Size=7)
    stack.declare(changed, jobs)
    assert_applied(stack.apply())
    assert (stack.row("Clients", "Ada")["id"], stack.value("Clients", "Ada", "Size")) == (page, 7)
    assert [one["id"] for one in stack.value("Jobs", "Roof", "Best")] == [page]
    assert_settled(stack)


def test_of_several_in_the_trash_the_last_edited_comes_back(stack: Stack) -> None:
    stack.declare(clients())
    assert_applied(stack.apply())
    first, second = by_hand(stack, "Ada", "Ada")
    trash(stack, second)
    stack.api.ok("POST", "/_sandbox/clock", {"advance": 120})
    trash(stack, first)
    stack.declare(clients("Ada"))
    assert_applied(stack.apply())
    assert [page["id"] for page in stack.pages("Clients")] == [first]


def test_new_rows_of_a_new_database_are_looked_for_once_for_twins_and_not_in_the_trash(stack: Stack) -> None:
    stack.declare(clients("Ada"))
    assert_applied(stack.apply())
    assert stack.requests.count(QUERY) == 1


# prune_rows


def test_rows_that_only_notion_has_stay_even_when_the_manifest_prunes(stack: Stack) -> None:
    stack.declare(clients("Ada", prune=True))
    assert_applied(stack.apply())
    by_hand(stack, "Grace")
    assert_settled(stack)


def test_prune_rows_asks_and_then_moves_them_to_the_trash(stack: Stack) -> None:
    stack.declare(clients("Ada", "Grace", prune_rows=True))
    assert_applied(stack.apply())
    (page,) = by_hand(stack, "Hand")
    assert fields_of(stack.plan()) == ["clients rows.Hand"]
    with pytest.raises(FactoryError, match="allow-destructive"):
        stack.apply()
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.row_names("Clients") == ["Ada", "Grace"]
    assert stack.api.page(page)["in_trash"]
    assert_settled(stack)


def test_prune_rows_refuses_to_empty_half_a_database_unless_it_says_how_many(stack: Stack) -> None:
    stack.declare(clients("Ada", prune_rows=True), database("others"))
    assert_applied(stack.apply())
    by_hand(stack, "Hand", "Foot")
    stack.declare(clients("Ada", prune_rows=True), database("others", rows=names("One")))
    (error,) = errors_of(stack.apply(allow_destructive=True))
    assert "2 of 3 rows" in error
    assert "{at_most: 2}" in error
    assert stack.row_names("Clients") == ["Ada", "Foot", "Hand"]
    assert stack.row_names("Others") == ["One"]
    stack.declare(clients("Ada", prune_rows={"at_most": 2}))
    assert_applied(stack.apply(allow_destructive=True))
    assert stack.row_names("Clients") == ["Ada"]
    by_hand(stack, "A", "B", "C")
    assert "more than 2" in errors_of(stack.apply(allow_destructive=True))[0]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"prune_rows": True, "rows": {"items": []}}, "every row would go"),
        ({"prune_rows": True}, "there are no rows to keep"),
        ({"prune_rows": {"at_most": 0}, "rows": names("Ada")}, "expected true, false or"),
        ({"prune_rows": "yes", "rows": names("Ada")}, "expected true, false or"),
    ],
)
def test_pruning_that_cannot_be_meant_is_refused_before_any_request(
    stack: Stack, spec: dict[str, Any], told: str
) -> None:
    stack.declare(database("clients", **spec))
    with pytest.raises(InvalidManifests, match=told):
        stack.plan()


# Icons and covers


def test_a_row_has_an_icon_and_a_cover_and_loses_them_with_null(stack: Stack) -> None:
    cover = "https://example.com/cover.png"
    stack.declare(database("clients", rows=names("Ada", **{"$icon": "🦊", "$cover": cover})))
    assert_applied(stack.apply())
    page = stack.row("Clients", "Ada")
    assert (page["icon"]["emoji"], page["cover"]["external"]["url"]) == ("🦊", cover)
    assert_settled(stack)
    stack.declare(database("clients", rows=names("Ada", **{"$icon": "🐝", "$cover": None})))
    assert sorted(fields_of(stack.plan())) == ["clients rows.Ada.$cover", "clients rows.Ada.$icon"]
    assert_applied(stack.apply())
    assert stack.requests.count(PATCH) == 1
    page = stack.row("Clients", "Ada")
    assert (page["icon"]["emoji"], page["cover"]) == ("🐝", None)
    assert_settled(stack)


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"$icon": "plain"}, "expected an emoji or an https URL, not 'plain'"),
        ({"$cover": "http://example.com/a.png"}, "expected an https URL"),
        ({"$incon": "🦊"}, r"there is no property '\$incon'; did you mean '\$icon'"),
    ],
)
def test_a_wrong_icon_or_cover_is_told_where_it_stands(stack: Stack, item: dict[str, Any], told: str) -> None:
    stack.declare(database("clients", rows=names("Ada", **item)))
    with pytest.raises(InvalidManifests, match=told):
        stack.plan()


def test_a_property_cannot_be_called_like_a_rows_icon(stack: Stack) -> None:
    stack.declare(database("clients", {"$icon": {"type": "rich_text"}}))
    with pytest.raises(InvalidManifests, match="stands for a row's own icon"):
        stack.plan()


# Files


def with_file(path: str, **more: str) -> dict[str, Any]:
    return database("clients", {"Papers": {"type": "files"}}, rows=names("Ada", Papers=[{"file": path, **more}]))


def content_of(stack: Stack, name: str) -> bytes:
    (file,) = [one for one in stack.value("Clients", "Ada", "Papers") if one["name"] == name]
    return stack.api.http.get(file["file"]["url"]).content


def test_a_file_beside_the_manifest_is_uploaded_once_and_again_when_it_changes(stack: Stack) -> None:
    stack.declare(with_file("papers/plan.txt"))
    paper = stack.stack_folder / "papers" / "plan.txt"
    paper.parent.mkdir()
    paper.write_bytes(b"first")
    assert_applied(stack.apply())
    assert content_of(stack, "plan.txt") == b"first"
    stack.forget()
    assert_settled(stack)
    paper.write_bytes(b"second")
    planned = stack.plan()
    assert fields_of(planned) == ["clients rows.Ada.Papers"]
    assert not planned.plan.drifted
    assert_applied(stack.apply())
    assert content_of(stack, "plan.txt") == b"second"
    assert (stack.requests.count("POST file_uploads"), stack.requests.count(PATCH)) == (1, 1)
    assert_settled(stack)


def test_a_file_has_the_name_it_is_given_and_stands_beside_links(stack: Stack) -> None:
    link = {"name": "site", "url": "https://example.com/x"}
    papers = [{"file": "a.bin", "name": "Contract (signed)"}, link]
    stack.declare(database("clients", {"Papers": {"type": "files"}}, rows=names("Ada", Papers=papers)))
    (stack.stack_folder / "a.bin").write_bytes(bytes(range(256)))
    assert_applied(stack.apply())
    assert content_of(stack, "Contract (signed)") == bytes(range(256))
    assert_settled(stack)


def test_a_file_replaced_by_hand_is_drift(stack: Stack) -> None:
    stack.declare(with_file("a.txt"))
    (stack.stack_folder / "a.txt").write_bytes(b"a")
    assert_applied(stack.apply())
    page = stack.row("Clients", "Ada")["id"]
    other = {"name": "a.txt", "type": "external", "external": {"url": "https://example.com/a.txt"}}
    stack.api.ok("PATCH", f"/v1/pages/{page}", {"properties": {"Papers": {"files": [other]}}})
    assert [one.name for change in stack.plan().plan.changes for one in change.fields if one.drift] == [
        "rows.Ada.Papers"
    ]
    assert_applied(stack.apply())
    assert content_of(stack, "a.txt") == b"a"


@pytest.mark.parametrize(
    ("path", "told"), [("none.txt", "cannot be read"), ("/etc/hosts", "relative to the manifest"), (".", "not a file")]
)
def test_a_file_that_is_not_there_is_told_before_any_request(stack: Stack, path: str, told: str) -> None:
    stack.declare(with_file(path))
    with pytest.raises(InvalidManifests, match=told):
        stack.plan()


# What writing a row does beyond the row


def test_the_plan_says_whom_a_row_notifies(stack: Stack) -> None:
    people = {"Who": {"type": "people"}}
    stack.declare(database("clients", people, rows=names("Ada", Who=["ada@example.com"])))
    assert reasons(stack) == ["notifies ada@example.com"]
    assert any("notifies ada@example.com" in line.text for line in plan_lines(stack.plan().plan))
    assert_applied(stack.apply())
    both = ["ada@example.com", "grace@example.com"]
    stack.declare(database("clients", people, rows=names("Ada", Who=both)))
    assert reasons(stack) == ["notifies grace@example.com"]


def test_the_plan_says_which_option_a_row_adds_to_the_schema(stack: Stack) -> None:
    free = {"Kind": {"type": "select"}, "Tags": {"type": "multi_select"}}
    stack.declare(database("clients", free, rows=names("Ada", Kind="New", Tags=["a"])))
    assert_applied(stack.apply())
    stack.declare(database("clients", free, rows=names("Ada", Kind="Old", Tags=["a", "b", "c"])))
    assert reasons(stack) == ["adds the option 'Old' to Kind", "adds the option 'b' and 'c' to Tags"]
    assert_applied(stack.apply())
    assert_settled(stack)


def test_an_option_that_is_not_declared_where_options_are_is_refused(stack: Stack) -> None:
    stack.declare(database("clients", {"Kind": {"type": "select", "options": options("A")}}, rows=names("x", Kind="B")))
    with pytest.raises(InvalidManifests, match="'B' is not a declared option"):
        stack.plan()


# What Notion cuts short


def test_more_people_than_a_page_tells_are_read_in_full(stack: Stack) -> None:
    everyone = [f"person{index}@example.com" for index in range(30)]
    found = stack.api.ok("GET", "/v1/users", params={"page_size": 100})["results"]
    people = [one for one in found if one["type"] == "person"]
    new = [
        {**people[0], "id": f"{index:08d}-0000-4000-8000-000000000000", "name": mail, "person": {"email": mail}}
        for index, mail in enumerate(everyone)
    ]
    stack.api.ok("POST", "/_sandbox/load", {"objects": new})
    stack.declare(database("clients", {"Who": {"type": "people"}}, rows=names("Ada", Who=everyone)))
    assert_applied(stack.apply())
    assert_settled(stack)


def test_a_text_with_more_mentions_than_a_page_tells_is_read_in_full(stack: Stack) -> None:
    stack.declare(database("clients", {"Text": {"type": "rich_text"}}, rows=names("Ada")))
    assert_applied(stack.apply())
    page = stack.row("Clients", "Ada")["id"]
    mention = {"type": "mention", "mention": {"type": "page", "page": {"id": page}}}
    mentions = {"Text": {"rich_text": [mention] * 30 + text("!")}}
    stack.api.ok("PATCH", f"/v1/pages/{page}", {"properties": mentions})
    stack.declare(database("clients", {"Text": {"type": "rich_text"}}, rows=names("Ada", Text="plain")))
    (change,) = stack.plan().plan.pending
    (field,) = change.fields
    assert field.before == {"markdown": "Ada" * 30 + "!"}


def test_a_progress_line_counts_the_rows_that_are_written(stack: Stack) -> None:
    stack.declare(clients(*(f"Row {index}" for index in range(7))))
    report = stack.apply()
    journal = (report.folder / "journal.jsonl").read_text()
    assert '"stage": "rows", "done": 7, "total": 7' in journal


# Bodies


def blocks(stack: Stack, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.api.ok("GET", f"/v1/blocks/{stack.row('Clients', name)['id']}/children")[
        "results"
    ]
    return found


def texts(stack: Stack, name: str) -> list[str]:
    return ["".join(part["plain_text"] for part in one[one["type"]]["rich_text"]) for one in blocks(stack, name)]


def test_a_row_has_a_body_from_markdown_of_which_only_what_changed_is_written(stack: Stack) -> None:
    stack.declare(database("clients", rows=names("Ada", **{"$body": "# Who\n\nA *pioneer*.\n\n- one\n- two\n"})))
    assert_applied(stack.apply())
    assert texts(stack, "Ada") == ["Who", "A pioneer.", "one", "two"]
    before = [one["id"] for one in blocks(stack, "Ada")]
    assert_settled(stack)
    stack.declare(database("clients", rows=names("Ada", **{"$body": "# Who\n\nA true *pioneer*.\n\n- one\n"})))
    assert_applied(stack.apply())
    assert stack.requests.writes == 2
    assert texts(stack, "Ada") == ["Who", "A true pioneer.", "one"]
    assert [one["id"] for one in blocks(stack, "Ada")] == before[:3]
    assert_settled(stack)


def test_a_block_that_somebody_added_to_a_row_is_not_removed_unasked(stack: Stack) -> None:
    stack.declare(database("clients", rows=names("Ada", **{"$body": "One."})))
    assert_applied(stack.apply())
    by_hand = {"type": "paragraph", "paragraph": {"rich_text": text("Written by hand.")}}
    stack.api.ok("PATCH", f"/v1/blocks/{stack.row('Clients', 'Ada')['id']}/children", {"children": [by_hand]})
    with pytest.raises(FactoryError, match="only Notion has this block"):
        stack.apply()
    assert texts(stack, "Ada") == ["One.", "Written by hand."]
    assert_applied(stack.apply(allow_destructive=True))
    assert texts(stack, "Ada") == ["One."]


def test_a_body_may_stand_in_a_file_of_its_own(stack: Stack) -> None:
    stack.declare(database("clients", rows=names("Ada", "Grace", **{"$body": {"file": "who.md"}})))
    (stack.stack_folder / "who.md").write_text("From a file.")
    assert_applied(stack.apply())
    assert texts(stack, "Ada") == texts(stack, "Grace") == ["From a file."]
    assert_settled(stack)
    (stack.stack_folder / "who.md").write_text("From a file, again.")
    assert_applied(stack.apply())
    assert texts(stack, "Grace") == ["From a file, again."]
    stack.declare(database("clients", rows=names("Ada", **{"$body": {"file": "gone.md"}})))
    with pytest.raises(InvalidManifests, match=r"gone\.md"):
        stack.plan()
    (stack.stack_folder / "gone.md").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidManifests, match="not text in UTF-8"):
        stack.plan()


def test_a_restored_row_gets_the_body_that_was_declared_meanwhile(stack: Stack) -> None:
    stack.declare(database("clients", rows=names("Ada", **{"$body": "One."})))
    assert_applied(stack.apply())
    trash(stack, stack.row("Clients", "Ada")["id"])
    stack.declare(database("clients", rows=names("Ada", **{"$body": "One more."})))
    assert_applied(stack.apply())
    assert texts(stack, "Ada") == ["One more."]
    assert_settled(stack)


# Rows of databases that this stack does not declare


def elsewhere(stack: Stack, *titles: str) -> dict[str, Any]:
    """A database of somebody else, and a manifest whose rows relate to its rows."""
    _, source = stack.api.database("Theirs")
    for title in titles:
        stack.api.row(source, title)
    to_theirs = {"Theirs": {"type": "relation", "data_source_id": source}}
    return database("clients", to_theirs, rows=names("Ada", Theirs=["One", "Two"]))


def test_rows_relate_to_rows_elsewhere_by_their_titles(stack: Stack) -> None:
    stack.declare(elsewhere(stack, "One", "Two", "two", "Three"))
    assert_applied(stack.apply())
    linked = [stack.api.page(one["id"]) for one in stack.value("Clients", "Ada", "Theirs")]
    assert sorted(page["properties"]["Name"]["title"][0]["plain_text"] for page in linked) == ["One", "Two"]
    assert_settled(stack)
    stack.plan()
    assert stack.requests.count(QUERY) == 2


@pytest.mark.parametrize(("titles", "told"), [(["One"], "has no row titled 'Two'"), (["One", "Two", "Two"], "2 rows")])
def test_a_row_elsewhere_that_is_missing_or_there_twice_is_named(stack: Stack, titles: list[str], told: str) -> None:
    stack.declare(elsewhere(stack, *titles))
    (error,) = errors_of(stack.apply())
    assert told in error
    assert stack.row_names("Clients") == []
    assert told in errors_of(stack.plan())[0]
