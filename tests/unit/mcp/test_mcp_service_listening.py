# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where processes listen, and what is said of it."""

import os
import socket
from contextlib import ExitStack

import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.listening import (
    expect_allowed,
    expect_free,
    listening,
    listens_as_declared,
    told,
    undeclared,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, SocketAddress


def address(text):
    host, _, port = text.rpartition(":")
    return SocketAddress(host.strip("[]"), int(port))


@pytest.mark.parametrize(
    ("bound", "seen"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1.2.3", "127.1.2.3"),
        ("0.0.0.0", "0.0.0.0"),
        ("::1", "::1"),
        ("::", "::"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_every_socket_that_a_process_listens_on_is_seen_at_its_address(bound, seen):
    with ExitStack() as sockets:
        family = socket.AF_INET6 if ":" in bound else socket.AF_INET
        server = sockets.enter_context(socket.socket(family))
        server.bind((bound, 0))
        port = server.getsockname()[1]
        assert SocketAddress(seen, port) not in listening([os.getpid()]).addresses
        server.listen()
        assert SocketAddress(seen, port) in listening([os.getpid()]).addresses
        sockets.enter_context(socket.create_connection((bound.replace("0.0.0.0", "127.0.0.1"), port)))
        of_port = [one for one in listening([os.getpid()]).addresses if one.port == port]
        assert of_port == [SocketAddress(seen, port)]
        assert listening([]).addresses == ()


@pytest.mark.parametrize(
    ("declared", "found", "right", "stray"),
    [
        (Listen("127.0.0.1", 1), ["127.0.0.1:1"], True, []),
        (Listen("127.0.0.1", 1), [], False, []),
        (Listen("127.0.0.1", 1), ["0.0.0.0:1"], False, ["0.0.0.0:1"]),
        (Listen("127.0.0.1", 1), ["[::]:1"], False, ["[::]:1"]),
        (Listen("127.0.0.1", 1), ["[::1]:1"], False, ["[::1]:1"]),
        (Listen("127.0.0.1", 1), ["127.0.0.1:1", "127.0.0.1:2"], True, ["127.0.0.1:2"]),
        (Listen("localhost", 1), ["127.0.0.1:1"], True, []),
        (Listen("0:0:0:0:0:0:0:1", 1), ["[::1]:1"], True, []),
        (Listen("0.0.0.0", 1, exposed=True), ["[::]:1"], True, []),
        (Listen("0.0.0.0", 1, exposed=True), ["0.0.0.0:2"], False, ["0.0.0.0:2"]),
        (Listen("127.0.0.1", 1, exposed=True), ["0.0.0.0:1"], True, []),
        (Listen("127.0.0.1", 1, exposed=True), ["192.0.2.1:1"], False, ["192.0.2.1:1"]),
    ],
)
def test_only_the_declared_address_is_right_and_an_exposed_one_may_be_every_interface(declared, found, right, stray):
    addresses = [address(one) for one in found]
    assert listens_as_declared(declared, addresses) is right
    assert [str(one) for one in undeclared(declared, addresses)] == stray


def test_the_problem_names_every_stray_address_and_what_to_do():
    problem = told(Listen("127.0.0.1", 8811), [address("0.0.0.0:8811"), address("[::1]:9229")])
    assert "0.0.0.0:8811 (every interface of the host), [::1]:9229, and declared is 127.0.0.1:8811 alone" in problem
    assert "bind it to the declared host" in problem
    assert "exposed: true" in problem
    assert "exposed: true" not in told(Listen("127.0.0.1", 8811, exposed=True), [address("127.0.0.1:9229")])
    assert told(Listen("127.0.0.1", 8811), []) == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_a_host_that_others_can_reach_must_be_exposed(host):
    expect_allowed(Listen(host, 8811, exposed=True))
    with pytest.raises(FactoryError, match="exposed: true"):
        expect_allowed(Listen(host, 8811))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_loopback_host_need_not_be(host):
    expect_allowed(Listen(host, 8811))


def test_a_name_that_is_not_known_is_an_error_that_names_it():
    with pytest.raises(FactoryError, match=r"listen\.host is no-such-host\.invalid, no IP address"):
        expect_allowed(Listen("no-such-host.invalid", 8811))


@pytest.mark.parametrize("taken", ["127.0.0.1", "0.0.0.0"])
def test_a_port_is_free_unless_somebody_else_listens_there(taken):
    with socket.socket() as server:
        server.bind((taken, 0))
        server.listen()
        port = server.getsockname()[1]
        listen = Listen("127.0.0.1", port)
        with pytest.raises(FactoryError, match=rf"port {port} is taken already, by process {os.getpid()} \("):
            expect_free(listen, ours=[])
        expect_free(listen, ours=[os.getpid()])
    expect_free(listen, ours=[])


def test_the_same_port_of_another_interface_is_free():
    with socket.socket() as server:
        server.bind(("127.0.0.2", 0))
        server.listen()
        expect_free(Listen("127.0.0.1", server.getsockname()[1]), ours=[])
