# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A live page as the ``spec`` of a manifest. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.import_body import body_markdown, why_not_markdown
from ansible_collections.factory.notion.plugins.module_utils.import_found import LeftOut
from ansible_collections.factory.notion.plugins.module_utils.import_spec import pictures_spec
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState


def page_spec(state: PageState, parent: str | None) -> tuple[dict[str, Any], list[LeftOut]]:
    """What a manifest says of a page that lies on *parent*, and what none can say.

    Of an empty page it says nothing about the body: then it is nobody's business, and costs no request.
    """
    pictures, left_out = pictures_spec(state.icon, state.cover)
    spec: dict[str, Any] = {"title": state.title, **pictures}
    spec.update({"parent": parent} if parent is not None else {})
    blocks = state.body or ()
    body = body_markdown(blocks)
    if body:
        spec["body"] = body
    elif body is None:
        left_out.append(LeftOut("body", why_not_markdown(blocks)))
    return spec, left_out
