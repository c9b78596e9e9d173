# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring all databases of a stack in one Notion workspace to what is declared, in one task."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

try:
    from ansible_collections.factory.core.plugins.module_utils.interruption import Interruption
    from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
    from ansible_collections.factory.core.plugins.module_utils.limits import Stop
    from ansible_collections.factory.core.plugins.module_utils.manifest import Address, load_stack
    from ansible_collections.factory.core.plugins.module_utils.options import Options
    from ansible_collections.factory.core.plugins.module_utils.plan_text import (
        Line,
        drift_lines,
        outcome_lines,
        plan_lines,
    )
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.core.plugins.module_utils.provider import Progress, installed_providers
    from ansible_collections.factory.core.plugins.module_utils.report import Report, report_to_json
    from ansible_collections.factory.core.plugins.module_utils.resource_result import task_result
    from ansible_collections.factory.core.plugins.module_utils.schema import validate
    from ansible_collections.factory.notion.plugins.module_utils.connection import (
        CONNECTION_ARGUMENTS,
        connection_from,
        parent_page_from,
    )
    from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
    from ansible_collections.factory.notion.plugins.module_utils.workspace_run import run_on_workspace
except ImportError as error:
    MISSING: ImportError | None = error
    CONNECTION_ARGUMENTS = {}
else:
    MISSING = None

ARGUMENTS: dict[str, Any] = {
    **CONNECTION_ARGUMENTS,
    "stack": {"type": "path", "required": True},
    "target": {"type": "str"},
    "state_folder": {"type": "path"},
    "run_id": {"type": "str", "default": ""},
    "view": {"type": "str", "choices": ["plan", "drift"], "default": "plan"},
    "plan_file": {"type": "path"},
    "allow_destructive": {"type": "bool", "default": False},
    "prune": {"type": "bool", "default": False},
    "adopt": {"type": "bool", "default": False},
    "purpose": {"type": "str", "choices": ["apply", "adopt", "destroy"], "default": "apply"},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "adopt_id": {"type": "str", "default": ""},
    "confirm": {"type": "str", "default": ""},
    "ownership_line": {"type": "bool", "default": True},
}
_PROGRESS_SECONDS = 2.0
_COLORS = {"green": "green", "yellow": "yellow", "red": "red", "dim": "dark gray", "plain": None}


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
        interruption = Interruption(Stop(max(arguments["run_deadline"], 0)))
        tell_workspaces_apart(self, arguments, task_vars or {})
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "workspace")
        try:
            report = self._run(arguments, str(target), interruption.stop)
        except FactoryError as error:
            interruption.tell_the_terminal([str(error)])
            raise AnsibleActionFail(str(error)) from None
        except OSError as error:
            told = f"the state folder cannot be written ({error}); make it writable or set state_folder"
            raise AnsibleActionFail(told) from None
        if report.applied:
            told = outcome_lines(report_to_json(report))
            interruption.tell_the_terminal([line.text for line in told])
            _display(told)
        return task_result(report)

    def _run(self, arguments: dict[str, Any], target: str, stop: Stop) -> Report:
        providers = installed_providers()
        stack = load_stack(Path(arguments["stack"]), arguments["environment"])
        declared = validate(stack, providers)
        connection = connection_from(arguments)
        purpose = Purpose(arguments["purpose"])
        placement = Placement(
            parent_page_from(arguments),
            stack.name,
            connection.environment,
            arguments["ownership_line"],
            connection.in_flight,
            arguments["prune"] or purpose is Purpose.DESTROY,
            purpose is Purpose.DESTROY,
            connection.resource_deadline,
        )
        options = Options(
            check=self._task.check_mode,
            allow_destructive=arguments["allow_destructive"],
            prune=arguments["prune"],
            adopt=arguments["adopt"],
            plan_file=Path(arguments["plan_file"]) if arguments["plan_file"] else None,
            in_flight=connection.in_flight,
            run_id=arguments["run_id"],
            purpose=purpose,
            addresses=_addresses(arguments["addresses"]),
            adopt_id=arguments["adopt_id"],
            confirm=arguments["confirm"],
            resource_deadline=connection.resource_deadline,
        )
        lines = drift_lines if arguments["view"] == "drift" else plan_lines

        state = Path(arguments["state_folder"] or Path(".factory", connection.environment))
        return run_on_workspace(
            declared,
            providers,
            connection,
            placement,
            target,
            state,
            options,
            progress_told(),
            Display().display,
            lambda plan: _display(lines(plan)),
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


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    """The addresses that *texts* write. Raises ``FactoryError`` for one that is none."""
    try:
        return tuple(Address.parse(text) for text in texts)
    except ValueError as error:
        raise FactoryError(str(error)) from error


def progress_told() -> Progress:
    """Says how far a stage has come, every two seconds."""
    last = time.monotonic()

    def told(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_SECONDS:
            last = time.monotonic()
            Display().display(f"  {stage}: {done} of {total}")

    return told


def _display(lines: list[Line]) -> None:
    for line in lines:
        Display().display(line.text, color=_COLORS[line.style])
