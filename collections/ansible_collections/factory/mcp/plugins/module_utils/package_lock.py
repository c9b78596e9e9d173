# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the lock of a package, and say what is wrong with it. Pure.

A lock is good when it is for exactly that package and version, and when every package in it comes from a registry
with an integrity, so that npm and pip refuse anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, Position
from ansible_collections.factory.mcp.plugins.module_utils.npm_lock import read_npm_lock
from ansible_collections.factory.mcp.plugins.module_utils.pypi_lock import read_pypi_lock
from ansible_collections.factory.mcp.plugins.module_utils.server_name import check_server_name
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package, Registry

_SUFFIXES = {"npm": ".package-lock.json", "pypi": ".requirements.txt"}
_SHOWN = 10


class BrokenLock(FactoryError):
    """A lock that cannot be trusted. It is never taken for no lock at all."""


@dataclass(frozen=True, slots=True)
class LockContent:
    """What a good lock holds: how many packages, and the integrity of the server's own.

    integrity is npm's SRI texts (``sha512-…``) or PyPI's ``sha256:…``, one for each file that may be installed.
    """

    packages: int
    integrity: tuple[str, ...]


def lock_file(stack: Path, server: str, registry: Registry) -> Path:
    """Where the lock of *server* lies in the folder *stack*.

    Raises ``FactoryError`` for a name that is none of a resource.
    """
    check_server_name(server)
    return stack / "locks" / f"{server}{_SUFFIXES[registry]}"


def server_of(file: Path) -> str:
    """The server whose lock *file* is."""
    return file.name.removesuffix(_SUFFIXES["npm"]).removesuffix(_SUFFIXES["pypi"])


def check_lock(package: Package, file: Path, integrity: str = "") -> LockContent:
    """What the lock of *package* holds, when nothing is wrong with it.

    *file* is where its text stands, for errors; *integrity* is the manifest's, empty where it names none.
    Raises ``BrokenLock`` with everything that is wrong, each thing at its line.
    """
    content, problems = read_lock(package, integrity)
    if problems:
        shown = [f"{Position(str(file), line, 1)}: {message}" for line, message in problems[:_SHOWN]]
        more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        mend = f"this lock is not used; restore it from version control, or run: factory mcp lock {server_of(file)}"
        raise BrokenLock("\n".join([*shown, *more, mend]))
    return content


def read_lock(package: Package, integrity: str = "") -> tuple[LockContent, list[tuple[int, str]]]:
    """What the lock of *package* holds, and what is wrong with it: lines that count from 1, and messages."""
    read = read_npm_lock if package.registry == "npm" else read_pypi_lock
    locked, problems = read(package.lock, package.name, package.version)
    content = LockContent(len(locked), next((one.integrity for one in locked if one.is_server), ()))
    if integrity and content.integrity and integrity not in content.integrity:
        line = next(one.line for one in locked if one.is_server)
        there = " or ".join(content.integrity)
        problems.append((line, f"the integrity of {package.label} is {there}, and the manifest says {integrity}"))
    return content, sorted(problems)
