# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers of one host as a target of the engine; the module ``factory.mcp.server`` does the work there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import OWNERSHIP, Action, Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Findings,
    Known,
    Observation,
    Progress,
    World,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_diff import condition_of, refusal
from ansible_collections.factory.mcp.plugins.module_utils.server_files import KIND
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerState, state_from_data

Ask = Callable[[str, Sequence[Mapping[str, Any]]], Mapping[str, Any]]
"""Runs the module with a state and servers, and gives its result; see ``module_calls``."""


@dataclass(frozen=True, slots=True)
class HostTarget:
    """The servers of one stack on one host."""

    ask: Ask
    progress: Progress

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Known]) -> Findings[ServerState]:
        """Look at all of them with one call of the module."""
        self.progress("observe", 0, len(resources))
        result = self.ask("observed", [_wish(resource) for resource in resources])
        observed: dict[Address, Observation[ServerState]] = {}
        errors: dict[Address, FactoryError] = {}
        others = {Address(KIND, name) for name in result["others"]}
        for resource, one in zip(resources, result["resources"], strict=True):
            address = resource.address
            if one["error"]:
                errors[address] = FactoryError(one["error"])
                continue
            state = state_from_data(one["found"])
            former = next((old for old in resource.former if old in others), None)
            if state.recorded is None and former is None:
                errors.update({address: FactoryError(told)} if (told := refusal(address.name, state)) else {})
                continue
            if former is not None:
                others.discard(former)
            observed[address] = _observation(resource, state, former)
        self.progress("observe", len(resources), len(resources))
        orphans = {address: _orphan(address, result["folder"]) for address in sorted(others)}
        return Findings(observed, errors, orphans)

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Observation[ServerState] | None,
        world: World[ServerState],
    ) -> Observation[ServerState] | None:
        """Bring one server to what is declared, or remove it; the module looks for itself what that takes."""
        name = change.address.name
        if change.action in (Action.DELETE, Action.FORGET):
            self._one("absent" if change.action is Action.DELETE else "forgotten", {"name": name})
            return None
        if resource is None:
            raise AssertionError("only what is declared is written")
        done = self._one("present", _wish(resource))
        if any(one.path == OWNERSHIP for one in change.fields) and observed is not None and observed.former:
            self._one("absent", {"name": observed.former.name})
        return _observation(resource, state_from_data(done["found"]), None)

    def _one(self, state: str, server: Mapping[str, Any]) -> Mapping[str, Any]:
        (done,) = self.ask(state, [server])["resources"]
        if done["error"]:
            raise FactoryError(done["error"])
        result: Mapping[str, Any] = done
        return result


def _wish(resource: Resource) -> dict[str, Any]:
    metadata = resource.metadata
    return {
        "name": resource.address.name,
        "spec": dict(resource.spec),
        "adopt": bool(metadata.get("adopt")),
        "protect": bool(metadata.get("protect")),
    }


def _observation(resource: Resource, state: ServerState, former: Address | None) -> Observation[ServerState]:
    attributes = {"id": state.folder, "command": state.command, "url": state.url}
    condition = condition_of(state, spec_from(resource.spec).transport)
    return Observation(attributes, state, former=former, protected=state.protected, condition=condition)


def _orphan(address: Address, folder: str) -> Observation[ServerState]:
    at = f"{folder}/{address.name}"
    return Observation({"id": at}, ServerState(address.name, at))
