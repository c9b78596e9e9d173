# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the program of an installed package: the one that is named, else the obvious one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package, pypi_key


def program_of(tree: Path, package: Package) -> Path:
    """The absolute path of the program of *package*, which is installed in *tree*.

    npm: ``node_modules/.bin/X``; PyPI: ``bin/X`` of the virtual environment. Where the manifest names none, it is the
    one that is called as the package is (without its scope), or the only one.
    Raises ``FactoryError`` when there is none, when it is not clear which, and when it leads out of *tree*.
    """
    npm = package.registry == "npm"
    names = _npm_programs(tree, package) if npm else _pypi_programs(tree, package)
    name = _chosen(package, names)
    program = Path(os.path.abspath(tree)) / ("node_modules/.bin" if npm else "bin") / name
    if not program.is_file() or not os.access(program, os.X_OK):
        raise FactoryError(f"{package.label}: its program '{name}' is not there, or cannot be run: {program}")
    if not program.resolve().is_relative_to(tree.resolve()):
        raise FactoryError(f"{package.label}: its program '{name}' leads out of the installation: {program.resolve()}")
    return program


def _chosen(package: Package, names: Iterable[str]) -> str:
    known = sorted(names)
    if package.program:
        if package.program in known:
            return package.program
        there = f"it has {', '.join(known)}" if known else "it has none"
        guess = did_you_mean(package.program, known)
        raise FactoryError(f"{package.label} has no program '{package.program}'; {there}{guess}")
    obvious = package.name.rpartition("/")[2]
    if obvious in known:
        return obvious
    if len(known) == 1:
        return known[0]
    if not known:
        raise FactoryError(f"{package.label} has no program, so it is no server that can be started")
    raise FactoryError(f"{package.label} has several programs: {', '.join(known)}; say which with 'bin'")


def _npm_programs(tree: Path, package: Package) -> set[str]:
    """The names in ``bin``: a text means one that is called as the package is.

    https://docs.npmjs.com/cli/v11/configuring-npm/package-json#bin
    """
    file = tree / "node_modules" / package.name / "package.json"
    try:
        described = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FactoryError(f"{package.label}: its package.json cannot be read: {error}") from None
    named = described.get("bin") if isinstance(described, dict) else None
    if isinstance(named, str):
        return {package.name.rpartition("/")[2]}
    return {name.rpartition("/")[2] for name in named} if isinstance(named, dict) else set()


def _pypi_programs(tree: Path, package: Package) -> set[str]:
    """The console scripts of the project, as its entry points say."""
    found = tree.glob("lib/python3*/site-packages/*.dist-info")
    own = [Distribution.at(one) for one in found if pypi_key(one.name.partition("-")[0]) == pypi_key(package.name)]
    return {point.name for one in own for point in one.entry_points if point.group == "console_scripts"}
