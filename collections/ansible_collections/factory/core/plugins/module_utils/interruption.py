# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C in a task: the request under way gets its answer, what was done is recorded, then the task ends.

A task runs in a worker process, in a session of its own. ``ansible-playbook`` passes SIGINT and SIGTERM on
to it, and waits for it before it ends by SIGINT (ansible.executor.task_queue_manager). Without this module
the worker would end in the middle of a request, or go on when whoever started it was killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.limits import Stop

STOP_FILE = "FACTORY_STOP_FILE"
"""The environment variable that names a file; when it appears, the run is to end."""
STARTED_BY = "FACTORY_PID"
"""The environment variable with the process that started ``ansible-playbook``, if it was not a person."""
_WATCH_SECONDS = 0.1
_GRACE_SECONDS = 75.0
"""For the answer to the last request, and for recording, after nobody waits for this process any more."""
_INTERRUPTED = "interrupted"


class Interruption:
    """Ends *stop*'s run when a signal comes, or when those who started this process are gone.

    Must be made in the process's main thread; takes over SIGINT and SIGTERM for the rest of its life.
    """

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self._signalled = False
        self._stderr = f"/proc/{os.getppid()}/fd/2"
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        threading.Thread(target=self._watch, args=(os.getppid(),), daemon=True).start()

    def tell_the_terminal(self, lines: Iterable[str]) -> None:
        """After a signal ``ansible-playbook`` shows nothing of its workers any more: write to its stderr instead.

        Where the system does not offer that (macOS), the report and the journal say the same.
        """
        if self._signalled:
            with contextlib.suppress(OSError), Path(self._stderr).open("a", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in lines)

    def _note(self, _number: int, _frame: object) -> None:
        """Only this much: the main thread may hold any lock when the signal comes."""
        self._signalled = True

    def _watch(self, parent: int) -> None:
        command = int(os.environ.get(STARTED_BY, "0"))
        file = os.environ.get(STOP_FILE)
        while not self._signalled and not (file and Path(file).exists()):
            if os.getppid() != parent or (command and not _is_running(command)):
                break
            time.sleep(_WATCH_SECONDS)
        self.stop.ask(_INTERRUPTED)
        while os.getppid() == parent and (not command or _is_running(command)):
            time.sleep(_WATCH_SECONDS)
        time.sleep(_GRACE_SECONDS)
        os._exit(1)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
