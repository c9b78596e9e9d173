# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of the engine on a Notion workspace: what the batch action and the single modules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Progress, Provider
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.notion.plugins.module_utils.connection import Connection
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement
from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS
from ansible_collections.factory.notion.plugins.module_utils.workspace_target import WorkspaceTarget


def run_on_workspace(
    declared: Declared,
    providers: Mapping[str, Provider[Any]],
    connection: Connection,
    placement: Placement,
    target: str,
    state: Path,
    options: Options,
    progress: Progress = lambda stage, done, total: None,
    say: Callable[[str], object] = lambda message: None,
    planned: Callable[[Plan], object] = lambda plan: None,
    stop: Stop | None = None,
) -> Report:
    """Plan or apply the resources of a workspace among *declared* under the placement's page; *stop* ends it early."""
    stop = stop or Stop(connection.run_deadline)
    scope = Scope(placement.stack, placement.environment, target, placement.parent_page, state)

    def wait_said(seconds: float) -> None:
        if seconds > 1:
            say(f"the request budget of this minute is spent; going on in {seconds:.0f} s")

    def connect(told: Progress) -> WorkspaceTarget:
        return WorkspaceTarget(connection.open(wait_said, stop), placement, told)

    secrets = [connection.token]
    return run(declared, providers, KINDS, connect, scope, options, secrets, progress, say, planned, stop)
