# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``factory.mcp.tool`` does: one call of a tool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean
from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import launch_from
from ansible_collections.factory.mcp.plugins.module_utils.tool_call import CallOutcome, CallPolicy, ToolCall
from ansible_collections.factory.mcp.plugins.module_utils.tool_executor import call_tools


def call_for_task(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call the tool that a task's *arguments* name; what the module returns.

    Raises ``FactoryError`` for options that cannot be.
    """
    for name in ("try_timeout", "deadline"):
        if arguments[name] < 1:
            raise FactoryError(f"{name} is {arguments[name]}; expected at least 1 second")
    policy = CallPolicy(try_seconds=arguments["try_timeout"], total_seconds=arguments["deadline"])
    call = ToolCall(arguments["tool"], arguments["arguments"], arguments["idempotent"], arguments["operation_id"])
    folder = Path(arguments["result_folder"]) if arguments["result_folder"] else None
    [result] = call_tools(launch_from(arguments), [call], policy, folder)
    return {
        "changed": not result.read_only and result.outcome is not CallOutcome.NOT_DONE,
        "outcome": result.outcome.value,
        "problem": result.problem,
        "content": list(result.content),
        "structured": result.structured,
        "file": str(result.file) if result.file is not None else None,
        "operation_id": result.operation_id,
        "tries": result.tries,
    }


def would_change(arguments: Mapping[str, Any]) -> bool:
    """Whether the call may change something, without making it.

    Raises ``FactoryError`` when the server cannot be used or has no such tool.
    """
    found = shake_hands(launch_from(arguments), arguments["deadline"])
    if found.state is not State.VERIFIED:
        raise FactoryError(found.problem)
    tools = {tool.name: tool for tool in found.tools}
    if arguments["tool"] not in tools:
        raise FactoryError(f"it has no tool '{arguments['tool']}'{did_you_mean(arguments['tool'], tools)}")
    return not tools[arguments["tool"]].read_only
