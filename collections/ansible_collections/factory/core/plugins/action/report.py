# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replay one resource's result, so that every callback sees one ok, changed or failed item with its diff."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

ARGUMENTS = {"resource": {"type": "dict", "required": True}}


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the resource's result as this task's own."""
        super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        resource = arguments["resource"]
        result = {key: resource[key] for key in ("address", "action", "id", "reason") if key in resource}
        result["changed"] = bool(resource.get("changed"))
        if self._task.diff and resource.get("changed"):
            result["diff"] = resource["diff"]
        if resource.get("error"):
            result |= {"failed": True, "msg": f"{resource['address']}: {resource['error']}"}
        return result
