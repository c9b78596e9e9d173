# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a file was before the first entry was put into it, as far as nothing was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Emptied:
    """What was empty, and its text.

    ``file``: there was no file (text None) or a blank one. ``root``: the file held an empty object. ``container``: the
    object of all servers was empty, or missing (text ``""``).
    """

    what: Literal["file", "root", "container"]
    text: str | None
