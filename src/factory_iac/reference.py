# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write ``schemas/`` and ``docs/reference/`` from the kinds: ``python -m factory_iac.reference``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        if isinstance(items, Mapping):
            lines += [f"## spec.{name}", "", *_variants(name, items["allOf"]), ""]
        elif "properties" in one:
            lines += [f"## spec.{name}", "", *_table(one), ""]
    return "\n".join(lines)


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | value | meaning |"
    yield "| --- | --- | --- |"
    for name, one in schema["properties"].items():
        needed = " (required)" if name in schema.get("required", ()) else ""
        yield f"| `{name}`{needed} | {_value(one)} | {one.get('description', '')} |"


def _variants(name: str, rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One row per type, with the keys that only it has."""
    keys = [rule["then"]["properties"] for rule in rules]
    shared = {key for key in keys[0] if all(one.get(key) == keys[0][key] for one in keys)} | {"type"}
    yield f"Each of the {name} has a `type`, and may have:"
    yield ""
    for key in sorted(shared - {"type"}):
        yield f"- `{key}`: {keys[0][key]['description']}"
    yield ""
    yield "| type | its own keys |"
    yield "| --- | --- |"
    for rule in rules:
        then = rule["then"]
        own = {name: one for name, one in then["properties"].items() if name not in shared}
        told = "; ".join(
            f"`{name}`{' (required)' if name in then['required'] else ''}: {_value(one)}. {one.get('description', '')}"
            for name, one in own.items()
        )
        yield f"| `{rule['if']['properties']['type']['const']}` | {told} |"


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
