"""Imports into a stack folder, as ``factory import notion`` does them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from notion_sandbox_api import NotionApi as Raw
from workspace_runs import PLENTY, PROVIDERS, Json, Stack

from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.workspace_import import (
    Import,
    Wish,
    import_scope,
    import_workspace,
)


def import_into(stack: Stack, **wished: Any) -> Import:
    """Import everything under the parent page, or what is wished for, into the stack's folder."""
    sandbox = stack.api.sandbox
    if "database" not in wished:
        wished = {"page": sandbox.root_page_id, **wished}
    wish = Wish(stack.stack_folder, **wished)
    scope = import_scope(wish.folder, "sandbox", "notion", sandbox.root_page_id, stack.state)
    api = NotionApi(sandbox.token, sandbox.base_url, RequestBudget(PLENTY), 20, "sandbox")
    place = Placement(sandbox.root_page_id, scope.stack, "sandbox", stack.marked)
    cache = IdentityCache(scope.state / "identity.json", scope.identity_key)
    done = import_workspace(wish, PROVIDERS, api, place, scope, cache)
    done.write(cache)
    return done


def texts(folder: Path) -> dict[str, str]:
    """The manifests of a folder, by file name."""
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*.yml"))}


def manifest(stack: Stack, name: str) -> Json:
    found: Json = yaml.safe_load((stack.stack_folder / f"{name}.yml").read_text())
    return found


def left_out(done: Import) -> list[str]:
    """Everything that no manifest says, as ``address what: reason``."""
    told = [f"{one.what}: {one.reason}" for one in done.left_out]
    return told + [f"{file.address} {one.what}: {one.reason}" for file in done.files for one in file.left_out]


def assert_plan_is_empty(stack: Stack) -> None:
    """Nothing to do, nothing written, with the identity cache and without it."""
    for _ in range(2):
        for run in (stack.plan, stack.apply):
            report = run()
            pending = {str(one.address): [field.name for field in one.fields] for one in report.plan.pending}
            assert pending == {}
            assert not report.plan.errors, report.plan.errors
            assert not [one.unmanageable for one in report.plan.changes if one.unmanageable]
            assert stack.requests.writes == 0
        (stack.state / "identity.json").unlink()


def inject(api: Raw, source: str, name: str, kind: str, config: Json) -> None:
    """Put a property into a data source that the API itself cannot create."""
    stored = api.ok("GET", f"/v1/data_sources/{source}")
    odd = {"id": "%40odd", "name": name, "type": kind, "description": None, kind: config}
    api.ok("POST", "/_sandbox/load", {"objects": [{**stored, "properties": {**stored["properties"], name: odd}}]})
