# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts of a foreign file are secrets. What is doubtful counts as one.

A variable too many is set quickly; a secret in a repository is there for ever. So this is stricter than
``literal_secrets``, which refuses what people declare themselves.
"""

from __future__ import annotations

import re

from ansible_collections.factory.core.plugins.module_utils.redaction import redactor
from ansible_collections.factory.mcp.plugins.module_utils.literal_secrets import secret_by_name, why_secret

SCHEME = re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey)[ \t]+", re.IGNORECASE)
"""The word before a secret in a header, that is none itself."""
ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#\s]*)([^?#\s]*)(\?[^#\s]*)?(#\S*)?")
"""Scheme, user and host, path, query and fragment of an address."""
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET_NAME = re.compile(
    r"passw|pwd|secret|token|api_?key|bearer|credential|private_?key"
    r"|(?:^|[_-])(?:auth|dsn|jwt|session|sid|sig|signature|webhook|licen[cs]e)(?:$|[_-])",
    re.IGNORECASE,
)
_PASSWORD_NAME = re.compile(r"passw|passphrase|[_-]pwd$|^pwd[_-]", re.IGNORECASE)
"""Even a short or harmless-looking value of that name is a secret."""
_OPAQUE_RUN = re.compile(r"[A-Za-z0-9_+=]{20,}")
_HEX_RUN = re.compile(
    r"(?<![0-9a-zA-Z])(?:[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![0-9a-zA-Z])"
)
_DIGEST = re.compile(r"\bsha(?:256|384|512)[:-][A-Za-z0-9+/=]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_NAMED_INSIDE = re.compile(r"""(?<!\w)(?=([A-Za-z_][\w-]*)["']?(?:\s*[=:]\s*|\s+)["']?([^\s"',;&]+))""")
_SCHEME_INSIDE = re.compile(r"\b(?:Bearer|Basic)\s+\S", re.IGNORECASE)
_LOGIN_INSIDE = re.compile(r"://\S*@")


def secret_since_called(name: str, text: str) -> bool:
    """Whether *text* is a secret since it is called *name*."""
    if not name or not text.strip():
        return False
    if _PASSWORD_NAME.search(name):
        return True
    if not (secret_by_name(name) or _SECRET_NAME.search(_CAMEL_CASE.sub("_", name))):
        return False
    return why_secret("token", [text]) is not None or (_BASE64.fullmatch(text) is not None and _is_mixed(text))


def looks_secret(text: str) -> bool:
    """Whether *text* holds a secret, whatever it is called: by its form, or under a name within it."""
    plain = _DIGEST.sub("", text)
    if redactor(())(plain) != plain or _HEX_RUN.search(plain):
        return True
    return any(_is_mixed(run[0]) for run in _OPAQUE_RUN.finditer(plain)) or _names_secret(text)


def _is_mixed(text: str) -> bool:
    """Whether letters and digits are mixed as in no name or word."""
    digits = sum(letter.isdigit() for letter in text)
    both_cases = any(letter.islower() for letter in text) and any(letter.isupper() for letter in text)
    return (digits > 0 and both_cases) or 5 <= digits < len(text)


def _names_secret(text: str) -> bool:
    """Whether a text of several words, such as JSON or a shell's command, names a secret among them."""
    if any(secret_since_called(found[1], found[2]) for found in _NAMED_INSIDE.finditer(text)):
        return True
    return bool(_SCHEME_INSIDE.search(text) or _LOGIN_INSIDE.search(text))
