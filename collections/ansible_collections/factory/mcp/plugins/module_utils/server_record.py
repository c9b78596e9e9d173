# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Factory remembers of a server, in the server's own folder on the host: that it is ours, and what was declared.

Whoever deletes the folder has deleted all that Factory keeps of a server, but for its entries in clients' files.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_state import Verification, verification_from_data

FILE = "server.json"
SERVERS_FOLDER = ".local/share/factory/mcp"
"""Where servers lie below a home folder, unless somebody says otherwise."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What was applied last, by path, to which clients, and how asking it ended last.

    A server that was never applied to its end has no ``declared``.
    """

    declared: Mapping[str, Any] | None = None
    clients: tuple[str, ...] = ()
    verification: Verification | None = None
    protected: bool = False


def read_record(folder: Path) -> ServerRecord | None:
    """The record in *folder*; ``None`` where there is none. Raises ``FactoryError`` for a broken one."""
    file = folder / FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"it has version {content['version']}, and this Factory knows {_VERSION}")
        found = content["verification"]
        verification = None if found is None else verification_from_data(found)
        return ServerRecord(content["declared"], tuple(content["clients"]), verification, content["protected"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FactoryError(f"{file} cannot be read: {error.strerror}; make its folder one that can be used") from None
    except (ValueError, KeyError, TypeError) as error:
        raise FactoryError(
            f"{file} cannot be understood ({error}); delete it, and the next apply makes it anew"
        ) from None


def write_record(folder: Path, record: ServerRecord) -> None:
    """Replace the record in *folder*."""
    write_atomically(folder / FILE, json.dumps({"version": _VERSION, **dataclasses.asdict(record)}, indent=1) + "\n")
