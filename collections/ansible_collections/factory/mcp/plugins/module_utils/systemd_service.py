# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that systemd keeps running: its unit, and what systemctl is asked.

A system unit as root. A user unit otherwise, and only for a user who lingers: systemd would end that of another one as
soon as Ansible's login ends.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.seen_service import SeenService
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Service
from ansible_collections.factory.mcp.plugins.module_utils.service_files import program_of, service_folder, write_private
from ansible_collections.factory.mcp.plugins.module_utils.service_processes import end_all, marked
from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import (
    STOP_SECONDS,
    Process,
    descendants,
    processes,
)

MANAGER = "systemd"
_PROPERTIES = ("ActiveState", "ControlGroup", "MainPID", "NRestarts", "NeedDaemonReload", "Result")
_SYSTEMCTL_SECONDS = 60
_HARMLESS = ("NoNewPrivileges", "LockPersonality", "RestrictRealtime", "RestrictSUIDSGID")
_HARMLESS_AS_ROOT = (
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
)
"""What no server needs. Not PrivateTmp and ProtectHome: a server may have been told to serve files there."""


@dataclass(frozen=True, slots=True)
class Systemd:
    """The systemd to ask: of the system, or of a ``user``; units are files in ``units``."""

    units: Path
    user: bool


def systemd_of(root: Path, uid: int, home: Path) -> Systemd | None:
    """The systemd that runs on the host whose files are below *root* and keeps services of user *uid*, or None."""
    if not (root / "run/systemd/system").is_dir():
        return None
    if uid == 0:
        return Systemd(root / "etc/systemd/system", user=False)
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
    if not (root / "var/lib/systemd/linger" / name).exists():
        return None
    return Systemd(home / ".config/systemd/user", user=True)


def unit_name(folder: Path, name: str) -> str:
    """The unit of the server *name* whose folder is *folder*: servers of two stacks may share a name."""
    which = hashlib.sha256(str(service_folder(folder)).encode()).hexdigest()[:8]
    return f"factory-mcp-{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}-{which}.service"


def unit_text(folder: Path, service: Service, program: str, user: bool) -> str:
    """The unit, without a secret: those are in the file that EnvironmentFile names.

    Raises ``FactoryError`` for a path that no unit can name.
    """
    options = _HARMLESS if user else (*_HARMLESS, *_HARMLESS_AS_ROOT)
    lines = [
        "# Written by Factory, and written again when it differs.",
        "[Unit]",
        f"Description=MCP server {_without_specifiers(_one_line(service.name))}",
        "After=network.target",
        "",
        "[Service]",
        "Type=exec",
        f"ExecStart={' '.join((_program(program), *map(_argument, service.argv[1:])))}",
        f"WorkingDirectory={_path(service.cwd or os.path.realpath(folder))}",
        f"EnvironmentFile={_path(str(service_folder(folder) / 'environment'))}",
        "Restart=on-failure",
        "RestartSec=5",
        f"TimeoutStopSec={STOP_SECONDS:g}",
        *(f"{option}=yes" for option in options),
        "",
        "[Install]",
        f"WantedBy={'default' if user else 'multi-user'}.target",
    ]
    return "\n".join(lines) + "\n"


def environment_text(environment: Mapping[str, str]) -> str:
    """*environment* as systemd.exec(5) wants an EnvironmentFile.

    Raises ``FactoryError`` for a value that systemd would leave out.
    """
    lines = []
    for name, value in environment.items():
        if any((ord(letter) < 32 and letter not in "\t\n") or ord(letter) == 127 for letter in value):
            raise FactoryError(
                f"the environment variable {name} has a control character in it (a carriage return?); systemd passes "
                "only tabs and ends of lines; remove it"
            )
        escaped = re.sub(r'(["\\`$])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def look(systemd: Systemd, folder: Path, service: Service) -> SeenService:
    """What systemd says of the service in *folder*. Raises ``FactoryError``."""
    unit = unit_name(folder, service.name)
    if not (systemd.units / unit).exists():
        return SeenService("", processes=marked(service_folder(folder)))
    answer = _systemctl(systemd, "show", f"--property={','.join(_PROPERTIES)}", unit)
    said = dict(line.partition("=")[::2] for line in answer.splitlines())
    pid = int(said.get("MainPID") or 0)
    active = said.get("ActiveState", "")
    found = {**marked(service_folder(folder)), **descendants(pid), **_in_group(said.get("ControlGroup", ""))}
    if pid:
        found |= {one.pid: one for one in processes() if one.pid == pid}
    running = active == "active" and pid in found
    why = f"systemd says it is {active or 'unknown'} (result: {said.get('Result') or 'none'})"
    return SeenService(
        MANAGER,
        alive=active in ("active", "activating", "reloading"),
        running=running,
        digest=_started_digest(systemd, folder, unit) if said.get("NeedDaemonReload") != "yes" else "",
        pid=pid if running else 0,
        processes=found,
        failures=int(said.get("NRestarts") or 0) if not running else 0,
        problem="" if running else why,
    )


def start(systemd: Systemd, folder: Path, service: Service, environment: Mapping[str, str]) -> None:
    """Write the unit and its secrets, have it started now and with the host. Raises ``FactoryError``."""
    files, unit = service_folder(folder), unit_name(folder, service.name)
    text = unit_text(folder, service, program_of(service, environment["PATH"]), systemd.user)
    secrets = environment_text(environment)
    (files / "started").unlink(missing_ok=True)
    write_private(files / "environment", secrets)
    try:
        systemd.units.mkdir(parents=True, exist_ok=True)
        (systemd.units / unit).write_text(text, encoding="utf-8")
        (systemd.units / unit).chmod(0o644)
    except OSError as error:
        raise FactoryError(f"{systemd.units / unit} cannot be written: {error.strerror}") from None
    _systemctl(systemd, "daemon-reload")
    _systemctl(systemd, "enable", unit)
    _systemctl(systemd, "restart", unit)
    write_private(files / "started", f"{service.digest} {_hash(text)}")


def stop(systemd: Systemd, folder: Path, name: str) -> bool:
    """End the service and take its unit away; whether there was one. Raises ``FactoryError``."""
    unit = unit_name(folder, name)
    if not (systemd.units / unit).exists():
        return False
    _systemctl(systemd, "disable", "--now", unit)
    (systemd.units / unit).unlink(missing_ok=True)
    _systemctl(systemd, "daemon-reload")
    (service_folder(folder) / "started").unlink(missing_ok=True)
    end_all(lambda: marked(service_folder(folder)))
    return True


def log_of(systemd: Systemd, folder: Path, name: str) -> str:
    """The command that shows what the server printed."""
    return f"journalctl {'--user ' if systemd.user else ''}--unit {unit_name(folder, name)}"


def in_group(cgroups: str, group: str) -> bool:
    """Whether *cgroups*, the text of a /proc/PID/cgroup, names control group *group* or one below it."""
    paths = (line.split(":", 2)[2] for line in cgroups.splitlines())
    return group not in ("", "/") and any(path == group or path.startswith(f"{group}/") for path in paths)


def _in_group(group: str) -> dict[int, Process]:
    return {one.pid: one for one in processes() if in_group(_cgroups(one.pid), group)} if group else {}


def _cgroups(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _started_digest(systemd: Systemd, folder: Path, unit: str) -> str:
    """The digest of the declaration that was last started to the end, unless somebody changed the unit since."""
    try:
        digest, _, unit_hash = (service_folder(folder) / "started").read_text(encoding="utf-8").partition(" ")
    except OSError:
        return ""
    text = (systemd.units / unit).read_text(encoding="utf-8", errors="replace")
    return digest if unit_hash == _hash(text) else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _systemctl(systemd: Systemd, *arguments: str) -> str:
    """What systemctl prints. Raises ``FactoryError`` with what it complains of."""
    command = ["systemctl", *(["--user"] if systemd.user else []), "--no-pager", *arguments]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if systemd.user:
        environment.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    try:
        ran = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SYSTEMCTL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FactoryError(f"{' '.join(command)} failed: {error}") from None
    if ran.returncode:
        raise FactoryError(f"{' '.join(command)} failed with exit code {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout


def _program(path: str) -> str:
    """*path* as the first word of ExecStart: variables are not replaced in it, and systemd 252 refuses quotes there."""
    if re.search(r"""[\x00-\x1f\x7f"'\\]""", path):
        raise FactoryError(f"systemd cannot run {path!r}: it refuses quotes and backslashes in the path of a program")
    return f'"{_without_specifiers(path)}"'


def _argument(text: str) -> str:
    """*text* as one word of ExecStart (systemd.service(5), "Command lines")."""
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    for letter, name in (("\n", "n"), ("\r", "r"), ("\t", "t")):
        escaped = escaped.replace(letter, f"\\{name}")
    return f'"{_without_specifiers(escaped).replace("$", "$$")}"'


def _path(text: str) -> str:
    if "\n" in text or "\r" in text or text.endswith("\\"):
        raise FactoryError(f"systemd cannot use the path {text!r}: it has an end of line in it, or ends in a backslash")
    return _without_specifiers(text)


def _without_specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _one_line(text: str) -> str:
    return " ".join(text.split())
