"""Laws of imports, by random workspaces: a plan after an import is empty, whatever was there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from import_runs import assert_plan_is_empty, import_into
from import_runs import texts as manifest_texts
from notion_sandbox_api import Json, text
from random_stacks import stacks, texts, words
from workspace_runs import Stack, assert_applied, assert_settled, connected

from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from factory_iac.sandbox.process import Sandbox

ODD_FORMULAS = ["1 +", 'prop("Gone")', "{{notion:block_property:%40x:y:z}}", ""]
ICONS = [None, {"type": "icon", "icon": {"name": "bell", "color": "red"}}, {"type": "emoji", "emoji": "🎉"}]
GONE = "0f0e0d0c-0b0a-4908-8706-050403020100"
law = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=int(os.environ.get("CASES", "15")))
kinds_of_text = st.sampled_from(
    ["paragraph", "heading_1", "bulleted_list_item", "numbered_list_item", "to_do", "quote", "toggle", "callout"]
)
formula_forms = st.sampled_from(["token", "prop"])
odd_types = st.sampled_from(["button", "verification", "unsupported", "ai_summary", "place", "last_visited_time"])
odd_texts = st.one_of(texts, st.sampled_from(["${env:HOME}", "${NotionDatabase/x.id}", "", " ", "x" * 300]))


@law
@given(manifests=stacks(), formula_form=formula_forms, honoured=st.booleans())
def test_what_is_applied_and_imported_leaves_a_plan_nothing_to_do(
    notion_process: Sandbox, manifests: list[Json], formula_form: str, honoured: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(connected(notion_process), Path(folder))
        stack.api.behave(formula_form=formula_form, synced_property_name_honoured=honoured)
        stack.api.behave(status_group_honoured=honoured)
        stack.declare(*manifests)
        assert_applied(stack.apply())
        assert_settled(stack)
        shutil.rmtree(stack.stack_folder)
        import_into(stack, bodies=True)
        first = manifest_texts(stack.stack_folder)
        assert sorted(first) == sorted(f"{one['metadata']['name']}.yml" for one in manifests)
        assert_plan_is_empty(stack)
        import_into(stack, bodies=True, force=True)
        assert manifest_texts(stack.stack_folder) == first


def is_sayable(title: str) -> bool:
    """Whether a manifest can have a title: no other key can be left out for it."""
    return bool(title) and not any(True for _ in references_in(title))


@st.composite
def odd_properties(draw: Any) -> Json:
    """What the API answers and Factory would never write."""
    kind = draw(st.one_of(odd_types, st.sampled_from(["select", "status", "number", "formula", "rollup", "relation"])))
    option = {"id": "o1", "name": draw(odd_texts.filter(bool)), "color": draw(st.sampled_from(["red", "mauve"]))}
    config: Json = {
        "select": {"options": [option, {**option, "id": "o2", "name": option["name"].upper()}]},
        "status": {"options": [option], "groups": [{"id": "g", "name": "Later", "color": "red", "option_ids": ["o1"]}]},
        "number": {"format": draw(st.sampled_from(["euro", "doubloon"]))},
        "formula": {
            "expression": draw(st.sampled_from(["1 +", 'prop("Gone")', "{{notion:block_property:%40x:y:z}}", ""]))
        },
        "rollup": {
            "function": draw(st.sampled_from(["count", "guess"])),
            "relation_property_name": "Gone",
            "relation_property_id": "gone",
            "rollup_property_name": "Gone",
            "rollup_property_id": "gone",
        },
        "relation": {"database_id": GONE, "data_source_id": GONE, "type": "single_property", "single_property": {}},
    }.get(kind, {})
    return {"type": kind, "description": draw(st.none() | odd_texts), kind: config}


def said(content: str, **more: Any) -> Json:
    return {"rich_text": text(content), **more}


def odd_blocks() -> st.SearchStrategy[Json]:
    """Blocks that people put on pages, most of which Markdown cannot say."""
    styles = {"bold": st.booleans(), "code": st.booleans(), "color": st.sampled_from(["default", "red"])}
    run = st.builds(
        lambda content, style: {"type": "text", "text": {"content": content}, "annotations": style},
        odd_texts.filter(bool),
        st.fixed_dictionaries(styles),
    )
    column = {"type": "column", "column": {"children": [{"type": "paragraph", "paragraph": said("in a column")}]}}
    return st.one_of(
        st.builds(
            lambda kind, runs: {"type": kind, kind: {"rich_text": runs}}, kinds_of_text, st.lists(run, max_size=3)
        ),
        st.builds(lambda content: {"type": "code", "code": said(content, language="sql")}, odd_texts),
        st.sampled_from(
            [
                {"type": "paragraph", "paragraph": said("gray", color="gray")},
                {"type": "heading_2", "heading_2": said("opens", is_toggleable=True)},
                {"type": "callout", "callout": said("odd", icon={"type": "emoji", "emoji": "🎉"})},
                {"type": "column_list", "column_list": {"children": [column, column]}},
                {"type": "embed", "embed": {"url": "https://example.com"}},
                {"type": "table_of_contents", "table_of_contents": {}},
            ]
        ),
    )


@law
@given(
    title=odd_texts,
    blocks=st.lists(odd_blocks(), max_size=4),
    described=odd_texts,
    icon=st.sampled_from(
        [None, {"type": "icon", "icon": {"name": "bell", "color": "red"}}, {"type": "emoji", "emoji": "🎉"}]
    ),
    odd=st.dictionaries(words, odd_properties(), max_size=4),
    names=st.lists(odd_texts, max_size=5),
)
def test_what_factory_would_never_make_is_imported_as_far_as_it_goes_and_leaves_a_plan_nothing_to_do(
    notion_process: Sandbox,
    title: str,
    blocks: list[Json],
    described: str,
    icon: Json | None,
    odd: Json,
    names: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(connected(notion_process), Path(folder))
        _, source = stack.api.database("Odd")
        for name in names:
            stack.api.row(source, name)
        stored = stack.api.ok("GET", f"/v1/data_sources/{source}")
        properties = {
            name: {"id": f"%40{at}", "name": name, **one}
            for at, (name, one) in enumerate(odd.items())
            if name != "Name"
        }
        body = {"title": text(title), "description": text(described), "icon": icon}
        loaded = {**stored, **body, "properties": {**stored["properties"], **properties}}
        stack.api.ok("POST", "/_sandbox/load", {"objects": [loaded]})
        on_page = {"type": "page_id", "page_id": stack.api.sandbox.root_page_id}
        titled = {"title": {"title": text(title)}}
        page = stack.api.ok("POST", "/v1/pages", {"parent": on_page, "properties": titled, "children": blocks})["id"]
        row = stack.api.row(source, "a row")["id"]
        stack.api.ok("PATCH", f"/v1/blocks/{row}/children", {"children": blocks})
        on_page["page_id"] = page
        stack.api.ok("POST", "/v1/pages", {"parent": on_page, "properties": {"title": {"title": text("Below")}}})
        import_into(stack, bodies=True)
        assert len(manifest_texts(stack.stack_folder)) == 1 + 2 * is_sayable(title)
        assert_plan_is_empty(stack)
