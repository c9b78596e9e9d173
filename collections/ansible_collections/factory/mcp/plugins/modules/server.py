# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: server
short_description: Install MCP servers on a host, run them, ask them, and tell clients of them
version_added: 0.1.0
description:
  - Brings each server to what its C(spec) declares. A package of npm or PyPI is installed into a folder of its own, by a
    lock in which everything has its integrity. A container image is pulled by its digest. A server that goes on running
    becomes a service, and what it listens on is looked up.
  - Then it is asked what it offers, before a hard deadline, and that is compared with its pin. Only if it offers what
    was accepted are its entries written into the files of its clients (see M(factory.mcp.client)).
  - A server that does not do what it should is V(degraded), with the reason; that is no failure of the task.
  - A second run changes nothing, and starts no server that is as it was when it was asked.
  - For the servers of a whole stack, with a plan and a report, use M(factory.mcp.host), which runs this module.
options:
  servers:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, by which clients list it.
        type: str
        required: true
      spec:
        description:
          - What a manifest of the kind C(McpServer) says under C(spec). Needed unless O(state) is V(absent) or
            V(forgotten).
          - With C(lock), the text of its lock file, and C(pin), the text of its pin file.
        type: dict
      adopt:
        description: Take over entries of clients that others wrote.
        type: bool
        default: false
      protect:
        description: Whether it is to survive the removal of its manifest; it is only remembered here.
        type: bool
        default: false
  state:
    description:
      - With V(present), bring the servers to what is declared.
      - With V(absent), end them, take them out of their clients and remove their folders.
      - With V(forgotten), leave everything as it is, and remember no longer that they are Factory's.
      - With V(observed), only say how they are.
      - With V(offered), install and start them, and return what they offer; clients are not told.
    type: str
    choices: [present, absent, forgotten, observed, offered]
    default: present
  ask:
    description: Ask each server what it offers, also those that were verified and have not changed.
    type: bool
    default: false
  folder:
    description: Where the servers lie, each in a folder of its name. C(.local/share/factory/mcp) in O(home) if left out.
    type: path
  home:
    description: The home folder whose clients are meant; that of the user of the task if left out.
    type: path
  variables:
    description: The values of the environment variables that specs refer to. Those of the task if left out.
    type: dict
attributes:
  check_mode:
    description: Says what would change and changes nothing; with V(state=offered) it is the same as without.
    support: partial
    details: O(state=offered) installs in check mode, too.
  diff_mode:
    description: Shows what differs of each server, without secrets.
    support: full
requirements:
  - python >= 3.11
  - mcp >= 2.3
  - rfc8785 >= 0.1.4
  - tomlkit >= 0.13
  - npm, pip, docker or socat, where a server needs them
author:
  - The Factory authors
"""

EXAMPLES = r"""
- name: A server for two clients
  factory.mcp.server:
    servers:
      - name: memory
        spec:
          source: {npm: {package: "@modelcontextprotocol/server-memory", version: 2026.8.31}}
          lock: "{{ lookup('ansible.builtin.file', 'locks/memory.package-lock.json') }}"
          clients: [claude-code, codex]

- name: It is gone
  factory.mcp.server:
    servers: [{name: memory}]
    state: absent
"""

RETURN = r"""
resources:
  description: What became of each server.
  returned: always
  type: list
  elements: dict
  sample:
    - {address: McpServer/memory, action: create, changed: true, state: {state: verified, reason: ""}, error: ""}
  contains:
    state:
      description:
        - How far it has come, and why no further. V(absent), V(installed), V(configured), V(running), V(verified),
          V(degraded) or V(drifted).
      type: dict
    fields:
      description: What differed.
      type: list
    found:
      description: Everything that was found of it.
      type: dict
    offer:
      description: What it offers, with O(state=offered).
      type: dict
    error:
      description: Why it could not be brought to what is declared.
      type: str
folder:
  description: Where the servers lie.
  returned: always
  type: str
others:
  description: The servers in O(folder) that are Factory's and were not named.
  returned: always
  type: list
  elements: str
protected:
  description: Those of RV(others) that are to survive the removal of their manifests.
  returned: always
  type: list
  elements: str
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.mcp.plugins.module_utils.server_task import run_task
except ImportError as error:
    MISSING = error
    MISSING_TRACEBACK = traceback.format_exc()
else:
    MISSING = None
    MISSING_TRACEBACK = None

SERVER = {
    "name": {"type": "str", "required": True},
    "spec": {"type": "dict"},
    "adopt": {"type": "bool", "default": False},
    "protect": {"type": "bool", "default": False},
}
ARGUMENTS = {
    "servers": {"type": "list", "elements": "dict", "options": SERVER, "required": True},
    "state": {
        "type": "str",
        "choices": ["present", "absent", "forgotten", "observed", "offered"],
        "default": "present",
    },
    "ask": {"type": "bool", "default": False},
    "folder": {"type": "path"},
    "home": {"type": "path"},
    "variables": {"type": "dict"},
}


def main():
    """Run the module."""
    # The values of variables are secrets, and none of the results has any: nothing of the arguments is logged, or
    # given back. To hide each value wherever it occurs would hide paths, where somebody refers to HOME.
    module = AnsibleModule(ARGUMENTS, no_log=True, supports_check_mode=True)
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    try:
        result = run_task(module.params, module.check_mode)
    except FactoryError as error:
        module.fail_json(msg=str(error), invocation={})
    if result.get("failed"):
        module.fail_json(**result, invocation={})
    module.exit_json(**result, invocation={})


if __name__ == "__main__":
    main()
