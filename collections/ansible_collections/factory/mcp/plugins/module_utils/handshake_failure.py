# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why talking to a server failed, told for the person who has to mend it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
    HttpLaunch,
    Launch,
    StdioLaunch,
    secrets_of,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_trace import ServerTrace, shortened


class State(StrEnum):
    """How talking to a server ended."""

    VERIFIED = "verified"
    """It answered everything that was asked."""
    UNREACHABLE = "unreachable"
    """There is nothing to talk to: no such program, no listener, no MCP server at the URL."""
    REFUSED = "refused"
    """It answered with an error; often it wants credentials."""
    SILENT = "silent"
    """No answer in time; often what it needs in turn does not answer it."""
    CRASHED = "crashed"
    """It ended, or closed the connection, before it had answered."""
    MALFORMED = "malformed"
    """Its answers do not follow the protocol, or are too large."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, and what to do, without secrets."""

    state: State
    message: str


class BadListing(Exception):
    """A listing that cannot be used; its text says which and why."""


def failure_of(error: BaseException, launch: Launch, trace: ServerTrace, seconds: float) -> Failure:
    """What *error* means, given what was seen; *seconds* is the deadline, for the message."""
    state, message = _judged(_first_cause(error), launch, trace, seconds)
    redact = redactor(secrets_of(launch))
    last_words = [shortened(redact(line)) for line in trace.last_words()]
    told = f"{launch}: {shortened(redact(message))}" if len(message) > 2000 else f"{launch}: {redact(message)}"
    if last_words and state is not State.UNREACHABLE:
        told += "\nThe last lines on its standard error:\n" + "\n".join(f"  {line}" for line in last_words)
    return Failure(state, visible_lines(told))


def visible_lines(text: str) -> str:
    """*text* without control characters that a terminal would obey; line breaks stay."""
    return "".join(one if one == "\n" or one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def _judged(error: BaseException, launch: Launch, trace: ServerTrace, seconds: float) -> tuple[State, str]:
    from mcp import MCPError
    from pydantic import ValidationError

    if trace.too_large:
        return State.MALFORMED, (
            f"an answer was larger than the limit ({trace.too_large} bytes and more to come); "
            "raise the limit if this server's answers are that large"
        )
    if isinstance(error, BadListing):
        return State.MALFORMED, f"{error}; report it to the server's authors, or pin an older version"
    if isinstance(error, ValidationError):
        wrong = "; ".join(_validation_problems(error))
        return State.MALFORMED, f"its answer does not follow the protocol: {wrong}; report it to the server's authors"
    if isinstance(error, TimeoutError):
        return _late(trace, seconds)
    if isinstance(error, MCPError):
        return _answered_with_error(error.code, error.message, launch, trace)
    if isinstance(error, OSError) and not trace.broken.is_set():
        return State.UNREACHABLE, _not_started(error, launch)
    if type(error).__name__ == "ConnectError":
        return State.UNREACHABLE, f"nothing answers there ({error}); is the server running, and is this its address?"
    if isinstance(error, RuntimeError):
        return State.MALFORMED, f"its answer does not follow the protocol: {error}"
    return _ended(trace)


def _late(trace: ServerTrace, seconds: float) -> tuple[State, str]:
    if trace.noise_lines and not trace.answers:
        return State.MALFORMED, _noise(trace)
    told = "it never answered" if not trace.answers else "it answered only some of the requests"
    return State.SILENT, (
        f"{told} within {seconds:g} seconds; it may wait for a service that it cannot reach, or for credentials; "
        "try it by hand, or raise the deadline"
    )


def _answered_with_error(code: int, message: str, launch: Launch, trace: ServerTrace) -> tuple[State, str]:
    from mcp.types import CONNECTION_CLOSED

    if code == CONNECTION_CLOSED and message == "Connection closed":
        return _ended(trace)
    if isinstance(launch, HttpLaunch) and (trace.http_status or trace.http_type not in ("application/json", "")):
        told = _http_failure(trace)
        if told is not None:
            return told
    return State.REFUSED, f"it answered with an error ({code}): {shortened(message)}"


def _http_failure(trace: ServerTrace) -> tuple[State, str] | None:
    status = trace.http_status
    if status == 401:
        return State.REFUSED, "it wants credentials (HTTP 401); check the Authorization header"
    if status == 403:
        return State.REFUSED, "it does not let us in (HTTP 403); check the credentials' rights, and the host name"
    if status in (404, 405):
        return State.UNREACHABLE, f"there is no MCP server at this path (HTTP {status}); it is often /mcp"
    if 300 <= status < 400:
        return State.UNREACHABLE, f"it sends us elsewhere (HTTP {status}); give the address that it names"
    if status >= 500:
        return State.UNREACHABLE, f"the server behind this address fails (HTTP {status}); look into its log"
    if trace.http_type not in ("application/json", "text/event-stream", ""):
        return State.UNREACHABLE, f"there is no MCP server at this address: it answers with {trace.http_type}"
    return None


def _ended(trace: ServerTrace) -> tuple[State, str]:
    code = trace.exit_code
    if code is None:
        how = "it closed the connection before it had answered"
    elif code < 0:
        how = f"it was ended by {_signal_name(-code)} before it had answered"
    else:
        how = f"it ended with exit code {code} before it had answered"
    noise = f"; {_noise(trace)}" if trace.noise_lines and not trace.answers else ""
    return State.CRASHED, f"{how}{noise}; start it by hand with the same arguments to see why"


def _noise(trace: ServerTrace) -> str:
    lines = "1 line" if trace.noise_lines == 1 else f"{trace.noise_lines} lines"
    return (
        f"it wrote {lines} on its standard output that are no messages, the first: '{shortened(trace.noise)}'; "
        "only messages belong there"
    )


def _not_started(error: OSError, launch: Launch) -> str:
    if not isinstance(launch, StdioLaunch):
        return f"nothing answers there ({error.strerror or error}); is the server running, and is this its address?"
    if launch.cwd is not None and not os.path.isdir(launch.cwd):
        return f"the working folder {launch.cwd} does not exist"
    if isinstance(error, FileNotFoundError) and shutil.which(launch.command) is None:
        return "there is no such program; install it, or give its full path"
    if isinstance(error, PermissionError):
        return "it may not be run; is it executable?"
    return f"it cannot be started: {error.strerror or error}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _validation_problems(error: BaseException) -> Iterator[str]:
    from pydantic import ValidationError

    assert isinstance(error, ValidationError)
    for one in error.errors(include_url=False, include_input=False)[:3]:
        yield f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}"


def _first_cause(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
