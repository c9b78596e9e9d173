# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which version of a package a client would run today: asked of npm and pip, as they are set up here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_SECONDS = 60


def registry_version(registry: str, wanted: str) -> str:
    """The version that *wanted*, a package of the *registry* ``npm`` or ``pypi``, stands for now.

    For npm, *wanted* may be a range (``pkg@^1``) or a tag (``pkg@next``). Raises ``FactoryError``.
    """
    version, why = _of_npm(wanted) if registry == "npm" else _of_pypi(wanted)
    if not version:
        raise FactoryError(f"the version of '{wanted}' is not known: {why or f'{registry} does not tell one'}")
    return version


def _of_npm(wanted: str) -> tuple[str, str]:
    """The version, or why there is none."""
    done = _run(["npm", "view", "--json", "--", wanted, "version"], wanted)
    try:
        told: Any = json.loads(done.stdout)
    except ValueError:
        return "", " ".join(done.stderr.split())
    if isinstance(told, dict):
        return "", str(told.get("error", {}).get("summary", ""))
    # Several versions of a range come in rising order.
    found = told[-1] if isinstance(told, list) and told else told
    return (found, "") if isinstance(found, str) else ("", "")


def _of_pypi(wanted: str) -> tuple[str, str]:
    """The version, or why there is none."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", "--", wanted]
    done = _run(command, wanted)
    found = re.match(r"\S+ \(([^)\s]+)\)", done.stdout)
    wrong = re.findall(r"^(?:ERROR: )(.+)$", done.stderr, re.MULTILINE)
    return (found[1], "") if found else ("", wrong[-1] if wrong else "")


def _run(command: list[str], wanted: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise FactoryError(f"the version of '{wanted}' is not known: there is no {command[0]} here") from None
    except subprocess.TimeoutExpired:
        raise FactoryError(f"the version of '{wanted}' is not known: no answer in {_SECONDS} seconds") from None
