# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a server what it offers and judge that: by its pin, the tools that are expected, and its probe."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake, shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import OF_CONTEXT, Finding, drift_between
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import pin_from_text
from ansible_collections.factory.mcp.plugins.module_utils.server_files import PIN
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import HttpLaunch, Launch, StdioLaunch
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import (
    PackageSource,
    Probe,
    RemoteSource,
    ServerSpec,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerCondition, ServerWish, Verification
from ansible_collections.factory.mcp.plugins.module_utils.tool_call import CallOutcome, CallPolicy, ToolCall, ToolResult
from ansible_collections.factory.mcp.plugins.module_utils.tool_executor import call_tools
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import PinContext, ServerPin, context_of, pin_of

_MOST_TOLD = 3
_LONGEST_TOLD = 60


def pin_context(spec: ServerSpec, name: str) -> PinContext:
    """The context of a pin, the same on every host: the program counts by its package, not by where it lies."""
    source = spec.source
    launch: Launch
    if isinstance(source, RemoteSource):
        launch = HttpLaunch(source.url, {name: str(text) for name, text in source.headers.items()})
    else:
        launch = StdioLaunch(name, spec.args, {name: str(text) for name, text in spec.env.items()})
    integrity = source.integrity if isinstance(source, PackageSource) else ""
    return context_of(launch, "", str(source), integrity)


def missing_variables(spec: ServerSpec, variables: Mapping[str, str]) -> str:
    """Which variables a server refers to and does not get, and what to do about that; empty if none."""
    missing = [name for name in spec.variables if name not in variables]
    if not missing:
        return ""
    verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
    return f"{', '.join(missing)} {verb} not set; set {them} where Factory runs"


def verify(wish: ServerWish, spec: ServerSpec, launch: Launch, asked: str) -> tuple[Verification, Handshake | None]:
    """Shake hands with the server at *launch*, probe it, and say how it is, with what it offers.

    A server over stdio whose variables are not set is asked without them, and is degraded whatever it answers, if it
    is not drifted. Any other is not asked, since it does not run without them. Raises ``BrokenPin``.
    """
    text = wish.spec.get(PIN)
    pin = pin_from_text(text, Path("pins", f"{wish.name}.json")) if text else None
    missing = missing_variables(spec, wish.variables)
    if missing and not isinstance(launch, StdioLaunch):
        return Verification(asked, ServerCondition.DEGRADED, missing), None
    found = shake_hands(launch, spec.deadline)
    if found.state is not State.VERIFIED:
        told = f"{missing} (without, it does not answer)" if missing else found.problem
        return Verification(asked, ServerCondition.DEGRADED, told), None
    tools = tuple(sorted(tool.name for tool in found.tools))
    drift = offer_drift(pin, pin_of(found, pin_context(spec, wish.name))) if pin is not None else []
    if drift:
        as_data = tuple(_as_data(one) for one in drift)
        told = drift_told(drift) + (f" ({missing}, if that is why)" if missing else "")
        return Verification(asked, ServerCondition.DRIFTED, told, tools, as_data), found
    if missing:
        told = f"{missing} (without, it lists {len(tools)} tools, and calls of them may fail)"
        return Verification(asked, ServerCondition.DEGRADED, told, tools), found
    if lacking := [name for name in spec.expected_tools if name not in tools]:
        told = f"it does not offer {', '.join(lacking)}, which is expected"
        return Verification(asked, ServerCondition.DEGRADED, told, tools), found
    if spec.probe is not None and (told := _probe_failure(spec.probe, launch, spec.deadline)):
        return Verification(asked, ServerCondition.DEGRADED, f"its probe failed: {told}", tools), found
    told = "" if pin is not None else "nobody has accepted what it offers yet; to do that: factory mcp accept NAME"
    return Verification(asked, ServerCondition.VERIFIED, told, tools), found


def offer_drift(pin: ServerPin, now: ServerPin) -> list[Finding]:
    """What is offered otherwise than accepted. From where it comes, the manifest declares."""
    return [one for one in drift_between(pin, now) if one.drift not in OF_CONTEXT]


def drift_told(drift: list[Finding]) -> str:
    """*drift* in one line: a server may offer pages of text, and says what stands there."""
    more = f"; and {len(drift) - _MOST_TOLD} more" if len(drift) > _MOST_TOLD else ""
    short = [dataclasses.replace(one, before=_brief(one.before), after=_brief(one.after)) for one in drift[:_MOST_TOLD]]
    return f"{'; '.join(map(str, short))}{more}"


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TOLD else f"{line[: _LONGEST_TOLD - 1]}…"


def _as_data(one: Finding) -> dict[str, str]:
    return {"class": one.drift.value, "tool": one.tool, "what": one.what, "before": one.before, "after": one.after}


def _probe_failure(probe: Probe, launch: Launch, deadline: float) -> str:
    """Why the probe did not end as it should; empty if it did."""
    policy = CallPolicy(try_seconds=deadline, total_seconds=deadline)
    [result] = call_tools(launch, [ToolCall(probe.tool, probe.arguments, idempotent=True)], policy)
    if result.outcome not in (CallOutcome.DONE, CallOutcome.FAILED):
        return result.problem
    if result.outcome is CallOutcome.FAILED and not probe.error:
        return result.problem or f"{probe.tool} says that it failed"
    if result.outcome is CallOutcome.DONE and probe.error:
        return f"{probe.tool} was to fail, and did not"
    if probe.contains and not any(probe.contains in text for text in _texts(result)):
        return f"the answer of {probe.tool} does not contain '{probe.contains}'"
    return ""


def _texts(result: ToolResult) -> Iterator[str]:
    yield from (str(part.get("text", "")) for part in result.content)
    if result.structured is not None:
        yield json.dumps(result.structured, ensure_ascii=False)
