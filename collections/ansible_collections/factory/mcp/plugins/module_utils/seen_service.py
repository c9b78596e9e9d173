# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is seen of a service, before it is asked where it listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import Process


@dataclass(frozen=True, slots=True)
class SeenService:
    """``alive`` says that its manager keeps it running, also while it is between two runs; ``running`` that it runs.

    ``digest`` is that of the declaration it was started from; ``failures`` are those in a row.
    """

    manager: str
    alive: bool = False
    running: bool = False
    digest: str = ""
    pid: int = 0
    processes: Mapping[int, Process] = field(default_factory=dict)
    failures: int = 0
    problem: str = ""
