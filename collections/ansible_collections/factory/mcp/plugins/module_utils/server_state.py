# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wanted of one server on a host, and what is there; both go between controller and host as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ServerCondition(StrEnum):
    """How far a server has come."""

    ABSENT = "absent"
    INSTALLED = "installed"
    """Its program is on the host."""
    CONFIGURED = "configured"
    """Its clients know it."""
    RUNNING = "running"
    """Its service runs."""
    VERIFIED = "verified"
    """It was asked, and offers what it should."""
    DEGRADED = "degraded"
    """It does not do what it should, and no change of ours mends that."""
    DRIFTED = "drifted"
    """It offers something else than what was accepted."""


@dataclass(frozen=True, slots=True)
class ServerWish:
    """One server as it should be on a host.

    ``spec`` is the manifest's with what lies beside it (see ``server_files``): references to variables stand as they
    are written, all others are filled in. ``variables`` are the values of those that are set; a value never goes
    anywhere but to the server itself.
    """

    name: str
    spec: Mapping[str, Any] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    adopt: bool = False
    """Whether entries of clients that others wrote are taken over."""
    protect: bool = False
    """Whether it survives the removal of its manifest."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How asking a server ended; ``of`` tells what was asked, so that it holds only for the same."""

    of: str
    condition: str
    reason: str = ""
    tools: tuple[str, ...] = ()
    drift: tuple[Mapping[str, str], ...] = ()
    """The differences from its pin, as data of ``pin_drift.Finding``."""


@dataclass(frozen=True, slots=True)
class EntryState:
    """A client's entry of a server: what is there, what should be, without secrets."""

    client: str
    action: str
    before: Any = None
    after: Any = None
    drifted: bool = False
    error: str = ""
    unmanageable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server as it is on a host."""

    name: str
    folder: str
    recorded: Mapping[str, Any] | None = None
    """What was declared when it was applied last, by path; ``None`` where it is not ours, or not there."""
    installed: bool = False
    damage: str = ""
    """What is wrong with its program."""
    service: str = ""
    """Why its service is not as declared; empty where it is, or where there is none."""
    entries: tuple[EntryState, ...] = ()
    verification: Verification | None = None
    """``None`` where it has to be asked."""
    command: str = ""
    """The program as clients start it."""
    url: str = ""
    """Where clients reach it over HTTP."""
    protected: bool = False
    """Whether it was protected when it was applied last."""


def wish_to_data(wish: ServerWish) -> dict[str, Any]:
    """*wish* as JSON can have it."""
    return dataclasses.asdict(wish)


def wish_from_data(data: Mapping[str, Any]) -> ServerWish:
    """What :func:`wish_to_data` made."""
    return ServerWish(**data)


def state_to_data(state: ServerState) -> dict[str, Any]:
    """*state* as JSON can have it."""
    return dataclasses.asdict(state)


def state_from_data(data: Mapping[str, Any]) -> ServerState:
    """What :func:`state_to_data` made."""
    verification = data["verification"]
    return ServerState(
        **{
            **data,
            "entries": tuple(EntryState(**one) for one in data["entries"]),
            "verification": None if verification is None else verification_from_data(verification),
        }
    )


def verification_from_data(data: Mapping[str, Any]) -> Verification:
    """A verification from its fields."""
    return Verification(**{**data, "tools": tuple(data["tools"]), "drift": tuple(data["drift"])})
