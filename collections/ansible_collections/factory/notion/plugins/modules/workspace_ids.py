# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: workspace_ids
short_description: See what became of everything that the identity cache remembers of a Notion workspace
version_added: 0.1.0
description:
  - Reads each database, data source and page that the identity cache of an environment remembers of this workspace, in
    one request, and one more for the ownership mark of a page.
  - Says of each whether it is there and ours, in the trash, deleted for good or no longer shared, or somebody else's.
  - Changes nothing, not the identity cache either. What Factory deleted itself is not looked for.
notes:
  - It runs on the controller, as an action plugin; there is nothing to install on a managed host.
extends_documentation_fragment:
  - factory.notion.connection
options:
  stack:
    description: Only what belongs to this stack.
    type: str
    default: ""
  target:
    description: What this workspace is called in the identity cache. The inventory name if left out.
    type: str
  state_folder:
    description:
      - Where the identity cache of the environment is kept.
      - C(.factory/<environment>) below where Ansible was started, if left out.
    type: path
  run_id:
    description: The name of a folder below O(state_folder) for a copy of the result. Made from the time if left out.
    type: str
    default: ""
  ownership_line:
    description: Whether resources of this environment carry an ownership line, as in M(factory.notion.workspace).
    type: bool
    default: true
attributes:
  check_mode:
    description: It changes nothing anyway.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
"""

EXAMPLES = r"""
- name: See what became of everything that was ever applied here
  factory.notion.workspace_ids:
    token: "{{ notion_token }}"
    state_folder: .factory/production
  register: verified

- name: Stop where something is not as it was left
  ansible.builtin.assert:
    that: verified.ids | rejectattr('well') | length == 0
"""

RETURN = r"""
ids:
  description: One entry per remembered resource.
  returned: always
  type: list
  elements: dict
  contains:
    address:
      description: The resource's address.
      type: str
      sample: NotionDatabase/tasks
    stack:
      description: The stack that it belongs to.
      type: str
      sample: crm
    target:
      description: The workspace's name.
      type: str
      sample: workspace
    place:
      description: The parent page under which it is remembered.
      type: str
    id:
      description: The live id.
      type: str
    state:
      description: What was found.
      type: str
      sample: ours
      choices: [ours, unmarked, trashed, gone, not ours, unread]
    well:
      description: Whether there is nothing to do.
      type: bool
    told:
      description: What was found, in words.
      type: str
    advice:
      description: What to do about it; empty when nothing.
      type: str
"""
