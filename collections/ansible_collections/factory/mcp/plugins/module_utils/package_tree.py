# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let npm or pip install exactly what a lock says into an empty folder, without running anything of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.installer_process import (
    CommandFailed,
    DeadlineOver,
    program_of_path,
    run_command,
)
from ansible_collections.factory.mcp.plugins.module_utils.pypi_lock import read_pypi_lock, requirements
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package

NPM_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--no-update-notifier", "--loglevel=error")
PIP = ("-P", "-m", "pip")
PIP_FLAGS = ("--disable-pip-version-check", "--no-input", "--quiet")
_NOT_FOR_THIS_HOST = ("No matching distribution", "DO NOT MATCH", "all requirements must have their versions pinned")
NEEDS_NPM = "a package of npm needs Node.js with npm there"


def make_tree(tree: Path, package: Package, deadline: float) -> None:
    """Install *package* into the empty folder *tree* before *deadline* (of ``time.monotonic()``).

    Raises ``FactoryError``.
    """
    if package.registry == "npm":
        _npm(tree, package, deadline)
    else:
        _pypi(tree, package, deadline)


def npm_manifest(package_name: str, version: str) -> str:
    """The ``package.json`` of a folder that needs one package only."""
    content = {"name": "mcp-server", "version": "0.0.0", "private": True, "dependencies": {package_name: version}}
    return json.dumps(content, indent=2) + "\n"


def interpreter_of(tree: Path) -> str:
    """The real path of the Python of the virtual environment *tree*; empty where there is none."""
    python = tree / "bin" / "python"
    return os.path.realpath(python) if python.exists() else ""


def _npm(tree: Path, package: Package, deadline: float) -> None:
    npm = program_of_path("npm", NEEDS_NPM)
    (tree / "package.json").write_text(npm_manifest(package.name, package.version), encoding="utf-8")
    (tree / "package-lock.json").write_text(package.lock, encoding="utf-8")
    arguments = [npm, "ci", *NPM_FLAGS, "--omit=dev", "--bin-links", "--install-strategy=hoisted", "--no-global"]
    run_command(arguments, f"installing {package.label}", deadline, tree)


def _pypi(tree: Path, package: Package, deadline: float) -> None:
    """Make a virtual environment without pip, and let this Python's pip install wheels into it.

    An archive of sources would have to be built, which runs its code, with tools whose hashes are in no lock: there
    are no archives of sources here. pip itself refuses a lock in which something is missing on this host.
    Modules are compiled once, as *unchecked* files that Python neither compares with their sources nor writes anew
    (PEP 552). So a server that runs changes nothing in the tree, and the digests cover what Python really loads.
    They are compiled without ``site``, since a package's ``.pth`` file would run there.
    """
    what = f"installing {package.label}"
    run_command([sys.executable, "-I", "-m", "venv", "--without-pip", str(tree)], what, deadline)
    wanted, _ = read_pypi_lock(package.lock, package.name, package.version)
    given = tree / "requirements.txt"
    given.write_text(requirements(wanted), encoding="utf-8")
    pip = [sys.executable, *PIP, "--python", str(tree / "bin" / "python"), "install"]
    strict = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "--requirement", str(given)]
    try:
        run_command([*pip, *PIP_FLAGS, *strict], what, deadline)
    except CommandFailed as error:
        raise pip_explained(error, package.label) from None
    compiler = [sys.executable, "-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    try:
        run_command([*compiler, str(tree / "lib")], what, deadline)
    except DeadlineOver:
        raise
    except CommandFailed:
        # Some packages carry files that are no Python of this version; Python cannot load them either.
        return


def pip_explained(error: CommandFailed, label: str) -> FactoryError:
    """*error*, with what to do where pip's words leave that open."""
    if "No module named pip" in error.told:
        return FactoryError(f"{label} needs pip for {sys.executable} (python3-pip), which is not there")
    if any(word in error.told for word in _NOT_FOR_THIS_HOST):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return FactoryError(
            f"{error}\n(Either a file of the registry is not what it was, or the lock was made for another kind of "
            f"host: this one is {sys.platform} with Python {version}. Make the lock on one like it, or make one for "
            "all kinds with: uv pip compile --universal --generate-hashes. A package without a wheel is never "
            "installed.)"
        )
    return error
