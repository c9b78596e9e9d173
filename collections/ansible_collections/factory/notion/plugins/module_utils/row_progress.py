# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many rows an apply has written, of all databases together."""

from __future__ import annotations

import threading

from ansible_collections.factory.core.plugins.module_utils.provider import Progress


class RowProgress:
    """A count that many threads share, told as the stage ``rows``."""

    def __init__(self, told: Progress) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._written = 0
        self._expected = 0

    def expect(self, count: int) -> None:
        """So many more rows will be written."""
        with self._lock:
            self._expected += count

    def wrote_one(self) -> None:
        """One more is written."""
        with self._lock:
            self._written += 1
            self._told("rows", self._written, self._expected)
