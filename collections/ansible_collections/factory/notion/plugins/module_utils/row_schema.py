# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may stand under ``spec.rows`` and ``spec.prune_rows``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import said
from ansible_collections.factory.core.plugins.module_utils.provider import Fault

ICON_PATTERN = "^(https://\\S{1,1990}|.{0,2}[^\\x00-\\x7f].{0,30})$"
"""An emoji or the address of a picture."""
URL = {"type": "string", "pattern": "^https://\\S+$", "maxLength": 2000}
ICON, COVER, BODY = "$icon", "$cover", "$body"
DECORATIONS = frozenset({ICON, COVER})
NO_PROPERTIES = DECORATIONS | {BODY}
"""Keys of a row that are no properties."""
_EXPECTED = {
    ICON: (re.compile(ICON_PATTERN), "expected an emoji or an https URL"),
    COVER: (re.compile(r"^https://\S{1,1990}$"), "expected an https URL"),
}


def rows_schema() -> dict[str, Any]:
    """The rows to have; what the values look like, the property types say."""
    return {
        "description": "Rows to have. Rows that only Notion has stay, unless the manifest says prune_rows.",
        "type": "object",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "key": {
                "description": "The property that tells rows apart; the title if left out.",
                "type": "string",
            },
            "items": {
                "description": "The rows: values by property, and `$icon` (an emoji or a URL), "
                "`$cover` (a URL) and `$body` (Markdown, or `{file: …}`).",
                "type": "array",
                "items": {"type": "object", "minProperties": 1},
            },
        },
    }


def prune_rows_schema() -> dict[str, Any]:
    """Whether rows that only Notion has go to the trash, and how many at most."""
    return {
        "description": "Move rows that only Notion has to the trash, if those are not more than half; "
        "`{at_most: N}` sets another limit. Destructive.",
        "anyOf": [
            {"type": "boolean"},
            {
                "type": "object",
                "required": ["at_most"],
                "additionalProperties": False,
                "properties": {"at_most": {"type": "integer", "minimum": 1}},
            },
        ],
        "x-message": "expected true, false or {at_most: N}",
    }


def decoration_faults(path: tuple[str | int, ...], name: str, value: Any) -> Iterator[Fault]:
    """What is wrong with a row's icon, cover or body; ``None`` takes it away."""
    if name == BODY:
        is_file = isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str)
        if not (value is None or isinstance(value, str) or is_file):
            yield Fault(path, f"expected Markdown or {{file: …}}, not {said(value)}")
        return
    pattern, expected = _EXPECTED[name]
    if value is not None and not (isinstance(value, str) and pattern.match(value)):
        yield Fault(path, f"{expected}, not {said(value)}")
