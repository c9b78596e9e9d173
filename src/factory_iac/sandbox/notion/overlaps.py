"""Writes that are under way: Notion answers 409 when two of them meet in one data source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.endpoints import Endpoint
from factory_iac.sandbox.notion.ids import canonical_uuid
from factory_iac.sandbox.notion.store import Store


class Overlaps:
    """The data sources that somebody writes to right now."""

    def __init__(self) -> None:
        self._written: set[str] = set()

    @contextmanager
    def entered(self, data_source_id: str | None) -> Iterator[None]:
        """Write to a data source. Raises Notion's conflict when somebody else does."""
        if data_source_id is None:
            yield
            return
        if data_source_id in self._written:
            raise errors.ApiError(409, "conflict_error", "Conflict occurred while saving. Please try again.")
        self._written.add(data_source_id)
        try:
            yield
        finally:
            self._written.discard(data_source_id)


def data_source_of(store: Store, endpoint: Endpoint, raw: bytes) -> str | None:
    """The data source that a write touches: by its path, by the row in it, or by the parent in the body."""
    named = canonical_uuid(endpoint.values[0]) if endpoint.values else None
    if named is None:
        parent = _parent(raw)
        named = canonical_uuid(parent.get("data_source_id") or parent.get("page_id"))
    found = None if named is None else store.find(named)
    if found is None or found.kind == "data_source":
        return None if found is None else found.id
    above = store.find(found.parent)
    return above.id if above is not None and above.kind == "data_source" else None


def _parent(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return {}
    parent = body.get("parent") if isinstance(body, dict) else None
    return parent if isinstance(parent, dict) else {}
