"""The peer: the same databases kept as declared with ultimate-notion, by its documented API.

Run as ``peer_ultimate_notion.py DATABASES.json IDS.json``; the address, the token and the parent
page come from NOTION_BASE_URL, NOTION_TOKEN and NOTION_PARENT_PAGE.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import ultimate_notion as uno

Schemas = dict[str, type[uno.Schema]]


def main(databases_file: Path, ids_file: Path) -> None:
    """Create what has no id yet; re-open the others and write what differs."""
    databases = json.loads(databases_file.read_text(encoding="utf-8"))["databases"]
    ids: dict[str, str] = json.loads(ids_file.read_text(encoding="utf-8")) if ids_file.exists() else {}
    schemas: Schemas = {}
    with uno.Session(base_url=os.environ["NOTION_BASE_URL"]) as session:
        for database in databases:
            name = database["name"]
            schemas[name] = declared_schema(database, schemas)
            if name in ids:
                update(session.get_ds(ids[name]), schemas[name])
            else:
                parent = session.get_page(os.environ["NOTION_PARENT_PAGE"])
                ids[name] = str(session.create_ds(parent, schema=schemas[name]).id)
    ids_file.write_text(json.dumps(ids), encoding="utf-8")


def declared_schema(database: dict[str, Any], schemas: Schemas) -> type[uno.Schema]:
    """The schema class of one database; the one it relates to must be in *schemas* and bound."""
    properties = {name: declared_property(name, one) for name, one in database["properties"].items()}
    if database["parent"]:
        properties["Parent"] = uno.PropType.Relation("Parent", schema=schemas[database["parent"]])
    attributes = {name.lower(): one for name, one in properties.items()}
    return type(f"{database['name']}Schema", (uno.Schema,), attributes, db_title=database["title"])


def declared_property(name: str, one: dict[str, Any]) -> uno.Property:
    """A property of ultimate-notion from the API's form of it."""
    match one:
        case {"select": {"options": options}}:
            return uno.PropType.Select(name, options=[uno.Option(**option) for option in options])
        case {"multi_select": {"options": options}}:
            return uno.PropType.MultiSelect(name, options=[uno.Option(**option) for option in options])
        case {"number": {"format": form}}:
            return uno.PropType.Number(name, format=form)
        case _:
            return SIMPLE[next(iter(one))](name)


def update(source: uno.DataSource, schema: type[uno.Schema]) -> None:
    """Write the formats of numbers that differ, then bind, which fails on any other difference."""
    for declared in schema.get_props():
        live = source.schema.get_prop(declared.name)
        if isinstance(declared, uno.PropType.Number) and live.format != declared.format:
            live.format = declared.format
    source.schema = schema


SIMPLE: dict[str, type[uno.Property]] = {
    "title": uno.PropType.Title,
    "rich_text": uno.PropType.Text,
    "date": uno.PropType.Date,
    "people": uno.PropType.Person,
    "checkbox": uno.PropType.Checkbox,
    "url": uno.PropType.URL,
    "email": uno.PropType.Email,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
