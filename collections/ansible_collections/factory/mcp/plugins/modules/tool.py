# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: tool
short_description: Call a tool of an MCP server
version_added: 0.1.0
description:
  - Calls one tool, and fails when the tool says that it failed, or when its end is not known.
  - A call is repeated only if it is idempotent, and only after trouble on the way to the server.
extends_documentation_fragment:
  - factory.mcp.reaching
options:
  tool:
    description: The tool's name.
    type: str
    required: true
  arguments:
    description: Its arguments.
    type: dict
    default: {}
  idempotent:
    description:
      - Whether a second call with the same arguments changes nothing more.
      - If left out, it is what the tool's annotations say.
    type: bool
  try_timeout:
    description: Seconds that one try may take.
    type: int
    default: 30
  deadline:
    description: Seconds that all tries may take together.
    type: int
    default: 60
  result_folder:
    description: The folder on the target for results over 256 KiB. Without it, all results are returned whole.
    type: path
  operation_id:
    description:
      - The id of this call, which the server gets with every try in C(_meta) as C(factory.iac/operation-id).
      - If left out, one is made up.
    type: str
    default: ""
attributes:
  check_mode:
    description:
      - Does not call the tool. Shakes hands with the server, fails when there is no such tool, and reports a change
        unless the tool says that it is read-only.
    support: partial
  diff_mode:
    description: What a tool changes is not known.
    support: none
"""

EXAMPLES = r"""
- name: What is in the folder
  factory.mcp.tool:
    command: /opt/mcp/filesystem/node_modules/.bin/mcp-server-filesystem
    args: [/srv/documents]
    tool: list_directory
    arguments:
      path: /srv/documents
  register: listed
"""

RETURN = r"""
outcome:
  description: How the call ended; RV(outcome=unconfirmed) means that it may have taken effect.
  returned: always, except in check mode
  type: str
  choices: [done, failed, not done, unconfirmed]
content:
  description: What the tool gave, in the words of the protocol; empty when it is in RV(file).
  returned: always, except in check mode
  type: list
  elements: dict
structured:
  description: What the tool gave as data; V(null) when it gave none.
  returned: always, except in check mode
  type: raw
file:
  description: Where the result is, when it was too large; V(null) when it was not.
  returned: always, except in check mode
  type: str
operation_id:
  description: The id of the call.
  returned: always, except in check mode
  type: str
tries:
  description: How often it was tried.
  returned: always, except in check mode
  type: int
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import mcp  # noqa: F401

    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
        ONE_WAY_TO_REACH,
        SERVER_ARGUMENTS,
        keep_short_values_visible,
    )
    from ansible_collections.factory.mcp.plugins.module_utils.tool_task import call_for_task, would_change
except ImportError as error:
    SERVER_ARGUMENTS = ONE_WAY_TO_REACH = {}
    MISSING = error
    MISSING_TRACEBACK = traceback.format_exc()
else:
    MISSING = None
    MISSING_TRACEBACK = None


def main():
    """Run the module."""
    module = AnsibleModule(
        {
            **SERVER_ARGUMENTS,
            "tool": {"type": "str", "required": True},
            "arguments": {"type": "dict", "default": {}},
            "idempotent": {"type": "bool"},
            "try_timeout": {"type": "int", "default": 30},
            "deadline": {"type": "int", "default": 60},
            "result_folder": {"type": "path"},
            "operation_id": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
        **ONE_WAY_TO_REACH,
    )
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    keep_short_values_visible(module.no_log_values)
    try:
        if module.check_mode:
            module.exit_json(changed=would_change(module.params))
        result = call_for_task(module.params)
    except FactoryError as error:
        module.fail_json(msg=str(error))
    if result["outcome"] == "done":
        module.exit_json(**result)
    module.fail_json(msg=result["problem"], **result)


if __name__ == "__main__":
    main()
