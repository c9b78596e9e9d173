# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write manifests for what a Notion workspace holds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

try:
    from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
    from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
    from ansible_collections.factory.notion.plugins.module_utils.connection import (
        CONNECTION_ARGUMENTS,
        connection_from,
        object_id,
        parent_page_from,
    )
    from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
    from ansible_collections.factory.notion.plugins.module_utils.workspace_import import (
        Import,
        Wish,
        import_scope,
        import_workspace,
    )
except ImportError as error:
    MISSING: ImportError | None = error
    CONNECTION_ARGUMENTS = {}
else:
    MISSING = None

ARGUMENTS: dict[str, Any] = {
    **CONNECTION_ARGUMENTS,
    "to": {"type": "path", "required": True},
    "page": {"type": "str"},
    "database": {"type": "str"},
    "rows": {"type": "bool", "default": False},
    "bodies": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "target": {"type": "str"},
    "state_folder": {"type": "path"},
    "run_id": {"type": "str", "default": ""},
    "ownership_line": {"type": "bool", "default": True},
}
_PROGRESS_SECONDS = 2.0


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the manifests; in check mode, say which."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS, mutually_exclusive=[["page", "database"]])
        arguments["token"] = arguments["token"] or str(
            self._templar.template((task_vars or {}).get("notion_token", ""))
        )
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "workspace")
        try:
            return self._run(arguments, str(target))
        except FactoryError as error:
            raise AnsibleActionFail(str(error).replace(arguments["token"] or "\0", "…")) from None
        except OSError as error:
            raise AnsibleActionFail(f"the manifests cannot be written: {error}") from None

    def _run(self, arguments: dict[str, Any], target: str) -> dict[str, Any]:
        connection = connection_from(arguments)
        state = Path(arguments["state_folder"] or Path(".factory", connection.environment))
        parent = parent_page_from(arguments)
        database = object_id(arguments["database"], "database") if arguments["database"] else ""
        page = object_id(arguments["page"], "page") if arguments["page"] else parent
        rows, bodies = arguments["rows"], arguments["bodies"]
        wish = Wish(Path(arguments["to"]), page, database, rows, bodies, arguments["force"])
        scope = import_scope(wish.folder, connection.environment, target, parent, state)
        placement = Placement(
            parent, scope.stack, connection.environment, arguments["ownership_line"], connection.in_flight
        )
        cache = IdentityCache(state / "identity.json", scope.identity_key)
        found = import_workspace(wish, installed_providers(), connection.open(), placement, scope, cache, _progress())
        result = _result(found)
        if not self._task.check_mode:
            found.write(cache)
        if arguments["run_id"]:
            told = {key: value for key, value in result.items() if key != "diff"}
            write_atomically(state / target / arguments["run_id"] / "import.json", json.dumps(told))
        return result


def _result(found: Import) -> dict[str, Any]:
    """What the task tells; before anything is written, so that it can say what that changes."""
    left_out = [{"address": "", "what": one.what, "reason": one.reason} for one in found.left_out]
    left_out += [
        {"address": str(file.address), "what": one.what, "reason": one.reason}
        for file in found.files
        for one in file.left_out
    ]
    changed = [file for file in found.files if file.differs()]
    return {
        "changed": bool(changed),
        "stack": found.stack,
        "manifests": [{"address": str(file.address), "path": str(file.path)} for file in found.files],
        "written": [str(file.path) for file in changed],
        "left_out": left_out,
        "diff": [{"before": file.before(), "after": file.text, "after_header": str(file.path)} for file in changed],
    }


def _progress() -> Any:
    """Says how far a stage has come, every two seconds."""
    last = time.monotonic()

    def told(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_SECONDS:
            last = time.monotonic()
            Display().display(f"  {stage}: {done} of {total}")

    return told
