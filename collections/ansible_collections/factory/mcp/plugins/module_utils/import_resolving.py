# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which version of a package a client would run today: asked of npm and pip, as they are set up here."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_SECONDS = 60


def registry_version(registry: str, wanted: str) -> str:
    """The version that *wanted*, a package of the *registry* ``npm`` or ``pypi``, stands for now.

    Raises ``FactoryError``.
    """
    if registry == "npm":
        told = _told(["npm", "view", "--json", "--", wanted, "version"], wanted)
        try:
            found = json.loads(told)
        except ValueError:
            found = None
        version = found[-1] if isinstance(found, list) and found else found
    else:
        command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", "--", wanted]
        line = re.match(r"\S+ \(([^)\s]+)\)", _told(command, wanted))
        version = line[1] if line else None
    if not isinstance(version, str) or not version:
        raise FactoryError(f"the version of '{wanted}' is not known: {registry} does not tell one")
    return version


def _told(command: list[str], wanted: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise FactoryError(f"the version of '{wanted}' is not known: there is no {command[0]} here") from None
    except subprocess.TimeoutExpired:
        raise FactoryError(f"the version of '{wanted}' is not known: no answer in {_SECONDS} seconds") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"{command[0]} ended with {done.returncode}"]
        raise FactoryError(f"the version of '{wanted}' is not known: {lines[0]}")
    return done.stdout
