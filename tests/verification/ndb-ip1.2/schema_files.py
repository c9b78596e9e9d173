"""Tell which schema files are not what the engine checks with, and which manifests a plain validator refuses.

The first argument is the folder of schemas, the others are stacks. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import yaml

from factory_iac.cli.schemas import schema_files


def main(schemas: Path, stacks: list[Path]) -> int:
    """Check every schema and every manifest."""
    wrong = [*_unequal(schemas), *_refused(schemas, stacks)]
    print(json.dumps({"schemas": len(schema_files()), "wrong": wrong}, ensure_ascii=False))
    return 1 if wrong else 0


def _unequal(schemas: Path) -> Iterator[str]:
    expected = schema_files()
    there = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in schemas.glob("*.schema.json")}
    for name in sorted(expected.keys() | there.keys()):
        if expected.get(name) != there.get(name):
            yield f"{schemas.name}/{name} is not what the engine checks with; run `make schemas`"


def _refused(schemas: Path, stacks: list[Path]) -> Iterator[str]:
    """What an editor would mark, reading nothing but the schema file that the manifest names in its first line."""
    for file in (file for stack in stacks for file in sorted(stack.rglob("*.yml")) if file.parent.name != "overlays"):
        text = file.read_text(encoding="utf-8")
        named = text.partition("\n")[0].partition("$schema=")[2]
        schema = (file.parent / named).resolve()
        if not named or schema.parent != schemas.resolve() or not schema.is_file():
            yield f"{file}: its first line does not name a schema of {schemas.name}/"
            continue
        validator = jsonschema_rs.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
        for document in yaml.load_all(text, _Loader):
            yield from (f"{file}: {error.message}" for error in validator.iter_errors(document))


class _Loader(yaml.CSafeLoader):
    """Dates stay text, as in an editor."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
