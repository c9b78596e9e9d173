# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locks between processes of one machine. The kernel lets go of one when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

_PAUSE_SECONDS = 0.02


@contextlib.contextmanager
def locked(
    file: Path,
    waiting: Callable[[], object] = lambda: None,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[None]:
    """Hold the lock of *file*, after waiting for it.

    *waiting* is called when another process holds it, *pause* between two looks; what it raises ends the wait.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as stream:
        if not _taken(stream):
            waiting()
            while not _taken(stream):
                pause(_PAUSE_SECONDS)
        yield


def _taken(stream: IO[str]) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        return False
    return True
