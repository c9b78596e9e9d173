# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MCP servers in trouble: runs that are killed, broken files, several runs at once."""

import json
import multiprocessing
import os
import signal
import sys

import pytest
from server_runs import Host, actions, assert_settled, condition, errors, server, tree

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.limits import Stop

CLIENTS = ["claude-desktop", "cursor"]
SECRET = "s3cr3t-value-of-the-token"
WRITES = frozenset({"os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "os.link", "subprocess.Popen"})
PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture(scope="module", autouse=True)
def _loaded_once():
    PROCESSES.set_forkserver_preload(["server_runs"])


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    return Host(tmp_path)


def two_servers(host, *arguments):
    """Of one the value of a variable has to be written for a client."""
    secret = {"env": {"API_TOKEN": "${env:FILES_TOKEN}"}}
    return host.told("files", *arguments, clients=CLIENTS, **secret), host.told("notes", *arguments, clients=CLIENTS)


def apply_and_die(host, last, variables, how):
    """Apply, and die by SIGKILL before the write on the host that has the number *last*."""
    os.environ.update(variables)
    seen = 0

    def audit(event, arguments):
        nonlocal seen
        in_a_folder_of_its = event in ("os.remove", "os.rmdir") and arguments[-1] != -1
        if event in WRITES and (in_a_folder_of_its or str(host.folder) in str(arguments)):
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(audit)
    host.apply(**how)


def apply_once(host, variables):
    os.environ.update(variables)
    assert errors(host.apply()) == {}


def in_a_process(work, *arguments):
    process = PROCESSES.Process(target=work, args=arguments)
    process.start()
    return process


def swept(folder, prepare, **how):
    """A host for each write of an apply, which was killed before that write; *prepare* makes it ready for the apply.

    Every sixth write, or all of them where FACTORY_SWEEP is ``all``.
    """
    last, seen = 0, 0
    while True:
        host = Host(folder / str(last))
        prepare(host)
        if not killed(host, last, how):
            break
        yield host
        seen += 1
        last += 1 if os.environ.get("FACTORY_SWEEP") == "all" else 6
    assert seen > 1, "nothing was killed"


def killed(host, last, how):
    """Whether an apply was killed at its write *last*, and not through before."""
    process = in_a_process(apply_and_die, host, last, {"FILES_TOKEN": SECRET}, how)
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def assert_whole(host, *arguments):
    """Both servers are there once, verified, and nothing is to be done."""
    report = host.plan()
    assert {condition(report, name)[0] for name in ("files", "notes")} == {"verified"}
    for client in CLIENTS:
        entries = host.entries(client)
        assert sorted(entries) == ["files", "notes"]
        assert entries["notes"]["args"][2:] == list(arguments)
    owners = json.loads((host.home / ".local/state/factory/mcp-clients.json").read_text())["files"]
    assert {tuple(sorted(one["entries"])) for one in owners.values()} == {("files", "notes")}
    assert_settled(host)


def test_an_apply_that_was_killed_at_any_write_is_finished_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    for host in swept(tmp_path, lambda host: host.declare(*two_servers(host))):
        assert errors(host.apply()) == {}, host.folder
        assert_whole(host)


def test_an_update_that_was_killed_at_any_write_is_finished_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)

    def updated(host):
        host.declare(*two_servers(host, "one"))
        assert errors(host.apply()) == {}
        host.declare(*two_servers(host, "two"))

    for host in swept(tmp_path, updated):
        assert errors(host.apply()) == {}, host.folder
        assert_whole(host, "two")


def test_a_removal_that_was_killed_at_any_write_is_finished_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    destroy = {"purpose": Purpose.DESTROY, "confirm": "sandbox"}

    def applied(host):
        host.declare(*two_servers(host))
        assert errors(host.apply()) == {}
        for name in ("files", "notes"):
            (host.servers / name / "packages" / "deep").mkdir(parents=True)
            (host.servers / name / "packages" / "deep" / "file").write_text("")

    for host in swept(tmp_path, applied, **destroy):
        assert errors(host.apply(**destroy)) == {}, host.folder
        assert [host.entries(client) for client in CLIENTS] == [{}, {}]
        assert [file for file in host.servers.rglob("*") if file.is_file()] == []
        assert list((host.home / ".local/state/factory/mcp-wrappers").glob("files*")) == []


def test_a_run_that_is_to_end_begins_with_no_further_server(host):
    stop = Stop()
    host.on_call = lambda state: stop.ask("interrupted") if state == "present" else None
    names = [f"files-{number}" for number in range(6)]
    host.declare(*(host.told(name, clients=CLIENTS) for name in names))
    report = host.apply(stop=stop)
    done = [name for name in names if host.starts(name)]
    assert [state for state, _ in host.calls] == ["observed", "present"]
    assert 1 <= len(done) < len(names)
    assert errors(report) == {name: "not begun: interrupted" for name in names if name not in done}
    assert (report.interrupted, sorted(host.entries("cursor"))) == ("interrupted", done)
    host.on_call = None
    assert errors(host.apply()) == {}
    assert sorted(host.entries("cursor")) == names
    assert_settled(host)


def test_two_applies_at_once_do_it_once(host):
    host.declare(*two_servers(host))
    both = [in_a_process(apply_once, host, {"FILES_TOKEN": SECRET}) for _ in range(2)]
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert (host.starts("files"), host.starts("notes")) == (1, 1)
    assert_whole(host)


def test_applies_of_two_stacks_at_once_lose_no_entry_of_the_other(host):
    hosts = [Host(host.folder, name=f"stack-{number}") for number in range(4)]
    for number, one in enumerate(hosts):
        one.declare(one.told(f"server-{number}", clients=CLIENTS))
    processes = [in_a_process(apply_once, one, {}) for one in hosts]
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    for client in CLIENTS:
        assert sorted(host.entries(client)) == [f"server-{number}" for number in range(4)]
    for one in hosts:
        assert_settled(one)


BROKEN = '{"mcpServers": {\n  "theirs": {"command": "x",,}\n}}\n'


def test_a_client_with_a_broken_file_stops_only_the_servers_that_it_is_told_of(host):
    file = host.write("cursor", BROKEN)
    host.declare(host.told("files", clients=CLIENTS), host.told("notes", clients=["claude-desktop"]))
    planned, report = host.plan(), host.apply()
    for one in (planned, report):
        assert list(errors(one)) == ["files"]
        assert f"{file}:2:" in errors(one)["files"]
    assert file.read_text() == BROKEN
    assert (actions(report), condition(report, "notes")[0]) == ({"notes": "create"}, "verified")
    assert list(host.entries("claude-desktop")) == ["notes"]
    file.unlink()
    assert errors(host.apply()) == {}
    assert_settled(host)


def test_a_file_that_breaks_later_is_neither_repaired_nor_does_it_stop_the_others(host):
    host.declare(host.told("files", clients=CLIENTS), host.told("notes", clients=["claude-desktop"]))
    host.apply()
    file = host.write("cursor", BROKEN)
    host.declare(host.told("files", "more", clients=CLIENTS), host.told("notes", "more", clients=["claude-desktop"]))
    report = host.apply()
    assert list(errors(report)) == ["files"]
    assert file.read_text() == BROKEN
    assert host.entries("claude-desktop")["notes"]["args"][-1] == "more"
    assert host.entries("claude-desktop")["files"]["args"][-1] != "more", "a server's clients are told all or none"


def test_a_server_that_cannot_be_installed_leaves_the_others_applied(host):
    program = {"path": sys.executable, "integrity": f"sha256:{'0' * 64}"}
    host.declare(server("other", {"source": {"command": program}, "clients": CLIENTS}), *two_servers(host))
    report = host.apply()
    assert list(errors(report)) == ["other"]
    assert errors(report)["other"].startswith(f"{sys.executable}: it is not the program that was declared")
    assert_whole_but(host, "other")


def assert_whole_but(host, missing):
    report = host.apply()
    assert list(errors(report)) == [missing]
    assert (host.starts("files"), host.starts("notes")) == (1, 1)
    assert sorted(host.entries("cursor")) == ["files", "notes"]


@pytest.mark.parametrize("way", ["a file is there", "nothing can be made there"])
def test_a_folder_that_cannot_be_written_is_told_with_its_name_and_no_client_hears_of_anything(host, way):
    if way == "a file is there":
        host.servers.parent.mkdir(parents=True)
        host.servers.write_text("")
    else:
        host.servers.parent.mkdir(parents=True)
        host.servers.symlink_to("/proc/self/fdinfo")
    host.home.mkdir()
    host.declare(*two_servers(host))
    before = tree(host.home)
    report = host.apply()
    assert sorted(errors(report)) == ["files", "notes"]
    for name, told in errors(report).items():
        assert str(host.servers / name) in told
        assert "Errno" not in told
    assert tree(host.home) == before


def test_a_home_that_cannot_be_written_is_told_and_the_plan_stays_the_same(host):
    host.home.write_text("")
    host.declare(*two_servers(host))
    report = host.apply()
    assert sorted(errors(report)) == ["files", "notes"]
    assert all(str(host.home) in told for told in errors(report).values())
    host.home.unlink()
    assert errors(host.apply()) == {}
    assert_settled(host)
