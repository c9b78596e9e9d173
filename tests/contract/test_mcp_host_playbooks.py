# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MCP servers through ansible-playbook, as people run it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running_services import end_everything, wait_until
from server_runs import SAY, Host, tree

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
CLIENTS = ["claude-desktop", "cursor"]
SECRET = "s3cr3t-value-of-the-token"
INVENTORY = """\
mcp:
  hosts:
    desk:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
      mcp_home: FOLDER/home
      mcp_folder: FOLDER/servers
"""


@pytest.fixture
def host(tmp_path):
    inventory = tmp_path / "inventories" / "sandbox" / "hosts.yml"
    inventory.parent.mkdir(parents=True)
    inventory.write_text(INVENTORY.replace("FOLDER", str(tmp_path)))
    yield Host(tmp_path)
    end_everything(tmp_path)


def command(host, playbook, *more):
    inventory = str(host.folder / "inventories" / "sandbox")
    return [
        PLAYBOOK,
        str(ROOT / "playbooks" / f"{playbook}.yml"),
        "-i",
        inventory,
        "-e",
        f"stack={host.stack_folder}",
        *more,
    ]


def environment(host, **variables):
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "NOTION_", "FACTORY_"))
    }
    paths = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "PYTHONPATH": f"{ROOT}/src:{ROOT}/collections"}
    ansible = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(host.folder / "ansible")}
    return {**own, **paths, **ansible, "ANSIBLE_NOCOLOR": "1", **variables}


def playbook(host, name, *more, **variables):
    """What a run of the playbook *name* said, and its exit code."""
    ran = subprocess.run(
        command(host, name, *more),
        env=environment(host, **variables),
        cwd=host.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr, ran.returncode


def counts(out):
    """The numbers of the recap."""
    recap = re.search(r"^desk\s+: (.*)$", out, re.MULTILINE)
    assert recap, out
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", recap[1])}


def with_secret(host, **spec):
    secret = {"API_TOKEN": "${env:FILES_TOKEN}"}
    return host.told("files", clients=CLIENTS, env=secret, **spec), host.told("notes", clients=CLIENTS)


def test_a_stack_is_planned_applied_and_checked_for_drift_and_shows_no_secret(host):
    host.declare(*with_secret(host))
    host.home.mkdir()
    before = tree(host.home, host.servers, host.folder / "offers")
    planned, code = playbook(host, "plan", "-vvvvv", FILES_TOKEN=SECRET)
    assert (code, tree(host.home, host.servers, host.folder / "offers")) == (0, before), planned
    applied, code = playbook(host, "apply", "-vvv", "--diff", FILES_TOKEN=SECRET)
    assert (code, counts(applied)["failed"]) == (0, 0), applied
    assert host.started_with("files")["environment"]["API_TOKEN"] == SECRET
    assert sorted(host.entries("cursor")) == ["files", "notes"]
    settled = tree(host.home, host.servers, host.folder / "offers")
    again, code = playbook(host, "apply", FILES_TOKEN=SECRET)
    assert (code, counts(again)["changed"]) == (0, 0), again
    assert tree(host.home, host.servers, host.folder / "offers") == settled
    drift, code = playbook(host, "drift", "-vvv", FILES_TOKEN=SECRET)
    assert code == 0, drift
    assert (host.starts("files"), host.starts("notes")) == (2, 2)
    for out in (planned, applied, again, drift):
        assert SECRET not in out
    kept = tree(host.state, host.home, host.servers, host.folder / "ansible")
    holding = {path: mode for path, (mode, content) in kept.items() if SECRET.encode() in content}
    assert all("mcp-wrappers" in path for path in holding)
    assert set(holding.values()) <= {0o600}


def test_what_nobody_accepted_is_told_and_accepted_by_the_playbook(host):
    host.declare(host.told("files", clients=CLIENTS), host.told("notes", clients=CLIENTS))
    playbook(host, "apply")
    accepted, code = playbook(host, "accept")
    assert code == 0, accepted
    playbook(host, "apply")
    host.offer("files", {**SAY, "description": "Says a text, and mails it."})
    found, _ = playbook(host, "drift")
    assert "offer.say.description" in found
    host.declare(host.told("files", "more", clients=CLIENTS), host.told("notes", "more", clients=CLIENTS))
    refused, code = playbook(host, "apply")
    assert code != 0
    assert "offers something else than was accepted" in refused
    assert "Traceback" not in refused
    assert host.entries("cursor")["files"]["args"][-1] != "more"
    assert host.entries("cursor")["notes"]["args"][-1] == "more"
    _, code = playbook(host, "accept", "-e", '{"accepted": ["files"]}')
    assert code == 0
    applied, code = playbook(host, "apply")
    assert (code, host.entries("cursor")["files"]["args"][-1]) == (0, "more"), applied


def started(host, one_at_a_time=False):
    """An apply that is under way: the server files was started, and waits."""
    running_apply = subprocess.Popen(
        command(host, "apply", *(["-e", "mcp_in_flight=1"] if one_at_a_time else [])),
        env=environment(host),
        cwd=host.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: host.starts("files") or running_apply.poll() is not None)
    assert running_apply.poll() is None, running_apply.communicate()[0]
    return running_apply


def assert_finished_by_the_next_apply(host):
    (host.folder / "offers" / "files.json.go").touch()
    applied, code = playbook(host, "apply")
    assert code == 0, applied
    assert [sorted(host.entries(client)) for client in CLIENTS] == [["files", "notes"]] * 2
    again, code = playbook(host, "apply")
    assert (code, counts(again)["changed"]) == (0, 0), again


def test_an_apply_that_was_killed_with_all_its_processes_is_finished_by_the_next(host):
    host.offer("files", SAY, mode="wait")
    host.declare(host.told("files", clients=CLIENTS, deadline=120), host.told("notes", clients=CLIENTS))
    apply = started(host)
    end_everything(host.folder)
    apply.wait(60)
    apply.stdout.close()
    assert not (host.servers / "files" / "server.json").exists()
    assert_finished_by_the_next_apply(host)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_tells_what_is_not_begun_and_is_finished_by_the_next(host, number):
    host.offer("files", SAY, mode="wait")
    others = [f"files-{number}" for number in range(5)]
    host.declare(*(host.told(name, clients=CLIENTS, deadline=120) for name in ("files", *others)))
    apply = started(host, one_at_a_time=True)
    os.killpg(apply.pid, number)
    (host.folder / "offers" / "files.json.go").touch()
    out, _ = apply.communicate(timeout=120)
    assert apply.returncode != 0
    assert "Traceback" not in out
    applied, code = playbook(host, "apply")
    assert code == 0, applied
    assert [sorted(host.entries(client)) for client in CLIENTS] == [["files", *others]] * 2
    first = json.loads(min(host.state.glob("desk/*/report.json")).read_text())
    assert first["interrupted"] == "interrupted"
    told = {one["address"]: one["error"] for one in first["resources"]}
    assert (told["McpServer/files"], told["McpServer/files-4"]) == ("", "not begun: interrupted")
    if number == signal.SIGINT:
        assert "McpServer/files-4: not begun: interrupted" in out
