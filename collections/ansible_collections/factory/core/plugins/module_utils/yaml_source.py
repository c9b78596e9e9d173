# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read YAML as data, fast, and find the line and column of any value when somebody asks.

Files are read with libyaml and the YAML 1.2 core schema: ``no``, ``12:30``, ``010`` and
``2026-01-01`` are strings. Positions cost three times as much as reading, so a file is composed
a second time only when a position in it is wanted.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, cast

import yaml

from ansible_collections.factory.core.plugins.module_utils.problem import Position, Problem

YamlPath = tuple[str | int, ...]
"""The keys and indexes that lead from a document's root to a value."""

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"^[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?[eE][-+]?[0-9]+)$")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _ManifestLoader(_Loader):  # type: ignore[misc]
    """libyaml's safe loader with YAML 1.2 scalars, text keys, and a memory for duplicate ones."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[str, Any, Any]] = []
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Look at every mapping once before merge keys are put into it, which look like duplicates."""
        if id(node) not in self._checked:
            self._checked.add(id(node))
            self._note_duplicates(node)
        super().flatten_mapping(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        if all(isinstance(key, str) for key in mapping):
            return cast(dict[str, Any], mapping)
        scalars = [key for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
        written = {self.construct_object(key): key.value for key in scalars}
        return {str(written.get(key, key)): value for key, value in mapping.items()}

    def _note_duplicates(self, node: yaml.MappingNode) -> None:
        first: dict[str, Any] = {}
        scalars = [key for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
        for key in scalars if len({key.value for key in scalars}) < len(scalars) else ():
            if key.value in first:
                self.duplicates.append((key.value, key.start_mark, first[key.value]))
            else:
                first[key.value] = key.start_mark


_ManifestLoader.add_implicit_resolver("tag:yaml.org,2002:null", _NULL, ["~", "n", "N", ""])
_ManifestLoader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
_ManifestLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_ManifestLoader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_ManifestLoader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document was written: its file, and which of the file's documents it is.

    ``patch`` is the document of an overlay that was merged over it: a value that stands there is
    located there.
    """

    file: Path
    document: int = 0
    root: YamlPath = ()
    patch: Source | None = None

    def locate(self, path: Sequence[str | int], key: bool = False) -> Position:
        """The position of the value at *path*, or of its key; of the nearest parent when it is not there."""
        if self.patch is not None:
            position, depth = _find(self.patch, tuple(path), key)
            if depth == len(path) and path:
                return position
        return _find(self, tuple(path), key)[0]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as read, before anybody has checked it."""

    data: Any
    source: Source


@dataclass(slots=True)
class Reading:
    """What reading some files gave: their documents, and what was wrong with them."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    """False when a part of a file could not be read at all."""

    def broken(self, problem: Problem) -> Reading:
        """The same reading, cut short by *problem*."""
        self.problems.append(problem)
        self.complete = False
        return self


def read_file(file: Path, shown_as: str | None = None) -> Reading:
    """Read all documents of *file*; unreadable YAML and duplicate keys become problems."""
    reading = Reading()
    name = shown_as or str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return reading.broken(Problem(Position(name, 1, 1), f"cannot be read: {error}"))
    try:
        loader = _ManifestLoader(text)
    except yaml.YAMLError as error:
        return reading.broken(_syntax_problem(name, error, text))
    try:
        number = 0
        while loader.check_data():
            data = loader.get_data()
            if data is not None:
                reading.documents.append(Document(data, Source(Path(name), number)))
            number += 1
    except yaml.YAMLError as error:
        reading.broken(_syntax_problem(name, error, text))
    except (ValueError, RecursionError) as error:
        reading.broken(Problem(Position(name, 1, 1), f"cannot be read as YAML: {error}"))
    finally:
        loader.dispose()
    for key, mark, first in loader.duplicates:
        position = Position(name, mark.line + 1, mark.column + 1)
        reading.problems.append(Problem(position, f"duplicate key '{key}' (first at line {first.line + 1})"))
    return reading


def _syntax_problem(file: str, error: yaml.YAMLError, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    told = f"not valid YAML: {what}" + (f" {context}" if context else "")
    quote = _open_quote(error, text)
    if quote is not None:
        opened = Position(file, quote.line + 1, quote.column + 1)
        return Problem(opened, f"{told} (at line {line}); is the quote that begins here closed?")
    return Problem(Position(file, line, column), told)


def _open_quote(error: yaml.YAMLError, text: str) -> Any:
    """Where a quoted text begins that swallowed the lines up to *error*; ``None`` when there is none."""
    if "quoted scalar" in str(getattr(error, "context", "")):
        return getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None)
    found = None
    with contextlib.suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=_Loader):
            if mark is None or token.start_mark.index > mark.index:
                break
            quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            if quoted and token.start_mark.line < token.end_mark.line == mark.line:
                found = token.start_mark
    return found


def _compose(file: Path) -> tuple[yaml.Node | None, ...]:
    return _compose_text(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _compose_text(text: str) -> tuple[yaml.Node | None, ...]:
    """The documents of *text* as nodes, up to the first that is not valid YAML."""
    nodes = []
    with contextlib.suppress(yaml.YAMLError):
        for node in yaml.compose_all(text, Loader=_Loader):
            nodes.append(node)
    return tuple(nodes)


def _find(source: Source, path: YamlPath, want_key: bool) -> tuple[Position, int]:
    """The position of *path* in the composed document and how many of its steps were found."""
    try:
        node = _compose(source.file)[source.document]
    except (OSError, UnicodeDecodeError, IndexError):
        node = None
    if node is None:
        return Position(str(source.file), 1, 1), 0
    mark, depth = node.start_mark, -len(source.root)
    for step in (*source.root, *path):
        child = _step(node, step)
        if child is None:
            break
        key_node, node = child
        depth += 1
        at_end = depth == len(path)
        mark = key_node.start_mark if want_key and at_end else node.start_mark
    return Position(str(source.file), mark.line + 1, mark.column + 1), max(depth, 0)


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == str(step):
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
