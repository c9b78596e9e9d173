# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A package or a remote of a ``server.json`` as the spec of a manifest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.factory.mcp.plugins.module_utils.import_container import container_from, container_options
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Unsayable
from ansible_collections.factory.mcp.plugins.module_utils.import_input import Inputs
from ansible_collections.factory.mcp.plugins.module_utils.import_program import (
    EXACT_NPM,
    EXACT_PYPI,
    NPM_NAME,
    PYPI_NAME,
)
from ansible_collections.factory.mcp.plugins.module_utils.import_wording import Wording

_REGISTRIES = {"npm": "https://registry.npmjs.org", "pypi": "https://pypi.org"}
_HARMLESS_RUNTIME = frozenset(("-y", "--yes", "-q", "--quiet", "--offline", "--prefer-offline", "--no-cache"))
"""Options of npx and uvx that say how the package gets there, which a manifest says in its own way."""
_LOOPBACK = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
_NO_SSE = "it speaks SSE, which MCP has given up and Factory does not speak"


def package_spec(package: Mapping[str, Any], name: str, wording: Wording) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The spec that runs *package* for the server *name*, and what its comments tell. Raises ``Unsayable``."""
    kind = package["registryType"]
    inputs = Inputs(name, wording)
    args = list(inputs.arguments("packageArguments", package.get("packageArguments", ())))
    env = inputs.named("env", package.get("environmentVariables", ()))
    runtime = list(inputs.arguments("runtimeArguments", package.get("runtimeArguments", ())))
    comments: list[str] = []
    if kind == "oci":
        image = wording.text("", package["identifier"], name, "identifier")
        if runtime[:1] == ["run"]:
            runtime = runtime[1:]
        if container_options(runtime, env, lambda one: one)[2]:
            raise Unsayable("its runtimeArguments are more than options of docker run")
        passed = [word for variable in env for word in ("-e", variable)]
        found = container_from([*runtime, *passed, image], env, lambda one: wording.refer(one, name, f"env.{one}"))
        source: dict[str, Any] = {"oci": found.source()}
        env = dict(found.env)
        comments += found.comments
    elif kind in _REGISTRIES:
        source = {kind: _pinned(kind, package, name, wording)}
        if unsaid := _unsaid_runtime(runtime):
            comments.append(
                f"runtimeArguments are for {package.get('runtimeHint', 'the launcher')}; left out: {unsaid}."
            )
    else:
        raise Unsayable(f"Factory has no source of the kind '{kind}'")
    listening = _listening(package.get("transport") or {"type": "stdio"}, package, inputs)
    parts = {"source": source, **listening, "args": args, "env": env}
    return {key: part for key, part in parts.items() if part}, (*comments, *inputs.comments)


def remote_spec(remote: Mapping[str, Any], name: str, wording: Wording) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The spec that reaches *remote*, and what its comments tell. Raises ``Unsayable``."""
    if remote["type"] == "sse":
        raise Unsayable(_NO_SSE)
    if remote["type"] != "streamable-http":
        raise Unsayable(f"Factory does not speak '{remote['type']}'")
    inputs = Inputs(name, wording)
    url = inputs.filled("url", {**remote, "name": "", "value": remote["url"]}, "url")
    if not re.match(r"https?://[^\s/]", url):
        raise Unsayable("its url is no address of http or https")
    headers = inputs.named("headers", remote.get("headers", ()))
    return {"source": {"remote": {"url": url, **({"headers": headers} if headers else {})}}}, tuple(inputs.comments)


def _pinned(kind: str, package: Mapping[str, Any], name: str, wording: Wording) -> dict[str, str]:
    """A package by its name and its one version."""
    base = str(package.get("registryBaseUrl", _REGISTRIES[kind])).rstrip("/")
    if base != _REGISTRIES[kind]:
        raise Unsayable(f"it is not from {_REGISTRIES[kind]}, and a manifest cannot name another registry")
    found = wording.text("", package["identifier"], name, "identifier")
    version = wording.text("", str(package.get("version", "")), name, "version")
    if not (NPM_NAME if kind == "npm" else PYPI_NAME).fullmatch(found):
        raise Unsayable(f"its identifier '{found}' is no name of a package of {kind}")
    if not version:
        raise Unsayable("it names no version, and a manifest pins one")
    if not (EXACT_NPM if kind == "npm" else EXACT_PYPI).fullmatch(version):
        raise Unsayable(f"'{version}' is not one version but several or a changing one, and a manifest pins one")
    return {"package": found, "version": version}


def _unsaid_runtime(runtime: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in runtime if word not in _HARMLESS_RUNTIME)


def _listening(transport: Mapping[str, Any], package: Mapping[str, Any], inputs: Inputs) -> dict[str, Any]:
    """How the package is spoken to: nothing for standard streams. Raises ``Unsayable``."""
    kind = transport["type"]
    if kind == "stdio":
        return {}
    if kind == "sse":
        raise Unsayable(_NO_SSE)
    if kind != "streamable-http":
        raise Unsayable(f"Factory does not speak '{kind}'")
    said = re.sub(
        r"\{([^{}]+)\}", lambda found: _known(found[1], transport, package) or found[0], transport.get("url", "")
    )
    try:
        url = urlsplit(said)
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    if host not in _LOOPBACK or port is None:
        raise Unsayable("its transport.url does not tell on which port of this machine it listens")
    if transport.get("headers"):
        inputs.comments.append("Its transport wants headers, which a manifest cannot say of a server that it runs.")
    path = {"path": url.path} if url.path not in ("", "/") else {}
    return {"transport": "streamable-http", "listen": {"host": "127.0.0.1", "port": port, **path}}


def _known(name: str, transport: Mapping[str, Any], package: Mapping[str, Any]) -> str:
    """What the file says that the variable *name* of a transport's URL is; empty if it does not."""
    for variable, one in _variables(transport, package):
        if variable == name and not one.get("isSecret"):
            return str(one.get("value", one.get("default", "")))
    return ""


def _variables(transport: Mapping[str, Any], package: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from transport.get("variables", {}).items()
    for key in ("environmentVariables", "packageArguments", "runtimeArguments"):
        for one in package.get(key, ()):
            yield one.get("name", ""), one
            yield one.get("valueHint", ""), one
            yield from one.get("variables", {}).items()
