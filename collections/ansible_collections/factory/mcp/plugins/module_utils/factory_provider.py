# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of this collection, for the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Fault,
    Observation,
    Provider,
    Reference,
    World,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_diff import server_change
from ansible_collections.factory.mcp.plugins.module_utils.server_files import KIND
from ansible_collections.factory.mcp.plugins.module_utils.server_rules import server_faults
from ansible_collections.factory.mcp.plugins.module_utils.server_schema import server_spec_schema
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerState


class McpServer:
    """An MCP server on a host, with its program, its service and the clients that are told of it."""

    kind: str = KIND
    schema_name: str = "mcp-server"
    spec_schema: Mapping[str, Any] = server_spec_schema()
    attributes: tuple[str, ...] = ("id", "command", "url")
    keeps_variables: bool = True

    def check(self, resource: Resource, declared: Declared) -> Iterable[Fault]:
        """See ``server_rules``."""
        return server_faults(resource)

    def references(self, resource: Resource) -> Iterable[Reference]:
        """None but those in its texts."""
        return ()

    def diff(self, resource: Resource, observed: Observation[ServerState] | None, world: World[ServerState]) -> Change:
        """See ``server_diff``."""
        return server_change(resource, observed)


PROVIDERS: list[Provider[Any]] = [McpServer()]
KINDS = frozenset(provider.kind for provider in PROVIDERS)
"""What lives on a host of MCP servers."""
