# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers that a supervisor of their own keeps running, from outside."""

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, SocketAddress
from ansible_collections.factory.mcp.plugins.module_utils.service_run import (
    observe_service,
    remove_service,
    start_service,
    stop_service,
)
from ansible_collections.factory.mcp.plugins.module_utils.service_supervisor import process

COLLECTIONS = Path(__file__).parents[2] / "collections"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "no systemd").mkdir()
    yield tmp_path / "a stack" / "files"
    end_everything(tmp_path)


def no_systemd(folder):
    """A host without systemd, whatever the one is that the tests run on."""
    return folder.parents[1] / "no systemd"


def start(folder, declared, seconds=DEADLINE):
    return start_service(folder, declared, seconds, no_systemd(folder))


def observe(folder, declared):
    return observe_service(folder, declared, no_systemd(folder))


def stop(folder):
    return stop_service(folder, "files", no_systemd(folder))


def supervisor_of(folder, state):
    (pid,) = [pid for pid in running(folder) if "supervisor.py" in command_line(pid)]
    return pid


def test_a_service_that_was_never_started_is_observed_without_leaving_a_file(folder):
    state = observe(folder, service(free_port()))
    assert (state.manager, state.running, state.as_declared, state.listens, state.problem) == ("", False, False, (), "")
    assert not folder.exists()


def test_a_started_service_runs_as_declared_and_listens_there_alone(folder):
    declared = service(free_port())
    started = start(folder, declared)
    assert (started.manager, started.running, started.as_declared, started.problem) == ("supervised", True, True, "")
    assert started.listens == (SocketAddress("127.0.0.1", declared.listen.port),)
    assert can_connect("127.0.0.1", declared.listen.port)
    assert observe(folder, declared) == started


def test_starting_again_leaves_the_running_server_alone(folder):
    declared = service(free_port())
    first = start(folder, declared)
    assert start(folder, declared) == first


def test_another_declaration_is_not_as_declared_and_starts_the_server_again(folder):
    old = service(free_port())
    first = start(folder, old)
    new = replace(old, env={"TOKEN": "another value"})
    assert not observe(folder, new).as_declared
    second = start(folder, new)
    assert second.as_declared
    assert second.pid != first.pid
    assert not lives(first.pid)


def test_a_stopped_service_leaves_no_process_and_stopping_again_does_nothing(folder):
    port = free_port()
    start(folder, service(port, f"127.0.0.1:{port}"))
    assert stop(folder)
    assert running(folder) == set()
    assert not can_connect("127.0.0.1", port)
    assert not stop(folder)
    assert observe(folder, service(port)).manager == ""


def test_stopping_ends_children_in_other_sessions_and_those_that_ignore_sigterm(folder):
    port = free_port()
    declared = service(port, "stubborn", f"child=127.0.0.1:{port}")
    started = start(folder, declared)
    assert started.problem == ""
    assert len(running(folder)) == 3
    stop(folder)
    assert running(folder) == set()


def test_a_process_that_left_its_parent_its_session_and_its_environment_is_still_found(folder):
    port, second = free_port(), free_port()
    declared = service(port, f"orphan=127.0.0.1:{second}", f"127.0.0.1:{port}", exposed=True)
    declared = replace(declared, argv=(*declared.argv, f"print={folder}"))
    assert start(folder, declared).running
    wait_until(lambda: f"it listens on 127.0.0.1:{second}" in observe(folder, declared).problem)
    assert len(running(folder)) == 3
    stop(folder)
    assert running(folder) == set()


def test_removing_a_service_ends_it_and_removes_its_files(folder):
    start(folder, service(free_port()))
    assert remove_service(folder, "files", no_systemd(folder))
    assert running(folder) == set()
    assert not (folder / "service").exists()
    assert not remove_service(folder, "files", no_systemd(folder))


def test_a_crashed_server_is_started_again(folder):
    declared = service(free_port())
    first = start(folder, declared)
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: observe(folder, declared).pid not in (0, first.pid))
    assert start(folder, declared).problem == ""
    assert "SIGKILL" in (folder / "service" / "log").read_text()


def test_a_server_that_ends_by_itself_is_not_started_again(folder, tmp_path):
    port = free_port()
    declared = service(port, f"127.0.0.1:{port}", f"end={tmp_path}/end")
    start(folder, declared)
    (tmp_path / "end").write_text("0")
    wait_until(lambda: running(folder) == set())
    state = observe(folder, declared)
    assert (state.manager, state.running) == ("supervised", False)
    assert "ended by itself (exit code 0)" in state.problem


def test_after_the_end_of_its_supervisor_nothing_goes_on_unseen_and_a_start_cleans_up(folder):
    port = free_port()
    declared = service(port, f"child=127.0.0.1:{port}")
    started = start(folder, declared)
    os.kill(supervisor_of(folder, started), signal.SIGKILL)
    wait_until(lambda: not lives(started.pid))
    (child,) = running(folder)
    state = observe(folder, declared)
    assert (state.running, state.pid) == (False, 0)
    assert f"its supervisor was killed; processes of it still run ({child})" in state.problem
    assert state.listens == started.listens
    again = start(folder, declared)
    assert (again.running, again.problem) == (True, "")
    assert not lives(child)


def test_a_process_that_got_the_pid_of_the_supervisor_is_not_taken_for_it(folder):
    declared = service(free_port())
    start(folder, declared)
    state = json.loads((folder / "service" / "state.json").read_text())
    end_everything(folder)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "service" / "state.json").write_text(json.dumps({**state, "pid": stranger.pid}))
        assert not observe(folder, declared).running
        stop(folder)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_supervisor_of_before_the_host_was_started_again_is_not_taken_for_one_of_now(folder):
    declared = service(free_port())
    start(folder, declared)
    end_everything(folder)
    file = folder / "service" / "state.json"
    us = {"pid": os.getpid(), "started": process(os.getpid()).started}
    file.write_text(json.dumps({**json.loads(file.read_text()), **us, "boot": "another"}))
    state = observe(folder, declared)
    assert (state.manager, state.running) == ("supervised", False)
    assert "the host was started again since" in state.problem


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(folder):
    folder.parent.write_text("a file where the folder should be")
    with pytest.raises(FactoryError, match=r"a stack/files cannot be used: "):
        start(folder, service(free_port()))


def test_a_taken_port_is_an_error_that_names_who_has_it(folder):
    port = free_port()
    other = folder.parent / "other"
    start_service(other, service(port), DEADLINE, no_systemd(folder))
    holder = observe_service(other, service(port), no_systemd(folder)).pid
    with pytest.raises(FactoryError, match=rf"port {port} is taken already, by process {holder} \(python"):
        start(folder, service(port))
    assert running(folder) == set()


def test_a_start_that_cannot_be_leaves_the_old_server_running(folder):
    old = service(free_port())
    first = start(folder, old)
    taken = free_port()
    start_service(folder.parent / "other", service(taken), DEADLINE, no_systemd(folder))
    for impossible, why in (
        (replace(old, argv=("no-such-program",)), "there is no program 'no-such-program'"),
        (replace(old, listen=Listen("0.0.0.0", old.listen.port)), "exposed: true"),
        (replace(old, listen=Listen("203.0.113.7", old.listen.port, exposed=True)), "no interface of this host"),
        (replace(old, listen=Listen("127.0.0.1", taken)), "is taken already"),
    ):
        with pytest.raises(FactoryError, match=why):
            start(folder, impossible)
    assert observe(folder, old) == first


@pytest.mark.parametrize("where", ["0.0.0.0", "::"])
def test_a_server_on_every_interface_does_not_stay_up(folder, where):
    port = free_port()
    state = start(folder, service(port, f"{where}:{port}"))
    assert not state.running
    assert f"{SocketAddress(where, port)} (every interface of the host)" in state.problem
    assert "exposed: true" in state.problem
    assert running(folder) == set()


def test_a_second_port_beside_the_declared_one_does_not_stay_up(folder):
    port, second = free_port(), free_port()
    state = start(folder, service(port, f"127.0.0.1:{second}", f"127.0.0.1:{port}"))
    assert not state.running
    assert f"it listens on 127.0.0.1:{second}" in state.problem
    assert running(folder) == set()


def test_a_port_that_is_opened_late_is_observed_and_ends_the_service_at_the_next_start(folder, tmp_path):
    port, second = free_port(), free_port()
    declared = service(port, f"127.0.0.1:{port}", f"later={tmp_path}/now=0.0.0.0:{second}")
    assert start(folder, declared).problem == ""
    (tmp_path / "now").write_text("now")
    wait_until(lambda: observe(folder, declared).problem)
    state = observe(folder, declared)
    assert state.running
    assert f"0.0.0.0:{second}" in state.problem
    assert not start(folder, declared).running
    assert running(folder) == set()


def test_an_exposed_server_stays_up_and_what_it_opens_besides_is_told(folder):
    port, second = free_port(), free_port()
    declared = service(port, f"127.0.0.1:{second}", f"0.0.0.0:{port}", exposed=True)
    state = start(folder, declared)
    assert state.running
    assert f"it listens on 127.0.0.1:{second}" in state.problem
    assert str(port) not in state.problem.partition(", and declared is")[0]


def test_a_server_that_never_listens_is_stopped_at_the_deadline(folder):
    port = free_port()
    state = start(folder, service(port, "print=hello"), 1.5)
    assert not state.running
    assert f"it does not listen on 127.0.0.1:{port}" in state.problem
    assert "it was stopped after 1.5 seconds" in state.problem
    assert running(folder) == set()


def test_a_server_that_fails_again_and_again_is_given_up_before_the_deadline(folder, tmp_path):
    (tmp_path / "end").write_text("3")
    state = start(folder, service(free_port(), f"end={tmp_path}/end", f"count={tmp_path}/count"), 60)
    assert "it was stopped after 60 seconds" not in state.problem
    assert "it ended (exit code 3)" in state.problem
    assert str(folder / "service" / "log") in state.problem
    assert running(folder) == set()


def test_secrets_are_in_private_files_alone(folder, tmp_path):
    port = free_port()
    declared = service(port, f"environment={tmp_path}/seen", f"127.0.0.1:{port}")
    state = start(folder, declared)
    assert json.loads((tmp_path / "seen").read_text())["env"]["TOKEN"] == SECRET
    assert SECRET not in repr(declared) + repr(state) + declared.digest
    assert not [pid for pid in running(folder) if SECRET in command_line(pid)]
    supervisor = supervisor_of(folder, state)
    assert SECRET not in Path(f"/proc/{supervisor}/environ").read_text()
    holding = [file for file in folder.rglob("*") if file.is_file() and SECRET in file.read_text()]
    assert holding == [folder / "service" / "declared.json"]
    assert stat.S_IMODE((folder / "service").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (folder / "service").iterdir()} == {0o600}


def test_the_server_gets_its_arguments_and_folder_and_no_other_secret_of_ours(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ANOTHER_SECRET", "x")
    port = free_port()
    odd = ("print=$HOME %n", 'print="it\'s"; rm', "print=a\nb", "print=é")
    declared = service(port, *odd, f"environment={tmp_path}/seen", f"127.0.0.1:{port}")
    start(folder, declared)
    seen = json.loads((tmp_path / "seen").read_text())
    assert tuple(seen["argv"]) == declared.argv[2:]
    assert seen["cwd"] == str(folder)
    assert "ANOTHER_SECRET" not in seen["env"]


def test_the_log_is_cut(folder):
    port = free_port()
    start(folder, service(port, *["flood=700000"] * 5, "print=the last line", f"127.0.0.1:{port}"))
    files = [folder / "service" / "log", folder / "service" / "log.1"]
    wait_until(lambda: "the last line" in files[0].read_text())
    assert sum(file.stat().st_size for file in files) <= 2 * 1024 * 1024


def test_several_services_start_together(folder):
    declared = {folder.parent / str(number): service(free_port()) for number in range(6)}
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda one: start_service(*one, DEADLINE, no_systemd(folder)), declared.items()))
    assert [state.problem for state in states] == [""] * 6
    assert len({state.pid for state in states}) == 6


def test_two_starts_of_one_service_make_one_server(folder, tmp_path):
    port = free_port()
    declared = service(port, f"count={tmp_path}/count", f"127.0.0.1:{port}")
    with ThreadPoolExecutor(4) as pool:
        states = {one.result() for one in [pool.submit(start, folder, declared) for _ in range(4)]}
    assert len(states) == 1
    assert (tmp_path / "count").read_text() == "started\n"


def test_a_service_outlives_the_ansible_task_that_started_it(folder, tmp_path):
    """The task runs from Ansible's own archive, which is gone when it ends."""
    declared = service(free_port())
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "start_it.py").write_text(
        "import json\n"
        "from pathlib import Path\n"
        "from ansible.module_utils.basic import AnsibleModule\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.service_run import start_service\n"
        "module = AnsibleModule({name: {'type': 'raw'} for name in ('folder', 'root', 'argv', 'port')})\n"
        "options = module.params\n"
        f"service = Service('files', tuple(options['argv']), {{'TOKEN': '{SECRET}'}}, None,"
        " Listen('127.0.0.1', int(options['port'])))\n"
        f"state = start_service(Path(options['folder']), service, {DEADLINE}, Path(options['root']))\n"
        "module.exit_json(changed=True, pid=state.pid, problem=state.problem)\n"
    )
    options = {"folder": str(folder), "root": str(no_systemd(folder)), "argv": declared.argv}
    options["port"] = declared.listen.port
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(tmp_path / "home")}
    environment |= {"ANSIBLE_LIBRARY": str(tmp_path / "library"), "ANSIBLE_NOCOLOR": "1"}
    environment |= {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote")}
    environment.pop("PYTHONPATH", None)
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-c", "local", "-m", "start_it"]
    command += ["-a", json.dumps(options), "-e", f"ansible_python_interpreter={sys.executable}"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert "CHANGED => {" in ran.stdout, ran
    told = json.loads("{" + ran.stdout.partition("=> {")[2])
    state = observe(folder, declared)
    assert (told["problem"], state.problem, state.running, state.as_declared) == ("", "", True, True)
    assert state.pid == told["pid"]
    os.kill(state.pid, signal.SIGKILL)
    wait_until(lambda: observe(folder, declared).pid not in (0, state.pid))
