"""The engine alone, without any network; a process of its own, so that its memory can be told.

Run as ``engine_scale.py {validate,plan} STACK STATE``; prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workload import CHANGING, CURRENCIES, RELATION, workload

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource, load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Findings,
    Observation,
    World,
    installed_providers,
)
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, parse_data_source
from ansible_collections.factory.notion.plugins.module_utils.ownership import ownership_line


def main(measure: str, stack: Path, state: Path) -> None:
    """Load and validate the stack, and for ``plan`` make a plan in which every database differs."""
    providers = installed_providers()
    start = time.perf_counter()
    declared = validate(load_stack(stack, "sandbox"), providers)
    if measure == "plan":
        target = MemoryTarget(stack.name, live_data_sources(len(declared.resources)))
        scope = Scope(stack.name, "sandbox", "workspace", "page", state)
        start = time.perf_counter()
        report = run(declared, providers, providers, lambda progress: target, scope, Options(check=True))
        assert len(report.plan.pending) == len(declared.resources)
    seconds = time.perf_counter() - start
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": rss}))


@dataclass(frozen=True, slots=True)
class MemoryTarget:
    """A workspace whose answers lie in memory, as the API writes them."""

    stack: str
    data_sources: Mapping[str, dict[str, Any]]

    def observe(self, resources: Sequence[Resource], known: Mapping[Address, Any]) -> Findings[DatabaseState]:
        """Read every database from memory."""
        return Findings({resource.address: self._observation(resource.address) for resource in resources})

    def apply(
        self,
        change: Change,
        resource: Resource | None,
        observed: Observation[DatabaseState] | None,
        world: World[DatabaseState],
    ) -> Observation[DatabaseState] | None:
        """Never called: the bench only plans."""
        raise NotImplementedError

    def _observation(self, address: Address) -> Observation[DatabaseState]:
        source = self.data_sources[address.name]
        line = ownership_line(self.stack, address)
        state = parse_data_source({**source, "description": [{"plain_text": line}]})
        return Observation({"id": state.database_id, "data_source_id": state.data_source_id}, state)


def live_data_sources(size: int) -> dict[str, dict[str, Any]]:
    """What the API would answer for *size* databases, each with one number format that differs."""
    live = {}
    for one in workload(size):
        properties = {**one.properties, CHANGING: {"number": {"format": CURRENCIES[1]}}}
        if one.parent:
            relation = {"data_source_id": f"source-{one.parent}", "database_id": f"database-{one.parent}"}
            properties[RELATION] = {"relation": {**relation, "type": "single_property", "single_property": {}}}
        live[one.name] = {
            "id": f"source-{one.name}",
            "parent": {"type": "database_id", "database_id": f"database-{one.name}"},
            "database_parent": {"type": "page_id", "page_id": "page"},
            "title": [{"plain_text": one.title}],
            "properties": {
                name: {"id": "title" if "title" in config else f"p{index:03}", "name": name, **_typed(config)}
                for index, (name, config) in enumerate(properties.items())
            },
        }
    return live


def _typed(config: dict[str, Any]) -> dict[str, Any]:
    return {"type": next(iter(config)), **json.loads(json.dumps(config))}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
