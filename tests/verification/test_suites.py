"""Every verification suite, as `molecule test` runs it. Parallel with `-n 2`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUITES = sorted(file.parent.name for file in HERE.glob("*/molecule.yml"))
MOST_SECONDS = 300
STOP_SECONDS = 5.0


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite: str, tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    ephemeral = tmp_path / "ephemeral"  # Molecule empties it
    ephemeral.mkdir()
    try:
        with told.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [sys.executable, "-m", "molecule", "-c", str(HERE / "config.yml"), "test", "-s", suite],
                cwd=ROOT,
                env=_environment(ephemeral),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=MOST_SECONDS,
                check=False,
            )
        assert done.returncode == 0, told.read_text(encoding="utf-8")
        assert not _still_running(ephemeral), "the suite left processes running"
    finally:
        _kill(ephemeral)


def _environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("NOTION_", "ANSIBLE_"))}
    beside_python = str(Path(sys.executable).parent)
    return own | {
        "PATH": f"{beside_python}{os.pathsep}{os.environ['PATH']}",
        "MOLECULE_GLOB": str(HERE / "*" / "molecule.yml"),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
        "NO_COLOR": "1",
    }


def _still_running(folder: Path) -> list[int]:
    """The processes of a suite that do not end by themselves."""
    deadline = time.monotonic() + STOP_SECONDS
    while (found := _processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _kill(folder: Path) -> None:
    """End what an interrupted or failed suite started, and nothing else."""
    for pid in _processes(folder):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _processes(folder: Path) -> list[int]:
    """Everything that inherited the suite's ephemeral directory, however far it went from its parents."""
    mark = f"MOLECULE_EPHEMERAL_DIRECTORY={folder}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found
