"""What is made from the kinds is what is in the repository."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.factory.core.plugins.action.report import ARGUMENTS as REPORT
from ansible_collections.factory.core.plugins.action.validate import ARGUMENTS as VALIDATE
from ansible_collections.factory.core.plugins.module_utils.history import HISTORY_SCHEMA
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import manifest_schema
from ansible_collections.factory.mcp.plugins.action.acceptance import ARGUMENTS as ACCEPTANCE
from ansible_collections.factory.mcp.plugins.action.host import ARGUMENTS as HOST
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.modules.client import ARGUMENTS as CLIENT
from ansible_collections.factory.mcp.plugins.modules.client import CLIENTS
from ansible_collections.factory.mcp.plugins.modules.server import ARGUMENTS as SERVER
from ansible_collections.factory.notion.plugins.action.workspace import ARGUMENTS as WORKSPACE
from ansible_collections.factory.notion.plugins.action.workspace_ids import ARGUMENTS as WORKSPACE_IDS
from ansible_collections.factory.notion.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.factory.notion.plugins.module_utils.connection import CONNECTION_ARGUMENTS
from ansible_collections.factory.notion.plugins.modules.database import ARGUMENTS as DATABASE
from factory_iac.reference import reference

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / "collections" / "ansible_collections" / "factory"
PROVIDERS = list(installed_providers().values())
DATABASE_INFO = {**CONNECTION_ARGUMENTS, "database_id": {"type": "str"}}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.kind)
def test_the_schema_in_the_repository_is_the_engine_s(provider: Any) -> None:
    stored = json.loads((ROOT / "schemas" / f"{provider.schema_name}.schema.json").read_text())
    assert stored == manifest_schema(provider), "run: make reference"


def test_the_schema_of_a_stack_s_history_is_the_engine_s() -> None:
    stored = json.loads((ROOT / "schemas" / "history.schema.json").read_text())
    assert stored == HISTORY_SCHEMA, "run: make reference"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.kind)
def test_the_reference_page_is_what_the_schema_says(provider: Any) -> None:
    stored = (ROOT / "docs" / "reference" / f"{provider.schema_name}.md").read_text()
    assert stored == reference(provider), "run: make reference"


def documented(collection: str, module: str) -> dict[str, Any]:
    """The options that a module's page documents, the shared ones included."""
    tree = ast.parse((COLLECTIONS / collection / "plugins" / "modules" / f"{module}.py").read_text())
    texts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
        if isinstance(node.value, ast.Constant)
    }
    page = yaml.safe_load(texts["DOCUMENTATION"])
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    return {**(shared if "extends_documentation_fragment" in page else {}), **page["options"]}


def comparable(options: dict[str, Any]) -> dict[str, Any]:
    keys = ("type", "required", "default", "choices")
    return {
        name: {key: one[key] for key in keys if key in one and (key == "default" or one[key])}
        for name, one in options.items()
    }


@pytest.mark.parametrize(
    ("collection", "module", "arguments"),
    [
        ("core", "validate", VALIDATE),
        ("core", "report", REPORT),
        ("mcp", "acceptance", ACCEPTANCE),
        ("mcp", "client", CLIENT),
        ("mcp", "host", HOST),
        ("mcp", "server", SERVER),
        ("notion", "workspace", WORKSPACE),
        ("notion", "workspace_ids", WORKSPACE_IDS),
        ("notion", "database", {**CONNECTION_ARGUMENTS, **DATABASE}),
        ("notion", "database_info", DATABASE_INFO),
    ],
)
def test_a_module_takes_what_its_page_says(collection: str, module: str, arguments: dict[str, Any]) -> None:
    assert comparable(documented(collection, module)) == comparable(arguments)


def test_the_module_for_clients_knows_every_dialect() -> None:
    assert list(DIALECTS) == CLIENTS


def test_the_role_passes_on_every_option_but_the_token() -> None:
    tasks = yaml.safe_load((COLLECTIONS / "notion/roles/databases/tasks/main.yml").read_text())
    passed = tasks[0]["factory.notion.workspace"]
    assert set(WORKSPACE) - set(passed) == {"target", "token"}


def test_the_role_for_servers_passes_on_every_option() -> None:
    tasks = yaml.safe_load((COLLECTIONS / "mcp/roles/servers/tasks/main.yml").read_text())
    assert set(HOST) - set(tasks[0]["factory.mcp.host"]) == {"target"}


def test_every_module_is_in_its_action_group() -> None:
    for collection in ("core", "mcp", "notion"):
        modules = {file.stem for file in (COLLECTIONS / collection / "plugins" / "modules").glob("*.py")}
        runtime = yaml.safe_load((COLLECTIONS / collection / "meta" / "runtime.yml").read_text())
        assert set(runtime["action_groups"]["all"]) == modules
