# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services that systemd keeps running, with a systemctl that does for real what systemd would."""

import json
import os
import signal
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from running_services import (
    DEADLINE,
    SECRET,
    can_connect,
    command_line,
    end_everything,
    free_port,
    lives,
    running,
    service,
    wait_until,
)

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.service_run import (
    observe_service,
    remove_service,
    start_service,
    stop_service,
)

FAKE = Path(__file__).with_name("fake_systemctl.py")


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host on which systemd runs: its /run, /etc and /var are below this folder."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    root = tmp_path / "host root"
    (root / "run/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{FAKE}" "$@"\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SYSTEMD_UNITS", str(root / "etc/systemd/system"))
    yield root
    end_everything(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a stack" / "files"


def units(host):
    return sorted((host / "etc/systemd/system").iterdir())


def calls(host):
    """What systemctl was asked to do, questions aside."""
    lines = (host / "etc/systemd/fake systemd/calls").read_text().splitlines()
    return [call for call in map(json.loads, lines) if "show" not in call]


def test_a_service_is_a_unit_that_is_enabled_and_started(host, folder):
    declared = service(free_port())
    state = start_service(folder, declared, DEADLINE, host)
    assert (state.manager, state.running, state.as_declared, state.problem) == ("systemd", True, True, "")
    assert can_connect("127.0.0.1", declared.listen.port)
    (unit,) = units(host)
    asked = [["--no-pager", "daemon-reload"], ["--no-pager", "enable", unit.name], ["--no-pager", "restart", unit.name]]
    assert calls(host) == asked
    assert observe_service(folder, declared, host) == state


def test_starting_again_leaves_the_running_unit_alone_and_another_declaration_does_not(host, folder):
    declared = service(free_port())
    first = start_service(folder, declared, DEADLINE, host)
    assert start_service(folder, declared, DEADLINE, host) == first
    other = replace(declared, env={"TOKEN": "another value"})
    assert not observe_service(folder, other, host).as_declared
    second = start_service(folder, other, DEADLINE, host)
    assert second.as_declared
    assert second.pid != first.pid
    assert not lives(first.pid)


def test_a_unit_that_somebody_changed_is_not_as_declared(host, folder):
    declared = service(free_port())
    start_service(folder, declared, DEADLINE, host)
    (unit,) = units(host)
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes\n", ""))
    assert not observe_service(folder, declared, host).as_declared
    assert start_service(folder, declared, DEADLINE, host).as_declared
    assert "NoNewPrivileges=yes\n" in unit.read_text()


def test_secrets_and_odd_arguments_reach_the_server_and_secrets_are_in_one_private_file(host, folder, tmp_path):
    port = free_port()
    odd = ("print=$HOME ${HOME} %n %%", 'print="it\'s"; \\x', "print=a\nb")
    env = {"TOKEN": SECRET, "ODD": "a\"b\\c$HOME`id`\n\tline 'two'", "EMPTY": ""}
    declared = service(port, *odd, f"environment={tmp_path}/seen", f"127.0.0.1:{port}", env=env)
    state = start_service(folder, declared, DEADLINE, host)
    seen = json.loads((tmp_path / "seen").read_text())
    assert {name: seen["env"][name] for name in env} == env
    assert tuple(seen["argv"]) == declared.argv[2:]
    assert seen["cwd"] == str(folder)
    (unit,) = units(host)
    assert SECRET not in unit.read_text() + repr(state) + command_line(state.pid)
    holding = [file for file in tmp_path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert set(holding) == {folder / "service" / "environment", tmp_path / "seen"}
    assert stat.S_IMODE((folder / "service" / "environment").stat().st_mode) == 0o600


def test_a_server_on_every_interface_is_stopped_and_its_unit_taken_away(host, folder):
    port = free_port()
    state = start_service(folder, service(port, f"0.0.0.0:{port}"), DEADLINE, host)
    assert not state.running
    assert f"0.0.0.0:{port} (every interface of the host)" in state.problem
    assert "journalctl --unit factory-mcp-files-" in state.problem
    assert running(folder) == set()
    assert units(host) == []


def test_a_stopped_unit_leaves_nothing_and_stopping_again_does_nothing(host, folder):
    port = free_port()
    start_service(folder, service(port, f"child=127.0.0.1:{port}"), DEADLINE, host)
    (unit,) = units(host)
    assert stop_service(folder, "files", host)
    assert calls(host)[-2:] == [["--no-pager", "disable", "--now", unit.name], ["--no-pager", "daemon-reload"]]
    assert running(folder) == set()
    assert units(host) == []
    assert not stop_service(folder, "files", host)
    assert remove_service(folder, "files", host)
    assert not (folder / "service").exists()


def test_what_systemd_says_of_a_failed_unit_is_told(host, folder):
    declared = service(free_port())
    state = start_service(folder, declared, DEADLINE, host)
    os.kill(state.pid, signal.SIGKILL)
    wait_until(lambda: not lives(state.pid))
    found = observe_service(folder, declared, host)
    assert not found.running
    assert "systemd says it is failed (result: exit-code)" in found.problem
    assert start_service(folder, declared, DEADLINE, host).running


def test_a_refusal_of_systemd_is_an_error_that_says_so_and_leaves_no_unit(host, folder):
    (host / "etc/systemd/fake systemd").mkdir()
    (host / "etc/systemd/fake systemd/refuse").write_text("restart")
    with pytest.raises(FactoryError, match=r"systemctl --no-pager restart factory-mcp-\S+ failed .* unit: no\."):
        start_service(folder, service(free_port()), DEADLINE, host)
    assert units(host) == []
    assert running(folder) == set()


def test_a_host_that_got_its_systemd_later_hands_the_service_over(host, folder, tmp_path):
    declared = service(free_port())
    (tmp_path / "before").mkdir()
    before = start_service(folder, declared, DEADLINE, tmp_path / "before")
    after = start_service(folder, declared, DEADLINE, host)
    assert (before.manager, after.manager, after.problem) == ("supervised", "systemd", "")
    assert not lives(before.pid)
