# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which literal texts are secrets: told by the name they have and by what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.redaction import redactor

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:token|key|apikey|secret|password|passwd|passphrase|pat|credentials?|authorization|cookie)s?(?:$|[_-])",
    re.IGNORECASE,
)
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HARMLESS = re.compile(r"(?:|true|false|yes|no|on|off|none|null|\d{1,5}|/.*|~/.*|\./.*)", re.IGNORECASE)
"""Texts that no secret is, whatever they are called: switches, small numbers and the places of files."""


@dataclass(frozen=True, slots=True)
class WhySecret:
    """Why a text counts as a secret; *by_name* when only its name says so."""

    text: str
    by_name: bool


def secret_by_name(name: str) -> bool:
    """Whether values of that name are secrets: ``NOTION_TOKEN``, ``X-Api-Key``, ``clientSecret``."""
    return _SECRET_NAME.search(_CAMEL_CASE.sub("_", name)) is not None


def why_secret(name: str, literals: Iterable[str]) -> WhySecret | None:
    """Why the text called *name*, of these plain parts, is a secret; None if it is none."""
    parts = tuple(literals)
    if any(redactor(())(part) != part for part in parts):
        return WhySecret("looks like a token or a private key", by_name=False)
    if secret_by_name(name) and any(not _HARMLESS.fullmatch(part) for part in parts):
        return WhySecret(f"is called '{name}'", by_name=True)
    return None
