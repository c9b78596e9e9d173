"""What every tool of the bench is asked for: databases of 12 properties, related as a tree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROPERTIES = 12
CHILDREN = 4
"""How many databases relate to the same one, so that the tree of N databases is log4(N) deep."""
CHANGING = "Cost"
CURRENCIES = ("euro", "dollar")
"""The number format of ``CHANGING``: one change is one database that goes from one to the other."""
RELATION = "Parent"

_STATUS = {"To do": "gray", "Doing": "blue", "Done": "green"}
_PRIORITY = {"High": "red", "Medium": "yellow", "Low": "gray"}
_TAGS = {"research": "purple", "design": "pink", "build": "brown"}


@dataclass(frozen=True, slots=True)
class Database:
    """One database; ``parent`` is the name of the one it relates to, if it is not the first."""

    name: str
    title: str
    parent: str | None
    currency: str

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """Its properties but for the relation, as the Notion API takes them."""
        properties: dict[str, dict[str, Any]] = {
            "Name": {"title": {}},
            "Status": {"select": {"options": _options(_STATUS)}},
            "Priority": {"select": {"options": _options(_PRIORITY)}},
            "Tags": {"multi_select": {"options": _options(_TAGS)}},
            "Estimate": {"number": {"format": "number"}},
            CHANGING: {"number": {"format": self.currency}},
            "Due": {"date": {}},
            "Owner": {"people": {}},
            "Approved": {"checkbox": {}},
            "Link": {"url": {}},
            "Notes": {"rich_text": {}},
        }
        return properties if self.parent else {**properties, "Contact": {"email": {}}}

    @property
    def manifest(self) -> dict[str, Any]:
        """The same as a manifest of Factory."""
        properties: dict[str, Any] = {
            name: {"type": kind, **options} for name, one in self.properties.items() for kind, options in one.items()
        }
        if self.parent:
            properties[RELATION] = {"type": "relation", "database": self.parent}
        return {
            "apiVersion": "factory/v1",
            "kind": "NotionDatabase",
            "metadata": {"name": self.name},
            "spec": {"title": self.title, "properties": properties},
        }


def workload(size: int, currency: str = CURRENCIES[0]) -> list[Database]:
    """*size* databases, related ones first; *currency* is that of the one that changes."""
    return [
        Database(
            name=_name(index),
            title=f"Bench {index:04}",
            parent=_name((index - 1) // CHILDREN) if index else None,
            currency=currency if index == size // 2 else CURRENCIES[0],
        )
        for index in range(size)
    ]


def write_stack(databases: list[Database], folder: Path) -> None:
    """A stack of Factory: one manifest per file."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in databases:
        text = yaml.dump(one.manifest, Dumper=yaml.CSafeDumper, sort_keys=False)
        (folder / f"{one.name}.yml").write_text(text, encoding="utf-8")


def write_json(databases: list[Database], file: Path) -> None:
    """The same databases for the peers, as the variables of a playbook."""
    entries = [
        {"name": one.name, "title": one.title, "parent": one.parent, "properties": one.properties} for one in databases
    ]
    file.write_text(json.dumps({"databases": entries}), encoding="utf-8")


def _name(index: int) -> str:
    return f"bench-{index:04}"


def _options(colors: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "color": color} for name, color in colors.items()]
