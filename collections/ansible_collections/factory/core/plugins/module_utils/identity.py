# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity cache: which live id belongs to which address. A cache, never the truth.

One file per environment, ``.factory/<environment>/identity.json``. Writers take a lock and replace
the file atomically, so that a crash or a second process never leaves half of one. A file that
cannot be read is an empty cache: the next run finds everything again by its ownership mark. One that a
newer version wrote is refused, since what it knows would be lost.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import Known

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of one resource.

    ``attributes`` lead to it, always with ``id``; ``parts`` are the ids of its named parts;
    ``declared`` are fingerprints of its fields as last applied, by which drift is told from a new
    declaration; ``unmanageable`` are fingerprints of declared fields that the target ignored.
    """

    attributes: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
    unmanageable: Mapping[str, str] = field(default_factory=dict)
    incomplete: bool = False
    """Whether an apply began to write it and has not finished: what is missing is no drift then."""
    creating: bool = False
    """Whether an apply began to create it and has not finished: what a manifest ignores is still to be set then."""
    protected: bool = False
    """Whether it was protected when it was last applied."""
    deleted: bool = False
    """Whether Factory deleted it. It may be found in a trash when it is declared again."""


class IdentityCache:
    """The part of an environment's identity cache that belongs to one scope: a target and a stack."""

    def __init__(self, file: Path, scope: str) -> None:
        self.file = file
        self.scope = scope
        self._records: dict[Address, Record] = {}
        self._followed: dict[Address, Address] = {}
        self.reload()

    def reload(self) -> None:
        """Read the file again: another process may have written it."""
        self._records = dict(_records(_read(self.file).get(self.scope)))
        self._followed = {}

    def follow(self, renamed: Mapping[Address, Address]) -> None:
        """See what is remembered of former addresses under the present ones, the last former one first.

        The file is left alone until the resource is remembered under its present address.
        """
        for old, new in renamed.items():
            known, record = self._records.get(new), self._records.get(old)
            if record is None or record.deleted:
                continue
            if known is None or known.deleted:
                self._records[new] = self._records.pop(old)
                self._followed[new] = old
            elif known.attributes.get("id") == record.attributes.get("id"):
                del self._records[old]

    def followed(self, address: Address) -> Address | None:
        """The former address under which the file still has *address*."""
        return self._followed.get(address)

    def get(self, address: Address) -> Record | None:
        """What is remembered of *address*."""
        return self._records.get(address)

    def items(self) -> Iterable[tuple[Address, Record]]:
        """Everything remembered in this scope."""
        return self._records.items()

    def remember(self, records: Mapping[Address, Record]) -> None:
        """Add or replace *records* and write the file at once."""
        changed = {
            key: record for key, record in records.items() if self._records.get(key) != record or key in self._followed
        }
        if changed:
            self._records.update(changed)
            left = {str(self._followed.pop(address)): None for address in changed if address in self._followed}
            self._write({**left, **{str(address): asdict(record) for address, record in changed.items()}})

    def recognise(self, known: Mapping[Address, Known], protected: Collection[Address]) -> None:
        """Note by what resources are found, and leave alone what an apply has noted of them.

        Of those that nothing is known of yet, the marks of *protected* ones say that they are.
        """
        changed = {}
        for address, one in known.items():
            if address in self._followed:
                continue
            record = self._records.get(address, Record({}, protected=address in protected))
            seen = replace(record, attributes=one.attributes, parts=one.parts, deleted=one.deleted)
            if seen != record:
                stored = {"attributes": one.attributes, "parts": one.parts, "deleted": one.deleted}
                changed[address] = {**stored, **({} if address in self._records else {"protected": seen.protected})}
                self._records[address] = seen
        if changed:
            self._write({str(address): stored for address, stored in changed.items()})

    def begin(self, address: Address, known: Known, creating: bool = False) -> None:
        """Note that an apply has begun to write *address*, or to create it, at once."""
        record = self._records.get(address, Record({}))
        if record.deleted:
            record = Record({})
        began = replace(record, attributes=known.attributes, parts=known.parts, creating=creating or record.creating)
        self.remember({address: replace(began, incomplete=not record.declared)})

    def bury(self, address: Address) -> None:
        """Note that Factory deleted *address*, at once."""
        record = self._records.get(address)
        if record is not None:
            self.remember({address: Record(record.attributes, record.parts, deleted=True)})

    def forget(self, address: Address) -> None:
        """Drop *address* and write the file at once."""
        if self._records.pop(address, None) is not None:
            self._write({str(self._followed.pop(address, address)): None})

    def elsewhere(self, stack: str) -> dict[Address, Mapping[str, str]]:
        """What is remembered of a stack, here or on other targets: attributes by address, where unambiguous."""
        found: dict[Address, list[Mapping[str, str]]] = {}
        for scope, stored in _read(self.file).items():
            if scope.endswith(f"|{stack}"):
                for address, record in _records(stored):
                    if record.deleted:
                        continue
                    found.setdefault(address, []).append(record.attributes)
        others = {address: attributes[0] for address, attributes in found.items() if len(attributes) == 1}
        here = {address: record.attributes for address, record in self._records.items() if not record.deleted}
        return {**others, **here}

    def _write(self, changes: Mapping[str, dict[str, Any] | None]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.file.with_suffix(".lock")):
            scopes = _read(self.file)
            scope = scopes[self.scope] = dict(known) if isinstance(known := scopes.get(self.scope), dict) else {}
            for address, stored in changes.items():
                if stored is None:
                    scope.pop(address, None)
                else:
                    scope[address] = {**scope.get(address, {}), **stored}
            write_atomically(self.file, json.dumps({"version": _VERSION, "scopes": scopes}))


def scopes_of(file: Path) -> list[str]:
    """The keys of all scopes in an environment's identity cache."""
    return list(_read(file))


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > _VERSION:
        raise FactoryError(
            f"{file} was written by a newer Factory (version {version}, this one knows {_VERSION}); "
            "use that one, or delete the file: everything is found again by its ownership line"
        )
    if version != _VERSION:
        return {}
    scopes = content.get("scopes")
    return scopes if isinstance(scopes, dict) else {}


def _records(stored: Any) -> Iterator[tuple[Address, Record]]:
    """The records of a scope; what is not in their shape is not there."""
    for text, one in stored.items() if isinstance(stored, dict) else ():
        with contextlib.suppress(ValueError, TypeError):
            address, record = Address.parse(text), Record(**one)
            parts = (record.attributes, record.parts, record.declared, record.unmanageable)
            flags = (record.incomplete, record.creating, record.protected, record.deleted)
            if (
                all(_is_texts(part) for part in parts)
                and all(isinstance(flag, bool) for flag in flags)
                and record.attributes.get("id")
            ):
                yield address, record


def _is_texts(part: Any) -> bool:
    return isinstance(part, dict) and all(isinstance(value, str) for value in part.values())
