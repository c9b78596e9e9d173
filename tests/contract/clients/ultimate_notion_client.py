"""A day with the local API through ultimate-notion, unchanged; prints what it found as JSON.

It pages by itself, so that `sizes` is what one reading of more rows than a page holds amounts to.
"""

from __future__ import annotations

import json
import os
import uuid

import ultimate_notion as uno
from ultimate_notion.errors import UnknownPageError


class Jobs(uno.Schema, db_title="Jobs"):
    """Jobs with a price."""

    name = uno.PropType.Title("Name")
    cost = uno.PropType.Number("Cost")


with uno.Session(base_url=os.environ["NOTION_BASE_URL"]) as session:
    source = session.create_ds(session.get_page(os.environ["NOTION_PARENT_PAGE"]), schema=Jobs)
    rows = {name: source.create_page(name=name, cost=cost) for name, cost in (("a", 1), ("b", 2), ("c", 3))}
    cost = uno.prop("Cost")
    queried = source.query.filter(cost > 1).sort(cost.desc()).execute()
    rows["a"].props.cost = 10
    updated = rows["a"].reload().props.cost
    for at in range(100):
        source.create_page(name=f"row {at}", cost=0)
    size = len(source.get_all_pages())
    rows["a"].delete()
    trashed = len(source.query.filter(cost > 0).execute())
    rows["a"].restore()
    restored = len(source.query.filter(cost > 0).execute())
    try:
        session.get_page(str(uuid.uuid4()))
        error = "none"
    except UnknownPageError:
        error = "object_not_found"
    print(
        json.dumps(
            {
                "queried": [str(page.title) for page in queried],
                "updated": updated,
                "sizes": [size],
                "trashed": trashed,
                "restored": restored,
                "error": error,
            }
        )
    )
