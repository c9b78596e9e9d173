# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that lie beside a manifest and belong to what it declares.

Notion tells a file's name and a link, never its content. So a file is uploaded under a name with a
fingerprint of its content in it, which stays the end of the link; people see the plain name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes in an upload of one part (facts, section 2.2); a free workspace takes 5 MiB."""
_FINGERPRINT = re.compile(r"\.([0-9a-f]{16})(?:\.[^.]*)?$")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine; ``fingerprint`` is sixteen hex digits of its SHA-256."""

    path: Path
    fingerprint: str

    def stored_name(self, name: str) -> str:
        """*name* with the fingerprint in it: ``plan.pdf`` becomes ``plan.0123456789abcdef.pdf``."""
        plain = PurePosixPath(name)
        return f"{plain.stem}.{self.fingerprint}{plain.suffix}"


def declared_file(resource: Resource, path: str) -> LocalFile:
    """The file that a manifest names by a path relative to itself.

    Raises ``FactoryError`` when there is none, or one that Notion does not take.
    """
    if Path(path).is_absolute():
        raise FactoryError(f"expected a path relative to the manifest, not '{path}'")
    folder = resource.source.file.parent if resource.source is not None else Path()
    file = folder / path
    try:
        stat = file.stat()
        if not file.is_file():
            raise FactoryError(f"'{file}' is not a file")
        if not 0 < stat.st_size <= LARGEST_FILE:
            raise FactoryError(f"'{file}' has {stat.st_size} bytes; Notion takes files of 1 byte to 20 MiB this way")
        return LocalFile(file, _fingerprint(file, stat.st_mtime_ns, stat.st_size))
    except OSError as error:
        raise FactoryError(f"the file '{file}' cannot be read: {error.strerror}") from error


def declared_text(resource: Resource, path: str) -> str:
    """The text of such a file.

    Raises ``FactoryError`` when it is none in UTF-8, too.
    """
    file = declared_file(resource, path).path
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FactoryError(f"the file '{file}' is not text in UTF-8: {error}") from error


def fingerprint_in(url: str) -> str | None:
    """The fingerprint at the end of the link to an uploaded file, if we put one there."""
    found = _FINGERPRINT.search(unquote(urlsplit(url).path))
    return found[1] if found else None


@lru_cache(maxsize=4096)
def _fingerprint(file: Path, _changed: int, _size: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]
