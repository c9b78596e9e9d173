# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Install the package of a server into a folder of its own, and see whether it is still as it was installed.

A server's folder has ``packages/<key>/`` for each installation (see ``Package.key``)::

    tree/            what npm or pip installed: nothing else is ever written here
    contents.jsonl   every file of the tree with its hash
    installed.json   the record, written last; a folder without it is a half-made one, and made anew

The digests lie beside what they describe. They find what was changed by mistake, by another program, or by an attacker
who does not know of them; one who writes both the tree and the record is not found by looking at this folder alone.
Keep ``InstalledPackage.content_digest`` elsewhere to find that one as well.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.package_lock import read_lock
from ansible_collections.factory.mcp.plugins.module_utils.package_program import program_of
from ansible_collections.factory.mcp.plugins.module_utils.package_tree import interpreter_of, make_tree
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package
from ansible_collections.factory.mcp.plugins.module_utils.tree_digest import (
    Difference,
    content_digest,
    contents,
    differences,
    stat_digest,
)

_VERSION = 1
_RECORD = "installed.json"
_CONTENTS = "contents.jsonl"
_TREE = "tree"
_LOCK = ".lock"
_SET_ASIDE = ".set-aside"
_SHOWN = 10
_TICK_SECONDS = 0.02


class PackageState(StrEnum):
    """Whether an installation is as it was made."""

    INTACT = "intact"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """An installation that is there.

    program is the absolute path that starts the server, empty when a tampered installation has none any more.
    differences are the first few of what is not as it was; content_digest is of the tree as it was installed.
    set_aside is where the tampered installation lies that
    ``install`` has just replaced.
    """

    folder: Path
    program: str
    state: PackageState
    differences: tuple[Difference, ...] = ()
    content_digest: str = ""
    set_aside: Path | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    """What ``installed.json`` holds; interpreter is the real path of a virtual environment's Python."""

    version: int
    package: str
    content: str
    stat: str
    interpreter: str


def observe(folder: Path, package: Package) -> InstalledPackage | None:
    """The installation of *package* in the server's *folder*; ``None`` where there is none, or a half-made one.

    Reads only. Looks at every file, but not into it unless something about it has changed.
    """
    at = _place(folder, package)
    try:
        record = _Record(**json.loads((at / _RECORD).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError):
        return _tampered(at, package, "", [Difference(_RECORD, "cannot be read")])
    found = [*_differences(at, record), *_of_interpreter(at / _TREE, record)]
    if found or record.version != _VERSION:
        return _tampered(at, package, record.content, found or [Difference(_RECORD, "is of another version")])
    try:
        program = str(program_of(at / _TREE, package))
    except FactoryError as error:
        return _tampered(at, package, record.content, [Difference(_TREE, str(error))])
    return InstalledPackage(at, program, PackageState.INTACT, content_digest=record.content)


def install(folder: Path, package: Package, deadline_seconds: float) -> InstalledPackage:
    """The installation of *package* in the server's *folder*, made if it is not there or not intact.

    Nothing of a package is run on the way: npm gets ``--ignore-scripts``, and pip takes wheels only. A tampered
    installation is set aside, not deleted, since a server may have written somebody's data into it. Killed at any
    point, it is made anew the next time. Processes and threads that install into one folder wait for each other.
    Raises ``FactoryError``: the lock is not good, a file has not its integrity, the deadline is over, …
    """
    deadline = time.monotonic() + deadline_seconds
    _, problems = read_lock(package)
    if problems:
        line, message = problems[0]
        raise FactoryError(f"{package.label}: its lock cannot be trusted: line {line}: {message}")
    with _alone(folder, package, deadline):
        found = observe(folder, package)
        at = _place(folder, package)
        if found is not None and found.state is PackageState.INTACT:
            _refresh_stat(at)
            return found
        set_aside = _make_room(at)
        try:
            digest = _make(at, package, deadline)
        except BaseException:
            shutil.rmtree(at, ignore_errors=True)
            raise
        return InstalledPackage(
            at, str(program_of(at / _TREE, package)), PackageState.INTACT, (), digest, set_aside if found else None
        )


def prune(folder: Path, keep: Set[str]) -> list[str]:
    """Remove every installation in the server's *folder* whose key is not in *keep*; the keys of those removed.

    What was set aside goes with the installation that replaced it.
    Raises ``FactoryError`` when something cannot be removed.
    """
    packages = folder / "packages"
    if not packages.is_dir():
        return []
    with locked(packages / _LOCK):
        old = [one for one in sorted(packages.iterdir()) if one.name.removesuffix(_SET_ASIDE) not in {*keep, _LOCK}]
        for one in old:
            _remove(one)
    return [one.name for one in old if not one.name.endswith(_SET_ASIDE)]


def remove(folder: Path) -> bool:
    """Remove every installation in the server's *folder*; whether there was anything.

    Raises ``FactoryError`` when something cannot be removed.
    """
    packages = folder / "packages"
    if not packages.is_dir():
        return False
    prune(folder, frozenset())
    _remove(packages)
    return True


def _place(folder: Path, package: Package) -> Path:
    return Path(os.path.abspath(folder)) / "packages" / package.key


@contextlib.contextmanager
def _alone(folder: Path, package: Package, deadline: float) -> Iterator[None]:
    """Hold the folder's lock, or give up at *deadline*."""

    def pause(seconds: float) -> None:
        if time.monotonic() > deadline:
            raise FactoryError(f"{package.label} was not installed: another run works in {folder}; try again later")
        time.sleep(seconds)

    try:
        with locked(folder / "packages" / _LOCK, pause=pause):
            yield
    except OSError as error:
        raise FactoryError(f"{package.label} cannot be installed in {folder}: {error}") from None


def _make_room(at: Path) -> Path:
    """Move an installation that has a record out of the way, and remove a half-made one; where the former goes."""
    aside = at.with_name(f"{at.name}{_SET_ASIDE}")
    if (at / _RECORD).exists():
        if aside.exists():
            _remove(aside)
        at.rename(aside)
    elif at.exists():
        _remove(at)
    return aside


def _make(at: Path, package: Package, deadline: float) -> str:
    """Install into the new folder *at*; the content digest."""
    tree = at / _TREE
    tree.mkdir(parents=True, mode=0o755)
    make_tree(tree, package, deadline)
    program_of(tree, package)
    # The kernel's clock for ctime ticks every few milliseconds: whatever is written after this pause is told from
    # what was written before it.
    time.sleep(_TICK_SECONDS)
    stat = stat_digest(tree)
    text = contents(tree)
    write_atomically(at / _CONTENTS, text)
    _write_record(at, _Record(_VERSION, package.label, content_digest(text), stat, interpreter_of(tree)))
    return content_digest(text)


def _refresh_stat(at: Path) -> None:
    """Note the stat digest of an intact tree that was copied or given to somebody else, so that looking is fast."""
    record = _Record(**json.loads((at / _RECORD).read_text(encoding="utf-8")))
    stat = stat_digest(at / _TREE)
    if stat != record.stat and not _differences(at, record) and stat == stat_digest(at / _TREE):
        _write_record(at, _Record(**{**asdict(record), "stat": stat}))


def _write_record(at: Path, record: _Record) -> None:
    write_atomically(at / _RECORD, json.dumps(asdict(record), indent=1, sort_keys=True) + "\n")


def _differences(at: Path, record: _Record) -> list[Difference]:
    """What in the tree is not as *record* says; nothing when it is."""
    if (at / _TREE).is_symlink():
        return [Difference(_TREE, f"leads to {os.readlink(at / _TREE)} now")]
    try:
        if stat_digest(at / _TREE) == record.stat:
            return []
        now = contents(at / _TREE)
    except OSError as error:
        return [Difference(_TREE, f"cannot be read: {error.strerror}")]
    if content_digest(now) == record.content:
        return []
    try:
        before = (at / _CONTENTS).read_text(encoding="utf-8")
    except (OSError, ValueError):
        before = ""
    if content_digest(before) != record.content:
        return [Difference(_TREE, f"has other contents (which is not known: {_CONTENTS} was changed as well)")]
    return differences(before, now)


def _of_interpreter(tree: Path, record: _Record) -> list[Difference]:
    """Whether a virtual environment still runs the Python that it was made with, which lies outside of it."""
    now = interpreter_of(tree)
    if now == record.interpreter:
        return []
    return [Difference("bin/python", f"leads to {now or 'nothing'} now, and led to {record.interpreter}")]


def _tampered(at: Path, package: Package, digest: str, found: list[Difference]) -> InstalledPackage:
    try:
        program = str(program_of(at / _TREE, package))
    except FactoryError:
        program = ""
    return InstalledPackage(at, program, PackageState.TAMPERED, tuple(found[:_SHOWN]), digest)


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise FactoryError(f"{path} cannot be removed: {error}") from None
