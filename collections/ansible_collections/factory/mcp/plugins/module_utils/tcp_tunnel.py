# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that speaks over its standard input and output, offered on a TCP port by socat.

Every client gets a process of the server of its own. There is no authentication: whoever reaches the port calls the
tools. socat 1.7 is the program; on Debian and Ubuntu it is the package ``socat``.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, SocketAddress

_MOST_CLIENTS = 8


@dataclass(frozen=True, slots=True)
class Launcher:
    """A script that starts a server: socat splits what it runs at spaces and has escapes of its own.

    Its name tells one script from another, so that a service that names it differs when the server does.
    """

    name: str
    text: str


def launcher_of(argv: tuple[str, ...], cwd: str | None) -> Launcher:
    """The script that starts the server *argv* in *cwd* (None: in its own folder)."""
    lines = ["#!/bin/sh", "# Written by Factory: socat starts the server with it, once for every client."]
    lines += [f"cd {shlex.quote(cwd)} || exit 1"] if cwd else []
    text = "\n".join([*lines, f"exec {shlex.join(argv)}"]) + "\n"
    return Launcher(f"launch-{hashlib.sha256(text.encode()).hexdigest()[:8]}", text)


def write_launcher(folder: Path, launcher: Launcher) -> None:
    """Write *launcher* (0700) into the server's *folder*. Raises ``FactoryError``."""
    script = folder / launcher.name
    try:
        write_atomically(script, launcher.text)
        os.chmod(script, 0o700)
    except OSError as error:
        raise FactoryError(f"{script} cannot be written: {error.strerror}") from None


def listening_argv(listen: Listen, launcher: Launcher) -> tuple[str, ...]:
    """The command line of socat that offers *launcher* at *listen*; it must run in the folder of the launcher.

    So no path is in what socat parses. ``fork`` starts one server for each client, at most 8 at a time.
    """
    kind = "TCP6-LISTEN" if ":" in listen.host else "TCP-LISTEN"
    options = f"bind={_host(listen.host)},reuseaddr,fork,max-children={_MOST_CLIENTS}"
    return ("socat", f"{kind}:{listen.port},{options}", f"EXEC:./{launcher.name}")


def connecting_argv(address: SocketAddress) -> tuple[str, ...]:
    """The command line of socat by which a client that knows only programs reaches *address*."""
    return ("socat", "STDIO", f"{'TCP6' if ':' in address.host else 'TCP'}:{_host(address.host)}:{address.port}")


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
