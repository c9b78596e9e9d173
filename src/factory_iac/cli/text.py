# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and reports as people read them, in colour on a terminal only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from ansible_collections.factory.core.plugins.module_utils.plan import plan_from_json
from ansible_collections.factory.core.plugins.module_utils.plan_text import (
    Line,
    drift_lines,
    outcome_lines,
    plan_lines,
)

_STYLES: Mapping[str, dict[str, Any]] = {
    "green": {"fg": "green"},
    "yellow": {"fg": "yellow"},
    "red": {"fg": "red"},
    "dim": {"dim": True},
    "plain": {},
}


def print_lines(found: Mapping[str, Any], view: str) -> None:
    """Print a plan (views ``plan`` and ``drift``) or a report (view ``apply``)."""
    for line in _lines(found, view):
        typer.secho(line.text, **_STYLES[line.style])


def _lines(found: Mapping[str, Any], view: str) -> list[Line]:
    if view == "apply":
        return [*plan_lines(plan_from_json(found["plan"])), *outcome_lines(found)]
    return (drift_lines if view == "drift" else plan_lines)(plan_from_json(found))
