# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A long-lived server as it is declared, and what is found of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.factory.core.plugins.module_utils.change import canonical_json
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

_NAME_OF_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, order=True)
class SocketAddress:
    """A TCP address: an IP address as text, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a server is to listen: an IP address or a name of this host, and a port.

    ``exposed`` says that others than this host may reach it.
    """

    host: str
    port: int
    exposed: bool = False

    def __post_init__(self) -> None:
        if not self.host:
            raise FactoryError("listen.host is empty; expected an IP address such as 127.0.0.1")
        if not 0 < self.port < 65536:
            raise FactoryError(f"listen.port is {self.port}; expected a number from 1 to 65535")

    def __str__(self) -> str:
        return str(SocketAddress(self.host, self.port))


@dataclass(frozen=True, slots=True)
class Service:
    """A server that runs on, also after the end of Ansible.

    ``argv`` is its command line, which everybody on the host can read; ``env`` may hold secrets; ``cwd`` is an
    absolute path, or None for the server's own folder. Raises ``FactoryError`` for what no process can be given.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: str | None
    listen: Listen

    def __post_init__(self) -> None:
        if not self.argv or "\0" in "".join(self.argv):
            raise FactoryError(f"{self.name}: its command line is empty or has a NUL character in it")
        if self.cwd is not None and not self.cwd.startswith("/"):
            raise FactoryError(f"{self.name}: cwd is '{self.cwd}'; expected an absolute path")
        for name, value in self.env.items():
            if not _NAME_OF_VARIABLE.fullmatch(name):
                raise FactoryError(f"{self.name}: '{name}' is no name of an environment variable: use A-Z, 0-9 and _")
            if "\0" in value:
                raise FactoryError(f"{self.name}: the environment variable {name} has a NUL character in it")

    @property
    def digest(self) -> str:
        """What tells this declaration from another. Values of variables go into it as their hash only."""
        hidden = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in self.env.items()}
        where = [self.listen.host, self.listen.port, self.listen.exposed]
        whole = canonical_json([self.name, self.argv, hidden, self.cwd, where])
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What is found of a service.

    ``manager`` is who keeps it running: ``systemd``, ``supervised``, or ``""`` when it was never started or was
    stopped. ``as_declared`` says that it was started from an equal declaration. ``listens`` is every TCP address that
    any of its processes listens on. ``problem`` is what is wrong and what to do, or ``""``.
    """

    manager: str
    running: bool
    as_declared: bool
    pid: int
    listens: tuple[SocketAddress, ...]
    problem: str
