# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server's program on its host: installed from its source, and how it is started. Does the reading and writing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils import package_install
from ansible_collections.factory.mcp.plugins.module_utils.oci_image import (
    Image,
    observe_image,
    pull_image,
    run_arguments,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_files import LOCK, package_of
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import (
    ImageSource,
    PackageSource,
    ProgramSource,
    ServerSpec,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerWish

INSTALL_SECONDS = 600.0
_DOCKER_SECONDS = 20.0
_PUT_IT_THERE = "put the declared program there, or declare what is there"


@dataclass(frozen=True, slots=True)
class Program:
    """What is found of a program: its command line without the declared arguments, and what is wrong with it.

    ``damage`` is what installing mends, or what nobody may start; ``missing`` says that somebody else has to put the
    program there first.
    """

    argv: tuple[str, ...] = ()
    damage: str = ""
    missing: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it can be started as it is declared."""
        return bool(self.argv) and not self.damage and not self.missing


def observe_program(folder: Path, wish: ServerWish, spec: ServerSpec) -> Program:
    """The program of *spec* in the server's *folder*; a remote server has none, and nothing is wrong with it."""
    match spec.source:
        case PackageSource() as source:
            found = package_install.observe(folder, package_of(source, wish.spec.get(LOCK, "")))
            if found is None:
                return Program(damage="it is not installed")
            if found.differences:
                return Program((found.program,), f"its files were changed: {'; '.join(map(str, found.differences))}")
            return Program((found.program,))
        case ImageSource() as source:
            is_there = observe_image(_image(source), _DOCKER_SECONDS)
            return Program(_docker_argv(source, wish.name, spec), "" if is_there else "the image is not on the host")
        case ProgramSource() as source:
            return _program(source)
    return Program()


def install_program(folder: Path, wish: ServerWish, spec: ServerSpec) -> Program:
    """The same, once it is installed. Raises ``FactoryError``."""
    match spec.source:
        case PackageSource() as source:
            package = package_of(source, wish.spec.get(LOCK, ""))
            return Program((package_install.install(folder, package, INSTALL_SECONDS).program,))
        case ImageSource() as source:
            pull_image(_image(source), INSTALL_SECONDS)
        case ProgramSource() as source:
            if damage := _program(source).damage:
                raise FactoryError(f"{damage}; {_PUT_IT_THERE}")
    return observe_program(folder, wish, spec)


def prune_programs(folder: Path, wish: ServerWish, spec: ServerSpec) -> None:
    """Remove the installations of other versions. Raises ``FactoryError``."""
    keep: set[str] = set()
    if isinstance(spec.source, PackageSource):
        package: Package = package_of(spec.source, wish.spec.get(LOCK, ""))
        keep.add(package.key)
    package_install.prune(folder, keep)


def _program(source: ProgramSource) -> Program:
    argv = (source.path,)
    try:
        content = Path(source.path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Program(argv, missing=f"there is no {source.path} on the host; {_PUT_IT_THERE}")
    except OSError as error:
        return Program(argv, f"{source.path}: it cannot be read ({error.strerror})")
    if source.integrity and f"sha256:{hashlib.sha256(content).hexdigest()}" != source.integrity:
        return Program(argv, f"{source.path}: it is not the program that was declared: its hash is another one")
    return Program(argv)


def _image(source: ImageSource) -> Image:
    return Image(source.image, source.digest, source.options)


def _docker_argv(source: ImageSource, name: str, spec: ServerSpec) -> tuple[str, ...]:
    return run_arguments(_image(source), spec.env, {"factory.mcp.server": name}, ())
