# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accept what the MCP servers of a stack offer, by writing their pins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

from ansible_collections.factory.mcp.plugins.action.host import HOST_ARGUMENTS, MISSING, server_module

if MISSING is None:
    from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.core.plugins.module_utils.scope import Scope
    from ansible_collections.factory.core.plugins.plugin_utils.engine_task import declared_in, state_folder_of
    from ansible_collections.factory.mcp.plugins.module_utils.server_acceptance import (
        accept_offers,
        acceptance_to_data,
        servers_to_accept,
    )
    from ansible_collections.factory.mcp.plugins.module_utils.server_files import with_files

ARGUMENTS: dict[str, Any] = {
    **HOST_ARGUMENTS,
    "stack": {"type": "path", "required": True},
    "servers": {"type": "list", "elements": "str", "default": []},
    "target": {"type": "str"},
    "state_folder": {"type": "path"},
}


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the servers what they offer, and write that into their pins."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        target = arguments["target"] or (task_vars or {}).get("inventory_hostname", "host")
        try:
            return self._accepted(arguments, str(target), task_vars or {})
        except FactoryError as error:
            raise AnsibleActionFail(str(error)) from None

    def _accepted(self, arguments: dict[str, Any], target: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        stack = Path(arguments["stack"])
        declared, _ = declared_in(arguments)
        scope = Scope(
            declared.stack, arguments["environment"], target, arguments["folder"] or "", state_folder_of(arguments)
        )
        remembered = IdentityCache(scope.state / "identity.json", scope.identity_key).elsewhere(scope.stack)
        servers = servers_to_accept(with_files(declared, stack), arguments["servers"], remembered)
        call = server_module(self, arguments, declared.stack, task_vars)
        found, errors = accept_offers(stack, servers, call, self._task.check_mode)
        result = {
            "changed": any(one.is_new or one.findings for one in found),
            "accepted": [acceptance_to_data(one) for one in found],
        }
        return {**result, "failed": True, "msg": "\n".join(errors)} if errors else result
