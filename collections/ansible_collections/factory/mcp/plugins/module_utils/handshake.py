# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shake hands with a server: start or reach it, learn what it offers, and end it, all before one deadline."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import (
    BadListing,
    Failure,
    State,
    failure_of,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_connection import (
    ANSWER_BYTES,
    STOP_SECONDS,
    connected,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import HttpLaunch, Launch
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import (
    Prompt,
    Resource,
    Tool,
    prompt_from,
    resource_from,
    tool_from,
    what_is_wrong,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_trace import ServerTrace

if TYPE_CHECKING:
    from mcp import Client

DEADLINE_SECONDS = 30.0
_PAGES = 100
_ENTRIES = 10_000
_REFUSED_METHOD = -32601
"""METHOD_NOT_FOUND: the server says that it offers resources or prompts, and has no list of them."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """How shaking hands with a server ended, and what it offers if it is ``verified``."""

    state: State
    problem: str = ""
    """What is wrong and what to do; empty when it is verified."""
    protocol_version: str = ""
    server_name: str = ""
    server_version: str = ""
    """What the server says; it is often not the version of its package (facts, section 2)."""
    instructions: str = ""
    tools: tuple[Tool, ...] = field(default=())
    resources: tuple[Resource, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    seconds: float = 0.0


def shake_hands(
    launch: Launch,
    deadline_seconds: float = DEADLINE_SECONDS,
    mode: str = "auto",
    answer_bytes: int = ANSWER_BYTES,
) -> Handshake:
    """Learn what the server at *launch* offers; nothing of it runs any more afterwards.

    Whatever the server does, this returns within *deadline_seconds*, ending the server included, and never raises
    for something that the server did. Not for use inside a running event loop.

    :param mode: ``auto`` probes ``server/discover`` and falls back to ``initialize``; ``legacy`` forces the latter.
        A server that leaves ``server/discover`` unanswered costs the SDK's 10 seconds before the fall-back.
    :param answer_bytes: how large one answer may be.
    """
    started = time.monotonic()
    stop_seconds = min(STOP_SECONDS, deadline_seconds / 4)
    until = started + deadline_seconds - stop_seconds
    modes = ("auto", "legacy") if mode == "auto" and not isinstance(launch, HttpLaunch) else (mode,)
    found = Failure(State.SILENT, "")
    for one in modes:
        trace = ServerTrace()
        outcome = asyncio.run(_learn(launch, trace, one, until, answer_bytes, stop_seconds, deadline_seconds))
        if isinstance(outcome, Failure) and outcome.state is State.CRASHED and not trace.answers:
            # A server of the old era may end on a question that it does not know: ask it the old way.
            found = outcome
            continue
        return _handshake(outcome, time.monotonic() - started)
    return _handshake(found, time.monotonic() - started)


def _handshake(outcome: Failure | Handshake, seconds: float) -> Handshake:
    if isinstance(outcome, Failure):
        return Handshake(outcome.state, outcome.message, seconds=seconds)
    return outcome


async def _learn(
    launch: Launch,
    trace: ServerTrace,
    mode: str,
    until: float,
    answer_bytes: int,
    stop_seconds: float,
    deadline_seconds: float,
) -> Failure | Handshake:
    import anyio

    started = time.monotonic()
    learned: list[Handshake] = []
    error: BaseException = TimeoutError()
    with anyio.move_on_after(max(until - started, 0)):
        try:
            async with connected(launch, trace, mode, answer_bytes, stop_seconds) as client:
                learned.append(await _ask(client, trace, started))
        except Exception as caught:  # noqa: BLE001 - every error a server can cause is judged below
            error = caught
    return learned[0] if learned else failure_of(error, launch, trace, deadline_seconds)


async def _ask(client: Client, trace: ServerTrace, started: float) -> Handshake:
    offers = client.server_capabilities
    session = client.session
    tools = await all_pages("tools", session.list_tools, trace) if offers.tools is not None else []
    resources = await all_pages("resources", session.list_resources, trace) if offers.resources is not None else []
    prompts = await all_pages("prompts", session.list_prompts, trace) if offers.prompts is not None else []
    info = client.server_info
    for name, count in Counter(tool["name"] for tool in tools).items():
        if count > 1:
            raise BadListing(f"{count} of its tools are called '{name}'")
    return Handshake(
        State.VERIFIED,
        protocol_version=client.protocol_version,
        server_name=info.name if info is not None else "",
        server_version=info.version if info is not None else "",
        instructions=client.instructions or "",
        tools=tuple(map(tool_from, tools)),
        resources=tuple(map(resource_from, resources)),
        prompts=tuple(map(prompt_from, prompts)),
        seconds=time.monotonic() - started,
    )


async def all_pages(kind: str, list_page: Callable[..., Awaitable[Any]], trace: ServerTrace) -> list[dict[str, Any]]:
    """All entries of a listing as the server sent them, page after page.

    Raises ``BadListing`` for a malformed one and for one without end.
    """
    from mcp import MCPError
    from mcp.types import PaginatedRequestParams
    from pydantic import ValidationError

    entries: list[dict[str, Any]] = []
    cursors: set[str] = set()
    cursor = None
    while True:
        try:
            page = await list_page(params=PaginatedRequestParams(cursor=cursor))
        except ValidationError as error:
            wrong = what_is_wrong(trace.last_result, kind)
            if wrong:
                raise BadListing(f"its {kind}/list is malformed: {'; '.join(wrong[:5])}") from None
            raise error
        except MCPError as error:
            if error.code == _REFUSED_METHOD and kind != "tools":
                return []
            raise
        if wrong := what_is_wrong(trace.last_result, kind):
            raise BadListing(f"its {kind}/list is malformed: {'; '.join(wrong[:5])}")
        entries += trace.last_result[kind]
        cursor = page.next_cursor
        if cursor is None:
            return entries
        if cursor in cursors:
            raise BadListing(f"its {kind}/list comes back to a page that it gave before")
        cursors.add(cursor)
        if len(cursors) >= _PAGES or len(entries) > _ENTRIES:
            raise BadListing(f"its {kind}/list has no end: {len(entries)} entries on {len(cursors)} pages so far")
