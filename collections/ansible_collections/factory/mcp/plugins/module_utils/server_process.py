# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start a server as a process group of its own, and end all of it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch

if TYPE_CHECKING:
    from anyio.abc import Process

_LOOK_SECONDS = 0.01


async def start(launch: StdioLaunch) -> Process:
    """Start the server in a session of its own, so that its whole process group can be ended.

    Raises ``OSError`` when it cannot be started, ``ValueError`` for a NUL in what is passed to it.
    """
    import anyio
    from mcp.client.stdio import get_default_environment

    return await anyio.open_process(
        [launch.command, *launch.args],
        env={**get_default_environment(), **launch.env},
        cwd=launch.cwd,
        start_new_session=True,
    )


async def stop(process: Process, seconds: float) -> None:
    """End *process* and its group within about *seconds*: by closing its input, by SIGTERM, by SIGKILL.

    A child that left the group by a session of its own is not found.
    """
    if process.stdin is not None:
        with contextlib.suppress(OSError, *_closed()):
            await process.stdin.aclose()
    if not await _came_true(lambda: process.returncode is not None, seconds / 2):
        _signal(process.pid, signal.SIGTERM)
        await _came_true(lambda: process.returncode is not None, seconds / 4)
    if _has_members(process.pid):
        _signal(process.pid, signal.SIGKILL)
    await _came_true(lambda: process.returncode is not None and not _has_members(process.pid), seconds / 4)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, *_closed()):
                await stream.aclose()
    _close_pipes(process)


def _close_pipes(process: Process) -> None:
    """Let go of the pipes even if somebody outside the group still holds their other end.

    anyio has no public way to; the SDK's own transport walks the same attributes (mcp 2.3, client/stdio.py).
    """
    transport = getattr(getattr(process, "_process", None), "_transport", None)
    close = getattr(transport, "close", None)
    if callable(close):
        with contextlib.suppress(PermissionError):
            close()


async def _came_true(condition: Callable[[], bool], seconds: float) -> bool:
    import anyio

    deadline = anyio.current_time() + seconds
    while not condition():
        if anyio.current_time() >= deadline:
            return False
        await anyio.sleep(_LOOK_SECONDS)
    return True


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _has_members(group: int) -> bool:
    """Whether anything in process group *group* still runs; dead ones that nobody has reaped do not count."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not Path("/proc/self/stat").exists():
        return True
    return any(_runs_in(entry, group) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _runs_in(entry: Path, group: int) -> bool:
    try:
        state, _parent, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return its_group == str(group) and state not in "ZX"


def _closed() -> tuple[type[Exception], ...]:
    import anyio

    return (anyio.BrokenResourceError, anyio.ClosedResourceError)
