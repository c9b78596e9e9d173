# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: client
short_description: Tell MCP clients of a host which servers there are
version_added: 0.1.0
description:
  - Writes entries for MCP servers into the configuration files of clients, each in the client's own dialect.
  - Comments, order, indentation and everything that others wrote stay byte for byte as they are. A file with a mistake is
    left alone and reported with the position of the mistake.
  - Factory owns only what it wrote. It remembers the fingerprint of each entry in C(~/.local/state/factory/mcp-clients.json)
    (or below E(XDG_STATE_HOME)), neither changes nor removes what others wrote, and reports and mends what others changed.
  - Secrets are given by reference only, as C(${env:NAME}), and are written as the client's own kind of reference. For a
    client that has none (Claude Desktop, Zed; Codex, where the variable has another name) the entry starts a private script
    that sets the values, which are taken from the environment of the task.
  - Run it as the user whose clients they are. It needs Linux or macOS.
options:
  entries:
    description: The servers. May be left out with O(prune=true).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name under which clients list the server. Letters, digits, hyphens and underscores.
        type: str
        required: true
      command:
        description: The program that is the server, which talks over its standard streams. Give this or O(entries[].url).
        type: str
      args:
        description: The arguments of the program. No secrets, since everybody on the host can read them.
        type: list
        elements: str
      env:
        description: The environment of the program, as texts in which C(${env:NAME}) may stand.
        type: dict
      cwd:
        description: The folder in which the program starts.
        type: path
      url:
        description: The address of a server that talks streamable HTTP.
        type: str
      headers:
        description: What is sent to it with every request, as texts in which C(${env:NAME}) may stand.
        type: dict
      startup_timeout:
        description: Seconds that the server may take to start.
        type: float
      tool_timeout:
        description: Seconds that a call of a tool may take.
        type: float
      allowed_tools:
        description: The only tools that are offered; all if left out.
        type: list
        elements: str
      denied_tools:
        description: Tools that are not offered.
        type: list
        elements: str
      clients:
        description: The clients out of O(clients) that the server is offered to; all if left out.
        type: list
        elements: str
  clients:
    description: The clients, each with the file that is meant.
    type: list
    elements: dict
    required: true
    suboptions:
      client:
        description: The client.
        type: str
        choices: [claude-desktop, claude-code, cursor, vscode, windsurf, zed, codex, gemini]
        required: true
      scope:
        description: The file of the user, or the one of a project. Claude Desktop and Windsurf have none for projects.
        type: str
        choices: [user, project]
        default: user
      project:
        description: The folder of the project. Needed with O(clients[].scope=project).
        type: path
  state:
    description:
      - V(present) writes the entries, V(absent) removes them.
      - An entry is removed only if it is still as Factory wrote it, unless O(force=true).
    type: str
    choices: [present, absent]
    default: present
  adopt:
    description: Take over entries of these names that Factory did not write, and make them what is declared.
    type: bool
    default: false
  prune:
    description: Remove Factory's own entries that are not listed, or no longer offered to the client.
    type: bool
    default: false
  force:
    description: Remove entries also when somebody changed them, or when Factory did not write them.
    type: bool
    default: false
  home:
    description:
      - The home folder whose files are meant. With it, no environment variable moves a file.
      - If left out, it is that of the user of the task, and E(CLAUDE_CONFIG_DIR), E(CODEX_HOME), E(XDG_CONFIG_HOME) and
        E(XDG_STATE_HOME) are honoured.
    type: path
attributes:
  check_mode:
    description: Says what would change and writes nothing.
    support: full
  diff_mode:
    description: Shows each entry before and after, without secrets. Other content of the files is never shown.
    support: full
requirements:
  - python >= 3.11
  - tomlkit >= 0.13
author:
  - The Factory authors
"""

EXAMPLES = r"""
- name: Two servers for three clients
  factory.mcp.client:
    entries:
      - name: files
        command: /opt/mcp/bin/mcp-server-filesystem
        args: ["{{ ansible_facts.env.HOME }}/Documents"]
      - name: notion
        command: /opt/mcp/bin/notion-mcp-server
        env: {NOTION_TOKEN: "${env:NOTION_TOKEN}"}
        clients: [claude-code, codex]
    clients:
      - {client: claude-code}
      - {client: codex}
      - {client: vscode, scope: project, project: /srv/website}

- name: Nothing of ours is left
  factory.mcp.client:
    clients: [{client: claude-code}, {client: codex}]
    prune: true
"""

RETURN = r"""
resources:
  description: What became of each entry in each file.
  returned: always
  type: list
  elements: dict
  sample:
    - address: McpServer/files in codex (user)
      client: codex
      scope: user
      file: /home/ana/.codex/config.toml
      name: files
      id: /home/ana/.codex/config.toml#files
      action: create
      effect: additive
      state: absent
      changed: true
      drifted: false
      reason: ""
      fields: [{path: command, before: null, after: /opt/mcp/bin/mcp-server-filesystem, effect: additive}]
      unmanageable: []
      error: ""
  contains:
    action:
      description: V(no-op), V(create), V(update), V(adopt) or V(delete).
      type: str
    state:
      description: What was found. V(absent), V(written) by Factory and unchanged, V(drifted), or V(foreign).
      type: str
    unmanageable:
      description: What was declared and the client cannot be told, each with the reason.
      type: list
    error:
      description: Why nothing was done with the entry.
      type: str
drift:
  description: The addresses of entries that somebody changed after Factory wrote them.
  returned: always
  type: list
  elements: str
"""

import os
import sys
import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home, Scope
    from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
    from ansible_collections.factory.mcp.plugins.module_utils.client_result import task_result
    from ansible_collections.factory.mcp.plugins.module_utils.client_run import ClientTarget, Request, run_on_clients
    from ansible_collections.factory.mcp.plugins.module_utils.server_entry import InvalidEntries, entries_from
except ImportError as error:
    MISSING = error
    MISSING_TRACEBACK = traceback.format_exc()
else:
    MISSING = None
    MISSING_TRACEBACK = None

CLIENTS = ["claude-desktop", "claude-code", "cursor", "vscode", "windsurf", "zed", "codex", "gemini"]
ENTRY = {
    "name": {"type": "str", "required": True},
    "command": {"type": "str"},
    "args": {"type": "list", "elements": "str"},
    "env": {"type": "dict"},
    "cwd": {"type": "path"},
    "url": {"type": "str"},
    "headers": {"type": "dict"},
    "startup_timeout": {"type": "float"},
    "tool_timeout": {"type": "float"},
    "allowed_tools": {"type": "list", "elements": "str"},
    "denied_tools": {"type": "list", "elements": "str"},
    "clients": {"type": "list", "elements": "str"},
}
CLIENT = {
    "client": {"type": "str", "choices": CLIENTS, "required": True},
    "scope": {"type": "str", "choices": ["user", "project"], "default": "user"},
    "project": {"type": "path"},
}
ARGUMENTS = {
    "entries": {"type": "list", "elements": "dict", "options": ENTRY, "default": []},
    "clients": {"type": "list", "elements": "dict", "options": CLIENT, "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "adopt": {"type": "bool", "default": False},
    "prune": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "home": {"type": "path"},
}


def request_from(params, check):
    """What the task asks for."""
    own = params["home"] is None
    home = Home(
        os.path.expanduser("~") if own else params["home"].rstrip("/"),
        sys.platform == "darwin",
        dict(os.environ) if own else {},
    )
    return Request(
        entries_from(params["entries"], frozenset(DIALECTS)),
        tuple(ClientTarget(DIALECTS[one["client"]], Scope(one["scope"]), one["project"]) for one in params["clients"]),
        home,
        dict(os.environ),
        present=params["state"] == "present",
        adopt=params["adopt"],
        prune=params["prune"],
        force=params["force"],
        check=check,
    )


def main():
    """Run the module."""
    # The module logs its arguments before they are checked; a literal secret among them must not get there.
    module = AnsibleModule(ARGUMENTS, no_log=True, supports_check_mode=True)
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    try:
        result = task_result(run_on_clients(request_from(module.params, module.check_mode)))
    except InvalidEntries as error:
        module.no_log_values |= error.secrets
        module.fail_json(msg=str(error))
    except FactoryError as error:
        module.fail_json(msg=str(error))
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
