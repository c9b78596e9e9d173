# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a client's file, and replacing it such that nobody ever sees a part of it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, Position
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Unreadable

_BOM = "\ufeff"
_STALE_SECONDS = 10
_PAUSE_SECONDS = 0.05


class ChangedMeanwhile(FactoryError):
    """Somebody wrote the file after it was read; nothing was written."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file as it was read. ``path`` has no symbolic links in it; ``text`` is None if there is none."""

    path: str
    text: str | None
    bom: str = ""
    seen: tuple[int, int, int] | None = None


def read_file(path: str) -> ConfigFile:
    """The file at *path*. Raises ``FactoryError`` when it cannot be read as text."""
    real = os.path.realpath(path)
    try:
        with open(real, "rb") as stream:
            found = os.fstat(stream.fileno())
            content = stream.read()
    except FileNotFoundError:
        return ConfigFile(real, None)
    except OSError as error:
        raise FactoryError(f"{path} cannot be read: {error.strerror}; nothing was changed") from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise refused(path, before, Unreadable("this is not UTF-8", len(before))) from None
    bom = _BOM if text.startswith(_BOM) else ""
    return ConfigFile(real, text.removeprefix(bom), bom, _identity(found))


def refused(path: str, text: str, mistake: Unreadable) -> FactoryError:
    """The error that tells where in *text* the *mistake* is, and what to do."""
    before = text[: mistake.offset]
    position = Position(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return FactoryError(f"{position}: {mistake.message}; the file was left as it is. Mend it there, then run again")


def replace_file(config: ConfigFile, text: str | None, private: bool) -> None:
    """Make *text* the content of the file; None removes it.

    Mode and owner stay. A new file has mode 0600 if *private*, and belongs to whom its folder belongs to, as do new
    folders. Raises ``ChangedMeanwhile`` and ``FactoryError``.
    """
    try:
        if text is None:
            _expect_unchanged(config)
            os.unlink(config.path)
            return
        folder = os.path.dirname(config.path)
        make_folder(folder, private)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(config.path)}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                _give(stream.fileno(), config, private)
                stream.write((config.bom + text).encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
            _expect_unchanged(config)
            os.replace(temporary, config.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise FactoryError(f"{config.path} cannot be written: {error.strerror}") from None


def make_folder(folder: str, private: bool) -> None:
    """Make *folder* and those above it that are missing, for the owner of the one that is there."""
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    make_folder(parent, private)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700 if private else 0o755)
        if os.geteuid() == 0:
            owner = os.stat(parent)
            os.chown(folder, owner.st_uid, owner.st_gid)


@contextlib.contextmanager
def folder_lock(path: str) -> Iterator[None]:
    """Hold the lock that Claude Code takes on its state: a folder beside the file, stale after 10 seconds.

    That is how the package ``proper-lockfile`` locks, which it uses. Waits until the lock is free or stale.
    """
    lock = f"{os.path.realpath(path)}.lock"
    if not os.path.isdir(os.path.dirname(lock)):
        yield
        return
    while not _made(lock):
        time.sleep(_PAUSE_SECONDS)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(lock)


def _made(lock: str) -> bool:
    try:
        os.mkdir(lock)
    except FileExistsError:
        with contextlib.suppress(OSError):
            if time.time() - os.stat(lock).st_mtime > _STALE_SECONDS:
                os.rmdir(lock)
        return False
    except OSError as error:
        raise FactoryError(f"{lock} cannot be made: {error.strerror}") from None
    return True


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _expect_unchanged(config: ConfigFile) -> None:
    try:
        now: tuple[int, int, int] | None = _identity(os.stat(config.path))
    except FileNotFoundError:
        now = None
    if now != config.seen:
        raise ChangedMeanwhile(f"{config.path} is being written by somebody else; nothing was changed. Run again")


def _give(handle: int, config: ConfigFile, private: bool) -> None:
    """Mode and owner of the file that there is, else those of a new one."""
    if config.seen is not None:
        old = os.stat(config.path)
        mode = stat.S_IMODE(old.st_mode)
    else:
        old = os.stat(os.path.dirname(config.path))
        mode = 0o600 if private else 0o644
    if os.geteuid() == 0 or (config.seen is not None and old.st_gid != os.getegid()):
        with contextlib.suppress(PermissionError):
            os.fchown(handle, old.st_uid if os.geteuid() == 0 else -1, old.st_gid)
    os.fchmod(handle, mode)
