# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Call tools of one server: what may be repeated, until when, and what is written down of it.

A call is repeated only when it is declared or annotated idempotent, and only after trouble on the way; one that never
reached the server is repeated in any case. What a tool or a server answers is final.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenacity

from ansible_collections.factory.core.plugins.module_utils.problem import did_you_mean
from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
from ansible_collections.factory.mcp.plugins.module_utils.circuit_breaker import CircuitBreaker
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import failure_of, visible_lines
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import Launch, secrets_of
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import Tool
from ansible_collections.factory.mcp.plugins.module_utils.server_trace import shortened
from ansible_collections.factory.mcp.plugins.module_utils.tool_call import (
    CallOutcome,
    CallPolicy,
    ToolCall,
    ToolResult,
)
from ansible_collections.factory.mcp.plugins.module_utils.tool_connection import ToolConnection
from ansible_collections.factory.mcp.plugins.module_utils.tool_pins import sha256_of

if TYPE_CHECKING:
    from mcp.types import CallToolResult

OPERATION_ID = "factory.iac/operation-id"
"""The key of ``_meta`` under which a server finds the operation id, the same in every try."""
_MAY_HAVE = "it may have taken effect; look before you call it again"


class Trouble(Exception):
    """A try that failed on the way. ``sent`` says whether the server may have got it, ``again`` if a retry can help."""

    def __init__(self, message: str, sent: bool, again: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        self.again = again


@contextlib.asynccontextmanager
async def open_executor(
    launch: Launch, policy: CallPolicy | None = None, files: Path | None = None, journal: Any = None
) -> AsyncIterator[ToolExecutor]:
    """An executor for the server at *launch*, which is started with the first call and ended afterwards.

    :param files: the folder for large results; without it, all results are given back whole.
    :param journal: a logger of core's ``open_journal``; one event a call, with no value of an argument.
    """
    executor = ToolExecutor(launch, policy or CallPolicy(), files, journal)
    try:
        yield executor
    finally:
        await executor.close()


def call_tools(
    launch: Launch,
    calls: Iterable[ToolCall],
    policy: CallPolicy | None = None,
    files: Path | None = None,
    journal: Any = None,
) -> list[ToolResult]:
    """Make *calls*, as many at a time as *policy* allows, and give their results in the same order.

    Never raises for something that the server did. Not for use inside a running event loop.
    """

    async def run() -> list[ToolResult]:
        async with open_executor(launch, policy, files, journal) as executor:
            return list(await asyncio.gather(*map(executor.call, calls)))

    return asyncio.run(run())


class ToolExecutor:
    """Calls to one server, from any task of one event loop; see ``open_executor``."""

    def __init__(self, launch: Launch, policy: CallPolicy, files: Path | None, journal: Any) -> None:
        self._launch = launch
        self._policy = policy
        self._files = files
        self._journal = journal
        self._redact = redactor(secrets_of(launch))
        self._turns = asyncio.Semaphore(policy.concurrency)
        self._breaker = CircuitBreaker(policy.breaker_failures, policy.breaker_seconds)
        self._connecting = asyncio.Lock()
        self._connection: ToolConnection | None = None

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call. Never raises for something that the server did."""
        operation_id = call.operation_id or uuid.uuid4().hex
        async with self._turns:
            started = time.monotonic()
            until = started + self._policy.total_seconds
            tries = 1
            try:
                answer = await self._try(call, operation_id, until)
                result = self._result(answer, operation_id)
            except Trouble as trouble:
                result, tries = await self._try_again(call, operation_id, until, trouble)
            except Exception as error:  # noqa: BLE001 - the server's answer, judged
                result = self._refused(error, operation_id)
            tool = self._tool(call)
            read_only = tool is not None and tool.read_only
            seconds = time.monotonic() - started
            result = dataclasses.replace(result, read_only=read_only, tries=tries, seconds=seconds)
        if self._journal is not None:
            # Written while the next answer is awaited: a tenth of a millisecond that no call has to wait for.
            asyncio.get_running_loop().call_soon(self._note, call, result)
        return result

    async def close(self) -> None:
        """Finish the journal, and end the server, if it is ours."""
        await asyncio.sleep(0)
        if self._connection is not None:
            await self._connection.close()

    async def _try_again(
        self, call: ToolCall, operation_id: str, until: float, trouble: Trouble
    ) -> tuple[ToolResult, int]:
        """The result after the first try ended in *trouble*, and the number of tries."""
        tries = 1
        sent = trouble.sent
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self._policy.tries),
                tenacity.stop_before_delay(max(until - time.monotonic(), 0)),
            ),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=2.0),
            retry=tenacity.retry_if_exception(lambda error: self._may_repeat(call, error, until)),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    tries = attempt.retry_state.attempt_number
                    if tries == 1:
                        raise trouble
                    try:
                        answer = await self._try(call, operation_id, until)
                    except Trouble as again:
                        sent = sent or again.sent
                        raise
                    return self._result(answer, operation_id), tries
        except Trouble as last:
            outcome = CallOutcome.UNCONFIRMED if sent else CallOutcome.NOT_DONE
            problem = f"{last}\n{_MAY_HAVE}" if sent and not self._is_idempotent(call) else str(last)
            return ToolResult(outcome, operation_id, problem), tries
        except Exception as error:  # noqa: BLE001 - the server's answer, judged
            return self._refused(error, operation_id), tries
        raise AssertionError("tenacity ends by a return or an exception")

    def _may_repeat(self, call: ToolCall, error: BaseException, until: float) -> bool:
        if not isinstance(error, Trouble) or not error.again or time.monotonic() >= until:
            return False
        return not error.sent or self._is_idempotent(call)

    def _is_idempotent(self, call: ToolCall) -> bool:
        if call.idempotent is not None:
            return call.idempotent
        tool = self._tool(call)
        return tool is not None and tool.idempotent

    def _tool(self, call: ToolCall) -> Tool | None:
        """The tool as the server listed it; ``None`` when it did not, or before it was asked."""
        return self._connection.tools.get(call.tool) if self._connection is not None else None

    async def _try(self, call: ToolCall, operation_id: str, until: float) -> CallToolResult:
        """Send the call once. Raises ``Trouble``, or what the server's answer makes the SDK raise."""
        if (wait := self._breaker.wait()) > 0:
            told = f"{self._launch}: it failed {self._policy.breaker_failures} times in a row; it is left alone for"
            raise Trouble(f"{told} {wait:.0f} more seconds", sent=False, again=False)
        connection, sent = self._connection, False
        try:
            seconds = min(self._policy.try_seconds, until - time.monotonic())
            if connection is None or not connection.usable:
                async with asyncio.timeout(seconds):
                    connection = await self._connected()
                seconds = min(seconds, until - time.monotonic())
            client = await connection.client()
            if call.tool not in connection.tools:
                guess = did_you_mean(call.tool, connection.tools)
                raise Trouble(f"{self._launch}: it has no tool '{call.tool}'{guess}", sent=False, again=False)
            sent = True
            began = time.monotonic()
            meta: Any = {OPERATION_ID: operation_id}
            answer = await client.call_tool(call.tool, dict(call.arguments), seconds, meta=meta)
        except Trouble:
            self._breaker.succeeded()
            raise
        except asyncio.CancelledError:
            self._breaker.failed()
            raise
        except Exception as error:
            if sent and connection is not None and _is_answer(error, connection, began, seconds):
                self._breaker.succeeded()
                raise
            self._breaker.failed()
            raise await self._trouble(error, connection, sent) from None
        self._breaker.succeeded()
        return answer

    async def _connected(self) -> ToolConnection:
        """A connection that is ready; a new one where the last is broken."""
        async with self._connecting:
            if self._connection is None or not self._connection.usable:
                if self._connection is not None:
                    await self._connection.close()
                self._connection = ToolConnection(self._launch, self._policy.try_seconds, self._policy.answer_bytes)
            connection = self._connection
        await connection.client()
        return connection

    async def _trouble(self, error: Exception, connection: ToolConnection | None, sent: bool) -> Trouble:
        connection = connection or self._connection
        if connection is None:
            return Trouble(f"{self._launch}: {error}", sent)
        if not connection.usable:
            await connection.close()
        cause = TimeoutError() if _is_timeout(error) else error
        failure = failure_of(cause, self._launch, connection.trace, self._policy.try_seconds)
        return Trouble(failure.message, sent, again=not connection.trace.too_large)

    def _result(self, answer: CallToolResult, operation_id: str) -> ToolResult:
        text = answer.model_dump_json(by_alias=True, exclude_none=True, include={"content", "structured_content"})
        size = len(text)
        outcome, problem = CallOutcome.DONE, ""
        if answer.is_error:
            outcome, problem = CallOutcome.FAILED, self._told_by_tool(answer)
        if size > self._policy.result_bytes and self._files is not None:
            file = _written(self._files / f"{operation_id}.json", text)
            return ToolResult(outcome, operation_id, problem, file=file, size=size)
        plain = json.loads(text)
        content = tuple(plain["content"])
        return ToolResult(outcome, operation_id, problem, content, plain.get("structuredContent"), size=size)

    def _told_by_tool(self, answer: CallToolResult) -> str:
        texts = [getattr(block, "text", "") for block in answer.content]
        told = shortened(self._redact(" ".join(text for text in texts if text)))
        return visible_lines(f"{self._launch}: the tool failed: {told or 'it did not say why'}")

    def _refused(self, error: Exception, operation_id: str) -> ToolResult:
        from mcp import MCPError

        told = shortened(self._redact(str(error)))
        if isinstance(error, MCPError):
            problem = f"{self._launch}: it answered with an error ({error.code}): {told}"
            return ToolResult(CallOutcome.FAILED, operation_id, visible_lines(problem))
        if isinstance(error, OSError):
            problem = f"the tool is done, and its result could not be written: {told}"
            return ToolResult(CallOutcome.UNCONFIRMED, operation_id, problem)
        problem = (
            f"{self._launch}: the tool's result does not follow the protocol or its own schema: {told}; {_MAY_HAVE}"
        )
        return ToolResult(CallOutcome.UNCONFIRMED, operation_id, visible_lines(problem))

    def _note(self, call: ToolCall, result: ToolResult) -> None:
        self._journal.info(
            "tool_call",
            server=str(self._launch),
            tool=call.tool,
            operation_id=result.operation_id,
            argument_names=sorted(map(str, call.arguments)),
            arguments_sha256=sha256_of(call.arguments),
            outcome=result.outcome.value,
            tries=result.tries,
            seconds=round(result.seconds, 4),
            bytes=result.size,
            problem=result.problem,
        )


def _is_answer(error: Exception, connection: ToolConnection, began: float, seconds: float) -> bool:
    """Whether *error* is what the server answered, and no trouble on the way."""
    from mcp import MCPError
    from pydantic import ValidationError

    if connection.trace.broken.is_set():
        return False
    if isinstance(error, MCPError):
        return not (_is_timeout(error) and time.monotonic() - began >= seconds)
    return isinstance(error, ValidationError | RuntimeError)


def _is_timeout(error: Exception) -> bool:
    from mcp.types import REQUEST_TIMEOUT

    return isinstance(error, TimeoutError) or getattr(error, "code", None) == REQUEST_TIMEOUT


def _written(file: Path, text: str) -> Path:
    """*file* with *text*, readable by its owner only: nobody knows what a tool gives back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    return file
