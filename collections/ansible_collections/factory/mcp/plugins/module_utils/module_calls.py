# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of one module that come from several threads: whatever comes while one is under way goes together next.

A call of a module costs half a second however little it does, and does several servers at a time. The engine, for its
part, applies each resource by itself, several at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.limits import Stop

Call = Callable[[str, Sequence[Mapping[str, Any]]], Mapping[str, Any]]
"""Runs the module for a state with servers; its result has a list of ``resources`` in the same order."""


def until(stop: Stop, call: Call) -> Call:
    """*call*, which is not made any more once *stop* says so. Raises ``Interrupted`` then."""

    def checked(state: str, servers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        stop.check()
        return call(state, servers)

    return checked


class ModuleCalls:
    """Calls *call* for one thread at a time, with all that has been asked for the same state by then."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._turn = threading.Lock()
        self._waiting: list[tuple[str, Mapping[str, Any], Future[Mapping[str, Any]]]] = []
        self._asking = threading.Lock()

    def __call__(self, state: str, servers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The result for *servers*, as if they had been asked alone. Raises what *call* raises."""
        mine = [(state, server, Future[Mapping[str, Any]]()) for server in servers]
        with self._asking:
            self._waiting.extend(mine)
        if not mine:
            with self._turn:
                return self._call(state, [])
        with self._turn:
            if not mine[0][2].done():
                self._go(state)
        answers = [future.result() for _, _, future in mine]
        return {**answers[0], "resources": [one["resources"][0] for one in answers]}

    def _go(self, state: str) -> None:
        with self._asking:
            batch = [one for one in self._waiting if one[0] == state]
            self._waiting = [one for one in self._waiting if one[0] != state]
        try:
            result = self._call(state, [server for _, server, _ in batch])
            answers = [{**result, "resources": [one]} for one, _ in zip(result["resources"], batch, strict=True)]
        except BaseException as error:  # noqa: BLE001 - each of those that wait has to hear of it
            for _, _, future in batch:
                future.set_exception(error)
            return
        for (_, _, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)
