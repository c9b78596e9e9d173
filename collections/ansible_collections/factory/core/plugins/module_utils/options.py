# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options: what the caller of a run asks for beyond the declaration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.manifest import Address


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for beyond the declaration."""

    check: bool = True
    allow_destructive: bool = False
    prune: bool = False
    adopt: bool = False
    plan_file: Path | None = None
    in_flight: int = 8
    run_id: str = ""
    purpose: Purpose = Purpose.APPLY
    addresses: tuple[Address, ...] = ()
    """What to adopt, where that is the purpose; everything if empty."""
    adopt_id: str = ""
    """The live id of the one resource to adopt."""
    confirm: str = ""
    """The environment's name, without which nothing is destroyed."""
    resource_deadline: float = math.inf
    """Seconds that the requests of one resource may take together."""

    def permits_destruction(self, environment: str) -> bool:
        """Whether what the plan destroys may be destroyed."""
        return self.confirm == environment if self.purpose is Purpose.DESTROY else self.allow_destructive
