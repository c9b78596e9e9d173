"""Sandboxes as child processes: started, waited for, stopped."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class SandboxError(Exception):
    """The sandbox did not start; the message is what it said."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    base_url: str
    root_page_id: str
    token: str
    pid: int


@contextmanager
def running_notion(
    data: str = ":memory:", token: str = "sandbox-token", listen: str = "127.0.0.1:0"
) -> Iterator[Sandbox]:
    """A Notion sandbox for the length of a `with`: ready on entry, gone on exit."""
    command = [sys.executable, "-m", "factory_iac.sandbox.notion"]
    options = ["--listen", listen, "--data", data]
    # What it says goes to a file: nobody reads a pipe while it runs, and a full one would halt it.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(token),
            start_new_session=True,  # Ctrl-C at a terminal is for who started it, and may still need an answer
        )
        try:
            ready = json.loads(_first_line(process, said))
            yield Sandbox(ready["base_url"], ready["root_page_id"], ready["token"], process.pid)
        finally:
            _stop(process)


def _environment(token: str) -> dict[str, str]:
    """The environment of this process, with this package importable and the token out of the process list."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "NOTION_TOKEN": token, "PYTHONPATH": here if not known else f"{here}{os.pathsep}{known}"}


def _first_line(process: subprocess.Popen[bytes], said: IO[bytes]) -> bytes:
    """The ready line. Raises SandboxError when the process ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    output = process.stdout
    if output is None:
        raise SandboxError("the sandbox has no output to wait for")
    os.set_blocking(output.fileno(), False)
    found = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not found.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise SandboxError(f"the sandbox was not ready within {START_SECONDS:.0f} s")
            part = os.read(output.fileno(), 65536)
            if not part:
                raise SandboxError(_last_words(process, said))
            found += part
    return found


def _last_words(process: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    process.wait(STOP_SECONDS)
    said.seek(0)
    words = said.read().decode(errors="replace").strip()
    return words or f"the sandbox ended with code {process.returncode}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
