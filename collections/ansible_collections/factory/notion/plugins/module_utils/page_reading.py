# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read one page: one request, and the blocks on it where somebody needs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Known, Observation
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.ownership import former_owner, is_protected, marks_same
from ansible_collections.factory.notion.plugins.module_utils.page_body import Remove, Update, block_ids, body_edits
from ansible_collections.factory.notion.plugins.module_utils.page_body_reading import read_content
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState, parse_page


def read_page(
    api: NotionApi, resource: Resource | None, known: Known, expected_ownership: str | None, with_blocks: bool
) -> Observation[PageState]:
    """The page that *known* leads to; its blocks as well *with_blocks*, or where *resource* declares what is on it.

    Its ownership line is among its blocks: of a page that is known, whose blocks nobody read, it is taken to be there.

    Raises ``NotionError``.
    """
    page = api.read("GET", f"pages/{known.attributes['id']}")
    state = dataclasses.replace(parse_page(page), remembered=known.parts, expected_ownership=expected_ownership)
    if page.get("in_trash"):
        return dataclasses.replace(page_observation(state, resource), in_trash=True)
    if with_blocks or (resource is not None and resource.spec.keys() & {"body", "children"}):
        state = state.with_content(read_content(api, state.page_id))
    return page_observation(state, resource)


def page_observation(state: PageState, resource: Resource | None = None) -> Observation[PageState]:
    """*state* as the engine sees it; with the ids of the blocks that are ours."""
    attributes = {"id": state.page_id, "url": state.url}
    parts = dict(state.remembered)
    if state.body is not None and resource is not None and "body" in resource.spec:
        ours = dict.fromkeys(_our_blocks(state, resource.spec["body"]))
        parts = {f"block {number}": one for number, one in enumerate(ours, 1)}
    former = former_owner(state.ownership, state.expected_ownership, resource.former if resource is not None else ())
    unread = state.body is None or state.expected_ownership is None
    return Observation(
        attributes,
        dataclasses.replace(state, remembered=parts),
        parts,
        owned=unread or marks_same(state.ownership, state.expected_ownership) or former is not None,
        former=former,
        protected=is_protected(state.ownership),
        inside=state.parent_page,
    )


def _our_blocks(state: PageState, markdown: str) -> Iterator[str]:
    """The blocks that are as declared, and those that were so once: what people added is none of them."""
    body = state.body or ()
    edits = body_edits(blocks_from_markdown(markdown), body)
    removed = [edit.live for edit in edits if isinstance(edit, Remove)]
    other = set(block_ids(removed, lambda one: True))
    other.update(edit.live.id for edit in edits if isinstance(edit, Update))
    remembered = set(state.remembered.values())
    yield from block_ids(body, lambda one: one.id in remembered or one.id not in other)
