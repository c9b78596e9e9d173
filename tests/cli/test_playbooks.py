"""The playbooks as an Ansible user runs them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from factory_iac.sandbox.process import Sandbox

from .conftest import BIN, TOKEN


@pytest.fixture(autouse=True)
def _empty(notion: Sandbox) -> Iterator[None]:
    yield
    httpx.delete(f"{notion.base_url}/_sandbox/faults")
    httpx.post(f"{notion.base_url}/_sandbox/reset")


def playbook(
    name: str, project: Path, environment: dict[str, str], *more: str, inventory: str = "sandbox"
) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "ansible-playbook"), f"playbooks/{name}.yml", "-i", f"inventories/{inventory}"]
    arguments = [*command, "-e", "stack=stacks/notes", *more]
    return subprocess.run(arguments, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_one_item_is_reported_per_database_with_its_diff(project: Path, environment: dict[str, str]) -> None:
    done = playbook("apply", project, environment, "--diff")
    assert done.returncode == 0, done.stdout
    assert "changed: [workspace] => (item=NotionDatabase/notes)" in done.stdout
    assert "+++ after: NotionDatabase/notes" in done.stdout
    again = playbook("apply", project, environment, "--diff")
    assert "ok: [workspace] => (item=NotionDatabase/notes)" in again.stdout
    assert "changed=0" in again.stdout


def test_check_mode_of_an_apply_writes_nothing(project: Path, environment: dict[str, str], notion: Sandbox) -> None:
    done = playbook("apply", project, environment, "--check")
    assert "changed: [workspace] => (item=NotionDatabase/notes)" in done.stdout
    assert httpx.get(f"{notion.base_url}/_sandbox/requests").json()["writes"] == 0


def test_the_token_is_never_shown_however_much_is_asked_for(project: Path, environment: dict[str, str]) -> None:
    loud = {**environment, "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1", "ANSIBLE_DEBUG": "1"}
    done = playbook("apply", project, loud, "-vvvvv", "--diff")
    assert done.returncode == 0, done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_the_token_may_come_from_ansible_vault(project: Path, environment: dict[str, str]) -> None:
    (project / "password").write_text("correct horse battery staple")
    quiet = {key: value for key, value in environment.items() if key != "NOTION_TOKEN"}
    vault = ["--vault-password-file", "password"]
    encrypt = [str(BIN / "ansible-vault"), "encrypt_string", *vault, TOKEN, "--name", "notion_token"]
    secret = subprocess.run(encrypt, cwd=project, env=quiet, capture_output=True, text=True, check=True).stdout
    variables = project / "inventories" / "staging" / "group_vars" / "notion.yml"
    variables.write_text(f"{variables.read_text()}{secret}\n")
    done = playbook("apply", project, quiet, *vault, "-vvv", inventory="staging")
    assert done.returncode == 0, done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_a_failed_database_is_a_failed_item_and_the_others_are_done(
    project: Path, environment: dict[str, str], notion: Sandbox
) -> None:
    other = (project / "stacks" / "notes" / "notes.yml").read_text().replace("notes", "memos").replace("Notes", "Memos")
    (project / "stacks" / "notes" / "memos.yml").write_text(other)
    fault = {"method": "POST", "endpoint": "/v1/databases", "nth": 1, "times": 1, "fault": "status", "status": 400}
    body = {"faults": [{**fault, "code": "validation_error"}]}
    httpx.post(f"{notion.base_url}/_sandbox/faults", json=body).raise_for_status()
    failed = playbook("apply", project, environment)
    assert failed.returncode == 2
    assert failed.stdout.count("failed: [workspace] (item=NotionDatabase/") == 1
    assert failed.stdout.count("changed: [workspace] => (item=NotionDatabase/") == 1
    assert playbook("apply", project, environment).returncode == 0


def test_a_library_that_is_not_installed_is_named_without_a_traceback(
    project: Path, environment: dict[str, str]
) -> None:
    (project / "without" / "structlog").mkdir(parents=True)
    (project / "without" / "structlog" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'structlog'\", name='structlog')\n"
    )
    done = playbook("plan", project, {**environment, "PYTHONPATH": str(project / "without")})
    assert done.returncode == 2
    assert "Failed to import the required Python library (structlog)" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
