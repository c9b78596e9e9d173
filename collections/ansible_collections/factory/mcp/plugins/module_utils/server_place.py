# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the servers of a stack lie on a host, and one of them while it is worked on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home
from ansible_collections.factory.mcp.plugins.module_utils.server_program import (
    Program,
    install_program,
    observe_program,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_record import FILE, ServerRecord, read_record
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import ServerSpec, spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerWish
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import missing_variables


@dataclass(frozen=True, slots=True)
class Place:
    """Where the servers of one stack lie on a host, and whose clients they are for."""

    root: Path
    home: Home

    def folder(self, name: str) -> Path:
        """The folder of one server."""
        return self.root / name

    def names(self) -> list[str]:
        """The servers that are here and ours."""
        return sorted(file.parent.name for file in self.root.glob(f"*/{FILE}"))

    def is_protected(self, name: str) -> bool:
        """Whether a server is to survive the removal of its manifest; one whose record is broken cannot be removed."""
        try:
            record = read_record(self.folder(name))
        except FactoryError:
            return False
        return record is not None and record.protected


@dataclass(frozen=True, slots=True)
class Server:
    """One server while it is worked on."""

    place: Place
    wish: ServerWish
    spec: ServerSpec
    folder: Path
    program: Program
    record: ServerRecord | None = None

    def environment(self) -> dict[str, str]:
        """Its environment with the values of variables, in the home of its clients.

        What refers to variables that are not set is left out.
        """
        set_ = {
            name: text for name, text in self.spec.env.items() if not set(text.variables) - set(self.wish.variables)
        }
        values = {name: text.rendered(self.wish.variables.__getitem__) for name, text in set_.items()}
        return {"HOME": self.place.home.folder, **values}

    def obstacle(self) -> str:
        """Why a service of it cannot be started before somebody else has done something; empty if it can."""
        return self.program.missing or missing_variables(self.spec, self.wish.variables)

    @property
    def cwd(self) -> str:
        """Where it is started. Some name that folder in what they offer, and a pin is to hold wherever we run."""
        return self.spec.cwd or "/"

    def argv(self) -> tuple[str, ...]:
        """The program with its arguments."""
        return (*self.program.argv, *self.spec.args)


def server_at(place: Place, wish: ServerWish) -> Server:
    """The server of *wish* as it is found at *place*. Raises ``FactoryError``."""
    spec, folder = spec_from(wish.spec), place.folder(wish.name)
    return Server(place, wish, spec, folder, observe_program(folder, wish, spec), read_record(folder))


def installed_server(place: Place, wish: ServerWish) -> Server:
    """The server with its program installed. Raises ``FactoryError``."""
    server = server_at(place, wish)
    server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(place.home.folder).mkdir(parents=True, exist_ok=True)
    return dataclasses.replace(server, program=install_program(server.folder, wish, server.spec))
