# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One database from a module's arguments instead of a stack's files, on the same engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change
from ansible_collections.factory.core.plugins.module_utils.manifest import (
    API_VERSION,
    Address,
    LoadedStack,
    Resource,
)
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, World
from ansible_collections.factory.core.plugins.module_utils.report import Outcome
from ansible_collections.factory.core.plugins.module_utils.resource_result import resource_result, task_result
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.yaml_source import Document, Source
from ansible_collections.factory.notion.plugins.module_utils.connection import (
    connection_from,
    parent_page_from,
)
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.factory_provider import PROVIDERS
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND
from ansible_collections.factory.notion.plugins.module_utils.workspace_run import run_on_workspace
from ansible_collections.factory.notion.plugins.module_utils.workspace_target import WorkspaceTarget

_SPEC_KEYS = (
    *("title", "icon", "cover", "description", "inline", "locked", "prune", "properties", "rows", "prune_rows"),
    "views",
)
_TARGET = "workspace"


def database_result(arguments: Mapping[str, Any], state: Path, check: bool) -> dict[str, Any]:
    """Bring one database to what *arguments* say; the module's result.

    Raises ``FactoryError``.
    """
    connection = connection_from(arguments)
    placement = Placement(
        parent_page_from(arguments),
        arguments["stack"],
        connection.environment,
        in_flight=connection.in_flight,
        resource_deadline=connection.resource_deadline,
    )
    if arguments["state"] == "absent":
        return _removed(arguments, WorkspaceTarget(connection.open(), placement), check)
    providers = {provider.kind: provider for provider in PROVIDERS}
    options = Options(
        check=check,
        allow_destructive=arguments["allow_destructive"],
        in_flight=connection.in_flight,
        resource_deadline=connection.resource_deadline,
    )
    report = run_on_workspace(_declared(arguments), providers, connection, placement, _TARGET, state, options)
    result = task_result(report)
    if result.get("failed"):
        raise FactoryError(result["msg"])
    resource = result["resources"][0]
    return {"changed": result["changed"], "resource": resource, "id": resource["id"], "diff": resource["diff"]}


def _removed(arguments: Mapping[str, Any], target: WorkspaceTarget, check: bool) -> dict[str, Any]:
    """Move the database to the trash, if there is one that carries the ownership line."""
    address = Address(KIND, arguments["name"])
    title_only = {"title": arguments["title"], "properties": {"Name": {"type": "title"}}}
    findings = target.observe([Resource(address, {}, title_only)], {})
    for error in findings.errors.values():
        raise error
    found = findings.observed.get(address)
    if found is None or found.in_trash:
        return {"changed": False, "resource": None, "id": None}
    if found.protected:
        raise FactoryError(
            f"{address} ({found.id}) is protected, says its ownership line; nothing was changed. "
            f"Lift metadata.protect in the stack '{arguments['stack']}' first"
        )
    change = Change(address, Action.DELETE, reason="state is absent", id=found.id)
    if not check:
        target.apply(change, None, found, World(Declared({}), {}))
    return {
        "changed": True,
        "resource": resource_result(Outcome(change, found.id)),
        "id": found.id,
        "diff": {"before": {"title": found.state.title}, "after": {}},
    }


def _declared(arguments: Mapping[str, Any]) -> Declared:
    manifest = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": arguments["name"], "adopt": arguments["adopt"]},
        "spec": {key: arguments[key] for key in _SPEC_KEYS if arguments[key] is not None},
    }
    document = Document(manifest, Source(Path("(arguments)")))
    providers = {provider.kind: provider for provider in PROVIDERS}
    try:
        return validate(LoadedStack(arguments["stack"], (document,), ()), providers)
    except InvalidManifests as invalid:
        told = "\n".join(problem.message for problem in invalid.problems)
        raise FactoryError(f"the arguments are not valid:\n{told}") from None
