"""Pages as code: made, changed, found again, moved, taken over, and left alone where people work on them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notion_sandbox_api import NotionApi, text
from workspace_runs import (
    Json,
    Stack,
    assert_applied,
    assert_settled,
    connected,
    database,
    drift_of,
    errors_of,
    fields_of,
)

from ansible_collections.factory.core.plugins.module_utils.change import Action, Effect
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from factory_iac.sandbox.process import Sandbox

BODY = """\
# Welcome

We build **things**; see [our site](https://example.com).

- first
  - inner
    - deep
      - deeper
- [x] done

| who | what |
| --- | --- |
| Ada | `code` |

```python
print(1)
```

> [!TIP]
> Drink tea

---

$$
e = mc^2
$$
"""
MARK = "Managed by Factory: shop NotionPage/handbook"
HOME = "${NotionPage/handbook.id}"


@pytest.fixture
def stack(notion_sandbox: NotionApi, tmp_path: Path) -> Stack:
    return Stack(notion_sandbox, tmp_path)


def page(name: str = "handbook", metadata: Json | None = None, **spec: Any) -> Json:
    return {
        "apiVersion": "factory/v1",
        "kind": "NotionPage",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"title": name.title(), **spec},
    }


def applied(stack: Stack, *manifests: Json, **how: Any) -> None:
    stack.declare(*manifests)
    assert_applied(stack.apply(**how))


def children(stack: Stack, parent: str | None = None) -> list[Json]:
    parent = parent or stack.api.sandbox.root_page_id
    found: list[Json] = stack.api.ok("GET", f"/v1/blocks/{parent}/children", params={"page_size": 100})["results"]
    return found


def page_id(stack: Stack, title: str = "Handbook", parent: str | None = None) -> str:
    """The id of the one page of that title."""
    (found,) = [
        one["id"]
        for one in children(stack, parent)
        if one["type"] == "child_page" and one["child_page"]["title"] == title
    ]
    return str(found)


def texts(stack: Stack, parent: str | None = None) -> list[str]:
    """The texts on a page, block by block, without what is inside them."""
    return [
        "".join(part["plain_text"] for part in one[one["type"]].get("rich_text", ()))
        if one["type"] not in ("child_page", "child_database")
        else one[one["type"]]["title"]
        for one in children(stack, parent or page_id(stack))
    ]


def write(stack: Stack, parent: str, content: str, **where: Any) -> str:
    """A paragraph that somebody adds by hand; its id."""
    block = {"type": "paragraph", "paragraph": {"rich_text": text(content)}}
    made = stack.api.ok("PATCH", f"/v1/blocks/{parent}/children", {"children": [block], **where})
    return str(made["results"][0]["id"])


def test_a_page_is_made_with_its_body_and_settles(stack: Stack) -> None:
    applied(stack, page(icon="📘", cover="https://example.com/c.png", body=BODY))
    live = stack.api.page(page_id(stack))
    assert live["icon"]["emoji"] == "📘"
    assert live["cover"]["external"]["url"] == "https://example.com/c.png"
    blocks = children(stack, live["id"])
    assert [one["type"] for one in blocks] == [
        *("heading_1", "paragraph", "bulleted_list_item", "to_do", "table", "code", "callout", "divider"),
        *("equation", "paragraph"),
    ]
    assert texts(stack)[-1] == MARK
    assert_settled(stack)


def test_a_page_without_a_body_costs_one_read(stack: Stack) -> None:
    applied(stack, page(), page("news"))
    write(stack, page_id(stack), "by hand")
    assert_settled(stack)
    assert (stack.requests.reads, stack.requests.writes) == (2, 0)
    assert texts(stack) == [MARK, "by hand"]


def test_a_long_and_deep_body_goes_in_several_requests_and_settles(stack: Stack) -> None:
    body = "\n\n".join([*(f"line {number}" for number in range(250)), "x" * 5000, "- a\n  - b\n    - c\n      - d"])
    applied(stack, page(body=body))
    assert_settled(stack)


FRAGMENTS = (
    *("# one", "## two", "text", "text **bold** and `code`", "- a\n- b", "- a\n  - c", "1. x\n2. y", "- [ ] t"),
    *("- a\n  - b\n    - c\n      - d\n        - e", "> quote\n>\n> more", "> [!NOTE]\n> note", "---"),
    "<details>\n<summary>more</summary>\n\n- a\n\n</details>",
    *("|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|3|\n|4|5|", "```sh\nls\n```", "![c](https://e.com/c.png)"),
    *("$$\nx\n$$", "a<br>b \\* c &amp; <u>d</u>"),
)


@settings(max_examples=8, derandomize=True, deadline=None)
@given(st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=7).map("\n\n".join), min_size=2, max_size=3))
def test_any_body_becomes_any_other_and_settles(notion_process: Sandbox, bodies: list[str]) -> None:
    with TemporaryDirectory() as folder:
        stack = Stack(connected(notion_process), Path(folder))
        for body in bodies:
            stack.declare(page(body=body))
            assert_applied(stack.apply())
            assert_settled(stack)


def test_only_what_changed_in_a_body_is_written(stack: Stack) -> None:
    applied(stack, page(body="one\n\ntwo\n\nthree"))
    before = [one["id"] for one in children(stack, page_id(stack))]
    stack.declare(page(body="one\n\ntwo and a half\n\nnew\n\nthree"))
    planned = stack.plan()
    assert fields_of(planned) == ["handbook body.2", "handbook body.3"]
    assert planned.plan.changes[0].fields[0].before == "two"
    assert_applied(stack.apply())
    assert stack.requests.writes == 2
    after = [one["id"] for one in children(stack, page_id(stack))]
    assert [one for one in after if one in before] == before
    assert texts(stack) == ["one", "two and a half", "new", "three", MARK]
    assert_settled(stack)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("![a](https://e.com/1.png)", "![b](https://e.com/2.png)"),
        ("```sh\nls\n```", "```python\nls\n```"),
        ("- [ ] do", "- [x] do"),
        ("> [!NOTE]\n> a", "> [!TIP]\n> a"),
        ("$$\nx\n$$", "$$\ny\n$$"),
        ("|a|\n|-|\n|1|", "|a|\n|-|\n|2|\n|3|"),
        ("# a", "# b"),
        ("- a\n  - b", "- a\n  - c\n  - b"),
    ],
)
def test_a_block_that_can_change_keeps_its_id(stack: Stack, before: str, after: str) -> None:
    applied(stack, page(body=before))
    found = children(stack, page_id(stack))[0]["id"]
    applied(stack, page(body=after))
    assert children(stack, page_id(stack))[0]["id"] == found
    assert_settled(stack)


def test_a_block_taken_out_of_the_manifest_goes_without_leave(stack: Stack) -> None:
    applied(stack, page(body="one\n\ntwo"))
    applied(stack, page(body="two"))
    assert texts(stack) == ["two", MARK]


def test_what_people_added_goes_only_with_leave(stack: Stack) -> None:
    applied(stack, page(body="one\n\ntwo"))
    write(stack, page_id(stack), "by hand")
    planned = stack.plan()
    (field,) = planned.plan.changes[0].fields
    assert (field.before, field.after, field.effect, field.drift) == ("by hand", None, Effect.DESTRUCTIVE, True)
    with pytest.raises(FactoryError, match="would destroy"):
        stack.apply()
    assert texts(stack) == ["one", "two", MARK, "by hand"]
    assert_applied(stack.apply(allow_destructive=True))
    assert texts(stack) == ["one", "two", MARK]
    assert_settled(stack)


def test_a_text_changed_by_hand_is_drift_and_put_right_in_place(stack: Stack) -> None:
    applied(stack, page(body="one\n\ntwo **bold** words"))
    block = children(stack, page_id(stack))[1]["id"]
    stack.api.ok("PATCH", f"/v1/blocks/{block}", {"paragraph": {"rich_text": text("two plain words")}})
    assert drift_of(stack.plan()) == ["handbook body.2"]
    assert_applied(stack.apply())
    assert children(stack, page_id(stack))[1]["id"] == block
    assert children(stack, page_id(stack))[1]["paragraph"]["rich_text"][1]["annotations"]["bold"]
    assert_settled(stack)


def test_pages_and_databases_on_the_page_are_left_alone(stack: Stack) -> None:
    applied(stack, page(body="one"))
    parent = {"type": "page_id", "page_id": page_id(stack)}
    stack.api.ok("POST", "/v1/pages", {"parent": parent, "properties": {"title": {"title": text("By hand")}}})
    stack.api.ok("POST", "/v1/databases", {"parent": parent, "title": text("Mine")})
    assert_settled(stack)
    applied(stack, page(body="two"))
    assert texts(stack) == ["two", MARK, "By hand", "Mine"]


def test_a_page_and_the_databases_and_pages_on_it_come_in_one_apply(stack: Stack) -> None:
    applied(
        stack,
        database("tasks", parent="${NotionPage/team.id}", rows={"items": [{"Name": "a"}]}),
        page("team", parent=HOME),
        page(body="See [the tasks](https://www.notion.so/${NotionDatabase/tasks.id})"),
    )
    handbook = page_id(stack)
    team = page_id(stack, "Team", handbook)
    (tasks,) = [one for one in children(stack, team) if one["type"] == "child_database"]
    link = children(stack, handbook)
    linked = next(one for one in link if one["type"] == "paragraph")["paragraph"]["rich_text"][1]["href"]
    assert linked == f"https://www.notion.so/{tasks['id']}"
    assert_settled(stack)


def chapters(*names: str) -> list[Json]:
    """A page with pages on it in the order of *names*, a database for what starts with ``db``."""
    kinds = {name: "NotionDatabase" if name.startswith("db") else "NotionPage" for name in names}
    made = [database(name, parent=HOME) if name.startswith("db") else page(name, parent=HOME) for name in names]
    return [page(body="Read on", children=[f"${{{kind}/{name}.id}}" for name, kind in kinds.items()]), *made]


def test_what_lies_on_a_page_is_made_in_the_order_of_its_children(stack: Stack) -> None:
    names = ["zeta", "db-mid", "alpha", "mean", "db-first", "beta"]
    applied(stack, *chapters(*names))
    assert texts(stack) == ["Read on", MARK, *(name.title() for name in names)]
    assert_settled(stack)


def test_a_page_declared_between_others_is_made_between_them(stack: Stack) -> None:
    applied(stack, *chapters("one", "four"))
    applied(stack, *chapters("one", "two", "three", "four"))
    assert texts(stack)[2:] == ["One", "Two", "Three", "Four"]
    assert_settled(stack)


def test_an_order_that_the_api_cannot_make_is_said_and_not_tried(stack: Stack) -> None:
    applied(stack, *chapters("one", "two"))
    stack.declare(*chapters("two", "one"))
    plan = stack.plan().plan
    (said,) = [one for change in plan.changes for one in change.unmanageable]
    assert (said.name, said.reason) == (
        "children",
        "Notion's API cannot order what is there; drag it into its place in Notion",
    )
    assert not plan.pending
    assert texts(stack)[2:] == ["One", "Two"]


def test_without_the_cache_all_is_found_below_every_declared_parent(stack: Stack) -> None:
    manifests = (
        page(),
        page("team", parent="${NotionPage/handbook.id}"),
        database("tasks", parent="${NotionPage/team.id}"),
        database("people", parent="${NotionPage/handbook.id}"),
        database("clients"),
    )
    applied(stack, *manifests)
    stack.forget()
    planned = stack.plan()
    assert not planned.plan.pending, fields_of(planned)
    listings = 3
    marks = 2
    assert stack.requests.count("GET blocks/{id}/children") == listings + marks + 2
    assert_settled(stack)
    assert (stack.requests.reads, stack.requests.writes) == (5, 0)


def test_a_changed_parent_moves_what_is_there(stack: Stack) -> None:
    applied(stack, page(), page("team"), database("tasks"))
    tasks, team = stack.id_of("Tasks"), page_id(stack, "Team")
    stack.declare(page(), page("team", parent=HOME), database("tasks", parent=HOME))
    assert fields_of(stack.plan()) == ["tasks parent", "team parent"]
    assert_applied(stack.apply())
    assert stack.requests.writes == 2
    assert {one["id"] for one in children(stack, page_id(stack))} >= {tasks, team}
    assert_settled(stack)


def test_what_was_moved_by_hand_is_found_by_its_mark_and_moved_back(stack: Stack) -> None:
    manifests = (page(), page("team"), page("plan", parent="${NotionPage/team.id}"))
    applied(stack, *manifests)
    plan = page_id(stack, "Plan", page_id(stack, "Team"))
    home = {"type": "page_id", "page_id": stack.api.sandbox.root_page_id}
    stack.api.ok("POST", f"/v1/pages/{plan}/move", {"parent": home})
    stack.forget()
    assert fields_of(stack.plan()) == ["plan parent"]
    assert_applied(stack.apply())
    assert page_id(stack, "Plan", page_id(stack, "Team")) == plan
    assert_settled(stack)


def test_a_page_in_the_trash_comes_back_with_what_is_on_it(stack: Stack) -> None:
    applied(stack, page(body="one"))
    found = page_id(stack)
    stack.api.ok("PATCH", f"/v1/pages/{found}", {"in_trash": True})
    (change,) = stack.plan().plan.changes
    assert change.action is Action.RESTORE
    assert_applied(stack.apply())
    assert page_id(stack) == found
    assert_settled(stack)


def test_a_page_that_is_no_longer_declared_goes_with_prune_only(stack: Stack) -> None:
    applied(stack, page(), page("old", body="text"))
    stack.forget()
    stack.declare(page())
    assert_applied(stack.apply())
    planned = stack.plan(prune=True)
    assert [str(change.address) for change in planned.plan.pending] == ["NotionPage/old"]
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert [one["child_page"]["title"] for one in children(stack)] == ["Handbook"]


def test_a_page_is_not_pruned_from_under_what_is_declared(stack: Stack) -> None:
    applied(stack, page(), database("tasks", parent="${NotionPage/handbook.id}"))
    stack.declare(database("tasks"))
    with pytest.raises(FactoryError, match=r"NotionDatabase/tasks lies on it .* give NotionDatabase/tasks another"):
        stack.apply(prune=True, allow_destructive=True)
    stack.declare(database("tasks", parent=stack.api.sandbox.root_page_id))
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert stack.titles() == ["Tasks"]
    assert_settled(stack)


def test_pruning_a_page_says_what_else_goes_with_it(stack: Stack) -> None:
    applied(stack, page(), page("team", parent="${NotionPage/handbook.id}"), page("rest"))
    parent = {"type": "page_id", "page_id": page_id(stack)}
    stack.api.ok("POST", "/v1/pages", {"parent": parent, "properties": {"title": {"title": text("Mine")}}})
    stack.declare(page("rest"))
    assert stack.plan(prune=True).plan.warnings == (
        "with NotionPage/handbook goes to the trash what lies on it: 'Mine'",
    )


def test_pruning_finds_what_lies_on_declared_pages(stack: Stack) -> None:
    applied(stack, page(), page("old", parent=HOME), database("tasks", parent=HOME))
    stack.forget()
    stack.declare(page())
    assert_applied(stack.apply(prune=True, allow_destructive=True))
    assert texts(stack) == [MARK]
    assert stack.titles() == []


def test_a_page_of_that_title_is_taken_over_only_when_asked(stack: Stack) -> None:
    parent = {"type": "page_id", "page_id": stack.api.sandbox.root_page_id}
    body = {"parent": parent, "properties": {"title": {"title": text("Handbook")}}}
    theirs = stack.api.ok("POST", "/v1/pages", body)["id"]
    write(stack, theirs, "precious")
    stack.declare(page())
    planned = stack.plan()
    assert planned.plan.changes[0].action is Action.CREATE
    assert theirs in planned.plan.warnings[0]
    applied(stack, page(metadata={"adopt": True}))
    assert page_id(stack) == theirs
    assert texts(stack) == ["precious", MARK]
    assert_settled(stack)
    stack.forget()
    assert_settled(stack)


def test_a_page_of_another_stack_is_refused(stack: Stack) -> None:
    applied(stack, page())
    other = Stack(stack.api, stack.folder / "other", "bakery")
    other.declare(page(metadata={"adopt": True}))
    (error,) = errors_of(other.plan())
    assert "belongs to somebody else" in error
    assert MARK in error


def test_two_pages_with_one_mark_are_named_and_left_alone(stack: Stack) -> None:
    applied(stack, page())
    parent = {"type": "page_id", "page_id": stack.api.sandbox.root_page_id}
    body = {"parent": parent, "properties": {"title": {"title": text("Handbook")}}}
    twin = stack.api.ok("POST", "/v1/pages", body)["id"]
    write(stack, twin, MARK)
    stack.forget()
    (error,) = errors_of(stack.plan())
    assert "2 live pages carry its ownership line" in error
    assert twin in error


def test_without_marks_a_page_carries_none_and_its_cache_leads_to_it(stack: Stack) -> None:
    stack.marked = False
    applied(stack, page(body="one"))
    assert texts(stack) == ["one"]
    assert_settled(stack)


WRONG = {
    "a parent that is no page": (
        page(parent="${NotionDatabase/tasks.id}"),
        "only a page can be a parent",
    ),
    "a parent that is not declared": (page(parent="${NotionPage/handbok.id}"), "not declared; did you mean 'handbook'"),
    "a parent that is nothing": (page(parent="Home"), "expected ${NotionPage/name.id} or the id of a page"),
    "a child by its name": (page(children=["tasks"]), "expected ${NotionPage/name.id} or ${NotionDatabase/name.id}"),
    "a child that lies elsewhere": (
        page(children=["${NotionDatabase/tasks.id}"]),
        "NotionDatabase/tasks does not lie on this page; give it 'parent: ${NotionPage/handbook.id}'",
    ),
    "a child that is not declared": (page(children=["${NotionPage/taks.id}"]), "not declared"),
    "a picture that is a file": (page(body="![x](cat.png)"), "no https URL"),
    "a toggle that does not close": (page(body="<details>\n<summary>a</summary>\n\nb\n</details>"), "a toggle needs"),
    "a link to a file": (page(body="- see [this](./other)"), "addresses on the web only"),
    "an ownership line of its own": (page(body=MARK), "leave it out"),
    "a page on itself": (page(parent="${NotionPage/handbook.id}"), "need each other"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_page_that_cannot_be_is_refused_before_any_request(stack: Stack, case: str) -> None:
    manifest, message = WRONG[case]
    stack.declare(manifest, database("tasks"))
    with pytest.raises(InvalidManifests, match=r"handbook\.yml:1:\d+") as refused:
        stack.plan()
    assert message in str(refused.value)
