"""A Notion sandbox for the tests of this folder: one process, emptied before every test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from notion_sandbox_api import VERSION, NotionApi

from factory_iac.sandbox.process import Sandbox, running_notion


@pytest.fixture(scope="session")
def notion_process() -> Iterator[Sandbox]:
    with running_notion() as sandbox:
        yield sandbox


@pytest.fixture
def notion_sandbox(notion_process: Sandbox) -> Iterator[NotionApi]:
    headers = {"Authorization": f"Bearer {notion_process.token}", "Notion-Version": VERSION}
    with httpx.Client(base_url=notion_process.base_url, headers=headers, timeout=10) as http:
        http.post("/_sandbox/reset").raise_for_status()
        yield NotionApi(notion_process, http)
