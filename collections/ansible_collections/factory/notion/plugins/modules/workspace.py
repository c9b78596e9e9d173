# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: workspace
short_description: Bring all databases and pages of a stack in a Notion workspace to what is declared
version_added: 0.1.0
description:
  - Reads a stack (a folder of YAML manifests), compares its C(NotionDatabase), C(NotionDataSource) and C(NotionPage)
    resources with what is live under one page of a Notion workspace, and changes exactly what differs. All in one task, concurrently, inside the
    workspace's request budget.
  - A run in which nothing differs reads each database once and writes nothing.
  - In check mode it stops after the plan; what does not exist yet is I(known after apply).
  - It is never destructive by accident. Properties, options and rows that only Notion has stay, unless the manifest says
    C(prune). A type change, a relation to another database or a pruned property is refused, with all that would be lost
    named first, unless O(allow_destructive=true).
  - What is written is read back. What Notion accepted and did not do is reported as I(unmanageable), once.
  - It finds a database by the identity cache, then by the ownership line in its description, and takes over one that it
    did not create only when asked to (O(adopt) or C(metadata.adopt)). A known database that cannot be found is an error,
    never a reason to create a second one; one in the trash is restored.
  - After a crash at any moment, run it again.
notes:
  - It runs on the controller, as an action plugin; there is nothing to install on a managed host.
  - The role P(factory.notion.databases#role) runs it and reports one item per database with M(factory.core.report).
extends_documentation_fragment:
  - factory.notion.connection
options:
  stack:
    description: The folder that holds the manifests, absolute or relative to where Ansible was started.
    type: path
    required: true
  target:
    description: What this workspace is called in the identity cache and in reports. The inventory name if left out.
    type: str
  state_folder:
    description:
      - Where the identity cache, plans, reports and journals of the environment are kept.
      - C(.factory/<environment>) below where Ansible was started, if left out.
      - It is a cache. Without it every database is found again by its ownership line; one in the trash only if Notion's
        search shows it.
    type: path
  run_id:
    description: The name of this run's folder below O(state_folder). Made from the time if left out.
    type: str
    default: ""
  view:
    description: Show the plan, or only what was changed behind Factory's back.
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
    description:
      - Move databases and pages to the trash that carry the ownership line of this stack and are not declared any more.
      - A protected one blocks the run until the stack says C(removed).
    type: bool
    default: false
  adopt:
    description:
      - Take over databases that exist under the parent page with exactly the declared title and nobody's ownership line.
      - Two candidates for one resource are refused.
    type: bool
    default: false
  purpose:
    description:
      - With V(apply), bring the databases to what is declared.
      - With V(adopt), record whose they are, in the ownership line and the identity cache, and change nothing else.
      - With V(destroy), move everything to the trash that carries the ownership line of this stack, in reverse order. It
        needs O(confirm), and a protected database blocks it.
    type: str
    choices: [apply, adopt, destroy]
    default: apply
  addresses:
    description: What to adopt with O(purpose=adopt). Everything in the stack if left out.
    type: list
    elements: str
    default: []
  adopt_id:
    description: The id of the database that the one address in O(addresses) is to adopt.
    type: str
    default: ""
  confirm:
    description: The environment's name, without which O(purpose=destroy) does nothing outside check mode.
    type: str
    default: ""
  ownership_line:
    description:
      - Write C(Managed by Factory) with the stack and the address as the last line of each database's description.
      - Of a protected database it ends in C(, protected).
      - Without it, a database is only found by the identity cache, which then says what may be pruned and destroyed.
    type: bool
    default: true
attributes:
  check_mode:
    description: Stops after the plan and writes nothing to Notion.
    support: full
  diff_mode:
    description: Each entry of C(resources) has a C(diff), which M(factory.core.report) shows; the task itself shows none.
    support: partial
"""

EXAMPLES = r"""
- name: See what would change
  factory.notion.workspace:
    stack: stacks/factory
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
  check_mode: true
  register: planned

- name: Apply exactly that plan, a type change included
  factory.notion.workspace:
    stack: stacks/factory
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
    plan_file: "{{ planned.plan }}"
    allow_destructive: true

- name: Take over databases that were made by hand
  factory.notion.workspace:
    stack: stacks/factory
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
    adopt: true

- name: Record whose a database is that was made by hand, and change nothing else
  factory.notion.workspace:
    stack: stacks/factory
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
    purpose: adopt
    addresses: [NotionDatabase/tasks]
    adopt_id: 1d4e8f60-7b1c-4c0e-9f43-5d7d1c1f2a3b

- name: Move everything that the stack has made to the trash
  factory.notion.workspace:
    stack: stacks/factory
    environment: staging
    parent_page: "{{ notion_parent_page }}"
    token: "{{ notion_token }}"
    purpose: destroy
    confirm: staging

- name: The role does the same and reports each database
  ansible.builtin.include_role:
    name: factory.notion.databases
  vars:
    databases_stack: stacks/factory
"""

RETURN = r"""
resources:
  description: One entry per declared database, destructive changes first; feed it to M(factory.core.report).
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The resource's address.
      type: str
      sample: NotionDatabase/tasks
    action:
      description: One of no-op, create, update, rename, delete, forget, restore, adopt.
      type: str
      sample: update
    effect:
      description: The worst of its fields, one of none, additive, reversible, disruptive, destructive.
      type: str
      sample: additive
    id:
      description: The id of the live database; V(null) in a plan for what does not exist yet.
      type: str
    changed:
      description: Whether it was changed, or in check mode would be.
      type: bool
    drifted:
      description: Whether somebody changed it behind Factory's back, and nobody has acknowledged that.
      type: bool
    fields:
      description: What differs, each with path, before, after, effect, reason, drift and who has acknowledged it.
      type: list
      elements: dict
    blocked:
      description: Why it must not be applied, such as that it is protected; empty if it may.
      type: str
    unmanageable:
      description: Declared details that Notion's API cannot bring about, each with path and reason.
      type: list
      elements: dict
    error:
      description: What went wrong with this resource; empty if nothing did.
      type: str
    diff:
      description: Before and after, for diff mode.
      type: dict
summary:
  description: How many databases are created, changed, deleted, forgotten, blocked, unchanged and drifted.
  returned: success
  type: dict
  sample: {create: 7, change: 0, delete: 0, forget: 0, blocked: 0, unchanged: 0, drift: 0}
drift:
  description: The addresses of what was changed behind Factory's back.
  returned: success
  type: list
  elements: str
digest:
  description: Binds the plan to what is declared and what was observed.
  returned: success
  type: str
gate:
  description: One of allow, needs-approval, deny.
  returned: success
  type: str
  sample: allow
plan:
  description: The path of this run's plan file.
  returned: success
  type: str
report:
  description: The path of this run's report.
  returned: success
  type: str
"""
