# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a live page differs from its manifest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    Unmanageable,
    action_for,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Observation
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.page_body import body_edits, body_fields
from ansible_collections.factory.notion.plugins.module_utils.page_children import misplaced
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_field

BODY = ("body",)
_PAGE = ("title", "icon", "cover")


def page_change(resource: Resource, observed: Observation[PageState] | None) -> Change:
    """What it takes to make the page what *resource* declares."""
    spec = resource.spec
    if observed is None:
        new = (name for name in (*_PAGE, "parent", "body") if name in spec)
        return Change(
            resource.address,
            Action.CREATE,
            tuple(FieldChange((name,), None, spec[name], Effect.ADDITIVE) for name in new),
        )
    state = observed.state
    cannot = list(misplaced(spec, state.children))
    fields = (
        *_page_fields(spec, state),
        *parent_field(spec, state.parent_page),
        *_ownership_field(state),
        *_body_fields(spec, state, cannot),
    )
    action, reason = action_for(fields), ""
    if observed.in_trash:
        action, reason = Action.RESTORE, "it is in the trash"
    elif observed.adopted:
        action, reason = Action.ADOPT, "exists already and is taken over"
    return Change(resource.address, action, fields, reason, tuple(cannot), observed.id)


def _page_fields(spec: Mapping[str, Any], state: PageState) -> Iterator[FieldChange]:
    for name in _PAGE:
        before = getattr(state, name)
        if name in spec and spec[name] != before:
            yield FieldChange((name,), before, spec[name], Effect.REVERSIBLE)


def _ownership_field(state: PageState) -> Iterator[FieldChange]:
    expected = state.expected_ownership
    if state.body is not None and expected is not None and state.ownership != expected:
        yield FieldChange(("ownership",), state.ownership, expected, Effect.REVERSIBLE)


def _body_fields(spec: Mapping[str, Any], state: PageState, cannot: list[Unmanageable]) -> Iterator[FieldChange]:
    if "body" not in spec or state.body is None:
        return
    waits = frozenset(one.target for one in references_in(spec["body"]) if one.target is not None)
    if waits:
        yield FieldChange(BODY, None, spec["body"], Effect.ADDITIVE, waits_for=waits)
        return
    edits = body_edits(blocks_from_markdown(spec["body"]), state.body)
    fields, kept = body_fields(BODY, edits, frozenset(state.remembered.values()))
    cannot.extend(kept)
    yield from fields
