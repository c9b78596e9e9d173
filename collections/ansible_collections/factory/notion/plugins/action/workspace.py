# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring all databases of a stack in one Notion workspace to what is declared, in one task."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

try:
    from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
    from ansible_collections.factory.core.plugins.module_utils.limits import Stop
    from ansible_collections.factory.core.plugins.module_utils.report import Report
    from ansible_collections.factory.core.plugins.plugin_utils.engine_task import (
        ENGINE_ARGUMENTS,
        declared_in,
        engine_task,
        lives_elsewhere,
        options_from,
        plan_told,
        progress_told,
        state_folder_of,
    )
    from ansible_collections.factory.notion.plugins.module_utils.connection import (
        CONNECTION_ARGUMENTS,
        connection_from,
        parent_page_from,
    )
    from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
    from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS
    from ansible_collections.factory.notion.plugins.module_utils.workspace_run import run_on_workspace
except ImportError as error:
    MISSING: ImportError | None = error
    CONNECTION_ARGUMENTS = ENGINE_ARGUMENTS = {}
else:
    MISSING = None

ARGUMENTS: dict[str, Any] = {
    **CONNECTION_ARGUMENTS,
    **ENGINE_ARGUMENTS,
    "ownership_line": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Plan in check mode, plan and apply otherwise; one result per database."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        tell_workspaces_apart(self, arguments, task_vars or {})
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "workspace")
        return engine_task(arguments["run_deadline"], lambda stop: self._run(arguments, str(target), stop))

    def _run(self, arguments: dict[str, Any], target: str, stop: Stop) -> Report | None:
        declared, providers = declared_in(arguments)
        if lives_elsewhere(declared, KINDS, target, arguments):
            return None
        connection = connection_from(arguments)
        destroys = arguments["purpose"] == Purpose.DESTROY
        placement = Placement(
            parent_page_from(arguments),
            declared.stack,
            connection.environment,
            arguments["ownership_line"],
            connection.in_flight,
            arguments["prune"] or destroys,
            destroys,
            connection.resource_deadline,
        )
        return run_on_workspace(
            declared,
            providers,
            connection,
            placement,
            target,
            state_folder_of(arguments),
            options_from(arguments, self._task.check_mode, connection.in_flight, connection.resource_deadline),
            progress_told(),
            Display().display,
            plan_told(arguments),
            stop,
        )


def tell_workspaces_apart(action: ActionBase, arguments: dict[str, Any], task_vars: dict[str, Any]) -> None:
    """The environment overrides the inventory, but of several workspaces in a play it can mean one at most.

    ``notion_token`` of the inventory is taken here, so that no task shows it among its arguments.
    """
    several = len(task_vars.get("ansible_play_hosts_all", ())) > 1
    inventory = "" if action._task.args.get("token") else task_vars.get("notion_token", "")
    own = str(action._templar.template(inventory))
    arguments["token"] = (several and own) or arguments["token"] or own
    page = os.environ.get("NOTION_PARENT_PAGE")
    if several and page and arguments["parent_page"] == page and page != task_vars.get("notion_parent_page"):
        raise AnsibleActionFail(
            "NOTION_PARENT_PAGE would be the page of several workspaces; "
            "set notion_parent_page for each of them in the inventory instead"
        )
