"""``factory mcp lock``, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """\
apiVersion: factory/v1
kind: McpServer
metadata: {name: hello}
spec:
  source: {npm: {package: "@shop/hello", version: 1.2.3}}
---
apiVersion: factory/v1
kind: McpServer
metadata: {name: snake}
spec:
  source: {pypi: {package: hello-server, version: 1.2.3}}
---
apiVersion: factory/v1
kind: McpServer
metadata: {name: far}
spec:
  source: {remote: {url: https://mcp.example.com/mcp}}
"""


@pytest.fixture
def stack(npm_registry, wheels, tmp_path: Path) -> Path:
    (tmp_path / "inventories" / "sandbox").mkdir(parents=True)
    folder = tmp_path / "stacks" / "shop"
    folder.mkdir(parents=True)
    (folder / "servers.yml").write_text(MANIFEST)
    return folder


def lock(stack: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from factory_iac.cli import main; main()", "mcp", "lock", *arguments]
    return subprocess.run(command, cwd=stack.parent.parent, capture_output=True, text=True, check=False)


def contents(stack: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (stack / "locks").iterdir()}


def test_every_server_that_is_a_package_is_locked_and_the_second_run_leaves_it_as_it_was(stack):
    first = lock(stack)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        "McpServer/hello: npm:@shop/hello@1.2.3, 2 packages: locked (stacks/shop/locks/hello.package-lock.json)",
        "McpServer/snake: pypi:hello-server@1.2.3, 2 packages: locked (stacks/shop/locks/snake.requirements.txt)",
    ]
    made = contents(stack)
    assert b"http" not in made["hello.package-lock.json"], "no address of a registry is written down"
    second = json.loads(lock(stack, "--json").stdout)
    assert [one["changed"] for one in second["locks"]] == [False, False]
    assert contents(stack) == made


def test_locks_that_are_made_anew_have_the_same_bytes(stack):
    lock(stack)
    made = contents(stack)
    for name in made:
        (stack / "locks" / name).unlink()
    assert lock(stack).returncode == 0
    assert contents(stack) == made


def test_only_the_servers_that_are_named_are_locked(stack):
    assert lock(stack, "snake", "--stack", "stacks/shop").returncode == 0
    assert list(contents(stack)) == ["snake.requirements.txt"]


def test_a_lock_that_is_not_good_or_of_another_version_is_made_anew(stack, npm_registry):
    lock(stack)
    file = stack / "locks" / "hello.package-lock.json"
    good = file.read_text()
    file.write_text(good.replace("integrity", "itegrity"))
    assert "McpServer/hello: npm:@shop/hello@1.2.3, 2 packages: locked" in lock(stack).stdout
    assert file.read_text() == good
    npm_registry.publish("@shop/hello", "1.3.0", {"server.js": ""}, bin="server.js")
    (stack / "servers.yml").write_text(MANIFEST.replace("version: 1.2.3}}\n---", "version: 1.3.0}}\n---", 1))
    assert "McpServer/hello: npm:@shop/hello@1.3.0, 1 package: locked" in lock(stack).stdout


def test_what_cannot_be_locked_is_told_and_the_rest_is_locked(stack):
    text = MANIFEST.replace('"@shop/hello", version: 1.2.3', '"@shop/hello", version: 9.9.9')
    (stack / "servers.yml").write_text(text)
    done = lock(stack)
    assert done.returncode == 1
    assert "McpServer/hello: locking npm:@shop/hello@9.9.9 failed" in done.stderr
    assert "McpServer/snake: " in done.stdout
    assert "Traceback" not in done.stderr


def test_an_integrity_that_the_registry_does_not_have_is_told_and_nothing_is_written(stack):
    text = MANIFEST.replace(
        "hello-server, version: 1.2.3", f"hello-server, version: 1.2.3, integrity: 'sha256:{'0' * 64}'"
    )
    (stack / "servers.yml").write_text(text)
    done = lock(stack, "snake")
    assert (done.returncode, done.stdout) == (1, "")
    assert "and the manifest says sha256:000" in done.stderr
    assert not (stack / "locks").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "version: 1.2.3}}\n---",
            "version: latest}}\n---",
            "stacks/shop/servers.yml:5:51: npm:@shop/hello: 'latest' is no",
        ),
        ("version: 1.2.3}}\n---", "version: 1.2}}\n---", "stacks/shop/servers.yml:5:51: version is the number 1.2"),
        ("name: snake", "name: hello", "stacks/shop/servers.yml:9:18: 'hello' is declared twice"),
        ('"@shop/hello", ', "../hello, ", "is no name of a package of npm"),
    ],
)
def test_a_manifest_that_is_wrong_is_told_at_its_line(stack, old, new, told):
    assert old in MANIFEST
    (stack / "servers.yml").write_text(MANIFEST.replace(old, new, 1))
    done = lock(stack)
    assert done.returncode == 1
    assert told in done.stderr
    assert not (stack / "locks").exists()


def test_a_name_that_is_none_or_has_no_lock_is_refused(stack):
    assert "the stack declares no server 'helo'; did you mean 'hello'?" in lock(stack, "helo").stderr
    assert "McpServer/far does not come from npm or PyPI, so there is nothing to lock" in lock(stack, "far").stderr
    assert lock(stack, "far").returncode == 1


def test_without_npm_it_says_what_is_missing(stack, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    done = lock(stack, "hello")
    assert done.returncode == 1
    assert done.stderr == (
        "McpServer/hello: npm is not on the PATH of this host; a package of npm needs Node.js with npm there\n"
    )
