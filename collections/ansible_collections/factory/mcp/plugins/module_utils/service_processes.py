# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes of a service: found, and ended for good.

Every process of a service carries its folder in a variable of its environment, and is a descendant of whoever runs it.
A process that cleared its environment is found only while its ancestors run.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import Process, process, processes

MARK = "FACTORY_SERVICE"
_LOOK_SECONDS = 0.05
_KILL_SECONDS = 5.0


def marked(folder: Path) -> dict[int, Process]:
    """Processes that carry the mark of *folder*, by pid; never our own, nor one that we descend from."""
    wanted = f"{MARK}={folder}".encode()
    ours = _ourselves()
    return {one.pid: one for one in processes() if one.pid not in ours and wanted in _environment(one.pid)}


def signal_process(target: Process, number: signal.Signals) -> None:
    """Send *number* to *target*, and never to a later process with the same pid."""
    try:
        handle = os.pidfd_open(target.pid)
    except ProcessLookupError:
        return
    try:
        if (found := process(target.pid)) and found.started == target.started:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise FactoryError(
            f"process {target.pid} belongs to another user and cannot be ended; run as that user or as root"
        ) from None
    finally:
        os.close(handle)


def end_all(find: Callable[[], dict[int, Process]]) -> None:
    """Kill what *find* finds until it finds nothing. Raises ``FactoryError`` when something stays."""
    end = time.monotonic() + _KILL_SECONDS
    seen: set[Process] = set()
    while left := _going_on(seen, find()):
        if time.monotonic() > end:
            raise FactoryError(f"the processes {', '.join(str(one.pid) for one in sorted(left))} cannot be ended")
        for one in left:
            signal_process(one, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _going_on(seen: set[Process], found: dict[int, Process]) -> list[Process]:
    """Those of *seen*, with *found* added, that are not gone: one that is ending has no environment any more, and may
    still hold its sockets."""
    seen |= set(found.values())
    return [one for one in seen if (now := process(one.pid)) and now.started == one.started]


def came_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether *condition* became true within *seconds*; looked at again and again."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def program_name(pid: int) -> str:
    """What process *pid* is called, or ``""``."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _ourselves() -> set[int]:
    ours: set[int] = set()
    pid = os.getpid()
    while pid and pid not in ours:
        ours.add(pid)
        found = process(pid)
        pid = found.parent if found else 0
    return ours


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
