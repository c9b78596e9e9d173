# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transports to a server for the SDK's client: bounded answers, standard error kept apart, no process left behind.

The SDK's own stdio transport (mcp 2.3) reads a line of any length, lets standard error through to ours, and leaves
children of a server that ends by itself; this one does not.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.factory.mcp.plugins.module_utils import server_process
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
    HttpLaunch,
    Launch,
    StdioLaunch,
    TcpLaunch,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_trace import ServerTrace

if TYPE_CHECKING:
    from anyio.abc import Process
    from mcp import Client
    from mcp.client._transport import TransportStreams

ANSWER_BYTES = 8 * 1024 * 1024
"""How large one answer may be; a listing of the largest server known is 76 KB (facts, section 2)."""
STOP_SECONDS = 2.0
"""How long ending a server may take."""

Receive = Callable[[], Awaitable[bytes]]
Send = Callable[[bytes], Awaitable[None]]


@contextlib.asynccontextmanager
async def connected(
    launch: Launch,
    trace: ServerTrace,
    mode: str = "auto",
    answer_bytes: int = ANSWER_BYTES,
    stop_seconds: float = STOP_SECONDS,
) -> AsyncIterator[Client]:
    """An SDK client that has shaken hands with the server at *launch*; the server is ended afterwards.

    ``mode`` is the SDK's: ``auto`` asks ``server/discover`` and falls back to ``initialize``.
    Raises what the SDK raises, and ``OSError`` where nothing can be started or reached.
    """
    from mcp import Client

    transport = _watched(_transport(launch, trace, answer_bytes, stop_seconds), trace)
    async with Client(transport, mode=mode, cache=None) as client:
        yield client


def _transport(
    launch: Launch, trace: ServerTrace, answer_bytes: int, stop_seconds: float
) -> contextlib.AbstractAsyncContextManager[TransportStreams]:
    if isinstance(launch, StdioLaunch):
        return _stdio(launch, trace, answer_bytes, stop_seconds)
    if isinstance(launch, TcpLaunch):
        return _tcp(launch, trace, answer_bytes)
    return _http(launch, trace, answer_bytes)


@contextlib.asynccontextmanager
async def _stdio(
    launch: StdioLaunch, trace: ServerTrace, answer_bytes: int, stop_seconds: float
) -> AsyncIterator[TransportStreams]:
    import anyio

    process = await server_process.start(launch)
    assert process.stdin is not None
    assert process.stdout is not None
    receive, send = process.stdout.receive, process.stdin.send
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_follow_stderr, process, trace)
            try:
                async with _lines(receive, send, trace, answer_bytes) as streams:
                    yield streams
            finally:
                with anyio.CancelScope(shield=True):
                    await _stop(process, trace, stop_seconds)
                group.cancel_scope.cancel()
    finally:
        trace.broken.set()


async def _stop(process: Process, trace: ServerTrace, seconds: float) -> None:
    """End the server; the exit code is noted only when it ended before it was told to."""
    import anyio

    with anyio.move_on_after(seconds / 8):
        while trace.broken.is_set() and process.returncode is None:
            await anyio.sleep(0.005)
    trace.exit_code = process.returncode
    await server_process.stop(process, seconds)


async def _follow_stderr(process: Process, trace: ServerTrace) -> None:
    import anyio

    assert process.stderr is not None
    with contextlib.suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        while True:
            trace.heard_on_stderr(await process.stderr.receive())


@contextlib.asynccontextmanager
async def _tcp(launch: TcpLaunch, trace: ServerTrace, answer_bytes: int) -> AsyncIterator[TransportStreams]:
    import anyio

    async with await anyio.connect_tcp(launch.host, launch.port) as stream:
        try:
            async with _lines(stream.receive, stream.send, trace, answer_bytes) as streams:
                yield streams
        finally:
            trace.broken.set()


@contextlib.asynccontextmanager
async def _lines(
    receive: Receive, send: Send, trace: ServerTrace, answer_bytes: int
) -> AsyncIterator[TransportStreams]:
    """The SDK's streams over one JSON-RPC message a line."""
    import anyio
    from mcp.shared.message import SessionMessage

    to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_server, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_read_lines, receive, to_session, trace, answer_bytes)
        group.start_soon(_write_lines, send, from_session, to_session, trace)
        try:
            yield from_server, to_server
        finally:
            group.cancel_scope.cancel()
            for stream in (to_session, from_server, to_server, from_session):
                stream.close()


async def _read_lines(receive: Receive, to_session: Any, trace: ServerTrace, answer_bytes: int) -> None:
    import anyio
    from mcp.shared.message import SessionMessage
    from mcp.types import jsonrpc_message_adapter

    rest = bytearray()
    async with to_session:
        with contextlib.suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            while len(rest) <= answer_bytes:
                chunk = await receive()
                if b"\n" not in chunk:
                    rest += chunk
                    continue
                *lines, rest = (rest + chunk).split(b"\n")
                for line in filter(bytes.strip, map(bytes, lines)):
                    try:
                        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                    except ValueError:
                        trace.heard_noise(line)
                        continue
                    await to_session.send(SessionMessage(message))
            trace.too_large = len(rest)
        trace.broken.set()


async def _write_lines(send: Send, from_session: Any, to_session: Any, trace: ServerTrace) -> None:
    import anyio

    with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        async for message in from_session:
            await send(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
        return
    trace.broken.set()
    to_session.close()


@contextlib.asynccontextmanager
async def _http(launch: HttpLaunch, trace: ServerTrace, answer_bytes: int) -> AsyncIterator[TransportStreams]:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async def watch(response: Any) -> None:
        trace.http_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code >= 300 and response.request.method == "POST":
            trace.http_status = response.status_code
        if trace.http_type != "text/event-stream":
            response.stream = _bounded(response.stream, trace, answer_bytes)

    hooks: dict[str, list[Callable[..., Any]]] = {"response": [watch]}
    async with (
        httpx2.AsyncClient(headers=dict(launch.headers), timeout=None, event_hooks=hooks) as client,
        streamable_http_client(launch.url, http_client=client, max_sse_event_size=answer_bytes) as streams,
    ):
        try:
            yield streams
        finally:
            trace.broken.set()


def _bounded(stream: Any, trace: ServerTrace, most: int) -> Any:
    """*stream* of an answer over HTTP, which fails when it gives more than *most* bytes."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen = 0
            async for chunk in stream:
                seen += len(chunk)
                if seen > most:
                    trace.too_large = seen
                    raise httpx2.ReadError("the answer is too large")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


@contextlib.asynccontextmanager
async def _watched(
    transport: contextlib.AbstractAsyncContextManager[TransportStreams], trace: ServerTrace
) -> AsyncIterator[TransportStreams]:
    """*transport*, whose results are noted in *trace* as the server sent them, before the SDK judges them."""
    async with transport as (read, write):
        yield _Watched(read, trace), write


class _Watched:
    """A read stream of the SDK that notes results as they pass."""

    def __init__(self, inner: Any, trace: ServerTrace) -> None:
        self._inner = inner
        self._trace = trace

    @property
    def last_context(self) -> Any:
        """The context that the sender of the last message was in; the SDK asks for it."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Any:
        """The next message."""
        message = await self._inner.receive()
        result = getattr(getattr(message, "message", None), "result", None)
        if isinstance(result, dict):
            self._trace.last_result = result
        self._trace.answers += 1
        return message

    async def aclose(self) -> None:
        """Close the stream."""
        await self._inner.aclose()

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> Any:
        import anyio

        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> _Watched:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
