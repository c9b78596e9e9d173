# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entries of clients' files are ours: one file per user, with a fingerprint of each entry as it was written.

Without the file every entry counts as somebody else's: one that is as declared is left alone, and ``adopt`` takes it
over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.config_file import read_file, replace_file
from ansible_collections.factory.mcp.plugins.module_utils.emptied import Emptied

_VERSION = 1


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Our entries in one file by name, each with its fingerprint, and how the file was before the first.

    ``owners`` tells for whom an entry was written: the folder of a server, or ``""`` for tasks of factory.mcp.client.
    """

    entries: Mapping[str, str] = field(default_factory=dict)
    emptied: Emptied | None = None
    owners: Mapping[str, str] = field(default_factory=dict)

    def written(self, name: str, value: Mapping[str, Any], was: Emptied | None, owner: str) -> FileRecord:
        """With the entry *name* of *owner* as *value*."""
        keeps = was is None or (self.emptied is not None and was.what != "file")
        entries = {**self.entries, name: entry_fingerprint(value)}
        return FileRecord(entries, self.emptied if keeps else was, {**self.owners, name: owner})

    def other_owner(self, name: str, owner: str) -> str | None:
        """Who else than *owner* the entry *name* was written for, in words; ``None`` for nobody."""
        if name not in self.entries or self.owners[name] == owner:
            return None
        return f"the server in {self.owners[name]}" if self.owners[name] else "a task of factory.mcp.client"

    def with_those_of(self, other: FileRecord) -> FileRecord:
        """With the entries that only *other* has as well."""
        emptied = self.emptied if self.entries else other.emptied
        return FileRecord({**other.entries, **self.entries}, emptied, {**other.owners, **self.owners})

    def forgotten(self, name: str) -> FileRecord:
        """Without the entry *name*."""
        left = {one: print_ for one, print_ in self.entries.items() if one != name}
        owners = {one: owner for one, owner in self.owners.items() if one != name}
        return FileRecord(left, self.emptied if left else None, owners)


def entry_fingerprint(value: Mapping[str, Any]) -> str:
    """What tells whether an entry is still as it was written: equal values, whatever their order or layout."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_records(path: str) -> dict[str, FileRecord]:
    """The record of every file, by its path. Raises ``FactoryError`` when the file is there and broken."""
    text = read_file(path).text
    if text is None:
        return {}
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            raise ValueError(f"it has version {content['version']}, and this Factory knows {_VERSION}")
        return {file: _record(stored) for file, stored in content["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FactoryError(
            f"{path} cannot be understood: {error}. It tells which entries of clients are Factory's. Restore it, or "
            "delete it and run once with adopt: true"
        ) from None


def write_records(path: str, records: Mapping[str, FileRecord]) -> None:
    """Replace the file by *records*. Raises ``FactoryError``."""
    files = {file: asdict(record) for file, record in sorted(records.items()) if record.entries}
    text = json.dumps({"version": _VERSION, "files": files}, indent=1, ensure_ascii=False) + "\n"
    replace_file(read_file(path), text, private=True)


def _record(stored: Any) -> FileRecord:
    emptied = stored["emptied"]
    was = None if emptied is None else Emptied(emptied["what"], emptied["text"])
    entries, owners = dict(stored["entries"]), dict(stored["owners"])
    if entries.keys() != owners.keys():
        raise ValueError("it does not tell of each entry whose it is")
    return FileRecord(entries, was, owners)
