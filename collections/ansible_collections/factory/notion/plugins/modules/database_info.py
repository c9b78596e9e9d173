# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: database_info
short_description: Read Notion databases
version_added: 0.1.0
description:
  - Reads one database by its id, or all databases under a page. Changes nothing.
  - Says of each what it is called, whose it is, and which properties it has.
extends_documentation_fragment:
  - factory.notion.connection
options:
  database_id:
    description: The id of the database to read. All databases under O(parent_page) if left out.
    type: str
attributes:
  check_mode:
    description: Does the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: What is under the page
  factory.notion.database_info:
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
  register: found

- name: Their titles
  ansible.builtin.debug:
    msg: "{{ found.databases | map(attribute='title') }}"
"""

RETURN = r"""
databases:
  description: The databases, in the order in which the page shows them.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The database's id.
      type: str
    data_source_id:
      description: The id of its data source, by which relations refer to it.
      type: str
    title:
      description: Its title.
      type: str
    description:
      description: Its description, without the ownership line.
      type: str
    ownership:
      description: The ownership line; V(null) when nobody owns it.
      type: str
    in_trash:
      description: Whether it is in the trash.
      type: bool
    properties:
      description: Its properties by name, each with id, type and configuration.
      type: dict
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from ansible_collections.factory.notion.plugins.module_utils.connection import CONNECTION_ARGUMENTS
    from ansible_collections.factory.notion.plugins.module_utils.database_listing import list_databases
except ImportError as error:
    CONNECTION_ARGUMENTS = {}
    MISSING = error
    MISSING_TRACEBACK = traceback.format_exc()
else:
    MISSING = None
    MISSING_TRACEBACK = None


def main():
    """Run the module."""
    module = AnsibleModule({**CONNECTION_ARGUMENTS, "database_id": {"type": "str"}}, supports_check_mode=True)
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib(MISSING.name or str(MISSING)), exception=MISSING_TRACEBACK)
    try:
        module.exit_json(changed=False, databases=list_databases(module.params))
    except FactoryError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
