# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run one of Factory's playbooks through ansible-runner, and watch it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.interruption import STARTED_BY, STOP_FILE

Watch = Callable[[str, int, int], None]
"""Called with a stage's name, how many are done, and how many there are."""

_POLL_SECONDS = 0.1
_STOP = "stop"
_WAITING = b"\nfactory: interrupted; waiting for what is under way (interrupt again not to wait)\n"


class NoProject(Exception):
    """There is no project here, or not the environment that was asked for; the message says what to do."""


@dataclass(frozen=True)
class Project:
    """A folder with ``inventories/`` and ``stacks/``, and one of its environments.

    ``limit`` is a pattern of the targets that take part, in Ansible's words; empty for all.
    """

    root: Path
    environment: str
    inventory: Path
    limit: str = ""

    @property
    def state(self) -> Path:
        """Where the environment's identity cache and runs are kept."""
        return self.root / ".factory" / self.environment

    def runs(self, run_id: str, file: str) -> list[Path]:
        """A file of the run, for every target that took part."""
        return sorted(self.state.glob(f"*/{run_id}/{file}"))


@dataclass
class Finished:
    """How a playbook ended: its return code and what failed, in the words of the tasks."""

    code: int = 0
    interrupted: bool = False
    failures: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def find_project(environment: str) -> Project:
    """The project that the working folder is in.

    *environment* is the name of a folder below ``inventories/``, or the path of an inventory.
    """
    here = Path.cwd()
    given = Path(environment)
    if given.is_dir() and given.parent.name == "inventories":
        return Project(given.resolve().parent.parent, given.name, given.resolve())
    for folder in (here, *here.parents):
        inventory = folder / "inventories" / environment
        if inventory.is_dir():
            return Project(folder, environment, inventory)
        if (folder / "inventories").is_dir():
            known = ", ".join(sorted(one.name for one in (folder / "inventories").iterdir() if one.is_dir()))
            raise NoProject(f"there is no environment '{environment}'; known are {known}")
    raise NoProject("there is no folder 'inventories' here or above; run this inside a project")


def run_playbook(
    project: Project, name: str, variables: Mapping[str, Any], run_id: str, watch: Watch, check: bool = False
) -> Finished:
    """Run ``playbooks/<name>.yml`` on the project's environment; *watch* hears how it goes."""
    import ansible_runner

    finished = Finished()
    with _private_folder() as folder, _watching(project, run_id, watch), _interruptible(folder) as signals:
        runner = ansible_runner.run(
            private_data_dir=str(folder),
            project_dir=str(project.root),
            playbook=str(_playbook(project, name)),
            inventory=str(project.inventory),
            limit=project.limit or None,
            extravars={**variables, "run_id": run_id},
            envvars={**_environment(project), STOP_FILE: str(folder / _STOP)},
            quiet=True,
            cmdline="--check" if check else None,
            settings={"pexpect_timeout": _POLL_SECONDS},
            cancel_callback=lambda: len(signals) > 1,
            event_handler=lambda event: _note(finished, event),
            status_handler=lambda status, runner_config: _forget_command(status, folder),
        )
        finished.interrupted = bool(signals)
        finished.code = runner.rc
        told = finished.failures or finished.interrupted or project.runs(run_id, "plan.json")
        if runner.rc and not told:
            finished.failures.append(runner.stdout.read().strip() or "ansible-playbook failed without a word")
        if not (runner.rc or finished.results or finished.interrupted):
            finished.code = 1
            finished.failures.append(
                f"no host of {project.inventory} takes part; it needs one in a group of the playbook"
            )
    return finished


def _playbook(project: Project, name: str) -> Path:
    """The project's own playbook of that name, else the one that comes with the package (or its checkout)."""
    package = Path(str(files("factory_iac")))
    places = (project.root, package, package.parent.parent)
    found = (place / "playbooks" / f"{name}.yml" for place in places)
    return next(file for file in found if file.is_file())


def _environment(project: Project) -> dict[str, str]:
    bin_folder = str(Path(sys.executable).parent)
    variables = {
        "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", "")]),
        "ANSIBLE_NOCOLOR": "1",
        STARTED_BY: str(os.getpid()),
    }
    config = project.root / "ansible.cfg"
    return {**variables, "ANSIBLE_CONFIG": str(config)} if config.is_file() else variables


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder for ansible-runner that only this user can read, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="factory-run-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _interruptible(folder: Path) -> Iterator[list[int]]:
    """The signals that came meanwhile. The first lets the tasks end in their own time, the second kills them."""
    signals: list[int] = []

    def note(number: int, _frame: object) -> None:
        signals.append(number)
        (folder / _STOP).touch()
        if len(signals) == 1:
            os.write(sys.stderr.fileno(), _WAITING)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _forget_command(status: Mapping[str, Any], folder: Path) -> None:
    """ansible-runner writes down the environment of its command, token included: remove that at once."""
    if status["status"] != "starting":
        for file in folder.glob("artifacts/*/command"):
            file.unlink(missing_ok=True)


def _note(finished: Finished, event: Mapping[str, Any]) -> bool:
    data = event.get("event_data", {})
    result = data.get("res") or {}
    kind = event.get("event")
    if (
        kind == "runner_on_failed"
        and not data.get("ignore_errors")
        and data.get("task_action") != "factory.core.report"
    ):
        finished.failures.append(str(result.get("msg", "failed")).removeprefix("Task failed: "))
    if kind == "runner_on_unreachable":
        finished.failures.append(str(result.get("msg", "unreachable")))
    if kind in ("runner_on_ok", "runner_on_failed"):
        finished.results.append(dict(result))
    return False


@contextmanager
def _watching(project: Project, run_id: str, watch: Watch) -> Iterator[None]:
    """Follow the run's journals for as long as it lasts."""
    over = threading.Event()
    follower = threading.Thread(target=_follow, args=(project, run_id, watch, over), daemon=True)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()


def _follow(project: Project, run_id: str, watch: Watch, over: threading.Event) -> None:
    read: dict[Path, int] = {}
    while not over.wait(_POLL_SECONDS):
        for journal in project.runs(run_id, "journal.jsonl"):
            with journal.open(encoding="utf-8") as stream:
                stream.seek(read.get(journal, 0))
                for line in stream:
                    if not line.endswith("\n"):
                        break
                    read[journal] = read.get(journal, 0) + len(line.encode())
                    event = json.loads(line)
                    if event["event"] == "progress":
                        watch(event["stage"], event["done"], event["total"])
