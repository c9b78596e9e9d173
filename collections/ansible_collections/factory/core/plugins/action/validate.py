# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check every manifest of a stack, without any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

try:
    from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
    from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
    from ansible_collections.factory.core.plugins.module_utils.schema import validate
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None

ARGUMENTS = {
    "stack": {"type": "path", "required": True},
    "environment": {"type": "str", "default": "sandbox"},
}


class ActionModule(ActionBase):
    """See the documentation of the module of the same name."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the addresses of all resources, or fail with every problem at once."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise AnsibleActionFail(missing_required_lib(MISSING.name or str(MISSING)))
        _, arguments = self.validate_argument_spec(ARGUMENTS)
        try:
            stack = load_stack(Path(arguments["stack"]), arguments["environment"])
            declared = validate(stack, installed_providers())
        except InvalidManifests as invalid:
            count = len(invalid.problems)
            told = "1 problem" if count == 1 else f"{count} problems"
            raise AnsibleActionFail(f"{told} in the manifests of {arguments['stack']}:\n{invalid}") from None
        except FactoryError as error:
            raise AnsibleActionFail(str(error)) from error
        return {
            "changed": False,
            "addresses": sorted(str(address) for address in declared.resources),
            "warnings": list(declared.warnings),
        }
