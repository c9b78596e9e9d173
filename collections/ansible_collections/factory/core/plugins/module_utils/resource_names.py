# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names for resources that somebody made by hand: from their titles, as DNS labels, each once. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 63
_NO_LETTERS = re.compile(r"[^a-z0-9]+")


def name_from_title(title: str, otherwise: str) -> str:
    """*title* as a DNS label: ``Müller & Söhne`` is ``muller-sohne``; *otherwise* where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("'", ""))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NO_LETTERS.sub("-", plain).strip("-")[:_LONGEST].rstrip("-") or otherwise


def free_name(name: str, taken: Iterable[str]) -> str:
    """*name*, or the first of ``name-2``, ``name-3``, … that is not *taken*."""
    others = set(taken)
    number, found = 1, name
    while found in others:
        number += 1
        end = f"-{number}"
        found = name[: _LONGEST - len(end)].rstrip("-") + end
    return found
