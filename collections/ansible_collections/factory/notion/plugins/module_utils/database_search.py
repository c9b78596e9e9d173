# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many data sources by few requests: a search answers with a hundred of them, schema and all.

Search is late by up to 20 seconds, may leave things out and may show formulas by another type (facts, section
2.4). So it serves only to find what certainly is as declared; what is missing or differs is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import Action
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Declared, Observation, World
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.database_diff import database_change
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState

_FILTER = {"filter": {"property": "object", "value": "data_source"}}


def searched_sources(api: NotionApi, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The data sources among *wanted* that search knows in full, by id; it stops when it has them all."""
    missing = set(wanted)
    found: dict[str, Mapping[str, Any]] = {}
    for source in api.pages("POST", "search", _FILTER):
        if source["id"] in missing and source.get("properties") and not source.get("in_trash"):
            found[source["id"]] = source
            missing.discard(source["id"])
            if not missing:
                break
    return found


def doubtful(
    resources: Mapping[Address, Resource], observed: Mapping[Address, Observation[DatabaseState]]
) -> list[Address]:
    """Those of *observed* that are not exactly as declared, so that a search does not prove anything. Pure."""
    world = World(Declared(resources), observed)
    return [
        address
        for address, one in observed.items()
        if address not in resources
        or one.in_trash
        or (change := database_change(resources[address], one, world)).action is not Action.NO_OP
        or change.fields
    ]


def told(count: int, limit: int) -> str:
    """What a plan says about it."""
    return (
        f"{count} resources are more than the {limit} requests of a minute, so databases were compared by search "
        "first, which can be 20 s late; every difference was read again"
    )
