# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a lock for pip: requirements, each an exact version with the SHA-256 of its files.

https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ansible_collections.factory.core.plugins.module_utils.problem import said
from ansible_collections.factory.mcp.plugins.module_utils.locked_package import LockedPackage
from ansible_collections.factory.mcp.plugins.module_utils.server_package import PYPI_NAME, PYPI_VERSION, pypi_key

_REQUIREMENT = re.compile(
    rf"(?P<name>{PYPI_NAME.pattern})\s*(?:\[[A-Za-z0-9,._ -]*\])?\s*==\s*(?P<version>{PYPI_VERSION.pattern})"
    r"\s*(?P<marker>;[^#\\$]*?)?(?P<hashes>(?:\s+--hash=\S+)*)"
)
_HASH = re.compile(r"sha256:[0-9a-f]{64}")

Problems = list[tuple[int, str]]


def read_pypi_lock(text: str, name: str, version: str) -> tuple[list[LockedPackage], Problems]:
    """The packages in *text*, the lock of version *version* of *name*, and what is wrong with it."""
    locked: list[LockedPackage] = []
    problems: Problems = []
    for line, requirement in _requirements(text):
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None:
            problems.append((line, f"{said(requirement)} is no exact version of a package of a registry"))
            continue
        hashes = tuple(match["hashes"].replace("--hash=", " ").split())
        is_server = pypi_key(match["name"]) == pypi_key(name)
        marker = (match["marker"] or "").removeprefix(";").strip()
        locked.append(LockedPackage(match["name"], match["version"], hashes, line, is_server, marker))
        problems.extend((line, message) for message in _problems_of(locked[-1]))
    problems.extend(_problems_of_server(locked, name, version))
    return locked, problems


def requirements(locked: Iterable[LockedPackage]) -> str:
    """The text of a lock, which is also what pip is given: a line each, by name.

    pip never reads the lock as a person wrote it, so it cannot find more in it than ``read_pypi_lock`` did.
    """
    lines = [
        f"{one.name}=={one.version}"
        + (f" ; {one.marker}" if one.marker else "")
        + "".join(f" --hash={each}" for each in sorted(one.integrity))
        for one in sorted(locked, key=lambda one: (pypi_key(one.name), one.version, one.marker))
    ]
    return "".join(f"{line}\n" for line in lines)


def _requirements(text: str) -> Iterator[tuple[int, str]]:
    """Each requirement with the line that it begins on: comments left out, continued lines put together."""
    whole, begins = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        piece = re.sub(r"(?:^|\s)#.*$", "", line).strip()
        begins = begins if whole else number
        whole = f"{whole} {piece.removesuffix(chr(92))}".strip()
        if whole and not piece.endswith("\\"):
            yield begins, whole
            whole = ""
    if whole:
        yield begins, whole


def _problems_of(package: LockedPackage) -> Iterator[str]:
    if not package.integrity:
        yield f"{package.name} has no hash, so anything could be installed in its place"
    for one in package.integrity:
        if not _HASH.fullmatch(one):
            yield f"{package.name} has {said(one)} for a hash; expected sha256: and 64 digits of 0-9 and a-f"
    if package.is_server and package.marker:
        yield f"{package.name} is the server itself, and must be installed whatever the marker says"


def _problems_of_server(locked: list[LockedPackage], name: str, version: str) -> Iterator[tuple[int, str]]:
    found = [one for one in locked if one.is_server]
    if not found:
        yield 1, f"{name} is not in it, and the manifest asks for {name}=={version}"
    for one in found:
        if one.version != version:
            yield one.line, f"{name} is locked at {said(one.version)}, and the manifest asks for {version}"
    for again in found[1:]:
        yield again.line, f"{name} stands there twice"
