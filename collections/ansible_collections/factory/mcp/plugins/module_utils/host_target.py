# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers of one host as a target of the engine; the module ``factory.mcp.server`` does the work there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action, Change
from ansible_collections.factory.core.plugins.module_utils.graph import fill_in
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.plan import shown
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Findings,
    Known,
    Observation,
    Progress,
    World,
)
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
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
        """Look at all of them with one call of the module; those that refer to others of them with a further one."""
        self.progress("observe", 0, len(resources))
        observed: dict[Address, Observation[ServerState]] = {}
        refused: dict[Address, str] = {}
        left = list(resources)
        result, asked = self._looked_at(left, observed)
        others = {Address(KIND, name) for name in result["others"]} - {one.address for one in resources}
        while True:
            for resource, one in zip(asked, result["resources"], strict=True):
                address = resource.address
                if one["error"]:
                    refused[address] = one["error"]
                    continue
                state = state_from_data(one["found"])
                former = next((old for old in resource.former if old in others), None)
                if state.recorded is None and former is None:
                    refused.update({address: told} if (told := refusal(address.name, state)) else {})
                    continue
                if former is not None:
                    others.discard(former)
                observed[address] = _observation(resource, state, former)
            done = {one.address for one in asked}
            left = [one for one in left if one.address not in done]
            self.progress("observe", len(resources) - len(left), len(resources))
            if not left:
                break
            result, asked = self._looked_at(left, observed)
        orphans = {address: _orphan(address, result) for address in sorted(others)}
        return Findings(observed, orphans=orphans, refused=refused)

    def _looked_at(
        self, resources: Sequence[Resource], observed: Mapping[Address, Observation[ServerState]]
    ) -> tuple[Mapping[str, Any], list[Resource]]:
        """What the module finds of those that refer to nothing open, or else of all, and which those are."""
        filled = [fill_in(one, observed, {}) for one in resources]
        ready = [one for one in filled if not _waits_for(one)] or [
            dataclasses.replace(one, spec=shown(one.spec)) for one in filled
        ]
        return self.ask("observed", [_wish(one) for one in ready]), ready

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Observation[ServerState] | None,
        world: World[ServerState],
    ) -> Observation[ServerState] | None:
        """Bring one server to what is declared, or remove it; the module looks for itself what that takes.

        A renamed one is set up under its name, then removed under its former one; two that listen at the same address
        cannot be there together, so that the former goes first then.
        """
        name = change.address.name
        if change.action in (Action.DELETE, Action.FORGET):
            self._one("absent" if change.action is Action.DELETE else "forgotten", {"name": name})
            return None
        if resource is None:
            raise AssertionError("only what is declared is written")
        if waits := _waits_for(resource):
            raise FactoryError(f"waiting for {', '.join(map(str, waits))}")
        former = observed.former if observed is not None else None
        listens = spec_from(resource.spec).listening is not None
        if former is not None and listens:
            self._one("absent", {"name": former.name})
        done = self._one("present", _wish(resource))
        if former is not None and not listens:
            self._one("absent", {"name": former.name})
        return _observation(resource, state_from_data(done["found"]), None)

    def _one(self, state: str, server: Mapping[str, Any]) -> Mapping[str, Any]:
        (done,) = self.ask(state, [server])["resources"]
        if done["error"]:
            raise FactoryError(done["error"])
        result: Mapping[str, Any] = done
        return result


def _waits_for(resource: Resource) -> list[Address]:
    """The resources to which its texts refer still."""
    return sorted({one.target for one in references_in(resource.spec) if one.target is not None})


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


def _orphan(address: Address, result: Mapping[str, Any]) -> Observation[ServerState]:
    at = f"{result['folder']}/{address.name}"
    return Observation({"id": at}, ServerState(address.name, at), protected=address.name in result["protected"])
