# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write manifests for what a workspace holds. Notion is only read; what is written lies on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.diff import declared_fingerprints
from ansible_collections.factory.core.plugins.module_utils.graph import resolve
from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache, Record
from ansible_collections.factory.core.plugins.module_utils.manifest import (
    API_VERSION,
    Address,
    load_stack,
    stack_name,
)
from ansible_collections.factory.core.plugins.module_utils.manifest_text import manifest_text
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Findings,
    Known,
    Progress,
    Provider,
)
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi
from ansible_collections.factory.notion.plugins.module_utils.discovery import Placement, noun
from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS
from ansible_collections.factory.notion.plugins.module_utils.import_drafting import draft_manifests
from ansible_collections.factory.notion.plugins.module_utils.import_found import (
    Found,
    FoundTable,
    FoundWorkspace,
    LeftOut,
)
from ansible_collections.factory.notion.plugins.module_utils.import_naming import Naming, Stack, name_found
from ansible_collections.factory.notion.plugins.module_utils.import_reading import (
    Asked,
    read_one_database,
    read_under_page,
)
from ansible_collections.factory.notion.plugins.module_utils.import_settling import Draft, Settled, settle
from ansible_collections.factory.notion.plugins.module_utils.import_spec import told
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE, KIND
from ansible_collections.factory.notion.plugins.module_utils.workspace_target import WorkspaceTarget

_NO_MARK_YET = {"ownership": ""}
"""What is remembered of the ownership line: that it is missing is no drift."""
_LEFT_TO_NOTION = "Left to Notion, where it stays as it is:"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to import, and where to write it.

    Either ``page``, for everything under it, or ``database``, for that one: ids.
    """

    folder: Path
    page: str = ""
    database: str = ""
    rows: bool = False
    bodies: bool = False
    """What is on the pages of the rows, too."""
    force: bool = False


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that says one manifest, and what it leaves out."""

    address: Address
    path: Path
    text: str
    left_out: tuple[LeftOut, ...]

    def before(self) -> str:
        """What the file says so far; nothing when it is not there."""
        return self.path.read_text(encoding="utf-8") if self.path.is_file() else ""

    def differs(self) -> bool:
        """Whether the file is not there, or says something else."""
        return self.before() != self.text


@dataclass(frozen=True, slots=True)
class Import:
    """What an import found: the files to write, what no file says, and what the identity cache is to remember."""

    stack: str
    files: tuple[ManifestFile, ...]
    left_out: tuple[LeftOut, ...]
    records: Mapping[Address, Record]

    def write(self, cache: IdentityCache) -> list[Path]:
        """Write the files that differ, and remember what each stands for. The files that were written."""
        written = [file for file in self.files if file.differs()]
        for file in written:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            file.path.write_text(file.text, encoding="utf-8")
        cache.remember(self.records)
        return [file.path for file in written]


def import_workspace(
    wish: Wish,
    providers: Mapping[str, Provider[Any]],
    api: NotionApi,
    placement: Placement,
    scope: Scope,
    cache: IdentityCache,
    progress: Progress = lambda stage, done, total: None,
) -> Import:
    """Read what is wished for and draft its manifests, such that a plan of them is empty. Writes nothing.

    Raises ``FactoryError`` when something cannot be read, or a file is in the way.
    """
    declared = _declared_already(wish.folder, scope.environment, providers)
    known = {address: one for address, one in _cached(cache).items() if address in declared.resources}
    stack = _stack(scope.stack, placement.parent_page, declared, _cached(cache))
    own_sources = frozenset(one["data_source_id"] for one in known.values() if "data_source_id" in one)
    asked = Asked(wish.rows or wish.bodies, wish.bodies, own_sources)
    with ThreadPoolExecutor(max_workers=placement.in_flight) as pool:
        if wish.database:
            found = read_one_database(api, wish.database, asked)
        else:
            found = read_under_page(api, pool, wish.page, asked, progress)
    target = WorkspaceTarget(api, placement, progress)
    naming, drafts, settled = _settled(found, stack, providers, target, known)
    files = _files(drafts, wish.folder, declared)
    if not wish.force:
        _refuse_overwriting(files)
    records = _records(settled, drafts, providers)
    return Import(stack.name, files, (*found.left_out, *naming.left_out), records)


def _declared_already(folder: Path, environment: str, providers: Mapping[str, Provider[Any]]) -> Declared:
    """What the folder declares before the import; nothing when there is none."""
    if not folder.is_dir() or not any(folder.rglob("*.y*ml")):
        return Declared({})
    return validate(load_stack(folder, environment), providers)


def _cached(cache: IdentityCache) -> dict[Address, Mapping[str, str]]:
    """What is remembered of everything that Factory did not delete itself."""
    return {address: record.attributes for address, record in cache.items() if not record.deleted}


def _stack(name: str, parent: str, declared: Declared, cached: Mapping[Address, Mapping[str, str]]) -> Stack:
    """The stack as its manifests and the identity cache know it."""
    ids = {address: one["id"] for address, one in cached.items()}
    known = {
        address: adopt if isinstance(adopt := resource.metadata.get("adopt"), str) else ids.get(address, "")
        for address, resource in declared.resources.items()
    }
    remembered = {address: one for address, one in ids.items() if address not in declared.resources}
    sources = {
        address: cached[address]["data_source_id"] for address in known if "data_source_id" in cached.get(address, {})
    }
    sources.update({address: one for address, one in known.items() if address.kind == DATA_SOURCE and one})
    return Stack(name, parent, declared, known, remembered, sources)


def _settled(
    found: FoundWorkspace,
    stack: Stack,
    providers: Mapping[str, Provider[Any]],
    target: WorkspaceTarget,
    known: Mapping[Address, Mapping[str, str]],
) -> tuple[Naming, dict[Address, Draft], Settled]:
    """Drafts of which a plan is empty; again without those that cannot be declared, since others may refer to them."""
    hopeless: dict[str, str] = {}
    while True:
        naming = name_found(found.found, stack, hopeless)
        drafts = draft_manifests(naming, stack)
        others = {address: one for address, one in stack.declared.resources.items() if address not in drafts}
        ids = {address: _attributes(one) for address, one in naming.addresses.items()}
        identities = {address: Known(attributes) for address, attributes in {**known, **ids}.items()}

        def observe(declared: Declared, identities: Mapping[Address, Known] = identities) -> Findings[Any]:
            resources = [one for one in declared.resources.values() if one.address.kind in KINDS]
            return target.observe(resources, identities)

        settled = settle(drafts, Declared(others), providers, observe)
        if not settled.hopeless:
            return naming, drafts, settled
        for address, reason in settled.hopeless.items():
            hopeless[naming.addresses[address].id] = reason


def _attributes(found: Found) -> dict[str, str]:
    """What the identity cache would know of it."""
    if not isinstance(found, FoundTable):
        return {"id": found.id, "url": found.state.url}
    if found.kind == DATA_SOURCE:
        return {"id": found.id, "database_id": found.state.database_id}
    return {"id": found.id, "data_source_id": found.state.data_source_id}


def _files(drafts: Mapping[Address, Draft], folder: Path, declared: Declared) -> tuple[ManifestFile, ...]:
    """Where each draft goes: into the file that declares it already, or one of its own.

    That is called as it is; where something of another kind has that file, also by its kind. Databases come first.
    """
    taken: dict[Path, list[Address]] = {}
    for address, resource in declared.resources.items():
        if resource.source is not None:
            taken.setdefault(resource.source.file, []).append(address)
    paths = {address: path for path, others in taken.items() for address in others if address in drafts}
    for path, others in taken.items():
        if len(others) > 1 and (shared := [address for address in others if address in drafts]):
            raise FactoryError(f"{path} declares more than {shared[0]}; give {shared[0]} a file of its own first")
    used = set(taken)
    for address in sorted(drafts, key=lambda one: (one.kind != KIND, one)):
        if address not in paths:
            path = folder / f"{address.name}.yml"
            paths[address] = (
                path if path not in used else folder / f"{address.name}.{noun(address).replace(' ', '-')}.yml"
            )
            used.add(paths[address])
    return tuple(_file(draft, paths[address]) for address, draft in drafts.items())


def _file(draft: Draft, path: Path) -> ManifestFile:
    address = draft.address
    lines = told(draft.left_out)
    comments = [f"Imported from Notion: it stands for the {noun(address)} that metadata.adopt names."]
    comments += [_LEFT_TO_NOTION, *(f"- {' '.join(line.split())}" for line in lines)] if lines else []
    manifest = {
        "apiVersion": API_VERSION,
        "kind": address.kind,
        "metadata": {"name": address.name, **draft.metadata},
        "spec": draft.spec,
    }
    return ManifestFile(address, path, manifest_text(manifest, comments), tuple(draft.left_out))


def _refuse_overwriting(files: Sequence[ManifestFile]) -> None:
    there = sorted(str(file.path) for file in files if file.path.exists())
    if there:
        listed = "\n".join(f"  {path}" for path in there)
        raise FactoryError(
            f"nothing was written, because these files exist already:\n{listed}\n"
            "to write them anew, import again with --force (-e force=true)"
        )


def _records(
    settled: Settled, drafts: Mapping[Address, Draft], providers: Mapping[str, Provider[Any]]
) -> dict[Address, Record]:
    """What an apply would remember of the drafts: they are declared as they are live."""
    graph = resolve(settled.declared, providers, os.environ)
    records = {}
    for address in drafts:
        seen = settled.observed[address]
        declared = declared_fingerprints(graph, providers[address.kind], address, settled.observed)
        records[address] = Record(dict(seen.attributes), dict(seen.parts), {**declared, **_NO_MARK_YET})
    return records


def import_scope(folder: Path, environment: str, target: str, place: str, state: Path) -> Scope:
    """The scope of the stack that *folder* is, or will be."""
    return Scope(stack_name(folder), environment, target, place, state)
