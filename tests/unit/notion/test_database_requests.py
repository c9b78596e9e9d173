"""The bodies that change a database: options are never dropped, renames go by id, what is pruned is null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.change import Effect
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Observation, World
from ansible_collections.factory.notion.plugins.module_utils.database_diff import database_change, scope_of
from ansible_collections.factory.notion.plugins.module_utils.database_requests import (
    container_body,
    creation_body,
    data_source_body,
)
from ansible_collections.factory.notion.plugins.module_utils.database_state import (
    DatabaseState,
    icon_object,
    icon_text,
    parse_data_source,
)
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import ValueWriting
from ansible_collections.factory.notion.plugins.module_utils.row_requests import row_body

Json = dict[str, Any]
ADDRESS = Address("NotionDatabase", "tasks")
TITLE: Json = {"id": "title", "type": "title", "title": {}}


def prop(kind: str, key: str = "ab%3Dc", **config: Any) -> Json:
    return {"id": key, "type": kind, kind: config}


def option(name: str) -> Json:
    return {"id": f"id-{name}", "name": name, "color": "red", "description": None}


def source(properties: Mapping[str, Json], **more: Any) -> Json:
    return {
        "id": "source",
        "parent": {"database_id": "database"},
        "title": [{"plain_text": "Tasks"}],
        "properties": {"Name": TITLE, **properties},
        **more,
    }


def declared(properties: Json, **spec: Any) -> Resource:
    if not any(one["type"] == "title" for one in properties.values()):
        properties = {"Name": {"type": "title"}, **properties}
    return Resource(ADDRESS, {}, {"title": "Tasks", "properties": properties, **spec})


def changed(resource: Resource, live: Json) -> tuple[Json, list[Effect], DatabaseState]:
    """The body of ``PATCH data_sources``, and the effects of the change."""
    state = parse_data_source(live)
    seen = Observation({"id": "database", "data_source_id": "source"}, state)
    world = World(Declared({ADDRESS: resource}), {ADDRESS: seen})
    change = database_change(resource, seen, world)
    names = {field.path[0] for field in change.fields}
    body = data_source_body(scope_of(resource, seen, world), change.fields, names)
    return body, [field.effect for field in change.fields], state


def select(*names: str) -> Json:
    return {"type": "select", "options": [{"name": name} for name in names]}


KEPT = [{"id": f"id-{name}", "name": name, "color": "red"} for name in ("A", "B")]
OPTIONS = [
    ("nothing new", select("A", "B"), False, None),
    ("one new", select("A", "C"), False, [KEPT[0], {"name": "C"}, KEPT[1]]),
    ("only new", select("C"), False, [{"name": "C"}, *KEPT]),
    ("one new, pruned", select("B", "C"), True, [KEPT[1], {"name": "C"}]),
    ("one less, pruned", select("A"), True, [KEPT[0]]),
    ("none declared", {"type": "select"}, False, None),
    ("none declared, pruned", {"type": "select"}, True, None),
    ("all pruned", {"type": "select", "options": []}, True, []),
    ("in another case", select("a", "b"), False, None),
]


@pytest.mark.parametrize(("_name", "one", "prune", "sent"), OPTIONS, ids=[case[0] for case in OPTIONS])
def test_options_are_the_live_ones_and_the_declared_ones(
    _name: str, one: Json, prune: bool, sent: list[Json] | None
) -> None:
    live = source({"State": prop("select", options=[option("A"), option("B")])})
    body, effects, _ = changed(declared({"State": one}, prune=prune), live)
    if sent is None:
        assert body == {}
    else:
        assert body["properties"] == {"ab%3Dc": {"type": "select", "select": {"options": sent}}}
    dropped = sent is not None and len([entry for entry in sent if "id" in entry]) < 2
    assert (Effect.DESTRUCTIVE in effects) == dropped


def test_another_change_of_a_select_does_not_drop_its_options() -> None:
    live = source({"Old": prop("select", options=[option("A"), option("B")])})
    body, _, _ = changed(declared({"New": {**select("C"), "renamed_from": "Old"}}), live)
    assert body["properties"]["ab%3Dc"]["select"]["options"] == [{"name": "C"}, *KEPT]
    assert body["properties"]["ab%3Dc"]["name"] == "New"


def test_a_rename_goes_by_id_and_says_nothing_else() -> None:
    live = source({"Old": prop("number", format="euro")})
    body, effects, _ = changed(declared({"New": {"type": "number", "renamed_from": "Old"}}), live)
    assert body == {"properties": {"ab%3Dc": {"name": "New"}}}
    assert effects == [Effect.REVERSIBLE]


def test_a_rename_that_has_happened_says_nothing() -> None:
    live = source({"New": prop("number", format="euro")})
    body, effects, _ = changed(declared({"New": {"type": "number", "renamed_from": "Old"}}), live)
    assert (body, effects) == ({}, [])


def test_a_pruned_property_is_null_by_id() -> None:
    body, effects, _ = changed(declared({}, prune=True), source({"Old": prop("number", format="number")}))
    assert body == {"properties": {"ab%3Dc": None}}
    assert effects == [Effect.DESTRUCTIVE]


def test_without_prune_nothing_is_said_of_what_is_not_declared() -> None:
    body, effects, _ = changed(declared({}), source({"Old": prop("number", format="number")}))
    assert (body, effects) == ({}, [])


def test_a_new_type_is_destructive_and_keeps_the_id() -> None:
    body, effects, _ = changed(declared({"Size": {"type": "number"}}), source({"Size": prop("rich_text")}))
    assert body == {"properties": {"ab%3Dc": {"type": "number", "number": {}}}}
    assert effects == [Effect.DESTRUCTIVE]


def test_a_title_under_another_name_is_renamed_by_id() -> None:
    body, effects, _ = changed(declared({"Task": {"type": "title"}}), source({}))
    assert body == {"properties": {"title": {"name": "Task"}}}
    assert effects == [Effect.REVERSIBLE]


def test_a_title_under_another_name_leaves_its_old_name_to_another_property() -> None:
    wanted = declared({"Task": {"type": "title"}, "Name": {"type": "rich_text"}})
    _, effects, _ = changed(wanted, source({}))
    assert Effect.DESTRUCTIVE not in effects


def test_what_others_refer_to_comes_first() -> None:
    properties = {
        "F": {"type": "formula", "expression": 'prop("S")'},
        "S": {"type": "rollup", "relation": "R", "property": "Name", "function": "count"},
        "R": {"type": "relation", "database": "tasks"},
        "T": {"type": "rich_text"},
    }
    body, _, _ = changed(declared(properties), source({}))
    assert list(body["properties"]) == ["T", "R", "S", "F"]


def test_title_and_icon_go_to_the_data_source() -> None:
    body, _, _ = changed(declared({}, title="New", icon="🎈", description="Text."), source({}))
    assert set(body) == {"title", "icon"}


def test_the_container_gets_what_only_it_has() -> None:
    spec = {"title": "T", "description": "D", "icon": "🎈", "cover": "https://x.org/c", "inline": True, "locked": True}
    state = parse_data_source(source({}))
    body = container_body(spec, state, set(spec))
    assert set(body) == {"description", "icon", "cover", "is_inline", "is_locked"}
    assert container_body(spec, state, {"title", "properties", "rows"}) == {}


def test_a_description_that_nobody_declares_survives_the_ownership_line() -> None:
    live = source({}, description=[{"plain_text": "By hand."}])
    body = container_body({"title": "T"}, parse_data_source(live), {"ownership"})
    assert body["description"][0]["text"]["content"].startswith("By hand.")


def test_a_creation_names_parent_title_and_schema_only() -> None:
    resource = declared({"Size": {"type": "number", "format": "euro"}})
    world: World[DatabaseState] = World(Declared({ADDRESS: resource}), {})
    change = database_change(resource, None, world)
    body = creation_body(scope_of(resource, None, world), change.fields, "page", None)
    assert set(body) == {"parent", "title", "initial_data_source"}
    assert body["initial_data_source"]["properties"]["Size"] == {"type": "number", "number": {"format": "euro"}}


EMPTY = [
    ("rich_text", []),
    ("number", None),
    ("select", None),
    ("multi_select", []),
    ("date", None),
    ("people", []),
    ("files", []),
    ("checkbox", False),
    ("url", None),
]


@pytest.mark.parametrize(("kind", "nothing"), EMPTY)
def test_null_is_sent_as_what_notion_takes_for_nothing(kind: str, nothing: Any) -> None:
    resource = declared({"P": {"type": kind}})
    seen = Observation({"id": "d"}, parse_data_source(source({"P": prop(kind)})))
    scope = scope_of(resource, seen, World(Declared({ADDRESS: resource}), {ADDRESS: seen}))
    writing = ValueWriting(str, lambda name, key: key, lambda path, name: path)
    assert row_body(scope, {"P": None}, writing) == {"properties": {"P": {kind: nothing}}}


ICONS: list[tuple[Json | None, str | None]] = [
    (None, None),
    ({"type": "emoji", "emoji": "🎈"}, "🎈"),
    ({"type": "external", "external": {"url": "https://x.org/i.png"}}, "https://x.org/i.png"),
    ({"type": "custom_emoji", "custom_emoji": {"id": "abc", "name": "bufo"}}, "custom_emoji:abc"),
    ({"type": "icon", "icon": {"name": "pizza", "color": "blue"}}, "icon:pizza"),
    ({"type": "file", "file": {"url": "https://s3/x"}}, "file:"),
    ({"type": "file_upload", "file_upload": {"id": "u1"}}, "file_upload:u1"),
    ({"type": "future"}, "future:"),
]


@pytest.mark.parametrize(("stored", "told"), ICONS)
def test_an_icon_is_told_in_one_text(stored: Json | None, told: str | None) -> None:
    assert icon_text(stored) == told


@pytest.mark.parametrize("text", ["🎈", "👩‍💻", "https://x.org/i.png", "http://x.org/i.png"])
def test_a_declared_icon_comes_back(text: str) -> None:
    assert icon_text(icon_object(text)) == text
