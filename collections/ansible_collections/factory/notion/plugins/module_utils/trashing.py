# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Put things into the trash, whoever else does so at the same moment."""

from __future__ import annotations

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError

_PARENTS = {"page_id": "pages", "database_id": "databases", "block_id": "blocks"}


def put_in_trash(api: NotionApi, path: str) -> None:
    """Into the trash, unless it is there already: it, or something around it, went there first.

    Raises ``NotionError``.
    """
    try:
        api.write("PATCH", path, {"in_trash": True})
    except NotionError as error:
        if error.status != 400 or not _is_in_trash(api, path):
            raise


def _is_in_trash(api: NotionApi, path: str) -> bool:
    """Whether it, or anything around it, is in the trash."""
    found = api.read("GET", path)
    parent = found.get("parent") or {}
    above = _PARENTS.get(parent.get("type", ""))
    around = above is not None and _is_in_trash(api, f"{above}/{parent[parent['type']]}")
    return bool(found.get("in_trash")) or around
