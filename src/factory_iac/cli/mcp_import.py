# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``factory import mcp``: manifests for the MCP servers that a file names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from factory_iac.cli.runs import Exit, Force, Json, To

if TYPE_CHECKING:
    from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Drafted
    from ansible_collections.factory.mcp.plugins.module_utils.import_writing import ManifestFile

EXAMPLE = "Examples: `factory import mcp --from .mcp.json --to stacks/tools` · `… --from server.json --package oci`"

From = Annotated[Path, typer.Option("--from", help="A client's file (.mcp.json, config.toml …) or a server.json.")]
Package = Annotated[
    str,
    typer.Option("--package", help="What to take of a server.json: npm, pypi, oci or remote; else the first of them."),
]
ResolveVersions = Annotated[
    bool, typer.Option("--resolve", help="Ask the registry which version to pin where the client names none.")
]


def import_mcp(
    source: From,
    to: To,
    package: Package = "",
    resolve: ResolveVersions = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a manifest for each MCP server that a file names; nothing is installed. Exit code 0 or 1."""
    answer: dict[str, Any] = {"manifests": [], "written": [], "left_out": [], "variables": [], "failures": []}
    try:
        drafted, files = _imported(source, to, package, resolve, force)
        answer |= _told(drafted, files)
    except FactoryError as error:
        answer["failures"].append(str(error))
    if not answer["failures"] and not answer["manifests"]:
        answer["failures"].append(f"no manifest was written: {source} names no server that a manifest can say")
    if as_json:
        typer.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        _say(answer)
    raise typer.Exit(Exit.ERROR if answer["failures"] else Exit.NOTHING_TO_DO)


def _imported(
    source: Path, to: Path, package: str, resolve: bool, force: bool
) -> tuple[Drafted, tuple[ManifestFile, ...]]:
    from ansible_collections.factory.mcp.plugins.module_utils.import_resolving import registry_version
    from ansible_collections.factory.mcp.plugins.module_utils.import_server_json import PackageKind
    from ansible_collections.factory.mcp.plugins.module_utils.import_writing import (
        drafts_of_file,
        manifest_files,
        refuse_overwriting,
    )

    known = [one.value for one in PackageKind]
    if package and package not in known:
        raise FactoryError(f"there is no package of the kind '{package}'; there are {', '.join(known)}")
    drafted = drafts_of_file(source, PackageKind(package) if package else None, registry_version if resolve else None)
    files = manifest_files(drafted.drafts, to)
    if not force:
        refuse_overwriting(files)
    for file in files:
        if file.differs:
            file.write()
    return drafted, files


def _told(drafted: Drafted, files: tuple[ManifestFile, ...]) -> dict[str, Any]:
    return {
        "manifests": [{"address": str(file.address), "path": str(file.path)} for file in files],
        "written": [str(file.path) for file in files if file.differs],
        "left_out": [{"what": one.what, "reason": one.reason} for one in drafted.left_out],
        "variables": [{"name": one.name, "where": one.where} for one in drafted.variables],
    }


def _say(answer: dict[str, Any]) -> None:
    for one in answer["manifests"]:
        state = "" if one["path"] in answer["written"] else " (as it was)"
        typer.echo(f"{one['address']}: {os.path.relpath(one['path'])}{state}")
    for one in answer["left_out"]:
        typer.echo(f"left out: {one['what']}: {one['reason']}")
    for one in answer["variables"]:
        typer.echo(f"set {one['name']}: {one['where']}")
    for failure in answer["failures"]:
        typer.secho(failure, fg="red", err=True)
    if not answer["failures"]:
        count = len(answer["manifests"])
        typer.echo(f"{count} manifest{'' if count == 1 else 's'}; their comments say what no manifest can.")
