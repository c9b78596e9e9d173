"""The local Notion API as a pytest fixture: `local_notion`, fresh for every test.

Registered as a plugin by the package, so that a test needs only to name the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox, running_notion

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class LocalNotion:
    """A running local Notion API: where it is, and what a test may ask of it."""

    base_url: str
    token: str
    root_page_id: str

    def load(self, objects: list[dict[str, Any]], *, replace: bool = False) -> int:
        """Take in objects as Notion returns them, ids kept; how many there were."""
        count: int = self._post("load", {"objects": objects, "replace": replace})["loaded"]
        return count

    def behave(self, **switches: Any) -> dict[str, Any]:
        """Set switches such as `formula_form`, `search_lag` or `edition`; all of them as they stand."""
        return self._post("behaviour", switches)

    def fail(self, fault: str, **options: Any) -> None:
        """Order a fault: `status`, `reset`, `slow`..., for which requests and how often."""
        self._post("faults", {"faults": [{"fault": fault, **options}]})

    def set_clock(self, **order: Any) -> str:
        """Set the time (`now`), move it on (`advance` seconds) or stop it (`frozen`); the time then."""
        moment: str = self._post("clock", order)["now"]
        return moment

    def request_counts(self) -> dict[str, Any]:
        """The requests since the test began: totals, and counts by method and endpoint."""
        answer = httpx.get(f"{self.base_url}/_sandbox/requests", timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.base_url}/_sandbox/{what}", json=body, timeout=_TIMEOUT_SECONDS)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="session")
def local_notion_server() -> Iterator[Sandbox]:
    """One local Notion API for all tests of a session."""
    with running_notion() as sandbox:
        yield sandbox


@pytest.fixture
def local_notion(local_notion_server: Sandbox) -> LocalNotion:
    """The local Notion API with nothing in it but its root page, no switches set and no faults ordered."""
    server = local_notion_server
    httpx.post(f"{server.base_url}/_sandbox/reset", timeout=_TIMEOUT_SECONDS).raise_for_status()
    return LocalNotion(server.base_url, server.token, server.root_page_id)
