"""What others wrote into clients' files stays as it is, byte for byte."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import json5
import pytest
from client_runs import FILES, file_of, only, run, write
from generated_client_files import jsonc_file, toml_file

from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Format
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.config_file import ChangedMeanwhile, read_file, replace_file

CLIENTS = list(DIALECTS)
CASES = 200
CHANGED = {**FILES, "command": "/opt/mcp/other", "args": [], "env": {}}
SECOND = {"name": "second", "command": "/opt/mcp/second"}


def generated(seed: int) -> tuple[str, bytes]:
    chance = random.Random(seed)
    client = CLIENTS[seed % len(CLIENTS)]
    dialect = DIALECTS[client]
    text = (jsonc_file if dialect.format is Format.JSONC else toml_file)(chance, dialect.key)
    return client, (b"\xef\xbb\xbf" if chance.random() < 0.1 else b"") + text.encode()


def understood(client: str, content: bytes) -> dict[str, Any]:
    """What a reader that is not ours makes of a file."""
    text = content.decode("utf-8-sig")
    if DIALECTS[client].format is Format.TOML:
        return tomllib.loads(text)
    found: dict[str, Any] = json5.loads(text) if text.strip() else {}
    return found


def without_ours(client: str, content: bytes) -> dict[str, Any]:
    found, key = understood(client, content), DIALECTS[client].key
    theirs = {name: one for name, one in found.get(key, {}).items() if name not in ("ours", "second")}
    return {**found, key: theirs}


def in_order(part: bytes, whole: bytes) -> bool:
    """Whether nothing of *part* is missing in *whole*, white space aside, and it stands in the same order."""
    rest = iter(whole)
    return all(byte in rest for byte in part if byte not in b" \t\r\n")


@pytest.mark.parametrize("seed", range(CASES))
def test_an_entry_that_comes_changes_and_goes_leaves_every_other_byte(seed: int, tmp_path: Path) -> None:
    client, original = generated(seed)
    file = write(tmp_path, client, original)

    assert not only(run(tmp_path, [client], [FILES])).decision.error
    added = file.read_bytes()
    assert in_order(original, added)
    assert without_ours(client, added) == without_ours(client, original)
    assert understood(client, added)[DIALECTS[client].key]["ours"]["args"] == FILES["args"]

    assert not only(run(tmp_path, [client], [FILES])).changed
    assert file.read_bytes() == added

    run(tmp_path, [client], [CHANGED, SECOND])
    changed = file.read_bytes()
    assert in_order(original, changed)
    assert without_ours(client, changed) == without_ours(client, original)
    assert understood(client, changed)[DIALECTS[client].key]["ours"]["command"] == CHANGED["command"]

    run(tmp_path, [client], [CHANGED], present=False)
    run(tmp_path, [client], [], prune=True)
    assert file.read_bytes() == original


@pytest.mark.parametrize("client", CLIENTS)
def test_a_file_that_was_not_there_goes_with_its_last_entry(client: str, tmp_path: Path) -> None:
    run(tmp_path, [client], [FILES, SECOND])
    file = file_of(tmp_path, client)
    assert set(understood(client, file.read_bytes())[DIALECTS[client].key]) == {"ours", "second"}
    assert file.stat().st_mode & 0o777 == 0o600
    run(tmp_path, [client], [FILES], present=False)
    assert file.exists()
    run(tmp_path, [client], [SECOND], present=False)
    assert not file.exists()


def test_a_comment_stays_on_the_line_of_what_it_is_about(tmp_path: Path) -> None:
    file = write(tmp_path, "vscode", '{\n  "servers": {\n    "a": {} // about a\n  }\n}\n')
    run(tmp_path, ["vscode"], [FILES])
    assert '"a": {}, // about a\n    "ours": {' in file.read_text()


def test_what_follows_an_entry_on_its_line_does_not_end_up_in_a_comment(tmp_path: Path) -> None:
    file = write(tmp_path, "vscode", '{\n  "servers": {\n    "a": {}, // about a\n  }\n}\n')
    run(tmp_path, ["vscode"], [FILES])
    rewritten = file.read_text().replace("    },\n  }", '    }, /* b */ "b": {}\n  }')
    assert '"b"' in rewritten
    file.write_text(rewritten)
    run(tmp_path, ["vscode"], [FILES], present=False)
    assert set(understood("vscode", file.read_bytes())["servers"]) == {"a", "b"}


def test_what_was_empty_is_so_again_even_if_somebody_took_our_entry_out_meanwhile(tmp_path: Path) -> None:
    file = write(tmp_path, "vscode", "{ }")
    run(tmp_path, ["vscode"], [FILES])
    file.write_text('{\n  "servers": {}\n}')
    run(tmp_path, ["vscode"], [FILES])
    run(tmp_path, ["vscode"], [FILES], present=False)
    assert file.read_text() == "{ }"


def test_a_file_that_changed_after_it_was_read_is_not_replaced(tmp_path: Path) -> None:
    file = write(tmp_path, "cursor", "{}")
    read = read_file(str(file))
    file.write_text('{"new": 1}')
    with pytest.raises(ChangedMeanwhile, match="somebody else"):
        replace_file(read, "{}", private=True)
    assert file.read_text() == '{"new": 1}'
    assert list(file.parent.iterdir()) == [file]


def test_mode_and_symbolic_link_of_a_file_stay(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    link = file_of(tmp_path, "cursor")
    link.parent.mkdir()
    link.symlink_to(real)
    run(tmp_path, ["cursor"], [FILES])
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "ours" in json5.loads(real.read_text())["mcpServers"]


BROKEN_JSON = {
    "no comma": '{"a": 1 "b": 2}',
    "wrong bracket": '{"a": [1, 2}',
    "never closed": '{"mcpServers": {',
    "text cut off": '{"a": "x',
    "line break in a text": '{"a": "x\ny"}',
    "bad escape": '{"a": "\\q"}',
    "two values": '{"a": 1}}',
    "single quotes": "{'a': 1}",
    "bare key": "{a: 1}",
    "two commas": '{"a": 1,,}',
    "only a comma": "{,}",
    "comment never closed": '{"a": 1 /* x }',
    "half a word": '{"a": tru}',
    "not a number": '{"a": NaN}',
    "leading zero": '{"a": 01}',
    "no value": '{"a": }',
    "no colon": '{"a" 1}',
    "hash comment": '{\n# x\n"a": 1}',
    "a list": "[]",
    "a text": '"mcpServers"',
    "servers are a list": '{"mcpServers": [], "servers": [], "context_servers": []}',
    "servers are nothing": '{"mcpServers": null, "servers": null, "context_servers": null}',
    "servers twice": '{"mcpServers": {}, "servers": {}, "mcpServers": {}, "servers": {}}',
    "a server twice": '{"mcpServers": {"x": 1, "x": 2}, "servers": {"x": 1, "x": 2}}',
    "merge conflict": '{\n<<<<<<< HEAD\n"a": 1\n}',
    "control character": '{"a": "\x01"}',
    "too deep": '{"a": ' + "[" * 5000,
    "a second BOM": '\ufeff\ufeff{"a": 1}',
}
BROKEN_TOML = {
    "no value": "a =\n",
    "no quotes": "a = b c\n",
    "open header": "[mcp_servers.x\n",
    "table twice": "[a]\n[a]\n",
    "key twice": "a = 1\na = 2\n",
    "text cut off": 'a = "x\n',
    "long text cut off": 'a = """x\n',
    "list cut off": "a = [1,\n",
    "two values": "a = 1 2\n",
    "json": '{"a": 1}',
    "bad date": "a = 2020-13-01\n",
    "bad escape": 'a = "\\q"\n',
    "servers are a text": 'mcp_servers = "x"\n',
    "servers inline": "mcp_servers = { x = { command = 'y' } }\n",
    "bare carriage return": "a = 1\rb = 2\n",
    "merge conflict": "<<<<<<< HEAD\n",
    "redefined": "a.b = 1\n[a.b.c]\n",
}
BROKEN = [
    *((client, name, text.encode()) for client in ("claude-code", "vscode") for name, text in BROKEN_JSON.items()),
    *(("codex", name, text.encode()) for name, text in BROKEN_TOML.items()),
    *((client, "not UTF-8", '{"a": "ü"}'.encode("latin-1")) for client in ("zed", "gemini", "codex")),
]


@pytest.mark.parametrize(("client", "name", "content"), BROKEN, ids=[f"{one[0]}-{one[1]}" for one in BROKEN])
def test_a_broken_file_is_refused_with_a_position_in_it_and_left_alone(
    client: str, name: str, content: bytes, tmp_path: Path
) -> None:
    file = write(tmp_path, client, content)
    outcomes = run(tmp_path, [client, "cursor"], [FILES])
    error = outcomes[0].decision.error
    place, _, why = error.removeprefix(f"{file}:").partition(": ")
    line, column = (int(number) for number in place.split(":"))
    lines = content.decode("utf-8", "replace").split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
    assert why
    assert file.read_bytes() == content
    assert "ours" in file_of(tmp_path, "cursor").read_text(), "the other clients must not suffer"


def test_there_are_as_many_broken_files_as_promised() -> None:
    assert len(BROKEN) >= 50
