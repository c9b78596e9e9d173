# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that comes as an OCI image, pinned by its digest: the commands of docker for it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, said
from ansible_collections.factory.mcp.plugins.module_utils.installer_process import (
    CommandFailed,
    program_of_path,
    run_command,
)

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(rf"(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]+)?)/)?{_PART}(?:/{_PART})*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE_OF_VARIABLE = re.compile(r"-e=?[A-Za-z_][A-Za-z0-9_]*=")
_VARIABLES = frozenset({"-e", "--env", "--env-file"})
_NO_PIPES = frozenset({"--detach", "--tty"})
_SHORT_NO_PIPES = re.compile(r"-[iPq]*[dt][diPqt]*")
_NEEDS_DOCKER = "a server from an image needs docker there"


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its name without a tag, and its digest; options are those of ``docker run``.

    Raises ``FactoryError`` for what is none, for options with which a server cannot be spoken to (``--tty``), and for
    variables: those have a place of their own, and a value among the options would be seen in the process list.
    """

    name: str
    digest: str
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _IMAGE.fullmatch(self.name):
            raise FactoryError(
                f"{said(self.name)} is no name of an image; write it without a tag, as docker.io/mcp/fetch"
            )
        if not _DIGEST.fullmatch(self.digest):
            raise FactoryError(f"{self.name}: {said(self.digest)} is no digest; expected sha256: and 64 digits")
        for option in self.options:
            if not option.startswith("-") or option == "--":
                raise FactoryError(f"{self.name}: {said(option)} is no option of docker run; write it as --name=value")
            name = option.partition("=")[0]
            if name in _VARIABLES or _VALUE_OF_VARIABLE.match(option):
                raise FactoryError(f"{self.name}: leave {name} out of the options; variables belong under env")
            if name in _NO_PIPES or _SHORT_NO_PIPES.fullmatch(name):
                raise FactoryError(f"{self.name}: leave {name} out of the options; a server speaks over plain pipes")

    @property
    def reference(self) -> str:
        """What docker calls it: ``docker.io/mcp/fetch@sha256:…``."""
        return f"{self.name}@{self.digest}"


def pull_arguments(image: Image) -> tuple[str, ...]:
    """The command that fetches *image*; docker checks the digest."""
    return ("docker", "pull", "--quiet", image.reference)


def inspect_arguments(image: Image) -> tuple[str, ...]:
    """The command that ends well when *image* is there."""
    return ("docker", "image", "inspect", "--format", "{{.Id}}", image.reference)


def run_arguments(
    image: Image, variables: Iterable[str], labels: Mapping[str, str], arguments: Sequence[str]
) -> tuple[str, ...]:
    """The command that runs the server of *image* over its pipes.

    *variables* are names only: docker takes their values from its own environment, so that no secret is in the
    process list. ``--pull=never``: only what was looked at is run.
    Raises ``FactoryError`` for a name that is none of a variable.
    """
    names = sorted(variables)
    wrong = next((name for name in names if not _VARIABLE.fullmatch(name)), None)
    if wrong is not None:
        raise FactoryError(f"{image.name}: {said(wrong)} is no name of a variable")
    return (
        *("docker", "run", "--interactive", "--rm", "--pull=never"),
        *(f"--label={name}={value}" for name, value in sorted(labels.items())),
        *(f"--env={name}" for name in names),
        *image.options,
        image.reference,
        *arguments,
    )


def observe_image(image: Image, deadline_seconds: float) -> bool:
    """Whether *image* is on this host.

    Raises ``FactoryError`` when docker cannot tell: it is not there, or its daemon does not answer.
    """
    try:
        _docker(inspect_arguments(image), f"looking for {image.reference}", deadline_seconds)
    except CommandFailed as error:
        if "no such image" in error.told.lower():
            return False
        raise
    return True


def pull_image(image: Image, deadline_seconds: float) -> None:
    """Fetch *image*. Raises ``FactoryError``."""
    _docker(pull_arguments(image), f"pulling {image.reference}", deadline_seconds)


def _docker(arguments: Sequence[str], what: str, deadline_seconds: float) -> str:
    docker = program_of_path(arguments[0], _NEEDS_DOCKER)
    return run_command([docker, *arguments[1:]], what, time.monotonic() + deadline_seconds)
