# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the lock of a package: ask its registry what the version needs, through npm or pip, and run nothing of it."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.installer_process import (
    CommandFailed,
    program_of_path,
    run_command,
)
from ansible_collections.factory.mcp.plugins.module_utils.locked_package import LockedPackage
from ansible_collections.factory.mcp.plugins.module_utils.package_tree import (
    NEEDS_NPM,
    NPM_FLAGS,
    PIP,
    PIP_FLAGS,
    npm_manifest,
    pip_explained,
)
from ansible_collections.factory.mcp.plugins.module_utils.pypi_lock import requirements
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package, Registry, pypi_key


def make_lock(registry: Registry, name: str, version: str, deadline_seconds: float) -> str:
    """The text of a lock of version *version* of *name*.

    npm's is for every platform, and holds no address: each host asks the registry that it is told of, and the
    integrity decides. pip's is for hosts with the platform and the Python of this one.
    Raises ``FactoryError``, for a range or a tag in place of a version too.
    """
    package = Package(registry, name, version, "", "")
    deadline = time.monotonic() + deadline_seconds
    with tempfile.TemporaryDirectory(prefix="factory-lock-") as folder:
        return (_npm_lock if registry == "npm" else _pypi_lock)(package, deadline, Path(folder))


def _npm_lock(package: Package, deadline: float, folder: Path) -> str:
    npm = program_of_path("npm", NEEDS_NPM)
    (folder / "package.json").write_text(npm_manifest(package.name, package.version), encoding="utf-8")
    only = ("--package-lock-only", "--omit-lockfile-registry-resolved", "--no-global")
    run_command([npm, "install", *only, *NPM_FLAGS], f"locking {package.label}", deadline, folder)
    return (folder / "package-lock.json").read_text(encoding="utf-8")


def _pypi_lock(package: Package, deadline: float, folder: Path) -> str:
    """https://pip.pypa.io/en/stable/reference/installation-report/"""
    wanted = ["--dry-run", "--ignore-installed", "--only-binary", ":all:", "--report", "report.json"]
    arguments = [sys.executable, *PIP, "install", *PIP_FLAGS, *wanted, f"{package.name}=={package.version}"]
    try:
        run_command(arguments, f"locking {package.label}", deadline, folder)
    except CommandFailed as error:
        raise pip_explained(error, package.label) from None
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    locked = [_locked(one, package) for one in report["install"]]
    told = next((one.version for one in locked if one.is_server), package.version)
    if told != package.version:
        raise FactoryError(f"{package.label}: PyPI writes this version {told}; write it so in the manifest")
    return requirements(locked)


def _locked(found: dict[str, Any], package: Package) -> LockedPackage:
    name, version = found["metadata"]["name"], found["metadata"]["version"]
    digest = _sha256(found["download_info"])
    if not digest:
        raise FactoryError(f"{package.label} needs {name} {version}, for which the registry tells no SHA-256")
    return LockedPackage(name, version, (f"sha256:{digest}",), 0, pypi_key(name) == pypi_key(package.name))


def _sha256(download: Mapping[str, Any]) -> str:
    """The hash of a file that pip has found; empty where it tells none.

    pip 23.0 has ``hash`` in the place of ``hashes``, and neither for a file that lies on this host.
    """
    told = download.get("archive_info", {})
    digest: str = told.get("hashes", {}).get("sha256", "")
    kind, _, older = told.get("hash", "").partition("=")
    if digest or kind == "sha256":
        return digest or older
    url = urlsplit(download["url"])
    return hashlib.sha256(Path(unquote(url.path)).read_bytes()).hexdigest() if url.scheme == "file" else ""
