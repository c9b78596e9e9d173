# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries as they may be shown: what looks like a secret, by its name or its form, is a fingerprint.

Only entries are ever shown, never a whole file: ``~/.claude.json`` holds a person's history and log-in as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.redaction import redactor, secret_fingerprint
from ansible_collections.factory.mcp.plugins.module_utils.literal_secrets import secret_by_name, why_secret

_REFERENCE = re.compile(r"(?:Bearer )?\$(?:\w+|\{[^}]*\})")
_NAMES_OF_VARIABLES = ("env_vars", "bearer_token_env_var", "env_http_headers")


def shown(value: Any, name: str = "") -> Any:
    """*value*, that stands under *name*, without secrets."""
    if isinstance(value, Mapping):
        return {key: item if key in _NAMES_OF_VARIABLES else shown(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown_argument(str(value[index - 1]) if index else "", item) for index, item in enumerate(value)]
    if isinstance(value, str):
        if secret_by_name(name) and why_secret(name, [value]) and not _REFERENCE.fullmatch(value):
            return secret_fingerprint(value)
        return redactor(())(value)
    return value


def _shown_argument(previous: str, argument: Any) -> Any:
    if not isinstance(argument, str):
        return shown(argument)
    option, separator, value = argument.partition("=")
    if separator and option.startswith("-"):
        return f"{option}={shown(value, option.lstrip('-'))}"
    return shown(argument, previous.lstrip("-") if previous.startswith("-") and "=" not in previous else "")
