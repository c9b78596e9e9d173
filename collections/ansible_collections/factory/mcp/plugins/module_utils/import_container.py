# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``docker run`` as a client writes it: its options, the variables it passes on, and the image. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Unsayable

_LONG = {
    "-a": "--attach", "-c": "--cpu-shares", "-d": "--detach", "-e": "--env", "-h": "--hostname", "-i": "--interactive",
    "-l": "--label", "-m": "--memory", "-p": "--publish", "-q": "--quiet", "-t": "--tty", "-u": "--user",
    "-v": "--volume", "-w": "--workdir", "-P": "--publish-all",
}  # fmt: skip
_DROPPED = frozenset(("--interactive", "--tty", "--rm", "--quiet", "--attach"))
"""How a manifest's container runs is known; what a person sees of it does not matter."""
_FLAGS = frozenset((
    "--init", "--interactive", "--no-healthcheck", "--privileged", "--publish-all", "--quiet", "--read-only", "--rm",
    "--tty",
))  # fmt: skip
_VALUED = frozenset((
    "--add-host", "--annotation", "--attach", "--blkio-weight", "--cap-add", "--cap-drop", "--cgroup-parent",
    "--cgroupns", "--cpu-shares", "--cpus", "--cpuset-cpus", "--device", "--dns", "--dns-search", "--entrypoint",
    "--env", "--env-file", "--expose", "--gpus", "--group-add", "--hostname", "--ip", "--ipc", "--label",
    "--label-file", "--link", "--log-driver", "--log-opt", "--mac-address", "--memory", "--memory-swap", "--mount",
    "--name", "--net", "--network", "--network-alias", "--oom-score-adj", "--pid", "--pids-limit", "--platform",
    "--publish", "--pull", "--restart", "--runtime", "--security-opt", "--shm-size", "--stop-signal",
    "--stop-timeout", "--storage-opt", "--sysctl", "--tmpfs", "--ulimit", "--user", "--userns", "--uts", "--volume",
    "--volumes-from", "--workdir",
))  # fmt: skip
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_IMAGE = re.compile(r"([a-z0-9][\w.:/-]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?")


@dataclass(frozen=True, slots=True)
class Container:
    """A container: its image by digest, options of ``docker run``, arguments and variables."""

    image: str
    digest: str
    options: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str]
    comments: tuple[str, ...] = ()

    def source(self) -> dict[str, Any]:
        """What ``source.oci`` says of it. Raises ``Unsayable`` when the digest is not known."""
        if not self.digest:
            raise Unsayable(
                f"the image {self.image} has no digest, so that it can be another one tomorrow, and a manifest pins "
                f"one. Write {self.image}@sha256:… there, as `docker buildx imagetools inspect {self.image}` tells it"
            )
        name, _, _ = _parts(self.image)
        said: dict[str, Any] = {"image": _full(name), "digest": self.digest}
        return {**said, "options": list(self.options)} if self.options else said


def container_from(words: Sequence[str], env: Mapping[str, str], refer: Callable[[str], str]) -> Container:
    """The container that ``docker run`` with *words* starts, docker itself having *env*. Raises ``Unsayable``."""
    options, inside, rest = container_options(words, env, refer)
    if not rest:
        raise Unsayable("'docker run' is given no image")
    _, tag, digest = _parts(rest[0])
    comments = [
        f"env.{name} was for docker itself, and does not reach the server." for name in env if name not in inside
    ]
    if tag and digest:
        comments.append(f"The digest is that of the tag '{tag}', as the client says.")
    return Container(rest[0].partition("@")[0], digest, options, tuple(rest[1:]), inside, tuple(comments))


def container_options(
    words: Sequence[str], env: Mapping[str, str], refer: Callable[[str], str]
) -> tuple[tuple[str, ...], dict[str, str], list[str]]:
    """Options as ``--name=value``, the variables that they set inside, and the words that follow them.

    A variable that is passed on by its name has its value in *env*, or is one of whoever starts docker, which *refer*
    gives the reference to. Raises ``Unsayable``.
    """
    options: list[str] = []
    inside: dict[str, str] = {}
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        for name, value in _option(rest):
            if name == "--env":
                variable, sign, text = (value or "").partition("=")
                if not _VARIABLE.fullmatch(variable):
                    raise Unsayable(f"'docker run' sets '{variable}', which is no name that a variable can have")
                inside[variable] = text if sign else env[variable] if variable in env else refer(variable)
            elif name not in _DROPPED:
                options.append(name if value is None else f"{name}={value}")
    return tuple(options), inside, rest


def _option(rest: list[str]) -> list[tuple[str, str | None]]:
    """The option, or the short ones in one word, that *rest* begins with; they are taken away from it."""
    word = rest.pop(0)
    if not word.startswith("--"):
        return _short(word, rest)
    name, sign, value = word.partition("=")
    if name in _FLAGS:
        return [(name, value if sign else None)] if value != "false" else []
    if name not in _VALUED:
        raise Unsayable(f"'docker run' is given the option {name}, which a manifest cannot say")
    return [(name, value if sign else _next(name, rest))]


def _short(word: str, rest: list[str]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    letters = word[1:]
    while letters:
        name = _LONG.get(f"-{letters[0]}", "")
        letters = letters[1:]
        if name in _FLAGS:
            found.append((name, None))
        elif name in _VALUED:
            found.append((name, letters.removeprefix("=") if letters else _next(name, rest)))
            break
        else:
            raise Unsayable(f"'docker run' is given the option {word[:2]}, which a manifest cannot say")
    return found


def _next(name: str, rest: list[str]) -> str:
    if not rest:
        raise Unsayable(f"'docker run' ends after its option {name}, which needs a value")
    return rest.pop(0)


def _parts(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image. Raises ``Unsayable``."""
    found = _IMAGE.fullmatch(image)
    if found is None:
        raise Unsayable(f"'{image}' is no image of a container registry")
    return found[1], found[2] or "", found[3] or ""


def _full(name: str) -> str:
    """An image's name with its registry: ``mcp/fetch`` is ``docker.io/mcp/fetch``."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"
