# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that a supervisor of its own keeps running, where there is no systemd.

It outlives Ansible and the login, and does not come back by itself after the host was started again.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils import service_supervisor
from ansible_collections.factory.mcp.plugins.module_utils.seen_service import SeenService
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Service
from ansible_collections.factory.mcp.plugins.module_utils.service_files import program_of, service_folder, write_private
from ansible_collections.factory.mcp.plugins.module_utils.service_processes import (
    MARK,
    came_true,
    end_all,
    marked,
    signal_process,
)
from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import (
    STOP_SECONDS,
    Process,
    descendants,
    process,
    this_boot,
)

MANAGER = "supervised"
_START_SECONDS = 10
_KILL_SECONDS = 6


def look(folder: Path) -> SeenService:
    """What there is of the service in *folder*."""
    files = service_folder(folder)
    state = _state(files)
    supervisor = _supervisor(state)
    found = marked(files)
    if supervisor is None:
        return SeenService(MANAGER if state else "", processes=found, problem=_why_down(state, found))
    found = {pid: one for pid, one in {**found, **descendants(supervisor.pid)}.items() if pid != supervisor.pid}
    server = process(state["server"])
    running = server is not None and server.started == state["server_started"]
    problem = "" if running else f"it ended ({state['ended'] or 'just now'}) and is being started again"
    return SeenService(
        MANAGER,
        alive=True,
        running=running,
        digest=state["digest"],
        pid=server.pid if server and running else 0,
        processes=found,
        failures=state["failures"],
        problem=problem,
    )


def start(folder: Path, service: Service, environment: Mapping[str, str]) -> None:
    """Start the supervisor, in a session of its own. Raises ``FactoryError``."""
    files = service_folder(folder)
    declared = {
        "program": program_of(service, environment["PATH"]),
        "argv": list(service.argv),
        "env": dict(environment),
        "cwd": service.cwd or os.path.realpath(folder),
        "digest": service.digest,
    }
    script = files / "supervisor.py"
    write_private(files / "declared.json", json.dumps(declared))
    write_private(script, inspect.getsource(service_supervisor))
    (files / "state.json").unlink(missing_ok=True)
    try:
        started = subprocess.run(
            [sys.executable, "-I", "-S", str(script), str(files)],
            env={MARK: environment[MARK], "PATH": environment["PATH"]},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FactoryError(f"{service.name}: its supervisor {script} cannot be started: {error}") from None
    if started.returncode:
        raise FactoryError(f"{service.name}: its supervisor {script} failed at once; run it with {files} to see why")


def stop(folder: Path) -> bool:
    """End the supervisor and every process of the service; whether there were any. Raises ``FactoryError``."""
    files = service_folder(folder)
    state = _state(files)
    supervisor = _supervisor(state)
    if supervisor:
        signal_process(supervisor, signal.SIGTERM)
        came_true(lambda: _supervisor(state) is None, STOP_SECONDS + _KILL_SECONDS)
    left = bool(marked(files))
    end_all(lambda: marked(files))
    (files / "state.json").unlink(missing_ok=True)
    return supervisor is not None or left


def log_of(folder: Path) -> str:
    """The log of supervisor and server."""
    return str(service_folder(folder) / "log")


def _state(files: Path) -> dict[str, Any]:
    """What the supervisor wrote last; empty if there is nothing that can be read."""
    try:
        state: dict[str, Any] = json.loads((files / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    except OSError as error:
        raise FactoryError(f"{files / 'state.json'} cannot be read: {error.strerror}") from None
    return state


def _supervisor(state: Mapping[str, Any]) -> Process | None:
    """The supervisor that wrote *state*, if it runs: a later process with its pid began later, or in another boot."""
    if not state or state["boot"] != this_boot():
        return None
    found = process(state["pid"])
    return found if found and found.started == state["started"] else None


def _why_down(state: Mapping[str, Any], found: Mapping[int, Process]) -> str:
    left = f"; processes of it still run ({', '.join(map(str, sorted(found)))}), starting or stopping it ends them"
    if not state:
        return f"it was not started by a supervisor that is known{left}" if found else ""
    why = f"it ended by itself ({state['ended']})" if state["ended"] else "its supervisor was killed"
    if state["boot"] != this_boot():
        why = "the host was started again since"
    return f"{why}{left if found else ''}; start it again"
