# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers in a client's file as drafts of manifests: every dialect of ``client_dialects``. Pure.

Which client's file it is, is told by what stands in it, and by its name.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.resource_names import free_name, name_from_title
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Format
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.config_file import refused
from ansible_collections.factory.mcp.plugins.module_utils.import_client_entry import drafted_entry
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted, LeftOut, Unsayable
from ansible_collections.factory.mcp.plugins.module_utils.import_program import Resolve
from ansible_collections.factory.mcp.plugins.module_utils.import_shape import position, refuse_doubles, texts_in
from ansible_collections.factory.mcp.plugins.module_utils.import_wording import Wording
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Node, Unreadable, parsed
from ansible_collections.factory.mcp.plugins.module_utils.toml_editing import entries

_TOML_KEY = next(one.key for one in DIALECTS.values() if one.format is Format.TOML)
_JSON_KEYS = tuple(dict.fromkeys(one.key for one in DIALECTS.values() if one.format is Format.JSONC))
_CLIENT_BY_KEY = {"servers": "VS Code", "context_servers": "Zed", _TOML_KEY: "Codex"}
_CLIENT_BY_PATH = (
    (r"claude_desktop_config\.json$", "Claude Desktop"),
    (r"(?:^|/)\.cursor/mcp\.json$", "Cursor"),
    (r"(?:^|/)\.gemini/settings\.json$", "Gemini CLI"),
    (r"(?:^|/)\.codeium/(?:windsurf/)?mcp_config\.json$", "Windsurf"),
    (r"(?:^|/)(?:\.mcp|\.claude|managed-mcp)\.json$", "Claude Code"),
)
_EXPANDS_BARE_NAMES = "Gemini CLI"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One server of the file: what it is called, where it stands, and for which project it is, if for one."""

    name: str
    path: tuple[str, ...]
    value: Any
    folder: str


def drafts_of_client_file(file: str, place: str, text: str, resolve: Resolve | None = None) -> Drafted:
    """The servers that *text* tells a client of: what *file* says, whose absolute path is *place*.

    Raises ``FactoryError`` with the position for what cannot be read, or holds no servers.
    """
    content, node = _read(file, text)
    found = list(_entries(file, place, text, content, node))
    client = _client(place, found)
    wording = Wording(texts_in([one.value for one in found]), bare=client == _EXPANDS_BARE_NAMES)
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    for entry in found:
        told = f"entry '{wording.text('', entry.name, entry.name, 'a name')}'"
        try:
            spec, comments = drafted_entry(entry.name, entry.value, entry.folder, wording, resolve)
        except Unsayable as why:
            left_out.append(LeftOut(told, f"{position(file, text, node, entry.path) if node else file}: {why}"))
            continue
        name = free_name(name_from_title(entry.name, "server"), (one.name for one in drafts))
        where = f" for the project {entry.path[1]}" if entry.path[0] == "projects" else ""
        head = f"Imported from {client and f'{client}, '}{posixpath.basename(file)}, {told}{where}."
        drafts.append(Draft(name, spec, (head, *comments), f"{name}.yml"))
    return Drafted(tuple(drafts), tuple(left_out), wording.variables_of(drafts))


def _read(file: str, text: str) -> tuple[Mapping[str, Any], Node | None]:
    """What the file says, with the places of its members where it is JSON."""
    try:
        if file.endswith(".toml") or (
            not file.endswith((".json", ".jsonc")) and not text.lstrip().startswith(("{", "/"))
        ):
            entries(text, _TOML_KEY)
            return tomllib.loads(text), None
        node = parsed(text)
        if node.members is None:
            raise Unreadable("the file should hold an object", node.start)
        return node.value, node
    except Unreadable as mistake:
        raise refused(file, text, mistake) from None


def _entries(file: str, place: str, text: str, content: Mapping[str, Any], node: Node | None) -> Iterator[_Entry]:
    places: list[tuple[tuple[str, ...], str]] = [((key,), _project_of(place)) for key in (_TOML_KEY, *_JSON_KEYS)]
    # Settings of VS Code held servers below 'mcp' before they got a file of their own.
    places.append((("mcp", "servers"), ""))
    projects = content.get("projects")
    if isinstance(projects, Mapping):
        # Claude Code keeps the servers of each project in the user's file.
        places += [(("projects", folder, "mcpServers"), folder) for folder in projects]
    is_there = False
    for path, folder in places:
        servers: Any = content
        for step in path:
            servers = servers.get(step) if isinstance(servers, Mapping) else None
        if servers is None:
            continue
        is_there = True
        if not isinstance(servers, Mapping):
            where = position(file, text, node, path) if node else file
            raise FactoryError(f"{where}: '{'.'.join(path)}' should be an object of servers by their names")
        _refuse_doubles(file, text, node, path)
        for name, value in servers.items():
            yield _Entry(name, (*path, name), value, folder)
    if not is_there:
        known = ", ".join((*_JSON_KEYS, _TOML_KEY))
        raise FactoryError(
            f"{file} names no MCP servers: it has none of the keys {known}, nor is it a server.json (packages, remotes)"
        )


def _refuse_doubles(file: str, text: str, node: Node | None, path: tuple[str, ...]) -> None:
    """Raise ``FactoryError`` for a server that is there twice: of which clients take one or the other."""
    try:
        for step in path:
            member = node.member(step) if node is not None else None
            node = member.node if member is not None else None
        if node is not None:
            refuse_doubles(node)
    except Unreadable as mistake:
        raise refused(file, text, mistake) from None


def _client(place: str, found: list[_Entry]) -> str:
    """The title of the client whose file it is, as far as that can be told."""
    for key, title in _CLIENT_BY_KEY.items():
        if any(key in one.path[:2] for one in found):
            return title
    return next((title for pattern, title in _CLIENT_BY_PATH if re.search(pattern, place)), "")


def _project_of(place: str) -> str:
    """The folder that a client starts servers in when the file is one of a project: where relative paths begin."""
    folder = posixpath.dirname(place)
    return posixpath.dirname(folder) if posixpath.basename(folder).startswith(".") else folder
