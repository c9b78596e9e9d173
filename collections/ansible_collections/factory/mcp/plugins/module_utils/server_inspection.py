# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``factory.mcp.server_info`` does: a handshake, compared with a pin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import Finding, drift_between, unseen_in
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import read_pin
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import launch_from
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import tool_to_wire
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import context_of, pin_of


def inspect_server(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the module returns for a task's *arguments*.

    Raises ``FactoryError`` for options that cannot be, and for a broken pin.
    """
    if arguments["deadline"] < 1:
        raise FactoryError(f"deadline is {arguments['deadline']}; expected at least 1 second")
    launch = launch_from(arguments)
    pin = read_pin(Path(arguments["pin"])) if arguments["pin"] else None
    found = shake_hands(launch, arguments["deadline"])
    offered = pin_of(found, context_of(launch, found.protocol_version, arguments["package"], arguments["integrity"]))
    verified = found.state is State.VERIFIED
    return {
        "state": found.state.value,
        "problem": found.problem,
        "protocol_version": found.protocol_version,
        "server": {"name": found.server_name, "version": found.server_version},
        "instructions": found.instructions,
        "tools": [tool_to_wire(tool) for tool in found.tools],
        "resources": [asdict(resource) for resource in found.resources],
        "prompts": [asdict(prompt) for prompt in found.prompts],
        "sha256": offered.sha256 if verified else "",
        "pinned": pin is not None,
        "drift": _as_data(drift_between(pin, offered)) if pin is not None and verified else [],
        "unseen": _as_data(unseen_in(offered)),
    }


def _as_data(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {"class": one.drift.value, "tool": one.tool, "what": one.what, "before": one.before, "after": one.after}
        for one in findings
    ]
