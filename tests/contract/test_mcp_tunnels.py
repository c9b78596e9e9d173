# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tunnels: servers over standard input and output, offered on a TCP port by socat."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running_services import DEADLINE, SECRET, end_everything, free_port, running, wait_until

from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import StdioLaunch, TcpLaunch
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service, SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.service_run import start_service, stop_service
from ansible_collections.factory.mcp.plugins.module_utils.tcp_tunnel import (
    connecting_argv,
    launcher_of,
    listening_argv,
    write_launcher,
)

MCP_SERVER = str(Path(__file__).with_name("hostile_mcp_server.py"))
needs_socat = pytest.mark.skipif(shutil.which("socat") is None, reason="the program socat is not installed")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "a 'stack', with: odd (name)"
    folder.mkdir()
    yield folder
    end_everything(folder)


def start(folder, argv, host="127.0.0.1", env=None):
    listen = Listen(host, free_port())
    launcher = launcher_of(argv, None)
    write_launcher(folder, launcher)
    service = Service("files", listening_argv(listen, launcher), env or {}, str(folder), listen)
    state = start_service(folder, service, DEADLINE, folder)
    assert state.problem == ""
    return listen


def client(listen):
    command = connecting_argv(SocketAddress(listen.host, listen.port))
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@needs_socat
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_server_behind_a_tunnel_shakes_hands_directly_and_through_a_client_of_socat(folder, host):
    listen = start(folder, (sys.executable, MCP_SERVER, "polite", ""), host)
    direct = shake_hands(TcpLaunch(host, listen.port), DEADLINE)
    program, *arguments = connecting_argv(SocketAddress(host, listen.port))
    through = shake_hands(StdioLaunch(program, tuple(arguments)), DEADLINE)
    assert (direct.state, through.state) == (State.VERIFIED, State.VERIFIED)


@needs_socat
def test_any_arguments_and_the_secrets_reach_the_server(folder):
    odd = ["a b", "it's", '"', "$HOME", "x,y", "a:b!!c", "\\", "(", "{", "é", ""]
    code = "import os, sys; print(repr(sys.argv[1:]), os.environ['TOKEN'], os.getcwd(), flush=True); input()"
    listen = start(folder, (sys.executable, "-c", code, *odd), env={"TOKEN": SECRET})
    with client(listen) as one:
        answer = one.stdout.readline()
        one.stdin.close()
    assert answer == f"{odd!r} {SECRET} {folder}\n"


@needs_socat
def test_every_client_has_a_server_of_its_own_that_ends_with_it(folder):
    listen = start(folder, (sys.executable, "-c", "import os; print(os.getpid(), flush=True); input()"))
    idle = running(folder)
    with client(listen) as one, client(listen) as other:
        pids = {int(one.stdout.readline()), int(other.stdout.readline())}
        assert len(pids) == 2
        assert pids <= running(folder)
        one.stdin.close()
        other.stdin.close()
    wait_until(lambda: running(folder) == idle)


@needs_socat
def test_stopping_a_tunnel_ends_the_servers_of_its_clients(folder):
    listen = start(folder, (sys.executable, "-c", "print(1, flush=True); import time; time.sleep(600)"))
    with client(listen) as one:
        one.stdout.readline()
        stop_service(folder, "files", folder)
        assert running(folder) == set()


def test_another_server_makes_another_command_line(folder):
    first, again, other = (launcher_of(argv, None) for argv in (("a",), ("a",), ("b",)))
    assert first == again
    assert first.name != other.name
    write_launcher(folder, first)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o700}
