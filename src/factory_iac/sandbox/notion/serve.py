"""Starting and stopping the server process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvicorn

from factory_iac.sandbox.notion.app import create_app
from factory_iac.sandbox.notion.broken_responses import TransportProtocol
from factory_iac.sandbox.notion.workspace import Workspace

DEFAULT_LISTEN = "127.0.0.1:8787"
DEFAULT_DATA = ":memory:"
DEFAULT_TOKEN = "sandbox-token"
_GRACE_SECONDS = 1
_BACKLOG = 2048


class StartError(Exception):
    """The server cannot start; the message says why in one line."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    listen: str = DEFAULT_LISTEN
    data: str = DEFAULT_DATA
    token: str = DEFAULT_TOKEN
    allow_remote: bool = False


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code."""
    try:
        listener = _listener(options)
        workspace = _workspace(options)
    except StartError as error:
        print(f"factory sandbox notion: {error}", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        create_app(workspace),
        http=TransportProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=_BACKLOG,
    )
    _Server(config, workspace.root_page_id, options.token).run(sockets=[listener])
    workspace.store.close()
    return 0


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready and takes a signal for a normal end."""

    def __init__(self, config: uvicorn.Config, root_page_id: str, token: str) -> None:
        super().__init__(config)
        self._root_page_id = root_page_id
        self._token = token

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the one line that others wait for."""
        await super().startup(sockets=sockets)
        if self.started and sockets:
            print(json.dumps(_ready(sockets[0], self._root_page_id, self._token)), flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End the loop on SIGTERM and SIGINT, without raising the signal again afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True


def _ready(listener: socket.socket, root_page_id: str, token: str) -> dict[str, object]:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return {
        "ready": True,
        "base_url": f"http://{shown}:{port}",
        "root_page_id": root_page_id,
        "token": token,
    }


def _listener(options: Options) -> socket.socket:
    host, port = parse_listen(options.listen)
    if not options.allow_remote and not is_loopback(host):
        raise StartError(
            f"{host} is not a loopback address; the sandbox has no access control worth the name, "
            "so add --allow-remote only if you mean it"
        )
    try:
        # The protocol number matters: asyncio sets TCP_NODELAY only on sockets that name TCP.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise StartError(f"cannot listen on {options.listen}: {error.strerror or error}") from error
    return listener


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise StartError(f"--listen takes HOST:PORT, not {text!r}")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _workspace(options: Options) -> Workspace:
    try:
        return Workspace(options.data, options.token)
    except sqlite3.Error as error:
        raise StartError(f"cannot use {options.data} for data: {error}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of `python -m factory_iac.sandbox.notion`."""
    parser = argparse.ArgumentParser(
        prog="python -m factory_iac.sandbox.notion", description="Serve the Notion API on this machine."
    )
    parser.add_argument("--listen", default=DEFAULT_LISTEN, metavar="HOST:PORT")
    parser.add_argument("--data", default=DEFAULT_DATA, metavar="FILE|:memory:")
    parser.add_argument("--token", default=default_token())
    parser.add_argument("--allow-remote", action="store_true", help="accept a listen address that is not loopback")
    given = parser.parse_args(arguments)
    return run(Options(given.listen, given.data, given.token, given.allow_remote))


def default_token() -> str:
    """NOTION_TOKEN of the environment, else the word `sandbox`."""
    return os.environ.get("NOTION_TOKEN") or DEFAULT_TOKEN
