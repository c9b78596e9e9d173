# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: host
short_description: Bring all MCP servers of a stack on one host to what is declared
version_added: 0.1.0
description:
  - Reads a stack (a folder of YAML manifests), compares its C(McpServer) resources with what is on the host, and changes
    exactly what differs. All in one task, several servers at a time.
  - In check mode it stops after the plan. A run in which nothing differs calls M(factory.mcp.server) once, which starts no
    server that is as it was when it was asked.
  - With O(view=drift) each server is asked what it offers, and everything that differs from what was accepted is shown.
  - A server that offers something else than what was accepted is left as it is, and its clients keep what they have.
    C(factory mcp accept) accepts it.
  - After a crash at any moment, run it again.
notes:
  - It runs on the controller, as an action plugin, and calls M(factory.mcp.server) on the host.
  - Environment variables that manifests refer to are those of the controller.
  - The role P(factory.mcp.servers#role) runs it and reports one item per server with M(factory.core.report).
options:
  stack:
    description: The folder that holds the manifests, absolute or relative to where Ansible was started.
    type: path
    required: true
  environment:
    description: The environment's name, for overlays and messages.
    type: str
    default: sandbox
  target:
    description: What this host is called in the identity cache and in reports. The inventory name if left out.
    type: str
  folder:
    description:
      - Where servers lie on the host, below it in folders of the environment, the stack and the server.
      - C(.local/share/factory/mcp) in O(home) if left out.
    type: path
  home:
    description: The home folder whose clients are meant; that of the user of the task if left out.
    type: path
  state_folder:
    description:
      - Where the identity cache, plans, reports and journals of the environment are kept.
      - C(.factory/<environment>) below where Ansible was started, if left out.
    type: path
  run_id:
    description: The name of this run's folder below O(state_folder). Made from the time if left out.
    type: str
    default: ""
  view:
    description: Show the plan, or ask every server and show only what was changed behind Factory's back.
    type: str
    choices: [plan, drift]
    default: plan
  plan_file:
    description: Apply only if the plan is still the one in this file (a C(plan.json) of an earlier run).
    type: path
  allow_destructive:
    description: Go ahead even if something is lost.
    type: bool
    default: false
  prune:
    description: Remove servers of this stack that are not declared any more.
    type: bool
    default: false
  adopt:
    description: Take over entries of clients that others wrote under the name of a server.
    type: bool
    default: false
  purpose:
    description: Apply the stack, only record whose its servers are, or remove them all in reverse order.
    type: str
    choices: [apply, adopt, destroy]
    default: apply
  addresses:
    description: What to adopt with O(purpose=adopt). Everything in the stack if left out.
    type: list
    elements: str
    default: []
  adopt_id:
    description: The id of what the one address in O(addresses) is to adopt.
    type: str
    default: ""
  confirm:
    description: The environment's name, without which O(purpose=destroy) does nothing outside check mode.
    type: str
    default: ""
  in_flight:
    description: How many servers may be worked on at the same time.
    type: int
    default: 8
  run_deadline:
    description: Seconds that the whole run may take; 0 for no such limit. What is done then is recorded, and the run fails.
    type: int
    default: 0
requirements:
  - python >= 3.11
  - jsonschema-rs >= 0.60
  - PyYAML >= 6.0
  - structlog >= 25.5
attributes:
  check_mode:
    description: Stops after the plan and changes nothing.
    support: full
  diff_mode:
    description: Each entry of C(resources) has a C(diff), which M(factory.core.report) shows; the task itself shows none.
    support: partial
author:
  - The Factory authors
"""

EXAMPLES = r"""
- name: See what would change
  factory.mcp.host:
    stack: stacks/factory
  check_mode: true
  register: planned

- name: Apply exactly that plan
  factory.mcp.host:
    stack: stacks/factory
    plan_file: "{{ planned.plan }}"
"""

RETURN = r"""
resources:
  description: What became of each server, or would become of it.
  returned: success
  type: list
  elements: dict
  sample:
    - address: McpServer/filesystem
      action: create
      effect: additive
      id: /home/ana/.local/share/factory/mcp/sandbox/factory/filesystem
      changed: true
      condition: {state: verified, reason: ""}
      error: ""
summary:
  description: How many are created, changed, deleted, blocked and unchanged, and how many have drifted.
  returned: success
  type: dict
drift:
  description: The addresses of what was changed behind Factory's back.
  returned: success
  type: list
  elements: str
digest:
  description: What binds the plan to what is declared and observed.
  returned: success
  type: str
gate:
  description: V(allow), V(needs approval) or V(deny).
  returned: success
  type: str
plan:
  description: Where the plan is, as JSON.
  returned: success
  type: str
report:
  description: Where the report is, as JSON.
  returned: success
  type: str
"""
