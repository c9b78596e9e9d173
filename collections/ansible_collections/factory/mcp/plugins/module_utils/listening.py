# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where processes listen, as the kernel tells it, and whether that is where they should.

TCP only. The facts are those of /proc on Linux: which sockets listen (proc(5), /proc/net/tcp), and which process holds
each of them (/proc/PID/fd).
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.service_processes import program_name
from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import processes

_LISTENING = "0A"
_EVERYWHERE = frozenset(("0.0.0.0", "::"))


@dataclass(frozen=True, slots=True)
class Listening:
    """Where some processes listen; ``unknown`` are those of them whose sockets we may not see."""

    addresses: tuple[SocketAddress, ...]
    unknown: tuple[int, ...] = ()


def expect_linux() -> None:
    """Raise ``FactoryError`` where it cannot be seen who listens."""
    if not sys.platform.startswith("linux") or not os.path.exists("/proc/net/tcp"):
        raise FactoryError(
            f"a server is run as a service on Linux only: on this system ({sys.platform}) there is no /proc/net/tcp, "
            "so that it cannot be proved where the server listens; use transport stdio here"
        )


def listening(pids: Collection[int]) -> Listening:
    """Where the processes *pids* listen."""
    sockets = dict(_sockets())
    found: set[SocketAddress] = set()
    unknown: list[int] = []
    for pid in pids:
        try:
            found.update(sockets[inode] for inode in _held_by(pid) if inode in sockets)
        except PermissionError:
            unknown.append(pid)
    return Listening(tuple(sorted(found)), tuple(sorted(unknown)))


def expect_allowed(listen: Listen) -> None:
    """Raise ``FactoryError`` when others than this host could reach *listen* and it is not exposed."""
    outside = sorted(host for host in _hosts(listen) if not ipaddress.ip_address(host).is_loopback)
    if outside and not listen.exposed:
        raise FactoryError(
            f"listen.host is {listen.host}, which others than this host can reach ({', '.join(outside)}); use "
            "127.0.0.1, or say exposed: true if that is wanted"
        )


def expect_free(listen: Listen, ours: Collection[int]) -> None:
    """Raise ``FactoryError`` when *listen* cannot be listened on, for another reason than our processes *ours*.

    The kernel is asked by binding a socket there for a moment; it says no where anything else listens.
    """
    hosts = sorted(_hosts(listen))
    for host in hosts:
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, listen.port))
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) and len(hosts) > 1:
                continue
            holders = _holders(listen.port) if error.errno == errno.EADDRINUSE else {}
            if not holders or not set(holders) <= set(ours):
                raise FactoryError(_refused(listen, error, holders)) from None


def listens_as_declared(listen: Listen, found: Collection[SocketAddress]) -> bool:
    """Whether the declared address is among *found*."""
    return any(_covers(listen, one) for one in found)


def undeclared(listen: Listen, found: Collection[SocketAddress]) -> tuple[SocketAddress, ...]:
    """Those of *found* that are not the declared address."""
    return tuple(one for one in found if not _covers(listen, one))


def told(listen: Listen, stray: Collection[SocketAddress]) -> str:
    """What is wrong with listening on *stray* too, and what to do; ``""`` if there is none."""
    if not stray:
        return ""
    where = ", ".join(f"{one} (every interface of the host)" if one.host in _EVERYWHERE else str(one) for one in stray)
    mend = "bind it to the declared host and port by its own options"
    if not listen.exposed:
        mend += ", or say exposed: true if others may reach it"
    return f"it listens on {where}, and declared is {listen} alone; {mend}"


def _covers(listen: Listen, found: SocketAddress) -> bool:
    if found.port != listen.port:
        return False
    return found.host in _hosts(listen) or (listen.exposed and found.host in _EVERYWHERE)


def _hosts(listen: Listen) -> frozenset[str]:
    """The IP addresses of the declared host. Raises ``FactoryError`` for a name that has none."""
    try:
        answers = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FactoryError(f"listen.host is {listen.host}, no IP address and no name that is known here") from None
    return frozenset(_plain(str(answer[4][0])) for answer in answers)


def _plain(host: str) -> str:
    """*host* in its shortest form; an IPv4 address that is written as an IPv6 one is the IPv4 one."""
    address = ipaddress.ip_address(host.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)


def _sockets() -> Iterator[tuple[str, SocketAddress]]:
    """Every TCP socket that listens, by its inode."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING:
                yield fields[9], _address(fields[1])


def _address(text: str) -> SocketAddress:
    """The address in *text*: 32-bit words in the byte order of the machine, and the port, in hexadecimal."""
    words, _, port = text.partition(":")
    packed = b"".join(struct.pack("=I", int(words[start : start + 8], 16)) for start in range(0, len(words), 8))
    return SocketAddress(_plain(str(ipaddress.ip_address(packed))), int(port, 16))


def _held_by(pid: int) -> Iterator[str]:
    """The inodes of the sockets that *pid* holds. Raises ``PermissionError``."""
    folder = f"/proc/{pid}/fd"
    try:
        handles = os.listdir(folder)
    except (FileNotFoundError, ProcessLookupError):
        return
    for handle in handles:
        try:
            target = os.readlink(f"{folder}/{handle}")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _holders(port: int) -> dict[int, SocketAddress]:
    """Processes that listen on *port*, as far as we may see."""
    wanted = {inode: address for inode, address in _sockets() if address.port == port}
    found: dict[int, SocketAddress] = {}
    for one in processes():
        try:
            found.update((one.pid, wanted[inode]) for inode in _held_by(one.pid) if inode in wanted)
        except PermissionError:
            continue
    return found


def _refused(listen: Listen, error: OSError, holders: dict[int, SocketAddress]) -> str:
    if error.errno == errno.EADDRINUSE:
        who = ", ".join(f"process {pid} ({program_name(pid)}) on {where}" for pid, where in sorted(holders.items()))
        who = who or "a process that we may not see (root may)"
        return f"port {listen.port} is taken already, by {who}; end it, or declare another listen.port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"no interface of this host has the address {listen.host}; correct listen.host"
    if error.errno == errno.EACCES:
        return f"port {listen.port} needs root; declare a listen.port above 1023"
    return f"nothing can listen on {listen}: {error.strerror}"
