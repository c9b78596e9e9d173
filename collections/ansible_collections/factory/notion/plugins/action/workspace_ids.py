# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""See what became of everything that the identity cache remembers of a Notion workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

from ansible_collections.factory.notion.plugins.action.workspace import (
    CONNECTION_ARGUMENTS,
    MISSING,
    tell_workspaces_apart,
)

if MISSING is None:
    from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
    from ansible_collections.factory.core.plugins.module_utils.identity_check import Finding, checked_to_json
    from ansible_collections.factory.core.plugins.module_utils.identity_lookup import Remembered, remembered
    from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
    from ansible_collections.factory.core.plugins.module_utils.run_folder import new_run_id
    from ansible_collections.factory.core.plugins.plugin_utils.engine_task import progress_told
    from ansible_collections.factory.notion.plugins.module_utils.connection import connection_from
    from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS
    from ansible_collections.factory.notion.plugins.module_utils.id_reading import check_ids

ARGUMENTS: dict[str, Any] = {
    **CONNECTION_ARGUMENTS,
    "stack": {"type": "str", "default": ""},
    "target": {"type": "str"},
    "state_folder": {"type": "path"},
    "run_id": {"type": "str", "default": ""},
    "ownership_line": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Read each remembered resource, and write nothing but the result."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        tell_workspaces_apart(self, arguments, task_vars or {})
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "workspace")
        try:
            return _verified(arguments, str(target))
        except FactoryError as error:
            raise AnsibleActionFail(str(error).replace(arguments["token"] or "\0", "…")) from None
        except OSError as error:
            raise AnsibleActionFail(f"the state folder cannot be read or written: {error}") from None


def _verified(arguments: dict[str, Any], target: str) -> dict[str, Any]:
    environment = arguments["environment"]
    state = Path(arguments["state_folder"] or Path(".factory", environment))
    records = [one for one in remembered(state / "identity.json") if _is_asked_for(one, target, arguments["stack"])]
    connection = connection_from(arguments)
    folder = state / target / (arguments["run_id"] or new_run_id())
    show = progress_told()
    with open_journal(folder / "journal.jsonl", redactor([connection.token]), target=target) as journal:

        def progress(stage: str, done: int, total: int) -> None:
            journal.info("progress", stage=stage, done=done, total=total)
            show(stage, done, total)

        found = check_ids(connection.open(), records, arguments["ownership_line"], connection.in_flight, progress)
    result = {"changed": False, "ids": [checked_to_json(one, environment) for one in found]}
    write_atomically(folder / "ids.json", json.dumps(result))
    unread = [f"{one.remembered.address}: {one.told}" for one in found if one.finding is Finding.UNREAD]
    return {**result, "failed": True, "msg": "\n".join(unread)} if unread else result


def _is_asked_for(one: Remembered, target: str, stack: str) -> bool:
    """Whether it lives here; what Factory deleted itself is not expected anywhere."""
    return one.target == target and stack in ("", one.stack) and one.address.kind in KINDS and not one.record.deleted
