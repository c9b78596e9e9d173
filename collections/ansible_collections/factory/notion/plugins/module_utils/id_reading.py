# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at what the identity cache remembers of a workspace: one request each, and for a page's mark one more."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from ansible_collections.factory.core.plugins.module_utils.identity_check import Checked, Finding
from ansible_collections.factory.core.plugins.module_utils.identity_lookup import Remembered
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Progress
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.discovery import mark_among
from ansible_collections.factory.notion.plugins.module_utils.ownership import (
    marks_same,
    owner_of,
    ownership_line,
    split_description,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND, PAGE

_ENDPOINTS = {KIND: "databases", DATA_SOURCE: "data_sources", PAGE: "pages"}


def check_ids(
    api: NotionApi, records: Sequence[Remembered], marked: bool, in_flight: int, progress: Progress
) -> list[Checked]:
    """What became of each of *records*, in their order; without a look at marks unless resources are *marked*.

    Raises ``NotionError`` where Notion refuses the token.
    """
    progress("verify", 0, len(records))
    with ThreadPoolExecutor(max_workers=in_flight) as pool:
        looks = [pool.submit(_check, api, one, marked) for one in records]
        for done, look in enumerate(as_completed(looks), 1):
            look.result()
            progress("verify", done, len(records))
    return [look.result() for look in looks]


def _check(api: NotionApi, one: Remembered, marked: bool) -> Checked:
    try:
        return _judged(api, one, marked)
    except NotionError as error:
        if error.status == 401:
            raise
        gone = error.status in (400, 404)  # 400: what is remembered is no id
        return Checked(one, Finding.GONE) if gone else Checked(one, Finding.UNREAD, str(error))
    except FactoryError as error:
        return Checked(one, Finding.UNREAD, str(error))


def _judged(api: NotionApi, one: Remembered, marked: bool) -> Checked:
    found_id = one.record.attributes["id"]
    found = api.read("GET", f"{_ENDPOINTS[one.address.kind]}/{found_id}")
    if found.get("in_trash"):
        return Checked(one, Finding.TRASHED)
    if not marked:
        return Checked(one, Finding.OURS)
    if one.address.kind == PAGE:
        mark = mark_among(api.pages("GET", f"blocks/{found_id}/children"))
    else:
        _, mark = split_description(plain_text(found.get("description")))
    if mark is None:
        return Checked(one, Finding.UNMARKED)
    if one.address.kind == DATA_SOURCE:  # its database has the mark
        ours = owner_of(mark, one.stack) is not None
    else:
        ours = marks_same(mark, ownership_line(one.stack, one.address))
    return Checked(one, Finding.OURS) if ours else Checked(one, Finding.NOT_OURS, mark)
