"""How many requests came, by method and endpoint."""

from __future__ import annotations

from collections import Counter
from typing import Any

from factory_iac.sandbox.notion.endpoints import Endpoint


class RequestCounts:
    """Counts since the start or the last reset."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._reads = 0

    def add(self, method: str, endpoint: Endpoint) -> None:
        """One more request."""
        self._counts[method, endpoint.template] += 1
        self._reads += endpoint.reads(method)

    def clear(self) -> None:
        """Back to zero."""
        self._counts.clear()
        self._reads = 0

    def as_json(self) -> dict[str, Any]:
        """The totals and the counts."""
        total = self._counts.total()
        rows = [
            {"method": method, "endpoint": endpoint, "count": count}
            for (method, endpoint), count in sorted(self._counts.items())
        ]
        return {"total": total, "reads": self._reads, "writes": total - self._reads, "requests": rows}
