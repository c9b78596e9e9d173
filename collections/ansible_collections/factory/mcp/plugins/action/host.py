# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring all MCP servers of a stack on one host to what is declared, in one task."""

from __future__ import annotations

import contextvars
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

try:
    from ansible_collections.factory.core.plugins.module_utils.limits import Stop
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.core.plugins.module_utils.report import Report
    from ansible_collections.factory.core.plugins.module_utils.run import run
    from ansible_collections.factory.core.plugins.module_utils.scope import Scope
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
    from ansible_collections.factory.mcp.plugins.module_utils.factory_provider import KINDS
    from ansible_collections.factory.mcp.plugins.module_utils.host_target import HostTarget
    from ansible_collections.factory.mcp.plugins.module_utils.module_calls import Call, ModuleCalls, until
    from ansible_collections.factory.mcp.plugins.module_utils.server_files import with_files
    from ansible_collections.factory.mcp.plugins.module_utils.server_record import SERVERS_FOLDER
    from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
except ImportError as error:
    MISSING: ImportError | None = error
    ENGINE_ARGUMENTS = {}
else:
    MISSING = None

HOST_ARGUMENTS: dict[str, Any] = {
    "environment": {"type": "str", "default": "sandbox"},
    "folder": {"type": "path"},
    "home": {"type": "path"},
}
ARGUMENTS: dict[str, Any] = {
    **ENGINE_ARGUMENTS,
    **HOST_ARGUMENTS,
    "in_flight": {"type": "int", "default": 8},
    "run_deadline": {"type": "int", "default": 0},
}
_MODULE = "factory.mcp.server"


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Plan in check mode, plan and apply otherwise; one result per server."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "host")
        return engine_task(
            arguments["run_deadline"], lambda stop: self._run(arguments, str(target), task_vars or {}, stop)
        )

    def _run(self, arguments: dict[str, Any], target: str, task_vars: dict[str, Any], stop: Stop) -> Report | None:
        declared, providers = declared_in(arguments)
        if lives_elsewhere(declared, KINDS, target, arguments):
            return None
        declared = with_files(declared, Path(arguments["stack"]))
        scope = Scope(
            declared.stack, arguments["environment"], target, arguments["folder"] or "", state_folder_of(arguments)
        )
        calls = ModuleCalls(until(stop, server_module(self, arguments, declared.stack, task_vars)))
        return run(
            declared,
            providers,
            KINDS,
            lambda progress: HostTarget(calls, progress),
            scope,
            options_from(arguments, self._task.check_mode, arguments["in_flight"], math.inf),
            progress=progress_told(),
            waiting=Display().display,
            planned=plan_told(arguments),
            stop=stop,
        )


def server_module(action: ActionBase, arguments: Mapping[str, Any], stack: str, task_vars: dict[str, Any]) -> Call:
    """Runs the module on the host, from any thread: Ansible looks for its task in variables of the context."""
    context = contextvars.copy_context()
    folder = arguments["folder"] or f"{arguments['home'] or '~'}/{SERVERS_FOLDER}"

    def call(state: str, servers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        module_arguments = {
            "servers": list(servers),
            "state": state,
            "ask": arguments.get("view") == "drift",
            "folder": f"{folder}/{arguments['environment']}/{stack}",
            "home": arguments["home"],
            "variables": _variables(servers),
        }
        result: Mapping[str, Any] = context.run(action._execute_module, _MODULE, module_arguments, None, task_vars)
        if "resources" not in result:
            raise FactoryError(str(result.get("msg") or result.get("module_stderr") or "the module said nothing"))
        return result

    return call


def _variables(servers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The values of the variables that *servers* refer to, as far as they are set here."""
    names = {name for one in servers if "spec" in one for name in spec_from(one["spec"]).variables}
    return {name: os.environ[name] for name in names if name in os.environ}
