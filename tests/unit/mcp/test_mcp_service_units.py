# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of systemd, as text."""

import pwd
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.server_service import Listen, Service
from ansible_collections.factory.mcp.plugins.module_utils.systemd_service import (
    Systemd,
    environment_text,
    in_group,
    systemd_of,
    unit_name,
    unit_text,
)

FOLDER = Path("/srv/mcp/100% mine/files")
SERVICE = Service("files", ("serve", "--root", "/srv/my files"), {"TOKEN": "s3cr3t"}, None, Listen("127.0.0.1", 8811))


def test_a_system_unit_says_all_that_systemd_needs():
    assert unit_text(FOLDER, SERVICE, "/usr/bin/serve", user=False).splitlines() == [
        "# Written by Factory, and written again when it differs.",
        "[Unit]",
        "Description=MCP server files",
        "After=network.target",
        "",
        "[Service]",
        "Type=exec",
        'ExecStart="/usr/bin/serve" "--root" "/srv/my files"',
        "WorkingDirectory=/srv/mcp/100%% mine/files",
        "EnvironmentFile=/srv/mcp/100%% mine/files/service/environment",
        "Restart=on-failure",
        "RestartSec=5",
        "TimeoutStopSec=5",
        "NoNewPrivileges=yes",
        "LockPersonality=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]


def test_a_user_unit_asks_for_nothing_that_only_root_may():
    text = unit_text(FOLDER, SERVICE, "/usr/bin/serve", user=True)
    assert "ProtectKernel" not in text
    assert text.endswith("WantedBy=default.target\n")


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Zl", "Zp"))), max_size=4))
def test_every_argument_is_one_quoted_word_without_a_live_specifier_or_variable(arguments):
    text = unit_text(FOLDER, replace(SERVICE, argv=("serve", *arguments)), "/usr/bin/serve", user=False)
    (line,) = [line for line in text.split("\n") if line.startswith("ExecStart=")]
    assert not {"$", "%"} & set(line.replace("$$", "").replace("%%", ""))
    words = shlex.split(line.removeprefix("ExecStart="))
    assert [word.replace("%%", "%").replace("$$", "$") for word in words] == ["/usr/bin/serve", *arguments]


def test_no_argument_can_add_a_line_to_the_unit():
    text = unit_text(FOLDER, replace(SERVICE, argv=("serve", "a\nUser=root\r\tb")), "/usr/bin/serve", user=False)
    assert r'ExecStart="/usr/bin/serve" "a\nUser=root\r\tb"' in text.splitlines()
    named = unit_text(FOLDER, replace(SERVICE, name="a\nUser=root %n"), "/usr/bin/serve", user=False)
    assert "Description=MCP server a User=root %%n" in named.splitlines()


@pytest.mark.parametrize("cwd", ["/srv/a\nUser=root", "/srv/a\rb", "/srv/a\\"])
def test_a_folder_that_would_break_the_line_is_refused(cwd):
    with pytest.raises(FactoryError, match="an end of line"):
        unit_text(FOLDER, replace(SERVICE, cwd=cwd), "/usr/bin/serve", user=False)


def test_a_program_that_systemd_would_refuse_is_an_error_before_it_is_asked():
    with pytest.raises(FactoryError, match="refuses quotes and backslashes"):
        unit_text(FOLDER, SERVICE, "/usr/bin/it's", user=False)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t\"\\$`'%#;")),
    )
)
def test_a_reader_of_the_environment_file_gets_every_value_back(values):
    """A shell reads it: within double quotes its rules are those of systemd.exec(5)."""
    script = f"{environment_text(values)}\nexport A B C\nexec env -0"
    ran = subprocess.run(["env", "-i", "/bin/sh", "-c", script], capture_output=True, check=True)
    read = dict(line.split("=", 1) for line in ran.stdout.decode().split("\0") if line)
    assert {name: read[name] for name in values} == values


@pytest.mark.parametrize("letter", ["\r", "\x1b", "\x7f"])
def test_a_value_that_systemd_would_leave_out_is_an_error_that_does_not_show_it(letter):
    with pytest.raises(FactoryError, match="TOKEN has a control character") as caught:
        environment_text({"TOKEN": f"s3cr3t{letter}"})
    assert "s3cr3t" not in str(caught.value)


def test_servers_of_two_stacks_have_units_of_their_own():
    one, other = unit_name(Path("/srv/a/files"), "files"), unit_name(Path("/srv/b/files"), "files")
    assert one != other
    assert one == unit_name(Path("/srv/a/files"), "files")
    assert one.startswith("factory-mcp-files-")
    assert "/" not in unit_name(Path("/srv/a/files"), "../../x y")


def test_systemd_is_asked_only_where_it_runs_and_keeps_the_services_of_the_user(tmp_path):
    home = tmp_path / "home"
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)
    assert systemd_of(tmp_path, 0, home) is None
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert systemd_of(tmp_path, 0, home) == Systemd(tmp_path / "etc/systemd/system", user=False)
    assert systemd_of(tmp_path, other.pw_uid, home) is None
    (tmp_path / "var/lib/systemd/linger").mkdir(parents=True)
    (tmp_path / "var/lib/systemd/linger" / other.pw_name).touch()
    assert systemd_of(tmp_path, other.pw_uid, home) == Systemd(home / ".config/systemd/user", user=True)


@pytest.mark.parametrize(
    ("cgroups", "group", "member"),
    [
        ("0::/system.slice/a.service\n", "/system.slice/a.service", True),
        ("0::/system.slice/a.service/worker\n", "/system.slice/a.service", True),
        ("8:pids:/\n1:name=systemd:/system.slice/a.service\n0::/\n", "/system.slice/a.service", True),
        ("0::/system.slice/a.service2\n", "/system.slice/a.service", False),
        ("0::/\n", "/", False),
        ("0::/x\n", "", False),
    ],
)
def test_a_process_is_in_a_control_group_or_below_it(cgroups, group, member):
    assert in_group(cgroups, group) is member
