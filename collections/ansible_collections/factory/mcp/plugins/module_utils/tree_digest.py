# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Digests of everything in a folder, by which a changed file is found.

The *stat digest* needs no file's content: any write to a file changes its ctime, which no program can set. What has
the same stat digest is the same. What has another may be the same all the same (it was copied, or its owner changed),
and its contents tell.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Something in a folder that is not as it was: its path in it, and what happened to it."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


def stat_digest(folder: Path) -> str:
    """The SHA-256 over path, mode, size, mtime, ctime and inode of everything in *folder*; path and mode of folders.

    A folder's own times are left out: they change when a file comes and goes again.
    Raises ``OSError``.
    """
    lines: list[str] = []
    folders = [(os.fspath(folder), "")]
    while folders:
        path, inside = folders.pop()
        # By its descriptor the kernel looks up each name in the folder, not each path from the root.
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    name = f"{inside}{entry.name}"
                    of = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((f"{path}/{entry.name}", f"{name}/"))
                        lines.append(f"{name}/\0{of.st_mode}")
                    else:
                        times = f"{of.st_mtime_ns}\0{of.st_ctime_ns}"
                        lines.append(f"{name}\0{of.st_mode}\0{of.st_size}\0{times}\0{of.st_ino}")
        finally:
            os.close(descriptor)
    lines.sort()
    return hashlib.sha256("\0\0".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def contents(folder: Path) -> str:
    """Everything in *folder*, a line of JSON each: path, mode (with the kind), and the SHA-256 or the link's target.

    Raises ``OSError`` when a folder cannot be listed.
    """
    return "".join(f"{json.dumps(line)}\n" for line in sorted(_lines(os.fspath(folder), "")))


def content_digest(text: str) -> str:
    """The digest of a folder whose contents are *text*."""
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: str, after: str) -> list[Difference]:
    """What happened between two contents of a folder, by path."""
    old, new = _by_path(before), _by_path(after)
    found = [
        *(Difference(path, "was removed") for path in old.keys() - new.keys()),
        *(Difference(path, "was added") for path in new.keys() - old.keys()),
        *(
            Difference(path, _change(old[path], new[path]))
            for path in old.keys() & new.keys()
            if old[path] != new[path]
        ),
    ]
    return sorted(found)


def _lines(folder: str, inside: str) -> Iterator[tuple[str, str, str]]:
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        name = f"{inside}{entry.name}"
        mode = entry.stat(follow_symlinks=False).st_mode
        yield name, f"{mode:o}", _content(entry.path, mode)
        if stat.S_ISDIR(mode):
            yield from _lines(entry.path, f"{name}/")


def _content(path: str, mode: int) -> str:
    try:
        if stat.S_ISREG(mode):
            return _sha256(path)
        return os.readlink(path) if stat.S_ISLNK(mode) else ""
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _by_path(text: str) -> dict[str, tuple[str, str]]:
    return {path: (mode, content) for path, mode, content in map(json.loads, text.splitlines())}


def _change(old: tuple[str, str], new: tuple[str, str]) -> str:
    kind = stat.S_IFMT(int(new[0], 8))
    if stat.S_IFMT(int(old[0], 8)) != kind:
        return "became something else"
    if old[1] != new[1]:
        return f"leads to {new[1]} now" if kind == stat.S_IFLNK else "has other contents"
    return f"has the mode {stat.S_IMODE(int(new[0], 8)):o} now"
