# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers on the host where they live: what is there of one, and bring one to what is wanted."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass, field

from ansible_collections.factory.core.plugins.module_utils.change import KNOWN_AFTER_APPLY, path_name
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import asked_of, declaration
from ansible_collections.factory.mcp.plugins.module_utils.server_entries import (
    apply_entries,
    clients_server,
    entry_states,
    forget_entries,
    remove_entries,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import HttpServer, StdioServer
from ansible_collections.factory.mcp.plugins.module_utils.server_place import (
    Place,
    Server,
    installed_server,
    server_at,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_program import prune_programs
from ansible_collections.factory.mcp.plugins.module_utils.server_record import (
    FILE,
    ServerRecord,
    read_record,
    write_record,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_running import (
    brought_up,
    launch_of,
    service_name,
    service_trouble,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import RemoteSource
from ansible_collections.factory.mcp.plugins.module_utils.server_state import (
    ServerCondition,
    ServerState,
    ServerWish,
    Verification,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import verify
from ansible_collections.factory.mcp.plugins.module_utils.service_run import remove_service


@dataclass(frozen=True, slots=True)
class Offered:
    """A server as it is, and what it offers where it was asked and answered."""

    state: ServerState
    handshake: Handshake | None = field(default=None, repr=False)


def observe_server(place: Place, wish: ServerWish, ask: bool) -> ServerState:
    """What is there of *wish*; nothing is changed.

    A server that was verified and is as it was then is asked again only if *ask* says so, since it would answer the
    same; one that somebody else runs, and one that was not well, is asked each time. Raises ``FactoryError``.
    """
    server = server_at(place, wish)
    return _observed(server, _verification(server, ask))


def apply_server(place: Place, wish: ServerWish) -> Offered:
    """Install it, start it, ask it, and tell its clients of it, if what it offers is what was accepted.

    Whatever is done already is left alone. Raises ``FactoryError``.
    """
    server = installed_server(place, wish)
    found, handshake = brought_up(server)
    record = server.record or ServerRecord()
    if found.condition == ServerCondition.DRIFTED:
        write_record(server.folder, dataclasses.replace(record, verification=found))
        return Offered(_observed(server_at(place, wish), found), handshake)
    apply_entries(server)
    declared = {path_name(path): value for path, value in declaration(wish.spec).items()}
    clients = tuple(str(one) for one in server.spec.clients)
    write_record(server.folder, ServerRecord(declared, clients, found, wish.protect))
    prune_programs(server.folder, wish, server.spec)
    return Offered(_observed(server_at(place, wish), found), handshake)


def offer_of(place: Place, wish: ServerWish) -> Handshake:
    """What the server offers, once it is installed and started; its clients are not told of it.

    Where that is what was accepted again, the next run may start its service once more. Raises ``FactoryError`` when it
    cannot be asked.
    """
    server = installed_server(place, wish)
    found, handshake = brought_up(server)
    if handshake is None:
        raise FactoryError(found.reason)
    record = server.record
    if record and record.verification and record.verification.condition == ServerCondition.DRIFTED != found.condition:
        write_record(server.folder, dataclasses.replace(record, verification=None))
    return handshake


def remove_server(place: Place, name: str) -> None:
    """End it, take it out of its clients and remove its folder.

    Raises ``FactoryError``, before anything is removed, for an entry that is no longer as it was written.
    """
    folder = place.folder(name)
    remove_entries(place, name, read_record(folder))
    remove_service(folder, service_name(place, name))
    for file in folder.iterdir():
        if file.name != FILE:
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
    # Last of all, since nothing but the record tells a run after a crash that there is something to remove.
    (folder / FILE).unlink()
    folder.rmdir()


def forget_server(place: Place, name: str) -> None:
    """Take our records of it and of its entries away, and leave everything else as it is. Raises ``FactoryError``."""
    folder = place.folder(name)
    forget_entries(place, name, read_record(folder))
    (folder / FILE).unlink(missing_ok=True)


def _observed(server: Server, found: Verification | None) -> ServerState:
    record, launch = server.record, clients_server(server)
    return ServerState(
        server.wish.name,
        str(server.folder),
        record.declared if record else None,
        server.program.is_there,
        server.program.damage,
        service_trouble(server),
        tuple(entry_states(server, launch)),
        found,
        launch.command if isinstance(launch, StdioServer) and launch.command != KNOWN_AFTER_APPLY else "",
        launch.url if isinstance(launch, HttpServer) else "",
        record.protected if record else False,
    )


def _verification(server: Server, ask: bool) -> Verification | None:
    record, asked = server.record, asked_of(server.wish)
    known = record.verification if record and record.verification and record.verification.of == asked else None
    if known is None or server.program.damage or service_trouble(server):
        return known if known and known.condition == ServerCondition.DRIFTED else None
    if server.program.missing:
        return None if known.condition == ServerCondition.VERIFIED else known
    is_remote = isinstance(server.spec.source, RemoteSource)
    if not ask and not is_remote and known.condition == ServerCondition.VERIFIED:
        return known
    found, _ = verify(server.wish, server.spec, launch_of(server), asked)
    return None if found.condition == ServerCondition.VERIFIED != known.condition else found
