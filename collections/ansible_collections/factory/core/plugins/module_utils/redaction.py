# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep secrets out of everything that is written or shown: a fingerprint stands in their place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_SHORTEST_SECRET = 6
_LOOKS_SECRET = re.compile(
    r"\b(?:ntn_|secret_|sk_live_|sk_test_|sk-|ghp_|gho_|github_pat_|glpat-|xox[abpr]-|AKIA)[A-Za-z0-9_\-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)

Redact = Callable[[Any], Any]


def redactor(secrets: Iterable[str]) -> Redact:
    """A function that replaces *secrets*, and whatever looks like one, in any JSON-like value."""
    stripped = {secret.strip() for secret in secrets}
    known = sorted({secret for secret in stripped if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def redact_text(text: str) -> str:
        for secret in known:
            if secret in text:
                text = text.replace(secret, secret_fingerprint(secret))
        return _LOOKS_SECRET.sub(lambda match: secret_fingerprint(match[0]), text)

    def redact(value: Any) -> Any:
        if isinstance(value, str):
            return redact_text(value)
        if isinstance(value, Mapping):
            return {redact(key): redact(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [redact(item) for item in value]
        return value

    return redact


def secret_fingerprint(secret: str) -> str:
    """What stands in the place of *secret*: enough to see whether it changed."""
    return f"(secret, sha256 {hashlib.sha256(secret.encode()).hexdigest()[:8]})"
