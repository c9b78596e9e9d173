"""Runs of the engine on a folder of text files, and folders in which things go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from text_file_kind import Seen, TextFile, TextFolder, World

from ansible_collections.factory.core.plugins.module_utils.change import Change
from ansible_collections.factory.core.plugins.module_utils.graph import Graph, resolve
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Provider,
    WriteUnconfirmed,
)
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.scope import Scope

PROVIDERS: dict[str, Provider[Any]] = {"TextFile": TextFile()}


def file_address(name: str) -> Address:
    return Address("TextFile", name)


def declare(specs: Mapping[str, Mapping[str, Any] | str]) -> Declared:
    """Text files by name; a text alone is the content."""
    resources = {}
    for name, spec in specs.items():
        address = file_address(name)
        resources[address] = Resource(address, {"name": name}, {"content": spec} if isinstance(spec, str) else spec)
    return Declared(resources)


def graph_of(declared: Declared, **environ: str) -> Graph:
    return resolve(declared, PROVIDERS, environ)


class Place:
    """A folder of text files and the state folder of an environment beside it."""

    def __init__(self, root: Path, environment: str = "sandbox") -> None:
        self.folder = root / "files"
        self.folder.mkdir(exist_ok=True)
        self.environment = environment
        self.state = root / ".factory" / environment

    def run(
        self,
        declared: Declared,
        options: Options,
        target: TextFolder | None = None,
        providers: Mapping[str, Provider[Any]] = PROVIDERS,
        kinds: Iterable[str] = ("TextFile",),
        waiting: Callable[[str], object] = lambda message: None,
        planned: Callable[[Plan], object] = lambda plan: None,
    ) -> Report:
        scope = Scope("files", self.environment, "folder", "here", self.state)
        live = target or TextFolder(self.folder)
        return run(declared, providers, kinds, lambda progress: live, scope, options, waiting=waiting, planned=planned)

    def plan(self, specs: Mapping[str, Any], target: TextFolder | None = None, **options: Any) -> Report:
        return self.run(declare(specs), Options(check=True, **options), target)

    def apply(self, specs: Mapping[str, Any], target: TextFolder | None = None, **options: Any) -> Report:
        return self.run(declare(specs), Options(check=False, **options), target)

    def file(self, name: str) -> Path:
        return self.folder / f"TextFile.{name}.txt"

    def contents(self) -> dict[str, str]:
        return {file.name.split(".")[1]: file.read_text() for file in self.folder.glob("TextFile.*.txt")}

    def written_down(self) -> dict[Path, str]:
        """Every file that runs have left in the state folder."""
        return {file: file.read_text() for file in self.state.rglob("*") if file.is_file()}


class Trouble(Enum):
    """What can go wrong with a write."""

    NONE = "lands"
    REFUSED = "is refused"
    LOST = "gets no answer and has not landed"
    UNCONFIRMED = "gets no answer and has landed"
    CRASH_BEFORE = "kills us before it lands"
    CRASH_AFTER = "kills us after it landed"


class Crash(Exception):
    """Stands for a killed process: nothing in the engine may catch it."""


class TroubledFolder(TextFolder):
    """A folder where the n-th write meets the n-th trouble; then all is well. Remembers its writes."""

    def __init__(self, folder: Path, troubles: Iterable[Trouble] = (), only: Iterable[str] = ()) -> None:
        super().__init__(folder)
        self.writes: list[str] = []
        self._troubles = iter(troubles)
        self._only = frozenset(only)
        self._lock = threading.Lock()

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        name = change.address.name
        with self._lock:
            self.writes.append(name)
            concerned = not self._only or name in self._only
            trouble = next(self._troubles, Trouble.NONE) if concerned else Trouble.NONE
        if trouble is Trouble.REFUSED:
            raise FactoryError(f"the folder refuses {name}")
        if trouble is Trouble.LOST:
            raise WriteUnconfirmed(f"no answer for {name}")
        if trouble is Trouble.CRASH_BEFORE:
            raise Crash
        after = super().apply(change, resource, observed, world)
        if trouble is Trouble.UNCONFIRMED:
            raise WriteUnconfirmed(f"no answer for {name}")
        if trouble is Trouble.CRASH_AFTER:
            raise Crash
        return after


class ModelessFolder(TroubledFolder):
    """A folder that accepts modes and ignores them."""

    def apply(self, change: Change, resource: Resource | None, observed: Seen | None, world: World) -> Seen | None:
        kept = change.with_fields(field for field in change.fields if field.name != "mode")
        return super().apply(kept, resource, observed, world)
