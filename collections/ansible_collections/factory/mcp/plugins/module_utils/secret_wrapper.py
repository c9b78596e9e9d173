# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A script that starts a server with its secrets, for clients that know no variables.

The script (0700) holds no secret. The file beside it (0600) does; its values are read from the environment of the run.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.config_file import read_file, replace_file
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import StdioServer


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What the two files should hold. ``values`` is None when they cannot be known and those that are there stay."""

    script: str
    script_text: str
    values: str | None


def planned_wrapper(server: StdioServer, script: str, environment: Mapping[str, str]) -> Wrapper:
    """The wrapper of *server*, at the path *script*.

    Raises ``FactoryError`` when a variable is not set and no value of an earlier run is there.
    """
    text = _script_text(server, script)
    referring = {name: value for name, value in server.env.items() if value.variables}
    missing = sorted({name for value in referring.values() for name in value.variables if name not in environment})
    if missing:
        if read_file(script).text == text and os.path.exists(_values_of(script)):
            return Wrapper(script, text, None)
        raise FactoryError(
            f"the environment variable {', '.join(missing)} is not set in this run, and the client knows no variables, "
            "so that Factory has to store the value in a private file; set it in the environment of the task"
        )
    lines = [f"{name}={shlex.quote(value.rendered(environment.__getitem__))}\n" for name, value in referring.items()]
    return Wrapper(script, text, "".join(lines))


def differs(wrapper: Wrapper) -> bool:
    """Whether the files are not as they should be."""
    values = _values_of(wrapper.script)
    if (
        _mode(wrapper.script) != 0o700
        or _mode(values) != 0o600
        or read_file(wrapper.script).text != wrapper.script_text
    ):
        return True
    return wrapper.values is not None and read_file(values).text != wrapper.values


def write_wrapper(wrapper: Wrapper) -> None:
    """Write the files. Raises ``FactoryError``."""
    values = _values_of(wrapper.script)
    if wrapper.values is not None:
        replace_file(read_file(values), wrapper.values, private=True)
    replace_file(read_file(wrapper.script), wrapper.script_text, private=True)
    os.chmod(values, 0o600)
    os.chmod(wrapper.script, 0o700)


def remove_wrapper(script: str) -> None:
    """Remove the files, as far as they are there."""
    for path in (script, _values_of(script)):
        found = read_file(path)
        if found.text is not None:
            replace_file(found, None, private=True)


def _values_of(script: str) -> str:
    return f"{script}.env"


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return None


def _script_text(server: StdioServer, script: str) -> str:
    """The script; it names what every variable is made of, so that another declaration makes another script."""
    lines = ["#!/bin/sh", "# Written by Factory: starts an MCP server with the values of the file beside it."]
    lines += [f"# {name} is {json.dumps(str(value))}" for name, value in server.env.items() if value.variables]
    lines += ["set -a", f". {shlex.quote(_values_of(script))}", "set +a"]
    lines += [f"export {name}={shlex.quote(str(value))}" for name, value in server.env.items() if not value.variables]
    if server.cwd:
        lines.append(f"cd {shlex.quote(server.cwd)} || exit 1")
    return "\n".join([*lines, f"exec {shlex.join([server.command, *server.args])}"]) + "\n"
