# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write ``schemas/`` and ``docs/reference/`` from the kinds: ``python -m factory_iac.reference``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.provider import Provider, installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import manifest_schema
from factory_iac.cli.schemas import write


def reference(provider: Provider[Any]) -> str:
    """The reference page of a kind, in Markdown."""
    schema = manifest_schema(provider)["properties"]
    spec = schema["spec"]["properties"]
    lines = [
        f"# {provider.kind}",
        "",
        "Made by `make reference` from the kind's schema; do not edit.",
        "",
        f"Others may refer to {_listed(provider.attributes)}, as in "
        f"`${{{provider.kind}/name.{provider.attributes[0]}}}`.",
        "",
        "## metadata",
        "",
        *_table(schema["metadata"]),
        "",
        "## spec",
        "",
        *_table(schema["spec"]),
        "",
    ]
    for name, one in spec.items():
        items = one.get("additionalProperties") or one.get("items")
        if isinstance(items, Mapping) and "allOf" in items:
            lines += [f"## spec.{name}", "", *_variants(name, items["allOf"]), ""]
        else:
            lines += _sections(f"spec.{name}", one)
    return "\n".join(lines)


def _sections(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """A table for a mapping of known keys, and one for each such mapping in it."""
    if "properties" in schema:
        yield from (f"## {name}", "", *_table(schema), "")
        for key, one in schema["properties"].items():
            yield from _sections(f"{name}.{key}", one)


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield from _rows(
        "| key | value | meaning |",
        (
            (f"`{name}`{' (required)' if name in required else ''}", _value(one), one.get("description", ""))
            for name, one in schema["properties"].items()
        ),
    )


def _variants(name: str, rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The keys that all types have, and one row for each other key with the types that have it."""
    types = {rule["if"]["properties"]["type"]["const"]: rule["then"] for rule in rules}
    bearers: dict[tuple[str, str, str], list[str]] = {}
    for kind, then in types.items():
        for key, one in then["properties"].items():
            if key != "type":
                needed = " (required)" if key in then.get("required", ()) else ""
                row = (f"`{key}`{needed}", _value(one), one.get("description", ""))
                bearers.setdefault(row, []).append(kind)
    shared = [row for row, kinds in bearers.items() if len(kinds) == len(types)]
    yield f"Each of the {name} has a `type` ({_listed(list(types))}), and may have:"
    yield ""
    yield from _rows("| key | value | meaning |", shared)
    yield ""
    yield "Some types have keys of their own:"
    yield ""
    own = [(_listed(kinds), *row) for row, kinds in bearers.items() if len(kinds) < len(types)]
    yield from _rows("| type | key | value | meaning |", own)


def _rows(head: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield head
    yield "|" + " --- |" * (head.count("|") - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return _listed(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_value(one) for one in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"list of {_value(schema['items'])}"
        case "object" if "properties" in schema and "name" in schema["properties"]:
            return "{" + ", ".join(schema["properties"]) + "}"
        case "object":
            return "mapping"
        case "string":
            return "text"
        case "boolean":
            return "true or false"
        case other:
            return str(other)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    write(Path("schemas"))
    for one in installed_providers().values():
        Path("docs/reference", f"{one.schema_name}.md").write_text(reference(one), encoding="utf-8")
