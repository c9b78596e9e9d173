# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run npm, pip and docker: never through a shell, with little of our environment, and before a deadline."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.redaction import redactor

_PASSED_ON = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("NPM_CONFIG_REGISTRY", "NPM_CONFIG_CACHE", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG"),
        *("NPM_CONFIG_CAFILE", "NPM_CONFIG_PROXY", "NPM_CONFIG_HTTPS_PROXY", "NPM_CONFIG_NOPROXY"),
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT"),
        *("PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"),
        *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
    }
)
"""The variables that they get, in upper case; npm and curl read theirs in lower case as well. No other secret of our
environment reaches what they start."""
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY_OF_URL = re.compile(r"(://[^\s?]+)\?[^\s\"']+")
_TOKEN = re.compile(r"(_authToken|_auth|_password|Authorization)(\"?\s*[=:]\s*\"?(?:Bearer |Basic )?)[^\s\"]+", re.I)
_LAST_LINES = 12
_LONGEST_TEXT = 64 * 1024


class CommandFailed(FactoryError):
    """A command that ended badly, or not in time. ``told`` is the end of what it said, without secrets."""

    def __init__(self, message: str, told: str = "") -> None:
        self.told = told
        super().__init__(f"{message}:\n{told}" if told else message)


class DeadlineOver(CommandFailed):
    """A command that was killed because its time was up."""


def program_of_path(name: str, why: str) -> str:
    """Where *name* is on the PATH. Raises ``FactoryError``, with *why* it is needed, when it is not."""
    found = shutil.which(name)
    if found is None:
        raise FactoryError(f"{name} is not on the PATH of this host; {why}")
    return found


def run_command(arguments: Sequence[str], what: str, deadline: float, folder: Path | None = None) -> str:
    """The standard output of a command that ends well before *deadline* (of ``time.monotonic()``).

    *what* says in messages what it was for; *folder* is where it runs. Its whole process group is killed when it
    does not end in time, and when we are interrupted.
    Raises ``CommandFailed``.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _finished(arguments, what, deadline, folder, output, errors)
        if code == 0:
            output.seek(0)
            return output.read().decode(errors="replace")
        told = _last_lines(errors) or _last_lines(output)
    ended = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
    raise CommandFailed(f"{what} failed: {Path(arguments[0]).name} {ended}", told)


def _finished(
    arguments: Sequence[str],
    what: str,
    deadline: float,
    folder: Path | None,
    output: IO[bytes],
    errors: IO[bytes],
) -> int:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise DeadlineOver(f"{what} failed: the time was up before it could begin")
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env=environment_for_commands(os.environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{what} failed: {arguments[0]} cannot be started: {error}") from None
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise DeadlineOver(f"{what} failed: it took longer than the deadline allows", _last_lines(errors)) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def environment_for_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """What of *environment* the commands get."""
    return {name: value for name, value in environment.items() if name.upper() in _PASSED_ON}


def without_secrets(text: str) -> str:
    """*text* without the passwords and tokens that npm and pip may put into messages."""
    text = _QUERY_OF_URL.sub(r"\1?…", _PASSWORD_IN_URL.sub("", text))
    return str(redactor(())(_TOKEN.sub(r"\1\2…", text)))


def _last_lines(output: IO[bytes]) -> str:
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - _LONGEST_TEXT))
    lines = [line.rstrip() for line in output.read().decode(errors="replace").splitlines()]
    said = [line for line in lines if line.strip()]
    return without_secrets("\n".join(said[-_LAST_LINES:]))
