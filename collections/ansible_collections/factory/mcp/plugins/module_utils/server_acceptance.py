# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accept what servers offer: write pins from what was found on their host, because a person said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.graph import fill_in
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.module_calls import Call
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import Finding, drift_between, unseen_in
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import accept, pin_file, read_pin
from ansible_collections.factory.mcp.plugins.module_utils.server_files import KIND
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import tool_from
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import pin_context
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import pin_of


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of one server's pin: whether it is new, and in what it differs from the former one."""

    name: str
    file: Path
    is_new: bool
    tools: int
    findings: tuple[Finding, ...]


def servers_to_accept(
    declared: Declared, names: Sequence[str], remembered: Mapping[Address, Mapping[str, str]]
) -> list[Resource]:
    """The servers called *names*, all of the stack without any, with the attributes of others filled in.

    Raises ``FactoryError`` for one that is not declared, and for one that refers to what is not there yet.
    """
    wanted = [Address(KIND, name.removeprefix(f"{KIND}/")) for name in names]
    for address in wanted:
        if address not in declared.resources:
            raise FactoryError(f"{address} is not declared in this stack{declared.suggest(address)}")
    servers = []
    for address, resource in sorted(declared.resources.items()):
        if address.kind == KIND and (address in wanted or not wanted):
            filled = fill_in(resource, {}, remembered)
            for open_one in references_in(filled.spec):
                if open_one.target is not None:
                    raise FactoryError(f"{address} refers to {open_one.target}, which is not there yet; apply it first")
            servers.append(filled)
    return servers


def accept_offers(
    stack: Path, servers: Sequence[Resource], call: Call, check: bool
) -> tuple[list[Acceptance], list[str]]:
    """Ask *servers* and pin what each offers, unless *check*; what became of each, and why others were not asked."""
    wishes = [{"name": one.address.name, "spec": dict(one.spec)} for one in servers]
    found, errors = [], []
    for resource, answer in zip(servers, call("offered", wishes)["resources"], strict=True):
        if answer["error"]:
            errors.append(f"{resource.address}: {answer['error']}")
            continue
        found.append(_accepted(stack, resource, answer["offer"], check))
    return found, errors


def acceptance_to_data(one: Acceptance) -> dict[str, Any]:
    """*one* as a task returns it."""
    findings = [{**asdict(finding), "drift": finding.drift.value} for finding in one.findings]
    return {"address": f"{KIND}/{one.name}", "file": str(one.file), "new": one.is_new, "tools": one.tools} | {
        "findings": findings
    }


def _accepted(stack: Path, resource: Resource, offer: Mapping[str, Any], check: bool) -> Acceptance:
    name = resource.address.name
    file = pin_file(stack, name)
    tools = tuple(tool_from(one) for one in offer["tools"])
    found = Handshake(
        State.VERIFIED,
        protocol_version=offer["protocol_version"],
        instructions=offer["instructions"],
        tools=tools,
    )
    former = read_pin(file)
    context = replace(pin_context(spec_from(resource.spec), name), protocol_version=offer["protocol_version"])
    if check:
        pin = pin_of(found, context)
        findings = unseen_in(pin) if former is None else drift_between(former, pin)
    else:
        findings = accept(file, found, context)
    return Acceptance(name, file, former is None, len(tools), tuple(findings))
