# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that everything in this collection shares."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a workspace."""

    DOCUMENTATION = r"""
options:
  token:
    description:
      - The token of an integration (an internal connection) of the workspace.
      - Keep it in the environment or in Ansible Vault, never in a file of a repository.
      - If left out, the environment variable E(NOTION_TOKEN) is used; M(factory.notion.workspace) also takes the
        variable C(notion_token) of the inventory.
    type: str
  base_url:
    description:
      - Where the API is; the local Notion API of C(factory sandbox notion) says its own when it starts.
      - If left out, the environment variable E(NOTION_BASE_URL) is used.
    type: str
    default: https://api.notion.com
  parent_page:
    description:
      - The id of the page that the databases belong under. It must be shared with the integration.
      - If left out, the environment variable E(NOTION_PARENT_PAGE) is used.
    type: str
  environment:
    description: The environment's name, for overlays and messages.
    type: str
    default: sandbox
  requests_per_minute:
    description:
      - How many requests may be sent in any window of 60 seconds. They may be sent at once; only when the budget is
        spent does the task wait, until the window ends.
      - Notion allows 180 on Free and Plus, 600 on Business and Enterprise.
    type: int
    default: 180
  in_flight:
    description: How many requests may be under way at the same time.
    type: int
    default: 8
  deadline:
    description: Seconds within which a request must succeed, all its repetitions together.
    type: int
    default: 120
  resource_deadline:
    description:
      - Seconds that the requests of one resource may take together; 0 for no such limit. Waiting for the budget does
        not count.
      - What was sent is done then, the rest of that resource is an error, and the other resources go on.
    type: int
    default: 0
  run_deadline:
    description:
      - Seconds that the whole run may take, waiting included; 0 for no such limit.
      - Then nothing more is sent. What is done, what is not and what was found is recorded, and the run fails; the next
        apply goes on.
    type: int
    default: 0
requirements:
  - python >= 3.11
  - notion-client >= 3.1
  - jsonschema-rs >= 0.60
  - PyYAML >= 6.0
  - structlog >= 25.5
  - markdown-it-py >= 4
  - tenacity >= 9.1
author:
  - The Factory authors
"""
