# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a ``package-lock.json`` of npm, lockfileVersion 3.

https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.factory.core.plugins.module_utils.problem import said
from ansible_collections.factory.mcp.plugins.module_utils.locked_package import LockedPackage
from ansible_collections.factory.mcp.plugins.module_utils.server_package import NPM_NAME, NPM_VERSION

_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}
_INTO = "node_modules/"
_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*"):')
_KINDS_OF_DEPENDENCY = (
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "bundleDependencies",
    "workspaces",
)

Problems = list[tuple[int, str]]


def read_npm_lock(text: str, name: str, version: str) -> tuple[list[LockedPackage], Problems]:
    """The packages in *text*, the lock of version *version* of *name*, and what is wrong with it."""
    try:
        content = json.loads(text, object_pairs_hook=_without_twins)
    except json.JSONDecodeError as error:
        return [], [(error.lineno, f"not valid JSON: {error.msg}")]
    except (ValueError, RecursionError) as error:
        return [], [(1, f"not a lock of npm: {error}")]
    packages = content.get("packages") if isinstance(content, dict) else None
    if not isinstance(packages, dict) or not all(isinstance(one, dict) for one in packages.values()):
        return [], [(1, "not a lock of npm: there are no packages in it")]
    lines = _Lines(text)
    if content.get("lockfileVersion") != 3:
        told = said(content.get("lockfileVersion"))
        return [], [(lines.of("lockfileVersion"), f"its lockfileVersion is {told}; only 3 is read (npm 7 and newer)")]
    problems = [
        *_problems_of_root(packages, name, version, lines),
        *(problem for path in packages if path for problem in _problems_of(path, packages, lines)),
    ]
    server = f"{_INTO}{name}"
    locked = [
        LockedPackage(
            str(entry.get("name", path.rpartition(_INTO)[2])),
            str(entry.get("version")),
            tuple(str(entry.get("integrity", "")).split()),
            lines.of(path),
            path == server,
        )
        for path, entry in packages.items()
        if path
    ]
    return locked, problems


class _Lines:
    """Where things stand in the text of a lock as npm writes it: each key on a line of its own."""

    def __init__(self, text: str) -> None:
        matches = [_KEY.match(line) for line in text.split("\n")]
        self._keys = [json.loads(match[1]) if match else None for match in matches]
        self._first: dict[str | None, int] = {}
        for number, key in enumerate(self._keys, 1):
            self._first.setdefault(key, number)

    def of(self, key: str, inside: str | None = None) -> int:
        """The line of *key*, looked for from the entry *inside* on; that of the entry where it is not found."""
        if inside is None:
            return self._first.get(key, 1)
        start = self._first.get(inside, 1)
        return next((number for number, one in enumerate(self._keys[start:], start + 1) if one == key), start)


def _problems_of_root(packages: Mapping[str, Any], name: str, version: str, lines: _Lines) -> Iterator[tuple[int, str]]:
    root, server = packages.get("", {}), packages.get(f"{_INTO}{name}")
    line = lines.of("")
    if root.get("dependencies") != {name: version}:
        told = root.get("dependencies") or {}
        there = ", ".join(f"{key}@{value}" for key, value in told.items()) if isinstance(told, dict) else said(told)
        yield line, f"it is for {there or 'nothing'}, and the manifest asks for {name}@{version}"
    for kind in _KINDS_OF_DEPENDENCY:
        if root.get(kind):
            yield lines.of(kind, ""), f"it has {kind} of its own; a server's lock has only the server as a dependency"
    if server is None:
        yield line, f"{name} is not in it"
        return
    if server.get("name", name) != name:
        yield lines.of("name", f"{_INTO}{name}"), f"another package, {said(server['name'])}, stands in for {name}"
    if server.get("version") != version:
        told = said(server.get("version"))
        yield lines.of("version", f"{_INTO}{name}"), f"{name} is locked at {told}, and the manifest asks for {version}"


def _problems_of(path: str, packages: Mapping[str, Any], lines: _Lines) -> Iterator[tuple[int, str]]:
    """What is wrong with the entry at *path*, whose folder npm writes to."""
    entry = packages[path]
    names = path.removeprefix(_INTO).split(f"/{_INTO}")
    name = names[-1]
    if not path.startswith(_INTO) or not all(NPM_NAME.fullmatch(one) for one in names):
        yield lines.of(path), f"{said(path)} is no folder of an installed package"
        return
    if entry.get("link"):
        yield lines.of("link", path), f"{name} is a link to a folder, not a package of a registry"
        return
    if not isinstance(version := entry.get("version"), str) or not NPM_VERSION.fullmatch(version):
        yield lines.of("version", path), f"{name} has no exact version ({said(version)})"
    yield from ((lines.of("resolved", path), problem) for problem in _problems_of_url(name, entry.get("resolved")))
    if "integrity" not in entry:
        if not _is_in_a_bundle(path, packages):
            yield lines.of(path), f"{name} has no integrity, so anything could be installed in its place"
    elif not _is_integrity(entry["integrity"]):
        told = said(entry["integrity"])
        yield lines.of("integrity", path), f"{name} has {told} for integrity; expected sha512-… (or sha384, sha256)"


def _problems_of_url(name: str, url: Any) -> Iterator[str]:
    """What is wrong with where *name* comes from; without an address it comes from the registry that npm is told."""
    if url is None:
        return
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        password = parts.password
    except ValueError:
        yield f"{name} comes from an address that cannot be read"
        return
    if parts.scheme not in ("https", "http"):
        yield f"{name} comes from {said(parts.scheme + ':' + parts.path)}, not from a registry"
    elif password:
        yield f"the address of {name} holds a password; a lock is no place for one"


def _is_in_a_bundle(path: str, packages: Mapping[str, Any]) -> bool:
    """Whether the package at *path* lies in the archive of one above it, whose integrity then covers it."""
    if not packages[path].get("inBundle"):
        return False
    above = path
    while f"/{_INTO}" in above:
        above = above.rpartition(f"/{_INTO}")[0]
        entry = packages.get(above, {})
        if entry.get("bundleDependencies") and _is_integrity(entry.get("integrity")):
            return True
    return False


def _is_integrity(value: Any) -> bool:
    """Whether *value* is Subresource Integrity, of hashes that are strong enough only."""
    hashes = value.split() if isinstance(value, str) else []
    return bool(hashes) and all(_is_hash(one) for one in hashes)


def _is_hash(text: str) -> bool:
    algorithm, _, digest = text.partition("-")
    try:
        return len(base64.b64decode(digest, validate=True)) == _LENGTHS.get(algorithm)
    except (binascii.Error, ValueError):
        return False


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        twin = re.sub(r"\s", " ", next(name for name in names if names.count(name) > 1))
        raise ValueError(f"the key '{twin}' stands there twice")
    return content
