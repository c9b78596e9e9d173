# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: report
short_description: Show what became of one resource
version_added: 0.1.0
description:
  - Replays one entry of the C(resources) that a batch task such as M(factory.notion.workspace) returned.
  - Looped over all entries, it gives every callback one ok, changed or failed item with its diff per resource.
  - It changes nothing and costs about three milliseconds an item.
author:
  - The Factory authors
options:
  resource:
    description: One entry of the C(resources) of a batch task's result.
    type: dict
    required: true
attributes:
  check_mode:
    description: Can run in check mode and returns the same.
    support: full
  diff_mode:
    description: Shows the resource's diff.
    support: full
"""

EXAMPLES = r"""
- name: Bring the workspace to what is declared
  factory.notion.workspace:
    stack: stacks/factory
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
  register: workspace_run
  failed_when: workspace_run.resources is not defined

- name: Report each database
  factory.core.report:
    resource: "{{ workspace_run.resources[index] }}"
  loop: "{{ workspace_run.resources | map(attribute='address') }}"
  loop_control:
    index_var: index
"""

RETURN = r"""
address:
  description: The resource's address.
  returned: always
  type: str
  sample: NotionDatabase/tasks
action:
  description: What happened to it, or in check mode would happen.
  returned: always
  type: str
  sample: create
id:
  description: Its live id; V(null) in a plan for what does not exist yet.
  returned: always
  type: str
reason:
  description: Why, where that is not obvious.
  returned: always
  type: str
"""
