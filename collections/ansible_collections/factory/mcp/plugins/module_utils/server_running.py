# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server is started, reached and asked, and whether its service runs as declared."""

from __future__ import annotations

import dataclasses

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import asked_of
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import (
    HttpLaunch,
    Launch,
    StdioLaunch,
    TcpLaunch,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_place import Place, Server
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import RemoteSource, ServerSpec
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerCondition, Verification
from ansible_collections.factory.mcp.plugins.module_utils.server_verification import verify
from ansible_collections.factory.mcp.plugins.module_utils.service_run import (
    observe_service,
    start_service,
    stop_service,
)
from ansible_collections.factory.mcp.plugins.module_utils.tcp_tunnel import (
    Launcher,
    launcher_of,
    listening_argv,
    write_launcher,
)

_START_SECONDS = 30.0


def brought_up(server: Server) -> tuple[Verification, Handshake | None]:
    """Ask the server at the way that its clients take, its service started before if it has one.

    A service that offers what nobody accepted does not stay up.
    """
    asked = asked_of(server.wish)
    if server.program.missing:
        return Verification(asked, ServerCondition.DEGRADED, server.program.missing), None
    if server.spec.listening is None or server.obstacle():
        return verify(server.wish, server.spec, launch_of(server), asked)
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
    found, handshake = verify(server.wish, server.spec, launch_of(server), asked)
    if started.problem and found.condition == ServerCondition.VERIFIED:
        found = dataclasses.replace(found, condition=ServerCondition.DEGRADED, reason=started.problem)
    if found.condition == ServerCondition.DRIFTED:
        stop_service(server.folder, service.name)
    return found, handshake


def launch_of(server: Server) -> Launch:
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
    return HttpLaunch(url_of(spec))


def url_of(spec: ServerSpec) -> str:
    """Where a server over HTTP is reached on its host."""
    return f"http://{spec.listening}{spec.listening.path if spec.listening else ''}"


def _listen(spec: ServerSpec) -> Listen:
    if spec.listening is None:
        raise AssertionError("only a server that goes on running listens")
    return Listen(spec.listening.host, spec.listening.port, spec.listening.exposed)


def service_name(place: Place, name: str) -> str:
    """What the service of a server is called on its host."""
    return f"factory-mcp-{'-'.join(place.root.parts[-2:])}-{name}"


def _service(server: Server) -> Service:
    """The service of a server that goes on running; with tcp, socat runs the program for each connection."""
    spec = server.spec
    argv: tuple[str, ...] = server.argv()
    cwd: str | None = server.cwd
    if spec.transport == "tcp":
        argv, cwd = listening_argv(_listen(spec), _launcher(server)), str(server.folder)
    return Service(service_name(server.place, server.wish.name), argv, server.environment(), cwd, _listen(spec))


def _launcher(server: Server) -> Launcher:
    """What socat starts."""
    return launcher_of(server.argv(), server.cwd)


def service_trouble(server: Server) -> str:
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
