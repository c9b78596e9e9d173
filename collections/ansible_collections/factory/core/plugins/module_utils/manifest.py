# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load: a folder of YAML becomes the manifests of a stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import (
    FactoryError,
    Position,
    Problem,
    did_you_mean,
)
from ansible_collections.factory.core.plugins.module_utils.yaml_source import (
    Document,
    Reading,
    Source,
    read_file,
)

API_VERSION = "factory/v1"
_OVERLAYS = "overlays"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The name of a resource in plans, messages and references: ``NotionDatabase/tasks``.

    One of another stack has that stack's name in front: ``crm:NotionDatabase/customers``.
    """

    kind: str
    name: str
    stack: str = ""
    """The other stack's name; empty for a resource of the stack that is spoken of."""

    def __str__(self) -> str:
        local = f"{self.kind}/{self.name}"
        return f"{self.stack}:{local}" if self.stack else local

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address written as ``Kind/name`` or ``stack:Kind/name``; ``ValueError`` when *text* is not one."""
        stack, colon, local = text.rpartition(":")
        kind, slash, name = local.partition("/")
        if not (kind and slash and name) or (colon and not stack):
            raise ValueError(f"'{text}' is not an address; write it as Kind/name")
        return cls(kind, name, stack)


@dataclass(frozen=True, slots=True)
class Resource:
    """What one valid manifest declares."""

    address: Address
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    source: Source | None = None
    """Where it was written; ``None`` for a resource that no file declares."""
    former: tuple[Address, ...] = ()
    """The addresses it had before, the last one first, as the stack's history says."""


@dataclass(frozen=True, slots=True)
class LoadedStack:
    """The documents of a stack, overlay merged, not yet validated."""

    name: str
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    complete: bool = True
    """False when a file could not be read to its end, so that it may declare more."""


def load_stack(folder: Path, environment: str) -> LoadedStack:
    """Read every manifest under *folder* once and merge ``overlays/<environment>.yml`` over them.

    Raises ``FactoryError`` when the folder is not there or holds no manifest.
    """
    if not folder.is_dir():
        raise FactoryError(f"there is no stack folder '{folder}'; give the folder that holds the manifests")
    readings = [read_file(file, _shown(file)) for file in _manifest_files(folder)]
    documents = [document for reading in readings for document in reading.documents]
    problems = [problem for reading in readings for problem in reading.problems]
    if not readings:
        raise FactoryError(f"the stack folder '{folder}' holds no manifests (*.yml or *.yaml)")
    complete = all(reading.complete for reading in readings)
    problems.extend(misnamed_overlays(folder, environment))
    overlay = folder / _OVERLAYS / f"{environment}.yml"
    if overlay.is_file():
        documents = _merge_overlay(documents, read_file(overlay, _shown(overlay)), problems, complete)
    return LoadedStack(stack_name(folder), tuple(documents), tuple(problems), complete)


def stack_name(folder: Path) -> str:
    """What a stack is called, in ownership lines too: its path below ``stacks/``, else its folder's name."""
    parts = folder.resolve().parts
    if "stacks" in parts[:-1]:
        last = len(parts) - 1 - parts[:-1][::-1].index("stacks") - 1
        return "/".join(parts[last + 1 :])
    return parts[-1]


def _manifest_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in inside)
        if file.suffix in (".yml", ".yaml") and file.is_file() and not hidden and inside[0] != _OVERLAYS:
            yield file


def _shown(file: Path) -> str:
    """The path as the user would type it: relative to the working folder where it lies below it."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def misnamed_overlays(folder: Path, environment: str) -> Iterator[Problem]:
    """Overlays that no environment will ever use, as far as the project's ``inventories/`` tell."""
    projects = (parent / "inventories" for parent in folder.resolve().parents)
    inventories = next((one for one in projects if one.is_dir()), None)
    known = {one.name for one in inventories.iterdir() if one.is_dir()} | {environment} if inventories else None
    for file in sorted((folder / _OVERLAYS).glob("*")):
        position = Position(_shown(file), 1, 1)
        if file.suffix == ".yaml":
            yield Problem(position, f"an overlay's name ends in .yml; rename it to {file.stem}.yml")
        elif file.suffix == ".yml" and known is not None and file.stem not in known:
            guess = did_you_mean(file.stem, known) or f"; known are {', '.join(sorted(known))}"
            yield Problem(position, f"no environment is called '{file.stem}'{guess}")


def _merge_overlay(
    documents: list[Document], overlay: Reading, problems: list[Problem], complete: bool
) -> list[Document]:
    problems.extend(overlay.problems)
    patches: dict[str, tuple[Any, Source]] = {}
    for document in overlay.documents:
        if not isinstance(document.data, dict):
            position = document.source.locate(())
            problems.append(Problem(position, "an overlay is a mapping from addresses (Kind/name) to patches"))
            continue
        for address, patch in document.data.items():
            source = Source(document.source.file, document.source.document, (address,))
            patches[str(address)] = (patch, source)
    merged = []
    for document in documents:
        address = str(document_address(document))
        if address in patches:
            patch, source = patches.pop(address)
            original = document.source
            merged_source = Source(original.file, original.document, original.root, source)
            document = Document(merge_patch(document.data, patch), merged_source)
        merged.append(document)
    declared = [str(address) for address in map(document_address, documents) if address]
    for address, (_patch, source) in patches.items() if complete else ():
        file = Source(source.file, source.document)
        message = f"the overlay patches '{address}', which this stack does not declare"
        problems.append(Problem(file.locate((address,), key=True), message + did_you_mean(address, declared)))
    return merged


def document_address(document: Document) -> Address | None:
    """The address of a document that may be wrong in any way, or ``None`` when it has no such words."""
    data = document.data
    metadata = data.get("metadata") if isinstance(data, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind = data.get("kind") if isinstance(data, dict) else None
    return Address(kind, name) if isinstance(kind, str) and isinstance(name, str) else None


def merge_patch(value: Any, patch: Any) -> Any:
    """*value* with the JSON merge patch *patch* applied (RFC 7396): ``null`` removes a key."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(value) if isinstance(value, Mapping) else {}
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), change)
    return merged


NAME_PATTERN = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
"""Names of resources: what DNS labels allow, as in Kubernetes."""


def located(resource: Resource, path: tuple[str | int, ...], message: str) -> Problem:
    """A problem of *resource* at *path* below its document's root."""
    if resource.source is None:
        return unlocated(message)
    return Problem(resource.source.locate(path), message)


def unlocated(message: str) -> Problem:
    """A problem of a resource that no file declares, such as a module's arguments."""
    return Problem(Position("(arguments)", 1, 1), message)
