# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests as text, written as a person would: short mappings on one line, texts of several lines as such.

What is written reads back as the same data, with the loader of ``yaml_source`` and with any of YAML 1.1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_WIDEST = 110
"""Columns that a mapping or a list on one line may reach."""
_OPEN_LEVELS = 3
"""So many levels of a manifest are never put on one line: the manifest, its spec, its properties."""
_ENDLESS = 1 << 30


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and quotes what either version of YAML would not take for text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]*\.?[0-9]*[eE][-+]?[0-9]+$"), list("-+.0123456789")
)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A text, as it stands where it has several lines and none that YAML would change; escaped where it would."""
    lines = text.split("\n")
    readable = all(line == line.rstrip() and line.isprintable() for line in lines)
    literal = len(lines) > 1 and readable and lines[0] and not lines[0].startswith(" ") and lines[-1]
    style = "|" if literal else None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def manifest_text(manifest: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """*manifest* as YAML, its keys in the order given, below *comments* (one line each).

    What YAML takes for no character of a text is a question mark in a comment.
    """
    node = _Dumper(io.StringIO(), sort_keys=False).represent_data(dict(manifest))
    _arrange(node, 0, 0)
    body = _written(node)
    plain = ("".join(letter if letter.isprintable() else "?" for letter in line) for line in comments)
    head = "".join(f"# {line}\n" for line in plain)
    return head + body


def _written(node: yaml.Node) -> str:
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=_ENDLESS, indent=2)
    return text


def _arrange(node: yaml.Node, level: int, column: int) -> None:
    """Put on one line what fits there; *column* is where the value begins."""
    if not isinstance(node, yaml.CollectionNode):
        return
    node.flow_style = not node.value or (level >= _OPEN_LEVELS and _fits(node, column))
    if node.flow_style:
        _flow(node)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _arrange(value, level + 1, 2 * level + len(str(key.value)) + 2)
    else:
        for item in node.value:
            _arrange(item, level + 1, 2 * level + 2)


def _fits(node: yaml.CollectionNode, column: int) -> bool:
    if _least_width(node, _WIDEST) > _WIDEST - column:
        return False
    _flow(node)
    line = _written(node).rstrip("\n")
    return "\n" not in line and column + len(line) <= _WIDEST


def _least_width(node: yaml.Node, enough: int) -> int:
    """How many characters the scalars of *node* have at least; more than *enough* where a text has several lines."""
    if isinstance(node, yaml.ScalarNode):
        return enough + 1 if node.style == "|" else len(node.value)
    total = 0
    for one in node.value:
        for part in one if isinstance(one, tuple) else (one,):
            total += _least_width(part, enough) + 2
            if total > enough:
                return total
    return total


def _flow(node: yaml.Node) -> None:
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
        for one in node.value:
            for part in one if isinstance(one, tuple) else (one,):
                _flow(part)
