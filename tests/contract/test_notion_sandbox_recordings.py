"""Real traffic, sent again: the sandbox must answer what Notion answered, but for ids and times."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from notion_sandbox_api import NotionApi, text

from factory_iac.sandbox.notion.users import ADA_ID, BOT_ID, BOT_NAME, SPACE_ID

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOT_COMPARED = frozenset(
    {
        "request_id",
        "url",
        "created_time",
        "last_edited_time",
        "created_by",
        "last_edited_by",
        "next_cursor",
    }
)
_ID_KEYS = frozenset({"id", "synced_property_id", "relation_property_id", "rollup_property_id"})

_NAMES = {
    "Example Owner": "Ada Example",
    "someone@example.com": "ada@example.com",
    "Ultimate Notion Tests": BOT_NAME,
}

SCENARIOS = [
    "test_schema/test_two_way_prop",
    "test_schema/test_update_prop_type_attrs",
    "test_schema/test_add_del_update_prop",
    "test_schema/test_place_property",
    "test_database/test_db_add_remove_data_source",
    "test_database/test_title_setter",
    "test_database/test_description_setter",
    "test_database/test_lock_unlock_ds",
    "test_database/test_parent_subdbs",
    "test_database/test_new_task_db",
    "test_database/test_more_than_max_page_size_pages",
    "test_page/test_option_page_props",
    "test_page/test_cover_attr",
    "test_page/test_more_than_max_refs_per_relation_property",
    "test_page/test_update_props",
    "test_query/test_number_query",
    "test_query/test_query_rollup",
    "test_query/test_query_new_task_db",
    "test_query/test_people_relation_query",
    "test_blocks/test_append_blocks",
    "test_blocks/test_insert_after_replace_block",
    "test_blocks/test_delete_blocks",
    "test_blocks/test_modify_column_blocks",
    "test_endpoints/test_update_page",
    "test_databases_create",
    "test_data_sources_query",
    "test_data_sources_create",
    "test_pages_delete",
    "test_pages_properties_retrieve",
    "test_blocks_update",
    "test_iterate_paginated_api",
    "test_api_response_error_request_id",
    "test_cli/test_upload_invalid_page_uuid",
]


def _folder() -> Path:
    """The folder that NOTION_RECORDINGS names, else `shared/notion-recordings` beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "notion-recordings"
    return Path(os.environ.get("NOTION_RECORDINGS") or beside)


@cache
def _recordings() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(_folder().glob("*.jsonl")):
        for line in file.read_text().splitlines():
            step = json.loads(line)
            found.setdefault(step["scenario"], []).append(step)
    return found


class Replay:
    """One scenario against the sandbox: ids are learned from the answers as they come."""

    def __init__(self, api: NotionApi) -> None:
        root = api.sandbox.root_page_id
        self._api = api
        self._ids = {
            "00000000-0000-4000-8000-000000000001": root,
            "393abc1e-edcd-80f3-813b-e205934558c6": root,
            "00000000-0000-4000-8000-0000000000f0": SPACE_ID,
            "00000000-0000-4000-8000-0000000000f1": BOT_ID,
            "00000000-0000-4000-8000-0000000000fa": ADA_ID,
        }
        self._properties: dict[str, str] = {}
        self._api.ok("PATCH", f"/v1/pages/{root}", {"properties": {"title": text("Tests")}})

    def step(self, step: dict[str, Any]) -> list[str]:
        """Send one request again; answers the differences."""
        before, mark, after = self._said(step["path"]).partition("?")
        path = "/".join(self._path_part(part) for part in before.split("/")) + mark + after
        body = self._translated(step["body"]) if step["body"] else None
        answer = self._api.call(step["method"], path, body, headers={"Notion-Version": step["version"]})
        if answer.status_code != step["status"]:
            return [f"status {answer.status_code} instead of {step['status']}: {answer.text}"]
        found = answer.json()
        list(self._differences(step["response"], found, ""))  # learns ids that expressions mention earlier
        return list(self._differences(step["response"], found, ""))

    def _path_part(self, part: str) -> str:
        known = self._properties.get(unquote(part))
        return part if known is None else quote(known, safe="")

    def _said(self, said: str) -> str:
        for old, new in [*_NAMES.items(), *self._ids.items()]:
            said = said.replace(old, new).replace(old.replace("-", ""), new.replace("-", ""))
        return re.sub(
            r"(block_property:)([^:}]+):",
            lambda match: f"{match[1]}{quote(self._property(unquote(match[2])), safe='')}:",
            said,
        )

    def _property(self, property_id: str) -> str:
        return self._properties.get(property_id, property_id)

    def _translated(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._translated(key): self._translated(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._translated(part) for part in value]
        if isinstance(value, str):
            known = self._properties.get(unquote(value))
            return self._said(value) if known is None else quote(known, safe="")
        return value

    def _differences(self, wanted: Any, found: Any, where: str) -> Iterator[str]:
        if isinstance(wanted, dict) and isinstance(found, dict):
            for key in sorted({*wanted, *found} - _NOT_COMPARED):
                if key not in wanted or key not in found:
                    yield f"{where}.{key}: {'unexpected' if key in found else 'missing'}"
                elif key in _ID_KEYS and isinstance(wanted[key], str):
                    yield from self._id_difference(wanted[key], found[key], f"{where}.{key}")
                else:
                    yield from self._differences(wanted[key], found[key], f"{where}.{key}")
        elif isinstance(wanted, list) and isinstance(found, list):
            if len(wanted) != len(found):
                yield f"{where}: {len(found)} items instead of {len(wanted)}"
            for at, (one, other) in enumerate(zip(wanted, found, strict=False)):
                yield from self._differences(one, other, f"{where}[{at}]")
        elif isinstance(wanted, str) and _UUID.fullmatch(wanted):
            yield from self._id_difference(wanted, found, where)
        elif (self._said(wanted) if isinstance(wanted, str) else wanted) != found:
            yield f"{where}: {found!r} instead of {wanted!r}"

    def _id_difference(self, wanted: str, found: str, where: str) -> Iterator[str]:
        is_uuid = _UUID.fullmatch(wanted) is not None
        known = self._ids if is_uuid else self._properties
        key, value = (wanted, found) if is_uuid else (unquote(wanted), unquote(found))
        if known.setdefault(key, value) != value:
            yield f"{where}: {found!r} is not the id that stands for {wanted!r}"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_recorded_conversation_goes_the_same_way_again(notion_sandbox: NotionApi, scenario: str) -> None:
    if not list(_folder().glob("*.jsonl")):
        pytest.skip("no recordings: set NOTION_RECORDINGS to the folder that has them")
    replay = Replay(notion_sandbox)
    for step in _recordings()[scenario]:
        differences = replay.step(step)
        assert not differences, f"step {step['n']} {step['method']} {step['path']}: {differences}"
