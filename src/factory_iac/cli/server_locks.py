# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The locks of the MCP servers that a stack declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import (
    FactoryError,
    InvalidManifests,
    Problem,
    did_you_mean,
    said,
)
from ansible_collections.factory.core.plugins.module_utils.yaml_source import Document
from ansible_collections.factory.mcp.plugins.module_utils.package_lock import (
    BrokenLock,
    check_lock,
    lock_file,
    read_lock,
)
from ansible_collections.factory.mcp.plugins.module_utils.package_locking import make_lock
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package

_KIND = "McpServer"
_REGISTRIES: tuple[Literal["npm", "pypi"], ...] = ("npm", "pypi")
_DEADLINE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class LockedServer:
    """A server whose lock is good; packages counts what is in it, and changed says whether it was written anew."""

    name: str
    package: str
    file: Path
    packages: int
    changed: bool


@dataclass(frozen=True, slots=True)
class ServerToLock:
    """A server that comes as a package; package has no lock yet, integrity is the manifest's, or empty."""

    name: str
    package: Package
    integrity: str

    def locked(self, stack: Path) -> LockedServer:
        """Make the lock in the folder *stack*, unless a good one is there.

        Raises ``FactoryError``, and ``OSError`` when the lock cannot be read or written.
        """
        package = self.package
        file = lock_file(stack, self.name, package.registry)
        if file.exists():
            try:
                there = Package(package.registry, package.name, package.version, "", _read(file))
                return self._answer(file, check_lock(there, file, self.integrity).packages, False)
            except BrokenLock:
                pass
        text = make_lock(package.registry, package.name, package.version, _DEADLINE_SECONDS)
        made = Package(package.registry, package.name, package.version, "", text)
        content, problems = read_lock(made, self.integrity)
        if problems:
            raise FactoryError(f"no lock was made: {'; '.join(message for _, message in problems)}")
        write_atomically(file, text)
        return self._answer(file, content.packages, True)

    def _answer(self, file: Path, packages: int, changed: bool) -> LockedServer:
        return LockedServer(self.name, self.package.label, file, packages, changed)


def servers_to_lock(stack: Path, environment: str, names: Sequence[str]) -> list[ServerToLock]:
    """The servers of the folder *stack* that come from npm or PyPI: those called *names*, or all.

    Raises ``FactoryError`` for manifests that cannot be read, for an unknown name, and for a server that has no lock.
    """
    loaded = load_stack(stack, environment)
    found: dict[str, ServerToLock | None] = {}
    problems = list(loaded.problems)
    for document in loaded.documents:
        if isinstance(document.data, dict) and document.data.get("kind") == _KIND:
            _note(document, found, problems)
    if problems:
        raise InvalidManifests(problems)
    for name in names:
        if name not in found:
            known = did_you_mean(name, found) or f"; it declares {', '.join(sorted(found)) or 'none'}"
            raise FactoryError(f"the stack declares no server '{name}'{known}")
        if found[name] is None:
            raise FactoryError(f"{_KIND}/{name} does not come from npm or PyPI, so there is nothing to lock")
    wanted = names or sorted(found)
    return [server for name in dict.fromkeys(wanted) if (server := found[name]) is not None]


def _note(document: Document, found: dict[str, ServerToLock | None], problems: list[Problem]) -> None:
    """Put the server of *document* into *found*, ``None`` for one without a package, or into *problems*."""
    name = _at(document, "metadata", "name")
    if not isinstance(name, str):
        problems.append(Problem(document.source.locate(("metadata",)), "a server needs a name"))
        return
    if name in found:
        problems.append(Problem(document.source.locate(("metadata", "name")), f"'{name}' is declared twice"))
    found[name] = None
    for registry in _REGISTRIES:
        if isinstance(_at(document, "spec", "source", registry), dict):
            problems.extend(_noted(document, name, registry, found))


def _noted(
    document: Document, name: str, registry: Literal["npm", "pypi"], found: dict[str, ServerToLock | None]
) -> Iterator[Problem]:
    path = ("spec", "source", registry)
    for key in ("package", "version"):
        value = _at(document, *path, key)
        if not isinstance(value, str):
            yield Problem(document.source.locate((*path, key)), f"{key} is {said(value)}; expected a text (in quotes)")
            return
    try:
        package = Package(registry, _at(document, *path, "package"), _at(document, *path, "version"), "", "")
    except FactoryError as error:
        yield Problem(document.source.locate((*path, "version")), str(error))
        return
    found[name] = ServerToLock(name, package, str(_at(document, *path, "integrity") or ""))


def _at(document: Document, *path: str) -> Any:
    value: Any = document.data
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
