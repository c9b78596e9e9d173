# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command lines of socat."""

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.tcp_tunnel import (
    Launcher,
    connecting_argv,
    listening_argv,
)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "TCP-LISTEN:8811,bind=127.0.0.1,reuseaddr,fork,max-children=8"),
        ("localhost", "TCP-LISTEN:8811,bind=localhost,reuseaddr,fork,max-children=8"),
        ("::1", "TCP6-LISTEN:8811,bind=[::1],reuseaddr,fork,max-children=8"),
    ],
)
def test_the_host_side_listens_there_alone_and_starts_the_launcher(host, address):
    assert listening_argv(Listen(host, 8811), Launcher("launch-1", "")) == ("socat", address, "EXEC:./launch-1")


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "TCP:127.0.0.1:8811"), ("::1", "TCP6:[::1]:8811")])
def test_the_side_of_the_client_connects_its_standard_input_and_output(host, address):
    assert connecting_argv(SocketAddress(host, 8811)) == ("socat", "STDIO", address)
