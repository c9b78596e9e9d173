# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shaking hands with servers that do as they should, and with those that do not."""

import http.server
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.factory.mcp.plugins.module_utils.handshake import shake_hands
from ansible_collections.factory.mcp.plugins.module_utils.handshake_failure import State
from ansible_collections.factory.mcp.plugins.module_utils.server_launch import HttpLaunch, StdioLaunch, TcpLaunch

SERVER = Path(__file__).with_name("hostile_mcp_server.py")
TOKEN = "s3cr3t-value-of-the-token"
DEADLINE = 4.0
SLACK = 1.0
"""Seconds for importing the SDK and for a busy machine; a deadline that is not kept misses by 26 and more."""
HOSTILE = {
    "never_answers": (State.SILENT, "never answered within 4 seconds"),
    "answers_late": (State.SILENT, "only some of the requests within 4 seconds"),
    "ignores_sigterm": (State.SILENT, "never answered"),
    "crashes_at_once": (State.CRASHED, "exit code 7"),
    "crashes_at_initialize": (State.CRASHED, "exit code 7"),
    "dies_while_listing": (State.CRASHED, "SIGSEGV"),
    "wants_credentials": (State.REFUSED, "bad token (secret"),
    "unknown_version": (State.MALFORMED, "1.0"),
    "malformed_tools": (State.MALFORMED, "tool 'shell': its inputSchema is 'anything', not an object"),
    "no_tools_list": (State.MALFORMED, "'tools' is 'none', not a list"),
    "endless_pages": (State.MALFORMED, "no end"),
    "circle_of_pages": (State.MALFORMED, "a page that it gave before"),
    "same_name_twice": (State.MALFORMED, "2 of its tools are called 'add'"),
    "huge_listing": (State.MALFORMED, "larger than the limit"),
    "one_endless_line": (State.MALFORMED, "larger than the limit"),
    "prints_garbage": (State.MALFORMED, "'Starting up, please wait ...'"),
    "floods_stdout": (State.MALFORMED, "that are no messages"),
}
FRIENDLY = {"polite": 1, "crashes_at_discover": 1, "many_pages": 5, "floods_stderr": 1, "forks_a_child": 1} | {
    "leaves_a_child": 1,
    "poisoned": 2,
}


def launch(mode, pids=""):
    return StdioLaunch(sys.executable, (str(SERVER), mode, str(pids)), {"API_TOKEN": TOKEN})


def running(pids):
    """Those of the processes noted in *pids* that run; dead ones that nobody has reaped do not."""
    found = []
    for pid in pids.read_text().split():
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
            found.append(pid)
    return found


@pytest.mark.parametrize("mode", HOSTILE)
def test_a_hostile_server_ends_before_the_deadline_in_a_state_that_says_why(mode, tmp_path):
    state, told = HOSTILE[mode]
    started = time.monotonic()
    handshake = shake_hands(launch(mode, tmp_path / "pids"), DEADLINE)
    assert time.monotonic() - started < DEADLINE + SLACK
    assert handshake.state is state
    assert told in handshake.problem
    assert TOKEN not in repr(handshake)
    assert running(tmp_path / "pids") == []


@pytest.mark.parametrize("mode", FRIENDLY)
def test_a_server_that_answers_is_verified_and_nothing_of_it_runs_afterwards(mode, tmp_path):
    handshake = shake_hands(launch(mode, tmp_path / "pids"), DEADLINE)
    assert (handshake.state, handshake.problem) == (State.VERIFIED, "")
    assert len(handshake.tools) == FRIENDLY[mode]
    assert handshake.instructions == "Add with add."
    assert running(tmp_path / "pids") == []


def test_what_a_server_writes_before_it_dies_is_told_without_its_token():
    handshake = shake_hands(launch("crashes_at_once"), DEADLINE)
    assert "fatal: token (secret, sha256" in handshake.problem


def test_no_launch_shows_its_secrets():
    one = StdioLaunch("server", ("--api-key=abcdef-1",), {"TOKEN": TOKEN})
    other = HttpLaunch(f"https://me:{TOKEN}@example.org/mcp?key={TOKEN}", {"Authorization": TOKEN})
    assert TOKEN not in f"{one!r}{one}{other!r}{other}"
    assert "abcdef-1" not in f"{one!r}{one}"


def test_secrets_in_arguments_are_kept_out_of_what_is_told():
    command = "import sys; sys.exit('bad ' + ' '.join(sys.argv[1:]))"
    secrets = ("--api-key=abcdef-1", "--token", "ghijkl-2", "postgres://me:mnopqr-3@host/db")
    handshake = shake_hands(StdioLaunch(sys.executable, ("-c", command, *secrets)), DEADLINE)
    assert "postgres://me:(secret" in handshake.problem
    assert not [one for one in ("abcdef-1", "ghijkl-2", "mnopqr-3") if one in handshake.problem]


def test_what_cannot_be_started_is_unreachable_and_told_apart(tmp_path):
    nothing = shake_hands(StdioLaunch("/nowhere/server"), DEADLINE)
    no_folder = shake_hands(StdioLaunch(sys.executable, cwd=str(tmp_path / "gone")), DEADLINE)
    (tmp_path / "server").write_text("")
    not_executable = shake_hands(StdioLaunch(str(tmp_path / "server")), DEADLINE)
    assert {one.state for one in (nothing, no_folder, not_executable)} == {State.UNREACHABLE}
    assert "no such program" in nothing.problem
    assert "gone does not exist" in no_folder.problem
    assert "executable" in not_executable.problem


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_server_of_both_eras_offers_the_same_in_each(mode, tmp_path):
    program = tmp_path / "server.py"
    program.write_text(
        "from mcp.server import MCPServer\n"
        "server = MCPServer('both', version='1', instructions='Use it.')\n"
        "@server.tool()\n"
        "def shout(text: str) -> str:\n    'Make it loud.'\n    return text.upper()\n"
        "@server.resource('note://one')\ndef note() -> str:\n    return 'x'\n"
        "@server.prompt()\ndef ask(what: str) -> str:\n    return what\n"
        "server.run()\n"
    )
    handshake = shake_hands(StdioLaunch(sys.executable, (str(program),)), 30, mode)
    assert handshake.problem == ""
    assert handshake.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]
    assert [tool.name for tool in handshake.tools] == ["shout"]
    assert [resource.uri for resource in handshake.resources] == ["note://one"]
    assert [(prompt.name, prompt.arguments) for prompt in handshake.prompts] == [("ask", ("what",))]


def test_a_server_behind_a_tcp_port_is_reached():
    class Connection(socketserver.StreamRequestHandler):
        def handle(self):
            argv = [sys.executable, str(SERVER), "polite"]
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=self.connection.fileno()) as server:
                for line in self.rfile:
                    server.stdin.write(line)
                    server.stdin.flush()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as tunnel:
        threading.Thread(target=tunnel.serve_forever, daemon=True).start()
        handshake = shake_hands(TcpLaunch("127.0.0.1", tunnel.server_address[1]), DEADLINE)
        tunnel.shutdown()
    assert [tool.name for tool in handshake.tools] == ["add"]


def test_a_port_with_no_listener_is_unreachable_over_tcp_and_http():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        over_tcp = shake_hands(TcpLaunch("127.0.0.1", port), DEADLINE)
        over_http = shake_hands(HttpLaunch(f"http://127.0.0.1:{port}/mcp"), DEADLINE)
    assert (over_tcp.state, over_http.state) == (State.UNREACHABLE, State.UNREACHABLE)
    assert "is the server running" in over_tcp.problem
    assert "is the server running" in over_http.problem


class Website(http.server.BaseHTTPRequestHandler):
    """Answers a POST as its path says."""

    protocol_version = "HTTP/1.1"
    hang = threading.Event()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        what = self.path.strip("/")
        if what == "hangs":
            self.hang.wait(30)
        if what == "huge":
            self._begin(200, "application/json", 50_000_000)
            for _ in range(500):
                self.wfile.write(b"x" * 100_000)
            return
        status = int(what) if what.isdigit() else 200
        body = b"<html>Welcome</html>" if what == "html" else json.dumps({"error": TOKEN}).encode()
        self._begin(status, "text/html" if what == "html" else "application/json", len(body))
        self.wfile.write(body)

    def _begin(self, status, content_type, length):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Location", "http://elsewhere.example/")
        self.end_headers()

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def website():
    Website.hang.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Website) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        Website.hang.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "state", "told"),
    [
        ("401", State.REFUSED, "wants credentials (HTTP 401)"),
        ("403", State.REFUSED, "HTTP 403"),
        ("404", State.UNREACHABLE, "no MCP server at this path (HTTP 404)"),
        ("302", State.UNREACHABLE, "sends us elsewhere"),
        ("502", State.UNREACHABLE, "HTTP 502"),
        ("html", State.UNREACHABLE, "answers with text/html"),
        ("huge", State.MALFORMED, "larger than the limit"),
        ("hangs", State.SILENT, "never answered within 2 seconds"),
    ],
)
def test_a_website_that_is_no_mcp_server_is_told_from_one(website, path, state, told):
    started = time.monotonic()
    handshake = shake_hands(HttpLaunch(f"{website}/{path}", {"Authorization": f"Bearer {TOKEN}"}), 2.0)
    assert time.monotonic() - started < 2.0 + SLACK
    assert (handshake.state, told in handshake.problem) == (state, True), handshake.problem
    assert TOKEN not in repr(handshake)


def test_servers_are_greeted_side_by_side_from_threads():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shake_hands(launch("polite"), 20), range(16)))
    assert {one.state for one in found} == {State.VERIFIED}


def test_control_characters_of_a_server_reach_no_terminal():
    command = "import sys; sys.exit('\\x1b[2Jgone')"
    handshake = shake_hands(StdioLaunch(sys.executable, ("-c", command)), DEADLINE)
    assert "\\u001b[2Jgone" in handshake.problem
    assert "\x1b" not in handshake.problem


def test_handshakes_leave_no_open_files():
    shake_hands(launch("polite"), DEADLINE)
    before = len(os.listdir("/proc/self/fd"))
    for mode in ("polite", "never_answers", "crashes_at_once"):
        shake_hands(launch(mode), 1.0)
    assert len(os.listdir("/proc/self/fd")) <= before
