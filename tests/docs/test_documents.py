"""Every command in the documents works: each ``sh`` block is run, in order, in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_COMMANDS = [document for document in DOCUMENTS if "```sh" in document.read_text()]
_BLOCK = re.compile(r"^```(sh|yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# (\S+\.yml)\n")
_PACKAGES = re.compile(r"^factory mcp lock\b", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a clone holds, with the environment that ``make setup`` would make."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.split():
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(BIN.parent)
    return tmp_path


def script(document: Path) -> str:
    """The document's commands as one script; YAML that names its file is written there first."""
    lines = ["set -eu"]
    for language, text in _BLOCK.findall(document.read_text()):
        named = _FILE.match(text)
        if language == "sh":
            lines.append(text.replace("make test\n", "make --dry-run test\n"))
        elif language == "yaml" and named:
            lines.append(f"cat > {named[1]} <<'YAML'\n{text}YAML")
    return "\n".join(lines)


def why_no_packages() -> str:
    """Why packages of npm and PyPI cannot be installed here, or nothing."""
    if shutil.which("npm") is None:
        return "there is no npm"
    pip = (sys.executable, "-m", "pip", "index", "versions", "mcp-server-time")
    for registry, command in (("npm", ("npm", "ping")), ("PyPI", pip)):
        if subprocess.run(command, capture_output=True, timeout=60, check=False).returncode:
            return f"the {registry} registry is out of reach"
    return ""


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_command_of_a_document_works(document: Path, project: Path) -> None:
    if _PACKAGES.search(script(document)) and (reason := why_no_packages()):
        pytest.skip(reason)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NOTION_", "ANSIBLE_"))}
    environment = {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script(document)], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    broken = [link for link in _LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert broken == []
