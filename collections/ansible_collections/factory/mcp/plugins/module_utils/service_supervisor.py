# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep one server running: a program of its own, which is copied beside the server.

It is started as ``python supervisor.py FOLDER``, reads ``declared.json`` there, goes into the background once it has
written ``state.json``, starts the server again when it fails, and ends all of its processes on SIGTERM. It imports
the standard library only: nothing else of Factory is there when it runs. It needs Linux.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

STOP_SECONDS = 5.0
"""How long a server may take to end by itself when it is told to."""
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_LOG_BYTES = 1024 * 1024
_CHUNK_BYTES = 65536
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Process(NamedTuple):
    """One line of the process table. ``started`` is in ticks since the machine started: a later process that gets
    the same pid differs in it."""

    pid: int
    parent: int
    started: int


def process(pid: int) -> Process | None:
    """The process *pid*, or None if there is none or it is dead and only not reaped yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else Process(pid, int(fields[1]), int(fields[19]))


def processes() -> Iterator[Process]:
    """Every process that can be seen."""
    for name in os.listdir("/proc"):
        found = process(int(name)) if name.isdigit() else None
        if found:
            yield found


def descendants(ancestor: int) -> dict[int, Process]:
    """Children of *ancestor*, their children and so on, by pid."""
    by_parent: dict[int, list[Process]] = {}
    for one in processes():
        by_parent.setdefault(one.parent, []).append(one)
    found: dict[int, Process] = {}
    ahead = [ancestor]
    while ahead:
        for child in by_parent.get(ahead.pop(), ()):
            if child.pid not in found:
                found[child.pid] = child
                ahead.append(child.pid)
    return found


def this_boot() -> str:
    """What tells this run of the machine from an earlier one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class _Log:
    """A file of at most a megabyte; what was in it before is kept once, beside it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self._open()

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def write(self, content: bytes) -> None:
        """Add *content*. A full disk costs the log, not the server."""
        with contextlib.suppress(OSError):
            if self._size + len(content) > _LOG_BYTES:
                os.close(self._file)
                os.replace(self._path, f"{self._path}.1")
                self._open()
            os.write(self._file, content)
            self._size += len(content)

    def say(self, text: str) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.write(f"{now} supervisor: {text}\n".encode())


class _Supervisor:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        with open(os.path.join(folder, "declared.json"), encoding="utf-8") as stream:
            self._declared: dict[str, Any] = json.load(stream)
        self._log = _Log(os.path.join(folder, "log"))
        self._output, self._input = os.pipe()
        self._woken, waking = os.pipe()
        for end in (self._woken, waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self._stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._me = process(os.getpid())
        self._server = 0
        self._ended: int | None = None

    def write_state(self, ended: str = "", failures: int = 0, over: bool = False) -> None:
        """Say what there is; whoever looks at the service reads it. *over* says that we are about to end."""
        server = process(self._server) if self._server else None
        state = {"pid": 0 if over else os.getpid(), "started": self._me.started if self._me else 0, "boot": this_boot()}
        state |= {"digest": self._declared["digest"], "server": server.pid if server else 0}
        state |= {"server_started": server.started if server else 0, "ended": ended, "failures": failures}
        path = os.path.join(self._folder, "state.json")
        with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(f"{path}.new", path)

    def run(self) -> None:
        """Run the server until it ends by itself without a failure, or until SIGTERM."""
        failures = 0
        ended = ""
        while not self._stopping:
            began = time.monotonic()
            how = self._run_once(ended, failures)
            self._end_everything()
            if self._stopping or how == "exit code 0":
                ended = how
                break
            failures = 1 if time.monotonic() - began > _LONGEST_PAUSE_SECONDS else failures + 1
            pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (failures - 1))
            ended = how
            self._log.say(f"the server ended ({how}), failure {failures} in a row; it is started again in {pause:g} s")
            self.write_state(ended, failures)
            self._wait(lambda: self._stopping, pause)
        self._log.say("stopped" if self._stopping else f"the server ended by itself ({ended})")
        self.write_state(ended, failures, over=True)

    def _run_once(self, ended: str, failures: int) -> str:
        """Start the server and wait for its end, which is told in words."""
        self._ended = None
        parent = os.getpid()
        c_library = ctypes.CDLL(None)

        def end_with_supervisor() -> None:
            c_library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        declared = self._declared
        try:
            server = subprocess.Popen(
                declared["argv"],
                executable=declared["program"],
                env=declared["env"],
                cwd=declared["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=self._input,
                stderr=self._input,
                start_new_session=True,
                preexec_fn=end_with_supervisor,
            )
        except OSError as error:
            return f"it cannot be started: {error.strerror}"
        self._server = server.pid
        self._log.say(f"started the server as process {server.pid}")
        self.write_state(ended, failures)
        self._wait(lambda: self._stopping or self._ended is not None)
        if self._ended is None:
            os.killpg(server.pid, signal.SIGTERM)
            self._wait(lambda: self._ended is not None, STOP_SECONDS)
        server.returncode = 0  # it is reaped here, not by the module subprocess
        return _in_words(self._ended)

    def _end_everything(self) -> None:
        """End what is left of the server's processes: those that it started and left behind come to us as children."""
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS if self._ended is not None else 0), (signal.SIGKILL, 5)):
            if not descendants(os.getpid()):
                break
            end = time.monotonic() + seconds
            sent: set[Process] = set()
            while (left := set(descendants(os.getpid()).values())) and time.monotonic() < end:
                for one in left - sent:
                    _send(one.pid, number)
                sent |= left
                self._wait(lambda: False, _LOOK_SECONDS)
        self._server = 0

    def _wait(self, done: Callable[[], bool], seconds: float | None = None) -> None:
        """Write the log and reap children until *done*, at most *seconds* long."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            self._reap()
            left = None if end is None else end - time.monotonic()
            if done() or (left is not None and left <= 0):
                return
            ready, _, _ = select.select([self._output, self._woken], [], [], left)
            if self._output in ready:
                self._log.write(os.read(self._output, _CHUNK_BYTES))
            if self._woken in ready:
                os.read(self._woken, _CHUNK_BYTES)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._server:
                self._ended = status

    def _stop(self, *_: Any) -> None:
        self._stopping = True


def _in_words(status: int | None) -> str:
    """How a process ended, by the status that ``waitpid`` gives."""
    if status is None:
        return "it did not end when it was told to"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return f"exit code {os.WEXITSTATUS(status)}"


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def main(folder: str) -> None:
    """Go into the background and supervise; the process that was started ends once ``state.json`` is written."""
    ready, told = os.pipe()
    if os.fork():
        os.close(told)
        os._exit(0 if os.read(ready, 1) else 1)
    os.close(ready)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    supervisor = _Supervisor(folder)
    supervisor.write_state()
    os.write(told, b".")
    os.close(told)
    supervisor.run()


if __name__ == "__main__":
    main(sys.argv[1])
