# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a long-lived server as a service, and prove that it listens where it was declared to and nowhere else.

systemd keeps it where systemd really runs, a supervisor of its own elsewhere. A server without ``exposed`` that listens
anywhere but at its declared address is stopped; with ``exposed`` it stays up, and its problem names where it listens.
One that does not listen at its declared address by the deadline is stopped as well: nobody would see what it opens
later.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils import supervised_service, systemd_service
from ansible_collections.factory.mcp.plugins.module_utils.listening import (
    Listening,
    expect_allowed,
    expect_free,
    expect_linux,
    listening,
    listens_as_declared,
    told,
    undeclared,
)
from ansible_collections.factory.mcp.plugins.module_utils.seen_service import SeenService
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Service, ServiceState
from ansible_collections.factory.mcp.plugins.module_utils.service_files import (
    environment_of,
    lock_of,
    program_of,
    remove_files,
)
from ansible_collections.factory.mcp.plugins.module_utils.service_processes import came_true
from ansible_collections.factory.mcp.plugins.module_utils.systemd_service import Systemd, systemd_of

_MOST_FAILURES = 3
"""After as many failures in a row nobody waits for the deadline."""
_ROOT = Path("/")


def observe_service(folder: Path, service: Service, root: Path = _ROOT) -> ServiceState:
    """What there is of *service*, whose server's folder is *folder*. Changes nothing.

    *root* is where the host's /run, /etc and /var are. Raises ``FactoryError``.
    """
    expect_linux()
    return _observed(folder, service, _systemd(root))[1]


def start_service(folder: Path, service: Service, deadline_seconds: float, root: Path = _ROOT) -> ServiceState:
    """Have *service* run as declared, and wait until it listens, at most *deadline_seconds*.

    Nothing is done when it runs as declared; it is started again when it runs as something else. A problem in what is
    returned means that it was stopped, unless ``running`` says otherwise. Raises ``FactoryError``, before anything that
    runs is touched, when it cannot be started: its program is not there, its port is taken, its host is not this one's.
    """
    expect_linux()
    systemd = _systemd(root)
    with locked(lock_of(folder)):
        seen, state = _observed(folder, service, systemd)
        if not (seen.alive and state.as_declared):
            environment = environment_of(service, folder, os.environ)
            program_of(service, environment["PATH"])
            expect_allowed(service.listen)
            expect_free(service.listen, seen.processes)
            _stop(folder, service.name, systemd)
            try:
                if systemd:
                    systemd_service.start(systemd, folder, service, environment)
                else:
                    supervised_service.start(folder, service, environment)
            except FactoryError:
                _stop(folder, service.name, systemd)
                raise
        return _proved(folder, service, systemd, deadline_seconds)


def stop_service(folder: Path, name: str, root: Path = _ROOT) -> bool:
    """End the service *name* with all its processes; whether there was anything to end. Its log stays.

    Raises ``FactoryError`` when something of it cannot be ended.
    """
    expect_linux()
    if not folder.exists():
        return False
    with locked(lock_of(folder)):
        return _stop(folder, name, _systemd(root))


def remove_service(folder: Path, name: str, root: Path = _ROOT) -> bool:
    """End the service *name*, and remove every file that was written for it; whether there was anything."""
    stopped = stop_service(folder, name, root)
    return remove_files(folder) or stopped


def _proved(folder: Path, service: Service, systemd: Systemd | None, deadline_seconds: float) -> ServiceState:
    """Wait until it is known where *service* listens, and stop it unless that is right."""
    last: list[ServiceState] = []

    def decided() -> bool:
        seen, state = _observed(folder, service, systemd)
        last[:] = [state]
        if not seen.alive or seen.failures >= _MOST_FAILURES:
            return True
        return _may_not_stay(service, state) or (state.running and listens_as_declared(service.listen, state.listens))

    in_time = came_true(decided, deadline_seconds)
    state = last[0]
    if state.running and listens_as_declared(service.listen, state.listens) and not _may_not_stay(service, state):
        return state
    _stop(folder, service.name, systemd)
    late = "" if in_time else f" after {deadline_seconds:g} seconds"
    return replace(state, running=False, pid=0, problem=f"{state.problem}; it was stopped{late}")


def _observed(folder: Path, service: Service, systemd: Systemd | None) -> tuple[SeenService, ServiceState]:
    seen = systemd_service.look(systemd, folder, service) if systemd else supervised_service.look(folder)
    found = listening(seen.processes)
    stray = undeclared(service.listen, found.addresses)
    silent = seen.running and not stray and not listens_as_declared(service.listen, found.addresses)
    nothing = f"it does not listen on {service.listen}" if silent else ""
    wrong = [text for text in (seen.problem, nothing, told(service.listen, stray), _not_seen(found)) if text]
    if wrong and seen.manager:
        log = systemd_service.log_of(systemd, folder, service.name) if systemd else supervised_service.log_of(folder)
        wrong.append(f"its log: {log}")
    as_declared = seen.digest == service.digest
    return seen, ServiceState(seen.manager, seen.running, as_declared, seen.pid, found.addresses, "; ".join(wrong))


def _not_seen(found: Listening) -> str:
    if not found.unknown:
        return ""
    pids = ", ".join(map(str, found.unknown))
    return f"where its processes {pids} listen cannot be seen by this user; run as root to have it checked"


def _may_not_stay(service: Service, state: ServiceState) -> bool:
    return not service.listen.exposed and bool(undeclared(service.listen, state.listens))


def _stop(folder: Path, name: str, systemd: Systemd | None) -> bool:
    """End what either manager runs: a host may have got its systemd since."""
    by_systemd = systemd is not None and systemd_service.stop(systemd, folder, name)
    return supervised_service.stop(folder) or by_systemd


def _systemd(root: Path) -> Systemd | None:
    return systemd_of(root, os.geteuid(), Path.home())
