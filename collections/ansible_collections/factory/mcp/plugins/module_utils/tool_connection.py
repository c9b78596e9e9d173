# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection to a server, held by a task of its own, for calls from many tasks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ansible_collections.factory.mcp.plugins.module_utils.handshake import all_pages
from ansible_collections.factory.mcp.plugins.module_utils.server_connection import connected
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import Launch
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import Tool, tool_from
from ansible_collections.factory.mcp.plugins.module_utils.server_trace import ServerTrace

if TYPE_CHECKING:
    from mcp import Client


class ToolConnection:
    """A server that is being connected to, is connected, or is no more.

    The SDK's client belongs to the task that opened it; that task is in here.
    """

    def __init__(self, launch: Launch, connect_seconds: float, answer_bytes: int) -> None:
        self.trace = ServerTrace()
        self.tools: Mapping[str, Tool] = {}
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._release = asyncio.Event()
        self._task = asyncio.create_task(self._hold(launch, connect_seconds, answer_bytes))

    @property
    def usable(self) -> bool:
        """Whether it may still serve a call."""
        return not (self.trace.broken.is_set() or self._release.is_set() or self._task.done())

    async def client(self) -> Client:
        """The client, once it is connected. Raises what connecting raised."""
        if self._ready.done():
            return self._ready.result()
        return await asyncio.shield(self._ready)

    async def close(self) -> None:
        """End the connection, and the server if it is ours."""
        self._release.set()
        if not self._ready.done():
            self._task.cancel()
        await asyncio.wait([self._task])

    async def _hold(self, launch: Launch, connect_seconds: float, answer_bytes: int) -> None:
        import anyio

        try:
            with anyio.fail_after(connect_seconds) as limit:
                async with connected(launch, self.trace, answer_bytes=answer_bytes) as client:
                    listed = await all_pages("tools", client.session.list_tools, self.trace)
                    self.tools = {tool["name"]: tool_from(tool) for tool in listed}
                    limit.deadline = math.inf
                    self._ready.set_result(client)
                    await self._release.wait()
        except Exception as error:  # noqa: BLE001 - whoever waits for the client judges it
            if not self._ready.done():
                self._ready.set_exception(error)
                self._ready.exception()
        finally:
            self._ready.cancel()
