# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the file that people have to the manifests of a stack: the reading and writing of an import."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.manifest import (
    API_VERSION,
    Address,
    document_address,
    load_stack,
)
from ansible_collections.factory.core.plugins.module_utils.manifest_text import manifest_text
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.config_file import read_file, replace_file
from ansible_collections.factory.mcp.plugins.module_utils.import_client_file import drafts_of_client_file
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted
from ansible_collections.factory.mcp.plugins.module_utils.import_program import Resolve
from ansible_collections.factory.mcp.plugins.module_utils.import_server_json import (
    PackageKind,
    draft_of_server_json,
    is_server_json,
)

KIND = "McpServer"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that says one manifest, and what it says so far (None if it is not there)."""

    address: Address
    path: Path
    text: str
    before: str | None

    @property
    def differs(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.text

    def write(self) -> None:
        """Replace the file by what it should say. Raises ``FactoryError``."""
        replace_file(read_file(str(self.path)), self.text, private=False)


def drafts_of_file(file: Path, package: PackageKind | None = None, resolve: Resolve | None = None) -> Drafted:
    """The servers that *file* tells of: a ``server.json``, or the file of a client.

    Raises ``FactoryError`` for what cannot be read.
    """
    shown, place = str(file), os.path.abspath(file)
    text = read_file(shown).text
    if text is None:
        raise FactoryError(f"there is no file {shown}")
    if is_server_json(text):
        return draft_of_server_json(shown, text, package)
    if package is not None:
        raise FactoryError(f"{shown} is no server.json, so that there is no package to pick; leave out --package")
    return drafts_of_client_file(shown, place, text, resolve)


def manifest_files(drafts: Sequence[Draft], folder: Path) -> tuple[ManifestFile, ...]:
    """Where each draft goes: into the file that declares it already, else one of its own.

    Raises ``FactoryError`` when the file that declares it declares others as well.
    """
    declared = _declared(folder)
    files = []
    for draft in drafts:
        address = Address(KIND, draft.name)
        path = next((one for one, addresses in declared.items() if address in addresses), folder / draft.file_name)
        others = [one for one in declared.get(path, ()) if one != address]
        if others and address in declared[path]:
            raise FactoryError(f"{path} declares more than {address}; give {address} a file of its own first")
        if others:
            path = folder / f"{draft.name}.mcp-server.yml"
        files.append(ManifestFile(address, path, draft_text(draft), read_file(str(path)).text))
    return tuple(files)


def refuse_overwriting(files: Sequence[ManifestFile]) -> None:
    """Raise ``FactoryError`` when a file is there and says something else."""
    there = sorted(str(file.path) for file in files if file.before is not None and file.differs)
    if there:
        listed = "\n".join(f"  {path}" for path in there)
        raise FactoryError(
            f"nothing was written, because these files exist already and say something else:\n{listed}\n"
            "to write them anew, import again with --force"
        )


def draft_text(draft: Draft) -> str:
    """The manifest of *draft*, as a person would write it."""
    manifest = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": draft.name}, "spec": dict(draft.spec)}
    return manifest_text(manifest, draft.comments)


def _declared(folder: Path) -> Mapping[Path, list[Address]]:
    """What the files of the stack declare so far; nothing when there are none."""
    if not folder.is_dir() or not any(folder.rglob("*.y*ml")):
        return {}
    found: dict[Path, list[Address]] = {}
    for document in load_stack(folder, "").documents:
        if address := document_address(document):
            inside = Path(os.path.relpath(document.source.file, folder))
            found.setdefault(folder / inside, []).append(address)
    return found
