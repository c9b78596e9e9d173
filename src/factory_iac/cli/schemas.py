# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``factory schemas``: the JSON Schemas of all kinds, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ansible_collections.factory.core.plugins.module_utils.provider import Provider


def write(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path("schemas"),
) -> None:
    """Write the JSON Schema of every kind, and of a stack's history, as editors use them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schema_files().items():
        file = folder / name
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        typer.echo(str(file))


def schema_files() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file: one a kind, one for files of mixed kinds, and the history's."""
    from ansible_collections.factory.core.plugins.module_utils.history import HISTORY_SCHEMA
    from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
    from ansible_collections.factory.core.plugins.module_utils.schema import manifest_schema

    providers = installed_providers()
    return {
        **{f"{one.schema_name}.schema.json": manifest_schema(one) for one in providers.values()},
        "manifest.schema.json": _of_any_kind(providers),
        "history.schema.json": dict(HISTORY_SCHEMA),
    }


def _of_any_kind(providers: Mapping[str, Provider[Any]]) -> dict[str, Any]:
    """The schema of a manifest whose kind says which one holds; for files in which kinds are mixed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Manifest",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(providers)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"{provider.schema_name}.schema.json"},
            }
            for kind, provider in sorted(providers.items())
        ],
    }
