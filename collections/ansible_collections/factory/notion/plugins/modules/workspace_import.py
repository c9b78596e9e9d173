# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: workspace_import
short_description: Write manifests for what a Notion workspace holds
version_added: 0.1.0
description:
  - Reads the pages and databases under a page of a Notion workspace, also those on the pages below it, and writes a
    manifest for each and for each further data source, in a file of its own. Writes nothing to Notion.
  - A plan right after that is empty. Whatever a plan would refuse or change is left out of the manifest, and a comment in
    it says what and why.
  - Each manifest names what it stands for in C(metadata.adopt). The ownership line is written along with the next change.
  - Two imports of an unchanged workspace write the same files.
notes:
  - It runs on the controller, as an action plugin; there is nothing to install on a managed host.
extends_documentation_fragment:
  - factory.notion.connection
options:
  to:
    description: The stack's folder, absolute or relative to where Ansible was started. Made if it is not there.
    type: path
    required: true
  page:
    description:
      - Import everything under this page; an id or a link. O(parent_page) if left out.
    type: str
  database:
    description: Import this database only, with all its data sources; an id or a link.
    type: str
  rows:
    description: Import the rows, too. Where nothing tells them apart, they are left out.
    type: bool
    default: false
  bodies:
    description:
      - Import the rows with what is on their pages, where Markdown can say it exactly. Implies O(rows).
      - It takes a request for each row, and one at every later check for each row that has something on its page.
    type: bool
    default: false
  force:
    description: Overwrite manifests that exist.
    type: bool
    default: false
  target:
    description: What this workspace is called in the identity cache. The inventory name if left out.
    type: str
  state_folder:
    description:
      - Where the identity cache of the environment is kept.
      - C(.factory/<environment>) below where Ansible was started, if left out.
    type: path
  run_id:
    description: The name of a folder below O(state_folder) for a copy of the result; none if left out.
    type: str
    default: ""
  ownership_line:
    description: Whether databases of this environment carry an ownership line, as in M(factory.notion.workspace).
    type: bool
    default: true
attributes:
  check_mode:
    description: Says which files it would write, and writes none.
    support: full
  diff_mode:
    description: Shows the manifests that are new or change.
    support: full
"""

EXAMPLES = r"""
- name: Write manifests for everything under a page
  factory.notion.workspace_import:
    to: stacks/crm
    page: https://www.notion.so/Company-0123456789abcdef0123456789abcdef
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"

- name: Take one more database into the stack, with its rows
  factory.notion.workspace_import:
    to: stacks/crm
    database: fedcba98-7654-4210-8fed-cba987654321
    rows: true
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
"""

RETURN = r"""
stack:
  description: The stack's name.
  returned: success
  type: str
  sample: crm
manifests:
  description: What was imported, and where it is declared.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address of the resource.
      type: str
      sample: NotionDatabase/tasks
    path:
      description: The file of its manifest.
      type: str
      sample: stacks/crm/tasks.yml
written:
  description: The files that are new or changed.
  returned: success
  type: list
  elements: str
  sample: [stacks/crm/tasks.yml]
left_out:
  description: What no manifest says, and why. It stays in Notion as it is.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The resource that it belongs to; empty for what has no manifest at all.
      type: str
      sample: NotionDatabase/tasks
    what:
      description: What is left out.
      type: str
      sample: properties.Approve
    reason:
      description: Why.
      type: str
      sample: Notion's API cannot create buttons; add it in Notion, it stays when the manifest leaves it out
"""
