# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: server_info
short_description: Shake hands with an MCP server
version_added: 0.1.0
description:
  - Starts or reaches a server, learns its tools, resources and prompts, and ends it again, all before one deadline.
  - Compares what it offers with a pin, if one is given. Changes nothing, and never writes a pin.
  - Does not fail for a server that cannot be used. RV(state) says how it is, and RV(problem) what to do.
extends_documentation_fragment:
  - factory.mcp.reaching
options:
  deadline:
    description:
      - Seconds within which everything must be done, ending the server included.
      - A server of the old protocol era that leaves C(server/discover) unanswered needs more than 10.
    type: int
    default: 30
  pin:
    description: The pin file to compare with. A broken one is an error.
    type: path
  package:
    description: The package that the server is from, such as V(npm:@notionhq/notion-mcp-server@2.5.2). For the pin.
    type: str
    default: ""
  integrity:
    description: The package's integrity as its registry writes it. For the pin.
    type: str
    default: ""
attributes:
  check_mode:
    description: Does the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: What the server offers, and whether that is what was accepted
  factory.mcp.server_info:
    command: /opt/mcp/filesystem/node_modules/.bin/mcp-server-filesystem
    args: [/srv/documents]
    pin: stacks/factory/pins/filesystem.json
  register: found

- name: Nothing is as it was
  ansible.builtin.assert:
    that:
      - found.state == "verified"
      - found.drift == []
"""

RETURN = r"""
state:
  description: How talking to it ended.
  returned: success
  type: str
  sample: verified
  choices: [verified, unreachable, refused, silent, crashed, malformed]
problem:
  description: What is wrong and what to do; empty when it is verified.
  returned: success
  type: str
protocol_version:
  description: The protocol version that was agreed on.
  returned: success
  type: str
  sample: "2025-11-25"
server:
  description: The name and version that the server gives itself. The version is often not that of its package.
  returned: success
  type: dict
  sample: {name: secure-filesystem-server, version: 0.2.0}
instructions:
  description: What the server tells an assistant.
  returned: success
  type: str
tools:
  description: Its tools, in the words of the protocol.
  returned: success
  type: list
  elements: dict
resources:
  description: Its resources.
  returned: success
  type: list
  elements: dict
prompts:
  description: Its prompts.
  returned: success
  type: list
  elements: dict
sha256:
  description: The hash of the set of tools and of the instructions, as a pin has it.
  returned: success
  type: str
pinned:
  description: Whether there is a pin in the file that O(pin) names.
  returned: success
  type: bool
drift:
  description: The differences from the pin.
  returned: success
  type: list
  elements: dict
  contains:
    class:
      description: What kind of difference it is.
      type: str
      sample: schema widened
    tool:
      description: Its tool; empty when it is of the whole server.
      type: str
    what:
      description: What differs, in words.
      type: str
    before:
      description: What was pinned. What cannot be seen is shown as an escape.
      type: str
    after:
      description: What is offered now.
      type: str
unseen:
  description: Invisible characters in what the server offers, as in RV(drift).
  returned: success
  type: list
  elements: dict
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import mcp  # noqa: F401

    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.mcp.plugins.module_utils.server_inspection import inspect_server
    from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
        ONE_WAY_TO_REACH,
        SERVER_ARGUMENTS,
        keep_short_values_visible,
    )
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
            "deadline": {"type": "int", "default": 30},
            "pin": {"type": "path"},
            "package": {"type": "str", "default": ""},
            "integrity": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
        **ONE_WAY_TO_REACH,
    )
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    keep_short_values_visible(module.no_log_values)
    try:
        module.exit_json(changed=False, **inspect_server(module.params))
    except FactoryError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
