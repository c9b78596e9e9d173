# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a McpServer and no schema can say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.provider import Fault
from ansible_collections.factory.core.plugins.module_utils.reference import substitute
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import text_problems
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import LOOPBACK

_NOT_OF_A_REMOTE_ONE = ("transport", "listen", "args", "env", "cwd")


def server_faults(resource: Resource) -> Iterator[Fault]:
    """Every fault of one server."""
    spec = resource.spec
    ((kind, source),) = spec["source"].items()
    if kind == "remote":
        for key in _NOT_OF_A_REMOTE_ONE:
            if key in spec:
                yield Fault(("spec", key), f"a remote server has no {key}: somebody else runs it", at_key=True)
    else:
        yield from _listening_faults(spec)
    if kind == "oci" and spec.get("transport") == "streamable-http":
        told = "what listens for a container is docker, and not the server, so that nobody can tell where; use tcp"
        yield Fault(("spec", "transport"), told)
    if kind == "oci" and "cwd" in spec:
        yield Fault(
            ("spec", "cwd"), "a container has its own working folder; give -w in source.oci.options", at_key=True
        )
    yield from _text_faults(kind, source, spec)
    yield from _client_faults(spec.get("clients", ()))
    yield from _tool_faults(spec)


def _listening_faults(spec: Mapping[str, Any]) -> Iterator[Fault]:
    transport = spec.get("transport", "stdio")
    if transport == "stdio":
        if "listen" in spec:
            told = "a server over stdio listens nowhere; say transport: streamable-http or tcp"
            yield Fault(("spec", "listen"), told, at_key=True)
        return
    if "listen" not in spec:
        yield Fault(("spec", "transport"), f"with {transport} say where it listens: listen: {{port: …}}")
        return
    listen = spec["listen"]
    if "path" in listen and transport == "tcp":
        yield Fault(("spec", "listen", "path"), "only streamable-http has a path", at_key=True)
    host = listen.get("host", "127.0.0.1")
    if host not in LOOPBACK and not listen.get("exposed"):
        yield Fault(
            ("spec", "listen", "host"),
            f"others than this host can reach {host}, and nobody is asked who he is; use 127.0.0.1, "
            "or say exposed: true if that is meant",
        )


def _text_faults(kind: str, source: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[Fault]:
    """Literal secrets, and references to variables where everybody could read their values."""
    texts = {
        "command": source.get("path", ""),
        "url": source.get("url", ""),
        "headers": source.get("headers", {}),
        **{key: spec.get(key) for key in ("args", "env", "cwd")},
    }
    inside = {"command": ("path",), "url": ("url",), "headers": ("headers",)}
    for problem in text_problems(substitute(texts, lambda reference: "" if reference.target else None)):
        first, *rest = problem.path
        where = ("source", kind, *inside[str(first)]) if first in inside else (first,)
        yield Fault(("spec", *where, *rest), problem.message)


def _client_faults(clients: list[Any]) -> Iterator[Fault]:
    seen = set()
    for index, one in enumerate(clients):
        where = ("spec", "clients", index)
        name, project = (one, "") if isinstance(one, str) else (one["client"], one.get("project", ""))
        scope = "user" if isinstance(one, str) else one.get("scope", "project" if project else "user")
        if (name, project) in seen:
            yield Fault(where, f"'{name}' is listed twice; take one of them out")
        seen.add((name, project))
        if scope == "project" and not project:
            yield Fault(where, "say whose project: project: /…")
        if scope == "user" and project:
            yield Fault((*where, "project"), "the user's file belongs to no project; say scope: project", at_key=True)
        if scope == "project" and DIALECTS[name].project_file is None:
            yield Fault(where, f"{DIALECTS[name].title} has no file for a project; use scope: user")


def _tool_faults(spec: Mapping[str, Any]) -> Iterator[Fault]:
    tools = spec.get("tools", {})
    denied = tools.get("deny", [])
    for key in ("allow", "expect"):
        for index, name in enumerate(tools.get(key, ())):
            if name in denied:
                yield Fault(
                    ("spec", "tools", key, index), f"'{name}' is denied as well; take it out of one of the lists"
                )
    probe = spec.get("probe")
    if probe is not None and probe["tool"] in denied:
        yield Fault(("spec", "probe", "tool"), f"'{probe['tool']}' is denied; probe with another tool")
