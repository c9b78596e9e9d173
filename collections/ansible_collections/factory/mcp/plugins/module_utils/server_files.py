# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies beside the manifests of servers: the lock of all packages, and the pin of what was accepted.

They belong to the declaration, and so they become part of it: a changed lock or pin is a change that a plan shows.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.manifest import located
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import Declared
from ansible_collections.factory.mcp.plugins.module_utils.package_lock import check_lock, lock_file
from ansible_collections.factory.mcp.plugins.module_utils.pin_file import pin_file
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import PackageSource, spec_from

KIND = "McpServer"
LOCK = "lock"
"""Where in a spec the text of its lock stands."""
PIN = "pin"
"""Where in a spec the text of its pin stands."""


def with_files(declared: Declared, folder: Path) -> Declared:
    """*declared* with the locks and pins of the stack in *folder*.

    Raises ``InvalidManifests`` for every lock that is missing or not good, and ``FactoryError`` for a file that cannot
    be read.
    """
    resources, problems = {}, []
    for address, resource in declared.resources.items():
        if address.kind != KIND:
            resources[address] = resource
            continue
        texts = {PIN: _text(pin_file(folder, address.name))}
        source = spec_from(resource.spec).source
        if isinstance(source, PackageSource):
            file = lock_file(folder, address.name, source.registry)
            texts[LOCK] = _text(file)
            if problem := _lock_problem(address.name, source, texts[LOCK], file):
                problems.append(located(resource, ("spec", "source"), problem))
        found = {key: text for key, text in texts.items() if text is not None}
        resources[address] = dataclasses.replace(resource, spec={**resource.spec, **found})
    if problems:
        raise InvalidManifests(problems)
    return dataclasses.replace(declared, resources=resources)


def _lock_problem(name: str, source: PackageSource, text: str | None, file: Path) -> str:
    if text is None:
        return f"there is no lock of {source}; make it with: factory mcp lock {name}"
    try:
        check_lock(package_of(source, text), file, source.integrity)
    except FactoryError as error:
        return str(error)
    return ""


def package_of(source: PackageSource, lock: str) -> Package:
    """The package that *source* names, with the text of its lock. Raises ``FactoryError`` for one that cannot be."""
    return Package(source.registry, source.package, source.version, source.program, lock)


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FactoryError(f"{file} cannot be read: {error}") from None
