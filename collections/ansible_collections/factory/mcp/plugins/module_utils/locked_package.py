# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One package of a lock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """A package as a lock has it.

    integrity is one text for each file that may be installed; line is where it stands, from 1; is_server says that
    it is the package that the lock is for, and not one of those that it needs; marker says on which hosts it is
    needed (PyPI only, as in ``sys_platform == "darwin"``), empty for all.
    """

    name: str
    version: str
    integrity: tuple[str, ...]
    line: int
    is_server: bool
    marker: str = ""
