"""A second, tiny kind that proves the contract: a text file in a folder."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils import provider as contract
from ansible_collections.factory.core.plugins.module_utils.change import (
    OWNERSHIP,
    Action,
    Change,
    Effect,
    FieldChange,
    action_for,
)
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError


@dataclass(frozen=True, slots=True)
class FileState:
    """What is read of a file."""

    content: str
    mode: str


Seen = contract.Observation[FileState]
World = contract.World[FileState]


class TextFile:
    """A text file with its content and, where declared, its mode."""

    kind: str = "TextFile"
    schema_name: str = "text-file"
    spec_schema: Mapping[str, Any] = {
        "type": "object",
        "required": ["content"],
        "additionalProperties": False,
        "properties": {
            "content": {"type": "string"},
            "mode": {"type": "string", "pattern": "^0[0-7]{3}$", "x-message": "expected a mode such as 0644"},
            "needs": {"type": "array", "items": {"type": "string"}},
        },
    }
    attributes: tuple[str, ...] = ("id",)
    keeps_variables: bool = False

    def check(self, resource: Resource, declared: contract.Declared) -> Iterable[contract.Fault]:
        """Every needed file is declared."""
        for reference in self.references(resource):
            if declared.lacks(reference.target):
                message = f"{reference.target} is not declared{declared.suggest(reference.target)}"
                yield contract.Fault(reference.path, message)

    def references(self, resource: Resource) -> Iterator[contract.Reference]:
        """The files that must be there first."""
        for index, name in enumerate(resource.spec.get("needs", ())):
            yield contract.Reference(Address(self.kind, name), ("spec", "needs", index))

    def diff(self, resource: Resource, observed: Seen | None, world: World) -> Change:
        """Content and mode, where they are declared; to empty a file is destructive."""
        live: Mapping[str, str] = asdict(observed.state) if observed else {}
        wanted = {name: resource.spec[name] for name in ("content", "mode") if name in resource.spec}
        fields = tuple(
            FieldChange((name,), live.get(name), value, _effect(live.get(name), value))
            for name, value in wanted.items()
            if live.get(name) != value
        )
        if observed is None:
            return Change(resource.address, Action.CREATE, fields)
        if observed.former is not None or observed.adopted:
            mark = str(observed.former) if observed.former else None
            fields = (FieldChange(OWNERSHIP, mark, str(resource.address), Effect.REVERSIBLE), *fields)
        action = Action.ADOPT if observed.adopted else action_for(fields)
        return Change(resource.address, action, fields, id=observed.id)


class TextFolder:
    """The folder where the files of one kind live; a file's name says whose it is: ``TextFile.tasks.txt``.

    A file that is nobody's has a plain name, ``tasks.txt``, by which it may be adopted.
    """

    def __init__(self, folder: Path, kind: str = TextFile.kind) -> None:
        self.folder = folder
        self.kind = kind

    def observe(
        self, resources: Sequence[Resource], known: Mapping[Address, contract.Known]
    ) -> contract.Findings[FileState]:
        """Read what is remembered or, by its name, ours."""
        files = {Address(self.kind, file.name.split(".")[1]): file for file in self.folder.glob(f"{self.kind}.*.txt")}
        remembered = {address: Path(one.attributes["id"]) for address, one in known.items()}
        files = {address: file for address, file in files.items() if file not in remembered.values()} | remembered
        found: dict[Address, Seen] = {}
        errors: dict[Address, FactoryError] = {}
        for address, file in files.items():
            try:
                found.update({address: _read(file)} if file.exists() else {})
            except (OSError, UnicodeDecodeError) as error:
                errors[address] = FactoryError(f"{file} cannot be read: {error}")
        observed = {}
        for resource in resources:
            address = resource.address
            names = [address, *(old for old in resource.former if address not in found)]
            seen = next((found.pop(name) for name in names if name in found), None)
            plain = self.folder / f"{address.name}.txt"
            if seen is not None:
                owner = Address(self.kind, Path(seen.id).name.split(".")[1])
                observed[address] = replace(seen, former=owner if owner in resource.former else None)
            elif resource.metadata.get("adopt") and plain.exists():
                observed[address] = replace(_read(plain), adopted=True)
        return contract.Findings(observed, errors, orphans=found)

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        """Write the fields of *change*, or remove the file."""
        ours = self.folder / f"{change.address.kind}.{change.address.name}.txt"
        file = Path(observed.id) if observed else ours
        wanted = {field.path[0]: field.after for field in change.fields}
        try:
            if change.action is Action.DELETE:
                file.unlink(missing_ok=True)
                return None
            if change.action is Action.FORGET:
                file.rename(self.folder / f"{change.address.name}.txt")
                return None
            if OWNERSHIP[0] in wanted:
                file = file.rename(ours)
            if "content" in wanted or observed is None:
                file.write_bytes(wanted.get("content", "").encode())
            if "mode" in wanted:
                file.chmod(int(wanted["mode"], 8))
            return _read(file)
        except OSError as error:
            raise FactoryError(f"{file} cannot be written: {error.strerror}") from error


def _read(file: Path) -> Seen:
    mode = f"0{stat.S_IMODE(file.stat().st_mode):03o}"
    return contract.Observation({"id": str(file)}, FileState(file.read_bytes().decode(), mode))


def _effect(before: str | None, after: str) -> Effect:
    return Effect.ADDITIVE if before is None else Effect.REVERSIBLE if after else Effect.DESTRUCTIVE
