# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The entries of a server in the files of its clients: what they are told, and what becomes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ansible_collections.factory.core.plugins.module_utils.change import KNOWN_AFTER_APPLY
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.client_run import (
    ClientTarget,
    EntryOutcome,
    Request,
    run_on_clients,
)
from ansible_collections.factory.mcp.plugins.module_utils.entry_redaction import shown
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import (
    HttpServer,
    ServerEntry,
    StdioServer,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_place import Place, Server
from ansible_collections.factory.mcp.plugins.module_utils.server_record import ServerRecord
from ansible_collections.factory.mcp.plugins.module_utils.server_running import url_of
from ansible_collections.factory.mcp.plugins.module_utils.server_service import SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import ClientFile, RemoteSource
from ansible_collections.factory.mcp.plugins.module_utils.server_state import EntryState
from ansible_collections.factory.mcp.plugins.module_utils.tcp_tunnel import connecting_argv


def clients_server(server: Server) -> StdioServer | HttpServer:
    """What clients are told."""
    spec = server.spec
    if isinstance(spec.source, RemoteSource):
        return HttpServer(spec.source.url, spec.source.headers)
    if spec.listening is None:
        program, *args = (*(server.program.argv or ("",)), *spec.args)
        return StdioServer(program or KNOWN_AFTER_APPLY, tuple(args), spec.env, spec.cwd)
    if spec.transport == "tcp":
        program, *args = connecting_argv(SocketAddress(spec.listening.host, spec.listening.port))
        return StdioServer(program, tuple(args))
    return HttpServer(url_of(spec))


def entry_states(server: Server, told: StdioServer | HttpServer) -> Iterator[EntryState]:
    """Each entry of *server* as it is, and as it is *told* to be."""
    for outcome in _entries(server, told, check=True):
        label = f"{outcome.target.dialect.name} in {outcome.target.project}" if outcome.target.project else ""
        yield EntryState(
            label or outcome.target.dialect.name,
            outcome.decision.action.value,
            None if outcome.before is None else shown(outcome.before),
            None if outcome.after is None else shown(outcome.after),
            outcome.decision.drifted,
            outcome.decision.error,
            dict(outcome.unmanageable),
        )


def apply_entries(server: Server) -> None:
    """Bring its entries about. Raises ``FactoryError``."""
    _expect_no_error(_entries(server, clients_server(server), check=False))


def remove_entries(place: Place, name: str, record: ServerRecord | None) -> None:
    """Take a server out of its clients.

    Raises ``FactoryError``, before anything is written, for an entry that is no longer as it was written.
    """
    request = _leaving(place, name, record)
    for check in (True, False):
        _expect_no_error(run_on_clients(dataclasses.replace(request, check=check)))


def forget_entries(place: Place, name: str, record: ServerRecord | None) -> None:
    """Leave the entries of a server as they are, and remember no longer that they are ours."""
    run_on_clients(dataclasses.replace(_leaving(place, name, record), forget=True))


def _leaving(place: Place, name: str, record: ServerRecord | None) -> Request:
    targets = _targets([_client_file(label) for label in (record.clients if record else ())])
    entry = ServerEntry(name, StdioServer("-"))
    return Request((entry,), targets, place.home, {}, present=False, owner=str(place.folder(name)))


def _expect_no_error(outcomes: list[EntryOutcome]) -> None:
    if errors := [f"{one.target.dialect.name}: {one.decision.error}" for one in outcomes if one.decision.error]:
        raise FactoryError("; ".join(errors))


def _entries(server: Server, told: StdioServer | HttpServer, check: bool) -> list[EntryOutcome]:
    """What becomes of its entries: those of its clients, and those of clients that are no longer its."""
    spec, wish = server.spec, server.wish
    entry = ServerEntry(wish.name, told, None, None, spec.allowed_tools, spec.denied_tools)
    former = [_client_file(label) for label in (server.record.clients if server.record else ())]
    left = [one for one in former if one not in spec.clients]
    request = Request(
        (entry,),
        _targets(spec.clients),
        server.place.home,
        wish.variables,
        adopt=wish.adopt,
        check=check,
        owner=str(server.folder),
    )
    gone = dataclasses.replace(request, targets=_targets(left), present=False)
    return [*run_on_clients(request), *run_on_clients(gone)]


def _targets(clients: tuple[ClientFile, ...] | list[ClientFile]) -> tuple[ClientTarget, ...]:
    return tuple(
        ClientTarget(DIALECTS[one.client], Scope.PROJECT if one.project else Scope.USER, one.project or None)
        for one in clients
    )


def _client_file(label: str) -> ClientFile:
    client, _, project = label.partition(" in ")
    return ClientFile(client, project)
