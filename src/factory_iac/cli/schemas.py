# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``factory schemas``: the JSON Schemas of all kinds, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def write(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path("schemas"),
) -> None:
    """Write the JSON Schema of every kind, and of a stack's history, as editors use them."""
    from ansible_collections.factory.core.plugins.module_utils.history import HISTORY_SCHEMA
    from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
    from ansible_collections.factory.core.plugins.module_utils.schema import manifest_schema

    folder.mkdir(parents=True, exist_ok=True)
    schemas = {one.schema_name: manifest_schema(one) for one in installed_providers().values()}
    for name, schema in {**schemas, "history": HISTORY_SCHEMA}.items():
        file = folder / f"{name}.schema.json"
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        typer.echo(str(file))
