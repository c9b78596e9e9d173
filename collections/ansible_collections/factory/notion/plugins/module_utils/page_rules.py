# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may stand in a NotionPage, and what is wrong with it and no schema can say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Fault
from ansible_collections.factory.notion.plugins.module_utils.block import Block, request_of
from ansible_collections.factory.notion.plugins.module_utils.database_schema import database_spec_schema
from ansible_collections.factory.notion.plugins.module_utils.markdown_reader import blocks_from_markdown
from ansible_collections.factory.notion.plugins.module_utils.ownership import is_ownership_line
from ansible_collections.factory.notion.plugins.module_utils.page_children import children_faults, children_schema
from ansible_collections.factory.notion.plugins.module_utils.parent_page import parent_faults, parent_schema

_LONGEST_BODY = 400_000
_LONGEST_EQUATION = 1000
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*:|/|\$\{|[^\s./#][^\s/#]*\.)\S+", re.IGNORECASE)
"""A scheme, a page of the workspace, or a domain; not a place in this text, and not a file beside it."""


def page_spec_schema() -> dict[str, Any]:
    """What may stand under the ``spec`` of a NotionPage."""
    shared = database_spec_schema()["properties"]
    return {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "x-hints": {
            "properties": "only rows have properties; declare a NotionDatabase with rows",
        },
        "properties": {
            "title": {**shared["title"], "description": "The page's title."},
            "icon": shared["icon"],
            "cover": {**shared["cover"], "description": "The https URL of a picture."},
            "body": {
                "description": "What is on the page, as Markdown. Pages and databases on it are left alone.",
                "type": "string",
                "maxLength": _LONGEST_BODY,
                "x-message": f"expected Markdown of at most {_LONGEST_BODY} characters",
            },
            "children": children_schema(),
            "parent": parent_schema(),
        },
    }


def page_faults(resource: Resource, declared: Declared) -> Iterator[Fault]:
    """Every fault of one page."""
    yield from parent_faults(resource)
    yield from children_faults(resource, declared)
    if "body" in resource.spec:
        blocks = blocks_from_markdown(resource.spec["body"])
        for message in _body_faults(blocks):
            yield Fault(("spec", "body"), message)
        if any(is_ownership_line(one.plain) for one in blocks):
            yield Fault(("spec", "body"), "the ownership line is written by Factory; leave it out")


def _body_faults(blocks: Sequence[Block]) -> Iterator[str]:
    for one in blocks:
        url: Any = one.setting("url")
        if one.type == "image" and not str(url).startswith(("https://", "http://", "${")):
            yield f"Notion shows pictures from the web only; '{url}' is no https URL"
        for run in (*one.runs, *(run for cell in one.cells for run in cell)):
            if run.link is not None and not _LINK.fullmatch(run.link):
                yield f"Notion links to addresses on the web only; '{run.link}' is no https URL"
        if one.type == "paragraph" and one.plain.startswith("<details>"):
            yield "a toggle needs <summary>…</summary> after <details>, and empty lines around what is inside"
        if len(one.setting("expression") or "") > _LONGEST_EQUATION:
            yield f"an equation has at most {_LONGEST_EQUATION} characters"
        try:
            request_of(one, with_children=False)
        except FactoryError as error:
            yield str(error)
        yield from _body_faults(one.children)
