# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remembered ids that are not right any more: what is no id is forgotten, and what may be something else is an error.

An identity cache may be old, copied, or broken. What it leads to is only written to where the ownership mark does not
say otherwise, and it is only restored where nothing else carries that mark.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known, Observation
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.discovery import Candidate, Placement, noun
from ansible_collections.factory.notion.plugins.module_utils.page_state import PageState
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import KIND

_ID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_IDS = ("data_source_id", "database_id")


def with_possible_ids(known: Mapping[Address, Known]) -> dict[Address, Known]:
    """*known* without what cannot be an id: it is looked for as if nothing was remembered."""
    return {
        address: dataclasses.replace(
            one, attributes={key: one.attributes[key] for key in one.attributes if _is_possible(one, key)}
        )
        for address, one in known.items()
        if _is_possible(one, "id")
    }


def _is_possible(known: Known, key: str) -> bool:
    """Whether what is remembered under *key* may be what it should be."""
    return key not in ("id", *_IDS) or _ID.match(known.attributes[key]) is not None


def not_what_it_was(
    address: Address, known: Known, found: Observation[DatabaseState | PageState], place: Placement
) -> FactoryError | None:
    """Why what a remembered id led to must be left alone: it says that it is something else's."""
    what, state = noun(address), found.state
    if (
        isinstance(state, DatabaseState)
        and address.kind == KIND
        and not _same(state.database_id, known.attributes["id"])
    ):
        told = f"the data source {state.data_source_id} is remembered as that of {known.attributes['id']}, but lies in"
        return FactoryError(f"{told} the database {state.database_id}; {_forget(address, place)}")
    if found.owned or state.ownership is None:
        return None
    return FactoryError(
        f"the {what} {found.id} is remembered as this one, but says that it is somebody else's ('{state.ownership}'). "
        f"If that is right: {_forget(address, place)}; if not, remove that line in Notion"
    )


def not_found(address: Address, known: Known, place: Placement, other: Candidate | None) -> FactoryError:
    """A remembered id that answers 404; *other* carries the ownership line as well."""
    message = (
        f"the {noun(address)} {known.attributes['id']} cannot be found: it was deleted for good, or it is no "
        "longer shared with the integration. Share it again; if it is gone for good: "
    )
    if other is not None:
        return FactoryError(
            f"{message}{_forget(address, place)}, and {other.id}, which carries its ownership line, is taken for it"
        )
    return FactoryError(f"{message}{_forget(address, place)}, and it will be created anew")


def not_alone(
    address: Address, found: Observation[DatabaseState | PageState], place: Placement, other: Candidate
) -> FactoryError:
    """A remembered resource that is in the trash, while *other* carries its ownership line."""
    return FactoryError(
        f"the {noun(address)} {found.id} is in the trash, and {other.id} carries the ownership line of {address} as "
        f"well; nothing was restored. To go on with {other.id}: {_forget(address, place)}. Else move that to the trash"
    )


def _forget(address: Address, place: Placement) -> str:
    return f"factory ids forget {address} --stack {place.stack} -i {place.environment}"


def _same(one: str, other: str) -> bool:
    return one.replace("-", "").lower() == other.replace("-", "").lower()
