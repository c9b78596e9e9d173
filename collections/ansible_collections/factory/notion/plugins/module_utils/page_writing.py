# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Create, restore and change one page: the page itself, where it lies, and the blocks on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Known,
    Observation,
    PartlyApplied,
    WriteUnconfirmed,
)
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.block import Block, block, content_of, request_of
from ansible_collections.factory.notion.plugins.module_utils.database_state import icon_object
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.page_body import body_edits, edits_of
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import read_content
from ansible_collections.factory.notion.plugins.module_utils.page_body_writing import (
    append_blocks,
    first_request,
    portions,
    write_edits,
)
from ansible_collections.factory.notion.plugins.module_utils.page_diff import BODY
from ansible_collections.factory.notion.plugins.module_utils.page_reading import page_observation, read_page
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState, parse_page
from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run, to_rich_text

Seen = Observation[PageState]
_MOST_WITH_MARK = 99


def create_page(
    api: NotionApi,
    resource: Resource,
    change: Change,
    parent_page: str,
    ownership: str | None,
    position: Mapping[str, Any],
) -> Seen:
    """Create what *change* says at a *position*, with as much of its body as goes in one request, and read it back.

    Raises ``WriteUnconfirmed`` with the ids when it was created and could not be read.
    """
    names = {field.path[0] for field in change.fields}
    blocks = blocks_from_markdown(resource.spec["body"])[:_MOST_WITH_MARK] if "body" in names else ()
    children = [first_request(one) for one in next(portions(blocks), [])]
    children += [request_of(_mark(ownership))] if ownership is not None else []
    body = {
        "parent": {"type": "page_id", "page_id": parent_page},
        **_page_body(resource, names | {"title"}),
        "children": children,
        **position,
    }
    made = parse_page(api.write("POST", "pages", body))
    state = dataclasses.replace(made, expected_ownership=ownership)
    try:
        if "body" in resource.spec:
            state = state.with_content(read_content(api, state.page_id))
    except (FactoryError, Interrupted) as error:
        raise WriteUnconfirmed(str(error), page_observation(state).attributes) from error
    return page_observation(state, resource)


def restore_page(api: NotionApi, resource: Resource, observed: Seen) -> Seen:
    """Take the page out of the trash, with what is on it."""
    api.write("PATCH", f"pages/{observed.id}", {"in_trash": False})
    state = observed.state
    known = Known(observed.attributes, state.remembered)
    return read_page(api, resource, known, state.expected_ownership, with_blocks=True)


def release_page(api: NotionApi, observed: Seen) -> None:
    """Take the block with the ownership line away, and leave everything else as it is."""
    if observed.state.mark is not None:
        api.write("DELETE", f"blocks/{observed.state.mark.id}")


def change_page(api: NotionApi, resource: Resource, observed: Seen, change: Change) -> Seen:
    """At most one write to the page, one to move it, and those that its body needs.

    Raises ``PartlyApplied`` when a later one was refused.
    """
    state = observed.state
    names = {field.path[0] for field in change.fields}
    written = False
    try:
        if body := _page_body(resource, names):
            state = state.with_page(api.write("PATCH", f"pages/{state.page_id}", body))
            written = True
        if "parent" in names:
            parent = {"parent": {"type": "page_id", "page_id": resource.spec["parent"]}}
            state = state.with_page(api.write("POST", f"pages/{state.page_id}/move", parent))
            written = True
        if names & {"body", "ownership"}:
            _write_blocks(api, resource, state, change, names)
            state = state.with_content(read_content(api, state.page_id))
    except WriteUnconfirmed:
        raise
    except FactoryError as error:
        if written:
            raise PartlyApplied(str(error), page_observation(state, resource)) from error
        raise
    return page_observation(state, resource)


def _write_blocks(api: NotionApi, resource: Resource, state: PageState, change: Change, names: set[str]) -> None:
    if "ownership" in names and state.expected_ownership is not None:
        mark = _mark(state.expected_ownership)
        if state.mark is not None:
            api.write("PATCH", f"blocks/{state.mark.id}", {mark.type: content_of(mark)})
        else:
            append_blocks(api, state.page_id, [mark], None)
    if "body" in names:
        edits = body_edits(blocks_from_markdown(resource.spec["body"]), state.body or ())
        write_edits(api, state.page_id, edits_of(change.fields, BODY, edits))


def _page_body(resource: Resource, names: set[str]) -> dict[str, Any]:
    spec = resource.spec
    body: dict[str, Any] = {}
    if "title" in names:
        body["properties"] = {"title": {"title": to_rich_text(spec["title"])}}
    for name in sorted(names & {"icon", "cover"}):
        body[name] = icon_object(spec[name])
    return body


def _mark(ownership: str) -> Block:
    return block("paragraph", [Run(ownership, color="gray")])
