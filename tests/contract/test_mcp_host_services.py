# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MCP servers that go on running on a host: behind socat, and over streamable HTTP."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running_services import can_connect, command_line, end_everything, free_port, running
from server_runs import Host, actions, assert_settled, condition, drift_of, errors, said, server, tree

from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import HttpLaunch, TcpLaunch

CLIENTS = ["cursor"]
SDK_SERVER = Path(__file__).with_name("sdk_mcp_server.py")
LISTENING_SERVER = Path(__file__).with_name("listening_server.py")
SECRET = "s3cr3t-value-of-the-token"
SECONDS = 60
"""For what comes true long before on any machine."""
needs_socat = pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed: apt-get install socat")


@pytest.fixture
def host(tmp_path):
    yield Host(tmp_path)
    end_everything(tmp_path)


@pytest.fixture
def port():
    return free_port()


def tunnel(host, port, *arguments, **spec):
    listening = {"transport": "tcp", "listen": {"port": port}}
    return host.told("files", *arguments, clients=CLIENTS, **listening, **spec)


def http(host, port, *tools, name="sdk", address=None, listen=None, **spec):
    file = host.folder / f"{name}.json"
    if tools:
        file.write_text(json.dumps(tools))
    source = {"source": {"command": {"path": sys.executable}}, "transport": "streamable-http"}
    arguments = [str(SDK_SERVER), str(file), address or f"127.0.0.1:{port}"]
    listening = {"listen": {"port": port, **(listen or {})}, "deadline": SECONDS}
    return server(name, {**source, **listening, "args": arguments, "clients": CLIENTS, **spec})


def starts(host, name="sdk"):
    file = host.folder / f"{name}.json.starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


def applied(host, *manifests):
    host.declare(*manifests)
    report = host.apply()
    assert errors(report) == {}
    return report


def offered(launch):
    return sorted(tool.name for tool in shake_hands(launch, SECONDS).tools)


def of(host, word):
    """The processes of the host with *word* in their command line."""
    return [pid for pid in running(host.folder) if word in command_line(pid)]


def kill_service(host):
    """Kill everything that runs of a service, and whoever would start it again."""
    if Path("/run/systemd/system").is_dir():
        for unit in Path("/etc/systemd/system").glob("factory-mcp-*"):
            subprocess.run(["systemctl", "stop", unit.name], check=True)
    end_everything(host.folder)


@needs_socat
def test_a_tunnel_is_made_and_every_client_gets_a_server_of_its_own(host, port):
    report = applied(host, tunnel(host, port))
    assert (actions(report), condition(report, "files")[0]) == ({"files": "create"}, "verified")
    assert host.entries("cursor")["files"] == {"command": "socat", "args": ["STDIO", f"TCP:127.0.0.1:{port}"]}
    assert offered(TcpLaunch("127.0.0.1", port)) == ["environment", "say"]
    assert_settled(host)


@needs_socat
def test_a_tunnel_with_other_arguments_is_started_again_and_a_removed_one_is_gone(host, port):
    applied(host, tunnel(host, port))
    host.declare(tunnel(host, port, "more"))
    planned = host.plan()
    assert (actions(planned), drift_of(planned)) == ({"files": "update"}, set())
    assert {str(one.effect) for change in planned.plan.changes for one in change.fields} == {"disruptive"}
    applied(host, tunnel(host, port, "more"))
    offered(TcpLaunch("127.0.0.1", port))
    assert host.started_with("files")["arguments"] == ["more"]
    assert_settled(host)
    assert errors(host.apply(purpose=Purpose.DESTROY, confirm="sandbox")) == {}
    assert not can_connect("127.0.0.1", port)
    assert running(host.folder) == set()
    assert (host.entries("cursor"), list(host.servers.iterdir())) == ({}, [])


@needs_socat
def test_a_tunnel_moves_to_another_port(host, port):
    applied(host, tunnel(host, port))
    other = free_port()
    applied(host, tunnel(host, other))
    assert host.entries("cursor")["files"]["args"][-1] == f"TCP:127.0.0.1:{other}"
    assert_settled(host)
    assert (can_connect("127.0.0.1", port), can_connect("127.0.0.1", other)) == (False, True)


@needs_socat
def test_a_tunnel_whose_server_offers_something_else_is_not_opened(host, port):
    applied(host, tunnel(host, port))
    host.accept()
    applied(host, tunnel(host, port))
    host.offer("files")
    host.offer("files", {"name": "other", "inputSchema": {"type": "object"}})
    found = host.drift()
    assert {one.rpartition(".")[2] for one in drift_of(found)} == {"added", "removed"}
    host.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    report = host.apply()
    assert list(errors(report)) == ["files"]
    assert not can_connect("127.0.0.1", port)
    assert host.entries("cursor") == {}


@needs_socat
def test_the_value_of_a_services_variable_is_in_one_file_of_its_owner_only(host, port, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    report = applied(host, tunnel(host, port, env={"API_TOKEN": "${env:FILES_TOKEN}"}))
    offered(TcpLaunch("127.0.0.1", port))
    assert host.started_with("files")["environment"]["API_TOKEN"] == SECRET
    assert SECRET not in said(report) + said(host.drift())
    assert not [pid for pid in running(host.folder) if SECRET in command_line(pid)]
    holding = {mode for mode, content in tree(host.home, host.servers).values() if SECRET.encode() in content}
    assert holding <= {0o600}
    assert_settled(host)


def test_a_server_over_http_is_run_told_and_removed(host, port):
    report = applied(host, http(host, port, "echo", "say"))
    assert (actions(report), condition(report, "sdk")[0]) == ({"sdk": "create"}, "verified")
    assert host.entries("cursor")["sdk"]["url"] == f"http://127.0.0.1:{port}/mcp"
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["echo", "say"]
    assert_settled(host)
    assert (actions(host.drift()), drift_of(host.drift())) == ({}, set())
    assert starts(host) == 1
    host.declare(host.told("other"))
    pruned = host.apply(prune=True, allow_destructive=True)
    assert (errors(pruned), can_connect("127.0.0.1", port)) == ({}, False)
    assert running(host.folder) == set()


def test_a_service_that_was_killed_is_drift_and_is_started_again(host, port):
    manifest = http(host, port, "echo")
    applied(host, manifest)
    kill_service(host)
    found = host.drift()
    assert drift_of(found) == {"sdk service"}
    [change] = found.plan.pending
    assert change.fields[0].before
    assert condition(found, "sdk")[0] == "drifted"
    report = applied(host, manifest)
    assert (actions(report), condition(report, "sdk")[0]) == ({"sdk": "update"}, "verified")
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["echo"]
    assert_settled(host)


def test_a_renamed_service_keeps_its_port(host, port):
    applied(host, http(host, port, "echo", name="old"))
    host.declare(
        http(host, port, "echo", name="new"), history={"moved": [{"from": "McpServer/old", "to": "McpServer/new"}]}
    )
    report = host.apply()
    assert (actions(report), errors(report)) == ({"new": "rename"}, {})
    assert list(host.entries("cursor")) == ["new"]
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["echo"]
    assert len(of(host, "sdk_mcp_server.py")) <= 2, "a supervisor and its server"
    assert_settled(host)


def test_a_server_that_listens_on_all_interfaces_does_not_stay_up_and_no_client_hears_of_it(host, port):
    host.declare(http(host, port, "echo", address=f"0.0.0.0:{port}"))
    report = host.apply()
    assert list(errors(report)) == ["sdk"]
    assert f"0.0.0.0:{port}" in errors(report)["sdk"]
    assert "it was stopped" in errors(report)["sdk"]
    assert (host.entries("cursor"), can_connect("127.0.0.1", port)) == ({}, False)
    assert running(host.folder) == set()
    mended = applied(host, http(host, port))
    assert condition(mended, "sdk")[0] == "verified"
    assert_settled(host)


def test_a_port_that_somebody_else_has_is_told_and_nothing_is_started(host, port):
    host.declare(http(host, port, "echo"))
    listener = Host(host.folder / "other")
    listener.folder.mkdir()
    applied(listener, http(listener, port, "theirs", name="theirs"))
    report = host.apply()
    assert list(errors(report)) == ["sdk"]
    assert str(port) in errors(report)["sdk"]
    assert starts(host) == 0
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["theirs"]


def test_a_service_that_offers_something_else_after_a_change_does_not_stay_up_until_that_is_accepted(host, port):
    applied(host, http(host, port, "echo"))
    host.accept()
    applied(host, http(host, port, "echo"))
    entry = host.entries("cursor")
    host.declare(http(host, port, "echo", "send", env={"LEVEL": "debug"}))
    report = host.apply()
    assert "added: tool send" in errors(report)["sdk"]
    assert (can_connect("127.0.0.1", port), host.entries("cursor")) == (False, entry)
    assert running(host.folder) == set()
    assert list(errors(host.plan())) == ["sdk"]
    host.accept("sdk")
    assert errors(host.apply()) == {}
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["echo", "send"]
    assert_settled(host)


def test_a_service_that_offers_again_what_was_accepted_goes_up_once_that_was_looked_at(host, port):
    applied(host, http(host, port, "echo"))
    host.accept()
    applied(host, http(host, port))
    host.declare(http(host, port, "echo", "send", env={"LEVEL": "debug"}))
    assert list(errors(host.apply())) == ["sdk"]
    host.declare(http(host, port, "echo", env={"LEVEL": "debug"}))
    host.accept("sdk")
    assert errors(host.apply()) == {}
    assert offered(HttpLaunch(f"http://127.0.0.1:{port}/mcp")) == ["echo"]
    assert_settled(host)


def test_a_service_whose_variable_is_not_set_is_not_started(host, port, monkeypatch):
    monkeypatch.delenv("FILES_TOKEN", raising=False)
    manifest = http(host, port, "echo", env={"API_TOKEN": "${env:FILES_TOKEN}"})
    report = applied(host, manifest)
    assert condition(report, "sdk")[0] == "degraded"
    assert condition(report, "sdk")[1].startswith("FILES_TOKEN is not set")
    assert (starts(host), can_connect("127.0.0.1", port)) == (0, False)
    again = host.apply()
    assert (errors(again), drift_of(again)) == ({}, set())
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    report = applied(host, manifest)
    assert condition(report, "sdk")[0] == "verified"
    assert_settled(host)
