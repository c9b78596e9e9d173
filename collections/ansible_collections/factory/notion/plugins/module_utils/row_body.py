# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page body of a row: declared as Markdown under ``$body``, compared block by block.

Which blocks are ours is remembered with the database's parts: removing one of those loses nothing
that is not in the manifest's history, removing another one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import FieldChange, Stage, Unmanageable
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, Row
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.page_body import (
    Edit,
    block_ids,
    body_edits,
    body_fields,
)
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.row_files import declared_text
from ansible_collections.factory.notion.plugins.module_utils.row_rules import row_key_property
from ansible_collections.factory.notion.plugins.module_utils.row_schema import BODY

_NOBODYS: frozenset[str] = frozenset()


def row_edits(resource: Resource, value: Any, row: Row) -> list[Edit]:
    """What makes the body of *row* what the manifest says under ``$body``."""
    return body_edits(_declared_blocks(resource, value), row.body or ())


def row_body_fields(
    resource: Resource, row_key: str, value: Any, row: Row, ours: Mapping[str, frozenset[str]]
) -> tuple[list[FieldChange], list[Unmanageable]]:
    """The same as the fields of a plan; *ours* as :func:`our_blocks` gives it."""
    edits = row_edits(resource, value, row)
    return body_fields(("rows", row_key, BODY), edits, ours.get(row.id, _NOBODYS), Stage.CONTENT)


def our_blocks(state: DatabaseState) -> dict[str, frozenset[str]]:
    """The ids of the blocks that were as declared once, by the page of their row."""
    found: dict[str, set[str]] = {}
    for name, block_id in state.remembered.items():
        if name.startswith(f"{BODY} "):
            found.setdefault(name.split(" ")[1], set()).add(block_id)
    return {page_id: frozenset(ids) for page_id, ids in found.items()}


def body_parts(resource: Resource, state: DatabaseState) -> dict[str, str]:
    """The blocks to remember as ours: all of a body that is as declared, of another those that were."""
    before = our_blocks(state)
    parts: dict[str, str] = {}
    for row_key, value in declared_bodies(resource).items():
        row = (state.rows or {}).get(row_key)
        if row is not None and row.body:
            settled, known = not row_edits(resource, value, row), before.get(row.id, _NOBODYS)
            ids = [one for one in block_ids(row.body, lambda _block: True) if settled or one in known]
            parts |= {f"{BODY} {row.id} {number}": block_id for number, block_id in enumerate(ids)}
    return parts


def declared_bodies(resource: Resource) -> dict[str, Any]:
    """What stands under ``$body``, by the keys of the rows."""
    rows = resource.spec.get("rows", {"items": []})
    key = row_key_property(resource.spec) if rows["items"] else ""
    return {text_of(item[key]): item[BODY] for item in rows["items"] if BODY in item}


def _declared_blocks(resource: Resource, value: Any) -> tuple[Block, ...]:
    return blocks_from_markdown(declared_text(resource, value["file"]) if isinstance(value, Mapping) else value or "")
