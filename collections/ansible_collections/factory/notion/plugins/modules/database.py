# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: database
short_description: Bring one Notion database to what is declared
version_added: 0.1.0
description:
  - Does for one database what M(factory.notion.workspace) does for a whole stack, on the same code.
  - For many databases use M(factory.notion.workspace). It needs one task and shares one request budget.
  - Relations to other databases are given by O(properties) with C(data_source_id), since there is no stack to name them.
extends_documentation_fragment:
  - factory.notion.connection
options:
  name:
    description:
      - The resource's name, with which the ownership line identifies it. Lower-case letters, digits and hyphens.
    type: str
    required: true
  stack:
    description: The stack that the ownership line names.
    type: str
    default: ansible
  state:
    description:
      - V(present) creates or changes the database (or restores it, with a O(state_folder) that remembers it or where Notion's search shows it), V(absent) moves it to the trash.
      - Only a database that carries the ownership line is ever moved to the trash, and not if the line says that it is protected.
    type: str
    choices: [present, absent]
    default: present
  title:
    description: The database's title.
    type: str
    required: true
  icon:
    description: An emoji, or the https URL of a picture.
    type: str
  cover:
    description: The https URL of a picture.
    type: str
  description:
    description: Plain text below the title.
    type: str
  inline:
    description: Shown within its page.
    type: bool
  locked:
    description: Nobody changes its views and properties by hand.
    type: bool
  prune:
    description: Remove properties, options and views that only Notion has. Needs O(allow_destructive=true) to do so.
    type: bool
  properties:
    description: The properties by name, as in a manifest. Required to be present.
    type: dict
  rows:
    description: The rows to have, with C(key) and C(items), as in a manifest.
    type: dict
  prune_rows:
    description:
      - Move rows that only Notion has to the trash, V(true) or a mapping with C(at_most). Needs O(allow_destructive=true).
    type: raw
  views:
    description: The views in the order of tabs, as in a manifest.
    type: list
    elements: dict
  adopt:
    description: Take over a database of that title that nobody owns.
    type: bool
    default: false
  allow_destructive:
    description: Go ahead even if something is lost.
    type: bool
    default: false
  state_folder:
    description:
      - Where the identity cache, plans and reports are kept. A new temporary folder if left out, so that the database is
        found by its ownership line each time.
    type: path
attributes:
  check_mode:
    description: Stops after the plan and writes nothing to Notion.
    support: full
  diff_mode:
    description: Shows every field before and after.
    support: full
"""

EXAMPLES = r"""
- name: A reading list
  factory.notion.database:
    name: reading-list
    title: Reading list
    icon: "📚"
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
    properties:
      Name: {type: title}
      Status: {type: select, options: [{name: Waiting}, {name: Read, color: green}]}
      Pages: {type: number}
    views:
      - {name: By status, type: board, group_by: Status}
      - {name: Longest, type: table, sorts: [{property: Pages, direction: descending}]}

- name: Not needed any more
  factory.notion.database:
    name: reading-list
    title: Reading list
    state: absent
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
"""

RETURN = r"""
resource:
  description: What became of the database, as an entry of C(resources) of M(factory.notion.workspace).
  returned: success
  type: dict
id:
  description: The id of the database; V(null) in check mode if it does not exist yet.
  returned: success
  type: str
  sample: 137e39b0-a261-493b-8567-a47b447c689d
"""

import tempfile
import traceback
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.notion.plugins.module_utils.connection import CONNECTION_ARGUMENTS
    from ansible_collections.factory.notion.plugins.module_utils.single_database import database_result
except ImportError as error:
    CONNECTION_ARGUMENTS = {}
    MISSING = error
    MISSING_TRACEBACK = traceback.format_exc()
else:
    MISSING = None
    MISSING_TRACEBACK = None

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "stack": {"type": "str", "default": "ansible"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "title": {"type": "str", "required": True},
    "icon": {"type": "str"},
    "cover": {"type": "str"},
    "description": {"type": "str"},
    "inline": {"type": "bool"},
    "locked": {"type": "bool"},
    "prune": {"type": "bool"},
    "properties": {"type": "dict"},
    "rows": {"type": "dict"},
    "prune_rows": {"type": "raw"},
    "views": {"type": "list", "elements": "dict"},
    "adopt": {"type": "bool", "default": False},
    "allow_destructive": {"type": "bool", "default": False},
    "state_folder": {"type": "path"},
}


def main():
    """Run the module."""
    module = AnsibleModule(
        {**CONNECTION_ARGUMENTS, **ARGUMENTS},
        required_if=[("state", "present", ["properties"])],
        supports_check_mode=True,
    )
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    try:
        with tempfile.TemporaryDirectory() as fresh:
            folder = Path(module.params["state_folder"] or fresh)
            result = database_result(module.params, folder, module.check_mode)
    except FactoryError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
