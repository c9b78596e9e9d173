# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Field patterns: how a manifest names fields, in the words of a plan.

``properties.Status`` names a field and everything below it, ``*`` stands for any one step, and a
step with a dot in it stands in quotes: ``properties."a.b"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ansible_collections.factory.core.plugins.module_utils.change import OWNERSHIP, FieldPath

ANY_STEP = "*"
EVERYTHING: FieldPath = (ANY_STEP,)
"""The pattern that matches every field."""

_STEP = re.compile(r'("(?:[^"\\]|\\.)*"|[^."]+)(?:\.|$)')


def parse_pattern(text: str) -> FieldPath:
    """The steps of the pattern *text*; ``ValueError`` when it is none."""
    steps, position = [], 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            break
        steps.append(str(json.loads(match[1])) if match[1].startswith('"') else match[1])
        position = match.end()
    if position < len(text) or not steps or text.endswith("."):
        raise ValueError(f"'{text}' is no path of a field; write it as a plan does, as in properties.Status.options")
    return tuple(steps)


def matches(pattern: FieldPath, path: FieldPath) -> bool:
    """Whether *path* is the field that *pattern* names, or below it. The ownership mark is nobody's to name."""
    return path != OWNERSHIP and len(path) >= len(pattern) and meets(pattern, path)


def meets(pattern: FieldPath, path: FieldPath) -> bool:
    """Whether one of *pattern* and *path* lies at or below the other."""
    return all(step in (ANY_STEP, other) for step, other in zip(pattern, path, strict=False))


def matches_any(patterns: Iterable[FieldPath], path: FieldPath) -> bool:
    """Whether any of *patterns* names *path*."""
    return any(matches(pattern, path) for pattern in patterns)
