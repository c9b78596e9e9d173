# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live id of a resource, from the identity cache."""

from __future__ import annotations

DOCUMENTATION = r"""
name: resource_id
short_description: The live id of a resource that Factory manages
version_added: 0.1.0
description:
  - Looks an address up in the identity cache of an environment, without any network.
  - The cache knows what was planned or applied from this checkout. What it does not know is an error.
author:
  - The Factory authors
options:
  _terms:
    description: Addresses, as in C(NotionDatabase/tasks), or C(crm:NotionDatabase/customers) with the stack's name.
    type: list
    elements: str
    required: true
  stack:
    description: The stack that the resource belongs to; needed where several have the address.
    type: str
    default: ""
  target:
    description: The target that it lives on; needed where several have the address.
    type: str
    default: ""
  environment:
    description: The environment's name, a folder below C(.factory). That of the inventory if left out.
    type: str
  state_folder:
    description: Where the environment's identity cache is. C(.factory/<environment>) beside C(inventories) if left out.
    type: path
  attribute:
    description: What to look up, such as V(data_source_id).
    type: str
    default: id
"""

EXAMPLES = r"""
- name: Show where the tasks are
  ansible.builtin.debug:
    msg: "{{ lookup('factory.core.resource_id', 'NotionDatabase/tasks', stack='factory') }}"

- name: Show their data source
  ansible.builtin.debug:
    msg: "{{ lookup('factory.core.resource_id', 'NotionDatabase/tasks', attribute='data_source_id') }}"
"""

RETURN = r"""
_raw:
  description: One id for each address.
  type: list
  elements: str
"""

from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from ansible.errors import AnsibleLookupError  # noqa: E402
from ansible.plugins.lookup import LookupBase  # noqa: E402

from ansible_collections.factory.core.plugins.module_utils.identity_lookup import find  # noqa: E402
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError  # noqa: E402


class LookupModule(LookupBase):
    """See the documentation above."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        """One id for each of *terms*."""
        self.set_options(var_options=variables, direct=options)
        file = self._state_folder(variables or {}) / "identity.json"
        try:
            found = [find(file, term, self.get_option("stack"), self.get_option("target")) for term in terms]
        except FactoryError as error:
            raise AnsibleLookupError(str(error)) from None
        attribute = self.get_option("attribute")
        for one in found:
            if attribute not in one.record.attributes:
                known = ", ".join(sorted(one.record.attributes))
                raise AnsibleLookupError(f"{one.address} has no {attribute}; it has {known}")
        return [one.record.attributes[attribute] for one in found]

    def _state_folder(self, variables: dict[str, Any]) -> Path:
        if self.get_option("state_folder"):
            return Path(self.get_option("state_folder"))
        inventory = Path(variables.get("inventory_dir") or ".")
        beside = inventory.parent.name == "inventories"
        environment = self.get_option("environment") or (inventory.name if beside else "default")
        return (inventory.parent.parent if beside else Path.cwd()) / ".factory" / environment
