# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a service: a folder of its own beside the server, which nobody else can read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Service
from ansible_collections.factory.mcp.plugins.module_utils.service_processes import MARK

_INHERITED = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "USER")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def service_folder(folder: Path) -> Path:
    """Where the files of the service are, of the server whose folder is *folder*."""
    return Path(os.path.realpath(folder)) / "service"


def lock_of(folder: Path) -> Path:
    """The lock of the service, which stays when the service is removed. Raises ``FactoryError``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FactoryError(f"{folder} cannot be used: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise FactoryError(f"{folder} cannot be used: it belongs to another user; run as that user")
    return folder / ".service.lock"


def write_private(file: Path, text: str) -> None:
    """Replace *file* (0600) in a folder that is ours alone. Raises ``FactoryError``."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o700)
        write_atomically(file, text)
    except OSError as error:
        raise FactoryError(f"{file} cannot be written: {error.strerror}") from None


def remove_files(folder: Path) -> bool:
    """Remove what was written for a service; whether there was anything."""
    files = service_folder(folder)
    if not files.exists():
        return False
    try:
        shutil.rmtree(files)
    except OSError as error:
        raise FactoryError(f"{files} cannot be removed: {error.strerror}") from None
    return True


def environment_of(service: Service, folder: Path, ambient: Mapping[str, str]) -> dict[str, str]:
    """All variables that the server gets: a few of *ambient*, its own, and the mark by which it is found."""
    inherited = {name: ambient[name] for name in _INHERITED if name in ambient}
    return {"PATH": _SYSTEM_PATH, **inherited, **service.env, MARK: str(service_folder(folder))}


def program_of(service: Service, path: str) -> str:
    """The absolute path of the program that *service* runs. Raises ``FactoryError`` if there is none."""
    name = service.argv[0]
    if "/" in name and not os.path.isabs(name):
        raise FactoryError(f"{service.name}: the program '{name}' must be a name or an absolute path")
    found = shutil.which(name, path=path)
    if found is None:
        raise FactoryError(f"{service.name}: there is no program '{name}' that can be run on this host; install it")
    return os.path.abspath(found)
