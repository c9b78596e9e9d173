# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services for tests: what is declared, what runs of them, and an end of everything."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service

SERVER = str(Path(__file__).with_name("listening_server.py"))
SECRET = "s3cr3t-value-of-the-token"
DEADLINE = 20.0
"""Seconds; for what comes true long before on any machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def service(port: int, *arguments: str, exposed: bool = False, env: dict[str, str] | None = None) -> Service:
    """A server that is declared on 127.0.0.1:*port* and does what *arguments* say."""
    argv = (sys.executable, SERVER, *(arguments or (f"127.0.0.1:{port}",)))
    return Service("files", argv, {"TOKEN": SECRET} if env is None else env, None, Listen("127.0.0.1", port, exposed))


def running(folder: Path) -> set[int]:
    """Processes with *folder* in their environment or command line, dead ones aside."""
    name = str(folder).encode()
    found = {pid for pid in _pids() if name in _read(pid, "environ") + _read(pid, "cmdline")}
    return {pid for pid in found if _lives(pid)} - {os.getpid()}


def lives(pid: int) -> bool:
    return _lives(pid)


def command_line(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode()


def can_connect(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "this did not come true"
        time.sleep(0.02)


def end_everything(folder: Path) -> None:
    """Kill whatever runs of the services below *folder*."""
    while left := running(folder):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _lives(pid: int) -> bool:
    return _read(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"], [b"X"])


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
