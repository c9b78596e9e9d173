# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies beside manifests and on hosts: locks and pins, and the record of a server."""

import json
import re

import pytest

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, InvalidManifests
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.mcp.plugins.module_utils.server_files import with_files
from ansible_collections.factory.mcp.plugins.module_utils.server_record import (
    ServerRecord,
    read_record,
    write_record,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_state import Verification

PACKAGE = """\
apiVersion: factory/v1
kind: McpServer
metadata: {name: NAME}
spec:
  source: {pypi: {package: hello-server, version: 1.2.3}}
"""
COMMAND = PACKAGE.replace("{pypi: {package: hello-server, version: 1.2.3}}", "{command: {path: /bin/files}}")
LOCK = f"hello-server==1.2.3 --hash=sha256:{'a' * 64}\n"


@pytest.fixture
def stack(tmp_path):
    for name in ("locks", "pins"):
        (tmp_path / name).mkdir()
    return tmp_path


def read(stack, **manifests):
    for name, text in manifests.items():
        (stack / f"{name}.yml").write_text(text.replace("NAME", name))
    declared = validate(load_stack(stack, "sandbox"), installed_providers())
    return {address.name: one.spec for address, one in with_files(declared, stack).resources.items()}


def test_locks_and_pins_become_part_of_what_is_declared(stack):
    (stack / "locks" / "hello.requirements.txt").write_text(LOCK)
    (stack / "pins" / "files.json").write_text("{}")
    found = read(stack, hello=PACKAGE, files=COMMAND, more=COMMAND)
    assert {name: (spec.get("lock"), spec.get("pin")) for name, spec in found.items()} == {
        "hello": (LOCK, None),
        "files": (None, "{}"),
        "more": (None, None),
    }


def test_what_is_no_server_is_left_alone(stack):
    database = PACKAGE.replace("McpServer", "NotionDatabase").replace(
        "source: {pypi: {package: hello-server, version: 1.2.3}}", "{title: A, properties: {Name: {type: title}}}"
    )
    assert read(stack, tasks=database.replace("spec:\n  {", "spec: {")) == {
        "tasks": {"title": "A", "properties": {"Name": {"type": "title"}}}
    }


BROKEN = {
    "there is none": (None, r"there is no lock of pypi:hello-server@1\.2\.3; make it with: factory mcp lock hello"),
    "it is of another version": (LOCK.replace("1.2.3", "1.2.4"), r"hello\.requirements\.txt:1:1: .*1\.2\.4"),
    "it has no hash": ("hello-server==1.2.3\n", r"hello\.requirements\.txt:1:1: .*hash"),
    "it is of something else": (
        f"words==2.0.0 --hash=sha256:{'a' * 64}\n",
        r"hello\.requirements\.txt:1:1: .*hello-server",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_lock_that_cannot_be_used_is_told_at_the_source_of_the_manifest(stack, case):
    lock, told = BROKEN[case]
    if lock is not None:
        (stack / "locks" / "hello.requirements.txt").write_text(lock)
    with pytest.raises(InvalidManifests) as refused:
        read(stack, hello=PACKAGE)
    assert str(refused.value).startswith(f"{stack}/hello.yml:5:11: ")
    assert re.search(told, str(refused.value)), refused.value


def test_every_lock_that_is_missing_is_told_at_once(stack):
    with pytest.raises(InvalidManifests) as refused:
        read(stack, hello=PACKAGE, world=PACKAGE)
    assert [line.partition(": ")[0] for line in str(refused.value).splitlines()] == [
        f"{stack}/hello.yml:5:11",
        f"{stack}/world.yml:5:11",
    ]


def test_a_pin_that_cannot_be_read_is_never_taken_for_none(stack):
    (stack / "pins" / "files.json").mkdir()
    with pytest.raises(FactoryError, match=r"pins/files\.json cannot be read"):
        read(stack, files=COMMAND)


def test_a_record_is_read_as_it_was_written(tmp_path):
    drift = ({"class": "added", "tool": "send", "what": "new", "before": "", "after": ""},)
    known = Verification("abc", "drifted", "why", ("read",), drift)
    record = ServerRecord({"source": "command:/a", "env.A": "x"}, ("cursor", "codex in /srv"), known, True)
    assert read_record(tmp_path) is None
    for one in (record, ServerRecord(None, (), known), ServerRecord()):
        write_record(tmp_path, one)
        assert read_record(tmp_path) == one


GOOD = {"version": 1, "declared": {}, "clients": [], "verification": None, "protected": False}
RECORDS = {
    "nonsense": "{nonsense",
    "nothing": "",
    "a list": "[]",
    "another version": json.dumps({**GOOD, "version": 2}),
    "half of it": json.dumps({"version": 1, "declared": {}}),
    "a strange verification": json.dumps({**GOOD, "verification": {"of": "a"}}),
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_broken_record_is_told_with_what_to_do(tmp_path, case):
    content = RECORDS[case]
    (tmp_path / "server.json").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(FactoryError, match=r"server\.json cannot be understood .*; delete it"):
        read_record(tmp_path)
