# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a client starts a server, as the source of a manifest: ``npx``, ``uvx``, ``docker run`` or a program. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.import_container import container_from
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Unsayable

Resolve = Callable[[str, str], str]
"""Takes a registry (``npm`` or ``pypi``) and what to look up there, such as ``pkg`` or ``pkg@^1``; gives the version.

Raises ``FactoryError``.
"""
EXACT_NPM = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
EXACT_PYPI = re.compile(r"(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[0-9A-Za-z.]+)?")
NPM_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9][A-Za-z0-9._~-]*")
PYPI_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NPM_SPEC = re.compile(rf"({NPM_NAME.pattern})(?:@(.*))?")
_PYPI_SPEC = re.compile(rf"({PYPI_NAME.pattern})(?:\s*(==|@|[<>~!]=?)\s*(.*))?")
_TCP = re.compile(r"TCP[46]?(?:-CONNECT)?:((?:\[[^]]*\]|[^:,]+):\d+)(?:,.*)?", re.IGNORECASE)
_LAUNCHERS: Mapping[tuple[str, ...], str] = {
    **dict.fromkeys(
        (("npx",), ("bunx",), ("pnpx",), ("npm", "exec"), ("npm", "x"), ("pnpm", "dlx"), ("yarn", "dlx"), ("bun", "x")),
        "npm",
    ),
    ("uvx",): "uvx",
    ("uv", "tool", "run"): "uvx",
    ("pipx", "run"): "pipx",
    **dict.fromkeys((("docker", "run"), ("docker", "container", "run"), ("podman", "run"), ("nerdctl", "run")), "oci"),
    ("socat",): "socat",
}
_SOCAT = "/usr/bin/socat"


@dataclass(frozen=True, slots=True)
class _Options:
    """The options that a launcher may be given: without a value, and with one (by what they are called here)."""

    flags: frozenset[str]
    valued: Mapping[str, str]


_OPTIONS = {
    "npm": _Options(
        frozenset(("-y", "--yes", "-q", "--quiet", "--silent", "--offline", "--prefer-offline", "--bun")),
        {"-p": "package", "--package": "package"},
    ),
    "uvx": _Options(
        frozenset(("-q", "--quiet", "--offline", "--refresh", "--isolated", "-n", "--no-cache", "--no-progress")),
        {"--from": "package", "-p": "python", "--python": "python"},
    ),
    "pipx": _Options(frozenset(("-q", "--quiet", "--no-cache")), {"--spec": "package", "--python": "python"}),
}


@dataclass(frozen=True, slots=True)
class Start:
    """What a client runs: texts that a manifest may say. ``folder`` is where relative paths begin, empty if unknown."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A server's ``source``, with the arguments and variables it gets, and what a person should know of it."""

    source: Mapping[str, Any]
    args: tuple[str, ...]
    env: Mapping[str, str]
    comments: tuple[str, ...] = ()


def program_from(start: Start, refer: Callable[[str], str], resolve: Resolve | None = None) -> Program:
    """The program that *start* starts; *refer* gives the reference to a variable.

    With *resolve*, what has no version gets the one that it gives. Raises ``Unsayable``.
    """
    words = [re.sub(r"\.(?:cmd|exe|bat)$", "", posixpath.basename(start.command), flags=re.IGNORECASE), *start.args]
    if words[0] == "cmd" and words[1:2] and words[1].lower() == "/c":
        words = words[2:]
    env = dict(start.env or {})
    launcher = next((one for one in _LAUNCHERS if tuple(words[: len(one)]) == one), None)
    if launcher is None:
        return Program({"command": {"path": _program_path(start)}}, start.args, env)
    kind, rest = _LAUNCHERS[launcher], words[len(launcher) :]
    if kind == "socat":
        return _tunnel(rest, env)
    if kind == "oci":
        found = container_from(rest, env, refer)
        if re.search(r"(?:^|/)socat(?:[:@]|$)", found.image):
            return _tunnel([one.replace("host.docker.internal", "127.0.0.1") for one in found.args], found.env)
        return Program({"oci": found.source()}, found.args, found.env, found.comments)
    if kind == "npm":
        return replace(_npm(rest, " ".join(launcher), resolve), env=env)
    return replace(_pypi(kind, rest, " ".join(launcher), resolve), env=env)


def _npm(words: Sequence[str], launcher: str, resolve: Resolve | None) -> Program:
    given, rest = _split(words, _OPTIONS["npm"], launcher)
    wanted, bin_name, args = _package(given, rest, launcher)
    spec = _NPM_SPEC.fullmatch(wanted)
    if spec is None or (spec[2] and re.search(r"[:/]", spec[2])):
        raise Unsayable(
            f"'{launcher} {wanted}' takes no package of the npm registry; a manifest names one with a version"
        )
    version = spec[2] or ""
    comments: tuple[str, ...] = ()
    if not EXACT_NPM.fullmatch(version):
        if resolve is None:
            raise Unsayable(
                f"'{launcher} {wanted}' runs another version whenever there is a new one, and a manifest pins one. "
                f"Write {spec[1]}@VERSION there, as `npm view {wanted} version` tells it, or import with --resolve"
            )
        version, comments = _resolved("npm", wanted, resolve)
    return Program({"npm": {"package": spec[1], "version": version, **bin_name}}, args, {}, comments)


def _pypi(kind: str, words: Sequence[str], launcher: str, resolve: Resolve | None) -> Program:
    given, rest = _split(words, _OPTIONS[kind], launcher)
    wanted, bin_name, args = _package(given, rest, launcher)
    spec = _PYPI_SPEC.fullmatch(wanted)
    if spec is None:
        raise Unsayable(
            f"'{launcher} {wanted}' takes no plain package of PyPI; a manifest names one with a version, without extras"
        )
    name, sign, version = spec[1], spec[2] or "", spec[3] or ""
    comments = tuple(f"It ran with Python {one}; a manifest cannot say that." for one in given.get("python", ()))
    if sign not in ("==", "@") or not EXACT_PYPI.fullmatch(version):
        if resolve is None or (sign and version != "latest"):
            asking = ", or import with --resolve" if not sign or version == "latest" else ""
            raise Unsayable(
                f"'{launcher} {wanted}' runs another version whenever there is a new one, and a manifest pins one. "
                f"Write {name}==VERSION there, as `pip index versions {name}` tells it{asking}"
            )
        version, told = _resolved("pypi", name, resolve)
        comments += told
    return Program({"pypi": {"package": name, "version": version, **bin_name}}, args, {}, comments)


def _resolved(registry: str, wanted: str, resolve: Resolve) -> tuple[str, tuple[str, ...]]:
    try:
        version = resolve(registry, wanted)
    except FactoryError as error:
        raise Unsayable(str(error)) from None
    return version, (f"The client names no version; {version} was the one of '{wanted}' when this was imported.",)


def _package(
    given: Mapping[str, list[str]], rest: Sequence[str], launcher: str
) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """The package that is meant, its program if it is named apart, and the arguments."""
    packages = given.get("package", [])
    if len(packages) > 1:
        raise Unsayable(f"'{launcher}' is given {len(packages)} packages, and a manifest names one")
    if not rest:
        raise Unsayable(f"'{launcher}' is given no package to run" if not packages else f"'{launcher}' runs no program")
    if packages:
        return packages[0], {"bin": rest[0]}, tuple(rest[1:])
    return rest[0], {}, tuple(rest[1:])


def _split(words: Sequence[str], options: _Options, launcher: str) -> tuple[dict[str, list[str]], list[str]]:
    """The values of the launcher's own options, and what follows them."""
    given: dict[str, list[str]] = {}
    rest = list(words)
    while rest and rest[0].startswith("-"):
        name, sign, value = rest.pop(0).partition("=")
        if name == "--":
            break
        if name in options.valued:
            if not sign and not rest:
                raise Unsayable(f"'{launcher}' ends after its option {name}, which needs a value")
            given.setdefault(options.valued[name], []).append(value if sign else rest.pop(0))
        elif name not in options.flags:
            raise Unsayable(f"'{launcher}' is given the option {name}, which a manifest cannot say")
    # npm's options may also stand behind the double dash that ends its own command.
    return given, rest[1:] if rest[:1] == ["--"] else rest


def _tunnel(words: Sequence[str], env: Mapping[str, str]) -> Program:
    place = _TCP.fullmatch(words[1]) if len(words) == 2 and words[0].upper() in ("STDIO", "-") else None
    if place is None:
        raise Unsayable("this socat does something else than STDIO TCP:HOST:PORT; declare the server behind it")
    return Program(
        {"command": {"path": _SOCAT}},
        ("STDIO", f"TCP:{place[1]}"),
        env,
        (
            f"This only leads to a server that listens on {place[1]}, and says nothing of that server.",
            "To have the server itself installed and run, declare it with transport: tcp, and delete this manifest.",
        ),
    )


def _program_path(start: Start) -> str:
    command = start.command
    if "${" in command:
        raise Unsayable(f"the program '{command}' refers to a variable, and a manifest names a program by its path")
    if command.startswith("/"):
        return posixpath.normpath(command)
    if "/" in command and not command.startswith("~") and re.match(r"/[^$]*$", start.folder):
        return posixpath.normpath(posixpath.join(start.folder, command))
    if re.fullmatch(r"[\w.+-]+", command):
        raise Unsayable(
            f"the program '{command}' is looked for in PATH, and a manifest names a program by its absolute path: "
            f"write what `command -v {command}` tells on the host"
        )
    raise Unsayable(f"the program '{command}' has no absolute path, by which a manifest names a program")
