# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: acceptance
short_description: Accept what MCP servers of a stack offer
version_added: 0.1.0
description:
  - Installs and starts servers as M(factory.mcp.host) does, asks them what they offer, and writes that into the pins beside
    the manifests of the stack. Clients are not told of anything.
  - A pin says what somebody has read. Look at the differences before you commit it.
  - A server that cannot be asked is an error, and the pins of the others are written all the same.
notes:
  - It runs on the controller, as an action plugin, and calls M(factory.mcp.server) on the host.
options:
  stack:
    description: The folder that holds the manifests.
    type: path
    required: true
  servers:
    description: The names of the servers; all of the stack if left out.
    type: list
    elements: str
    default: []
  environment:
    description: The environment's name, for overlays.
    type: str
    default: sandbox
  target:
    description: What this host is called in reports. The inventory name if left out.
    type: str
  folder:
    description: Where servers lie on the host. C(.local/share/factory/mcp) in O(home) if left out.
    type: path
  home:
    description: The home folder whose clients are meant; that of the user of the task if left out.
    type: path
  state_folder:
    description: Where the identity cache and runs are kept. C(.factory/<environment>) if left out.
    type: path
requirements:
  - python >= 3.11
attributes:
  check_mode:
    description: Says what would be accepted and writes no pin.
    support: full
  diff_mode:
    description: The differences are in RV(accepted).
    support: none
author:
  - The Factory authors
"""

EXAMPLES = r"""
- name: Accept what one server offers
  factory.mcp.acceptance:
    stack: stacks/factory
    servers: [filesystem]
"""

RETURN = r"""
accepted:
  description: What became of each pin.
  returned: success
  type: list
  elements: dict
  sample: [{address: McpServer/filesystem, file: stacks/factory/pins/filesystem.json, new: true, tools: 14, findings: []}]
"""
