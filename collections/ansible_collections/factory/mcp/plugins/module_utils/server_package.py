# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that comes as a package of npm or PyPI: one exact version, with the lock of all that it needs."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, said

Registry = Literal["npm", "pypi"]

NPM_NAME = re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[A-Za-z0-9_~][A-Za-z0-9._~-]*")
NPM_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
PYPI_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
PYPI_VERSION = re.compile(
    r"(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
)
_NAMES = {"npm": NPM_NAME, "pypi": PYPI_NAME}
_VERSIONS = {"npm": NPM_VERSION, "pypi": PYPI_VERSION}
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Package:
    """What is to be installed.

    program is the command that starts the server; empty for the obvious one (see ``package_program``).
    lock is the text of the lock: ``package-lock.json`` of npm, or requirements with hashes for pip.

    Raises ``FactoryError`` for a name, a program or a version that is none; a range (``^1``) and a tag (``latest``)
    are no version, since what they mean changes from day to day.
    """

    registry: Registry
    name: str
    version: str
    program: str
    lock: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAMES[self.registry].fullmatch(self.name):
            raise FactoryError(f"{said(self.name)} is no name of a package of {self.registry}")
        if not _VERSIONS[self.registry].fullmatch(self.version):
            raise FactoryError(
                f"{self.registry}:{self.name}: {said(self.version)} is no exact version; "
                "ranges and tags mean something else tomorrow, so write one version as the registry shows it"
            )
        if self.program and not _PROGRAM.fullmatch(self.program):
            raise FactoryError(f"{self.label}: {said(self.program)} is no name of a program")

    @property
    def label(self) -> str:
        """What people call it: ``npm:@scope/name@1.2.3``."""
        return f"{self.registry}:{self.name}@{self.version}"

    @property
    def key(self) -> str:
        """The name of its installation's folder: another version or another lock has another key."""
        parts = json.dumps([self.registry, self.name, self.version, self.lock])
        return hashlib.sha256(parts.encode()).hexdigest()[:_KEY_LENGTH]


def pypi_key(name: str) -> str:
    """A project's name as PyPI compares it: ``PyJWT`` and ``pyjwt`` are one, as are ``a_b`` and ``a-b``."""
    return re.sub(r"[-_.]+", "-", name).lower()
