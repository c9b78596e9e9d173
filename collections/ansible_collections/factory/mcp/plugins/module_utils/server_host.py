# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers on the host where they live: what is there of one, and bring one to what is wanted."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.change import KNOWN_AFTER_APPLY, path_name
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home, Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.client_run import (
    ClientTarget,
    EntryOutcome,
    Request,
    run_on_clients,
)
from ansible_collections.factory.mcp.plugins.module_utils.entry_redaction import shown
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import asked_of, declaration
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import (
    HttpServer,
    ServerEntry,
    StdioServer,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
    HttpLaunch,
    Launch,
    StdioLaunch,
    TcpLaunch,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_program import (
    Program,
    install_program,
    observe_program,
    prune_programs,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_record import (
    FILE,
    ServerRecord,
    read_record,
    write_record,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service, SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import (
    ClientFile,
    RemoteSource,
    ServerSpec,
    spec_from,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_state import (
    EntryState,
    ServerCondition,
    ServerState,
    ServerWish,
    Verification,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import missing_variables, verify
from ansible_collections.factory.mcp.plugins.module_utils.service_run import (
    observe_service,
    remove_service,
    start_service,
    stop_service,
)
from ansible_collections.factory.mcp.plugins.module_utils.tcp_tunnel import (
    Launcher,
    connecting_argv,
    launcher_of,
    listening_argv,
    write_launcher,
)

_START_SECONDS = 30.0


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
class _Server:
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
    server = _server(place, wish)
    return _observed(server, _verification(server, ask))


def apply_server(place: Place, wish: ServerWish) -> Offered:
    """Install it, start it, ask it, and tell its clients of it, if what it offers is what was accepted.

    Whatever is done already is left alone. Raises ``FactoryError``.
    """
    server = _installed(place, wish)
    found, handshake = _brought_up(server)
    record = server.record or ServerRecord()
    if found.condition == ServerCondition.DRIFTED:
        write_record(server.folder, dataclasses.replace(record, verification=found))
        return Offered(_observed(_server(place, wish), found), handshake)
    _apply_entries(server)
    declared = {path_name(path): value for path, value in declaration(wish.spec).items()}
    clients = tuple(str(one) for one in server.spec.clients)
    write_record(server.folder, ServerRecord(declared, clients, found, wish.protect))
    prune_programs(server.folder, wish, server.spec)
    return Offered(_observed(_server(place, wish), found), handshake)


def offer_of(place: Place, wish: ServerWish) -> Handshake:
    """What the server offers, once it is installed and started; its clients are not told of it.

    Where that is what was accepted again, the next run may start its service once more. Raises ``FactoryError`` when it
    cannot be asked.
    """
    server = _installed(place, wish)
    found, handshake = _brought_up(server)
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
    record = read_record(folder)
    gone = [_client_file(label) for label in (record.clients if record else ())]
    entry = ServerEntry(name, StdioServer("-"))
    for check in (True, False):
        request = Request((entry,), _targets(gone), place.home, {}, present=False, check=check, owner=str(folder))
        outcomes = run_on_clients(request)
        if errors := [f"{one.target.dialect.name}: {one.decision.error}" for one in outcomes if one.decision.error]:
            raise FactoryError("; ".join(errors))
    remove_service(folder, _service_name(place, name))
    for file in folder.iterdir():
        if file.name != FILE:
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
    # Last of all, since nothing but the record tells a run after a crash that there is something to remove.
    (folder / FILE).unlink()
    folder.rmdir()


def forget_server(place: Place, name: str) -> None:
    """Take our records of it and of its entries away, and leave everything else as it is. Raises ``FactoryError``."""
    folder = place.folder(name)
    record = read_record(folder)
    targets = _targets([_client_file(label) for label in (record.clients if record else ())])
    entry = ServerEntry(name, StdioServer("-"))
    run_on_clients(Request((entry,), targets, place.home, {}, present=False, forget=True, owner=str(folder)))
    (folder / FILE).unlink(missing_ok=True)


def _server(place: Place, wish: ServerWish) -> _Server:
    spec, folder = spec_from(wish.spec), place.folder(wish.name)
    return _Server(place, wish, spec, folder, observe_program(folder, wish, spec), read_record(folder))


def _installed(place: Place, wish: ServerWish) -> _Server:
    """The server with its program installed. Raises ``FactoryError``."""
    server = _server(place, wish)
    server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(place.home.folder).mkdir(parents=True, exist_ok=True)
    return dataclasses.replace(server, program=install_program(server.folder, wish, server.spec))


def _observed(server: _Server, found: Verification | None) -> ServerState:
    record, launch = server.record, _clients_server(server)
    return ServerState(
        server.wish.name,
        str(server.folder),
        record.declared if record else None,
        server.program.is_there,
        server.program.damage,
        _service_trouble(server),
        tuple(_entry_states(server, launch)),
        found,
        launch.command if isinstance(launch, StdioServer) and launch.command != KNOWN_AFTER_APPLY else "",
        launch.url if isinstance(launch, HttpServer) else "",
        record.protected if record else False,
    )


def _verification(server: _Server, ask: bool) -> Verification | None:
    record, asked = server.record, asked_of(server.wish)
    known = record.verification if record and record.verification and record.verification.of == asked else None
    if known is None or server.program.damage or _service_trouble(server):
        return known if known and known.condition == ServerCondition.DRIFTED else None
    if server.program.missing:
        return None if known.condition == ServerCondition.VERIFIED else known
    is_remote = isinstance(server.spec.source, RemoteSource)
    if not ask and not is_remote and known.condition == ServerCondition.VERIFIED:
        return known
    found, _ = verify(server.wish, server.spec, _launch(server), asked)
    return None if found.condition == ServerCondition.VERIFIED != known.condition else found


def _brought_up(server: _Server) -> tuple[Verification, Handshake | None]:
    """Ask the server at the way that its clients take, its service started before if it has one.

    A service that offers what nobody accepted does not stay up.
    """
    asked = asked_of(server.wish)
    if server.program.missing:
        return Verification(asked, ServerCondition.DEGRADED, server.program.missing), None
    if server.spec.listening is None or server.obstacle():
        return verify(server.wish, server.spec, _launch(server), asked)
    if server.spec.transport == "tcp":
        direct = StdioLaunch(server.argv()[0], server.argv()[1:], server.environment(), server.cwd)
        found, handshake = verify(server.wish, server.spec, direct, asked)
        if found.condition == ServerCondition.DRIFTED:
            return found, handshake
        write_launcher(server.folder, _launcher(server))
    service = _service(server)
    started = start_service(server.folder, service, _START_SECONDS)
    if started.problem and not started.running:
        raise FactoryError(started.problem)
    found, handshake = verify(server.wish, server.spec, _launch(server), asked)
    if started.problem and found.condition == ServerCondition.VERIFIED:
        found = dataclasses.replace(found, condition=ServerCondition.DEGRADED, reason=started.problem)
    if found.condition == ServerCondition.DRIFTED:
        stop_service(server.folder, service.name)
    return found, handshake


def _launch(server: _Server) -> Launch:
    """How it is asked: the way that its clients take."""
    spec = server.spec
    if isinstance(spec.source, RemoteSource):
        known = server.wish.variables
        headers = {name: text.rendered(lambda one: known.get(one, "")) for name, text in spec.source.headers.items()}
        return HttpLaunch(spec.source.url, headers)
    if spec.listening is None:
        program, *args = server.argv()
        return StdioLaunch(program, tuple(args), server.environment(), server.cwd)
    if spec.transport == "tcp":
        return TcpLaunch(spec.listening.host, spec.listening.port)
    return HttpLaunch(_url(spec))


def _clients_server(server: _Server) -> StdioServer | HttpServer:
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
    return HttpServer(_url(spec))


def _url(spec: ServerSpec) -> str:
    return f"http://{spec.listening}{spec.listening.path if spec.listening else ''}"


def _listen(spec: ServerSpec) -> Listen:
    if spec.listening is None:
        raise AssertionError("only a server that goes on running listens")
    return Listen(spec.listening.host, spec.listening.port, spec.listening.exposed)


def _service_name(place: Place, name: str) -> str:
    return f"factory-mcp-{'-'.join(place.root.parts[-2:])}-{name}"


def _service(server: _Server) -> Service:
    """The service of a server that goes on running; with tcp, socat runs the program for each connection."""
    spec = server.spec
    argv, cwd = server.argv(), server.cwd
    if spec.transport == "tcp":
        argv = listening_argv(_listen(spec), _launcher(server))
    return Service(_service_name(server.place, server.wish.name), argv, server.environment(), cwd, _listen(spec))


def _launcher(server: _Server) -> Launcher:
    """What socat starts."""
    return launcher_of(server.argv(), server.cwd)


def _service_trouble(server: _Server) -> str:
    """Why the service is not as declared; empty where it is, or where there is none."""
    if server.spec.listening is None or not server.program.argv or server.obstacle():
        return ""
    found = observe_service(server.folder, _service(server))
    is_exposed = found.running and found.as_declared and server.spec.listening.exposed
    if found.problem and not is_exposed:
        return found.problem
    if not found.running:
        return "it does not run"
    return "" if found.as_declared else "it runs as it was declared before"


def _entry_states(server: _Server, told: StdioServer | HttpServer) -> Iterator[EntryState]:
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


def _apply_entries(server: _Server) -> None:
    outcomes = _entries(server, _clients_server(server), check=False)
    if errors := [f"{one.target.dialect.name}: {one.decision.error}" for one in outcomes if one.decision.error]:
        raise FactoryError("; ".join(errors))


def _entries(server: _Server, told: StdioServer | HttpServer, check: bool) -> list[EntryOutcome]:
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
