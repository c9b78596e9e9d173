# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: validate
short_description: Check the manifests of a stack
version_added: 0.1.0
description:
  - Reads every manifest of a stack, merges the environment's overlay, and checks it against its kind's JSON Schema and
    against the rules that no schema can say.
  - Tells all problems at once, each with file, line and column. Uses no network.
author:
  - The Factory authors
options:
  stack:
    description: The folder that holds the manifests.
    type: path
    required: true
  environment:
    description: The environment whose overlay C(overlays/<environment>.yml) is merged.
    type: str
    default: sandbox
attributes:
  check_mode:
    description: Can run in check mode and does the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: Check the stack before anything runs
  factory.core.validate:
    stack: stacks/factory
    environment: production
"""

RETURN = r"""
addresses:
  description: The addresses of all declared resources.
  returned: success
  type: list
  elements: str
  sample: [NotionDatabase/clients, NotionDatabase/tasks]
warnings:
  description: What is doubtful and stops nothing, such as a number format that Factory does not know.
  returned: success
  type: list
  elements: str
  sample: ["stacks/factory/notion/tasks.yml:9:34: spec.properties.Fee.format: 'thaler' is not a format that Factory knows"]
msg:
  description: Every problem on a line of its own, as V(file:line:col) and a message.
  returned: failure
  type: str
  sample: |-
    1 problem in the manifests of stacks/factory:
    stacks/factory/notion/tasks.yml:9:3: spec.propertis: unknown key 'propertis'; did you mean 'properties'?
"""
