# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scope: where a run takes place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a run takes place: which stack, in which environment, on which target.

    ``place`` tells one target from another of the same name, such as the parent page of a
    workspace; ``state`` is the environment's folder under ``.factory/``.
    """

    stack: str
    environment: str
    target: str
    place: str
    state: Path

    @property
    def identity_key(self) -> str:
        """The key of this scope in the environment's identity cache."""
        return f"{self.target}|{self.place}|{self.stack}"
