# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References inside text: ``${NotionDatabase/tasks.id}``, ``${crm:NotionDatabase/customers.id}``, ``${env:NAME}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.yaml_source import YamlPath

_PATTERN = re.compile(
    r"\$\{(?:env:(?P<env>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?:(?P<stack>[^\s:${}]+):)?(?P<kind>\w+)/(?P<name>[a-z0-9-]+)\.(?P<attribute>\w+))\}"
)


@dataclass(frozen=True, slots=True)
class TextReference:
    """A reference found in a text value: either an environment variable or another resource's attribute."""

    path: YamlPath
    variable: str = ""
    target: Address | None = None
    attribute: str = ""


def references_in(value: Any, path: YamlPath = ()) -> Iterator[TextReference]:
    """Every reference in the texts of *value*, with the path where it stands."""
    if isinstance(value, str):
        if "${" in value:
            for match in _PATTERN.finditer(value):
                yield _reference(match, path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from references_in(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from references_in(item, (*path, index))


def substitute(value: Any, lookup: Callable[[TextReference], str | None]) -> Any:
    """*value* with every reference that *lookup* knows replaced; the others stay as they are written."""
    if isinstance(value, str):
        if "${" not in value:
            return value
        return _PATTERN.sub(lambda match: _replacement(match, lookup), value)
    if isinstance(value, Mapping):
        return {key: substitute(item, lookup) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, lookup) for item in value]
    return value


def _reference(match: re.Match[str], path: YamlPath) -> TextReference:
    if match["env"]:
        return TextReference(path, variable=match["env"])
    target = Address(match["kind"], match["name"], match["stack"] or "")
    return TextReference(path, target=target, attribute=match["attribute"])


def _replacement(match: re.Match[str], lookup: Callable[[TextReference], str | None]) -> str:
    found = lookup(_reference(match, ()))
    return match[0] if found is None else found
