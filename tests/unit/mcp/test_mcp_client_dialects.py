"""Each client gets an entry in its own words, or an honest refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import ClientEntry, Home, Inexpressible, Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import InvalidEntries, entries_from

STDIO = {"name": "n", "command": "/bin/s", "args": ["a"], "env": {"TOKEN": "${env:TOKEN}", "MODE": "x"}, "cwd": "/w"}
HTTP = {"name": "n", "url": "https://x.test/mcp", "headers": {"Authorization": "Bearer ${env:T}", "X-Mode": "x"}}
LIMITS = {"startup_timeout": 20.0, "tool_timeout": 1.5, "allowed_tools": ["a"], "denied_tools": ["b"]}
SHELL_HEADERS = {"Authorization": "Bearer ${T}", "X-Mode": "x"}
PLAIN = {"command": "/bin/s", "args": ["a"]}


def rendered(client: str, entry: dict[str, Any]) -> ClientEntry:
    (parsed,) = entries_from([entry], frozenset(DIALECTS))
    return DIALECTS[client].rendered(parsed, "/wrapper")


def env(reference: str) -> dict[str, str]:
    return {"TOKEN": reference, "MODE": "x"}


@pytest.mark.parametrize(
    ("client", "value"),
    [
        ("claude-desktop", {"command": "/wrapper"}),
        ("claude-code", {"type": "stdio", **PLAIN, "env": env("${TOKEN}")}),
        ("cursor", {**PLAIN, "env": env("${env:TOKEN}")}),
        ("vscode", {"type": "stdio", **PLAIN, "env": env("${env:TOKEN}")}),
        ("windsurf", {**PLAIN, "env": env("${env:TOKEN}")}),
        ("zed", {"source": "custom", "command": "/wrapper"}),
        ("codex", {**PLAIN, "cwd": "/w", "env_vars": ["TOKEN"], "env": {"MODE": "x"}}),
        ("gemini", {**PLAIN, "cwd": "/w", "env": env("${TOKEN}")}),
    ],
)
def test_a_server_over_standard_streams(client: str, value: dict[str, Any]) -> None:
    entry = rendered(client, STDIO)
    assert entry.value == value
    has_cwd = entry.wrapped or "cwd" in value
    assert list(entry.unmanageable) == ([] if has_cwd else ["cwd"])


@pytest.mark.parametrize(
    ("client", "value"),
    [
        (
            "claude-code",
            {"type": "http", "url": HTTP["url"], "headers": {"Authorization": "Bearer ${T}", "X-Mode": "x"}},
        ),
        ("cursor", {"url": HTTP["url"], "headers": HTTP["headers"]}),
        ("vscode", {"type": "http", "url": HTTP["url"], "headers": HTTP["headers"]}),
        ("windsurf", {"serverUrl": HTTP["url"], "headers": HTTP["headers"]}),
        ("codex", {"url": HTTP["url"], "bearer_token_env_var": "T", "http_headers": {"X-Mode": "x"}}),
        ("gemini", {"type": "http", "url": HTTP["url"], "headers": SHELL_HEADERS}),
    ],
)
def test_a_server_over_http(client: str, value: dict[str, Any]) -> None:
    assert rendered(client, HTTP).value == value


@pytest.mark.parametrize(
    ("client", "entry", "why"),
    [
        ("claude-desktop", HTTP, "standard streams only"),
        ("zed", HTTP, "Zed knows no variables"),
        ("codex", {**HTTP, "headers": {"X-Key": "v1 ${env:T}"}}, "whole header"),
        ("claude-code", {**STDIO, "args": ["${HOME}"]}, "would take for a variable"),
        ("gemini", {**STDIO, "env": {"PRICE": "5$US"}}, "would take for a variable"),
        ("vscode", {**HTTP, "headers": {"X-A": "${input:a}"}}, "would take for a variable"),
    ],
)
def test_what_a_client_cannot_say_is_refused(client: str, entry: dict[str, Any], why: str) -> None:
    with pytest.raises(Inexpressible, match=why.replace("$", r"\$")):
        rendered(client, entry)


def test_limits_are_written_where_the_client_has_them_and_told_where_not() -> None:
    codex = rendered("codex", {**STDIO, **LIMITS})
    assert {key: codex.value[key] for key in list(codex.value) if "timeout" in key or "tools" in key} == {
        "startup_timeout_sec": 20,
        "tool_timeout_sec": 1.5,
        "enabled_tools": ["a"],
        "disabled_tools": ["b"],
    }
    gemini = rendered("gemini", {**STDIO, **LIMITS})
    assert (gemini.value["timeout"], gemini.value["includeTools"], gemini.value["excludeTools"]) == (1500, ["a"], ["b"])
    assert list(gemini.unmanageable) == ["startup_timeout"]
    assert set(rendered("cursor", {**STDIO, **LIMITS}).unmanageable) == {"cwd", *LIMITS}


@pytest.mark.parametrize(
    ("client", "linux", "mac", "project"),
    [
        ("claude-desktop", "/x/Claude/claude_desktop_config.json", "@/Claude/claude_desktop_config.json", None),
        ("claude-code", "/c/.claude.json", "/c/.claude.json", ".mcp.json"),
        ("cursor", "/h/.cursor/mcp.json", "/h/.cursor/mcp.json", ".cursor/mcp.json"),
        ("vscode", "/x/Code/User/mcp.json", "@/Code/User/mcp.json", ".vscode/mcp.json"),
        ("windsurf", "/h/.codeium/windsurf/mcp_config.json", "/h/.codeium/windsurf/mcp_config.json", None),
        ("zed", "/x/zed/settings.json", "/h/.config/zed/settings.json", ".zed/settings.json"),
        ("codex", "/o/config.toml", "/o/config.toml", ".codex/config.toml"),
        ("gemini", "/h/.gemini/settings.json", "/h/.gemini/settings.json", ".gemini/settings.json"),
    ],
)
def test_where_the_file_of_a_client_is(client: str, linux: str, mac: str, project: str | None) -> None:
    moved = {"XDG_CONFIG_HOME": "/x", "CLAUDE_CONFIG_DIR": "/c", "CODEX_HOME": "/o"}
    dialect = DIALECTS[client]
    assert dialect.file(Scope.USER, Home("/h", False, moved), None) == linux
    assert dialect.file(Scope.USER, Home("/h", True, moved), None) == mac.replace("@", "/h/Library/Application Support")
    if project is None:
        with pytest.raises(FactoryError, match="no file for a project"):
            dialect.file(Scope.PROJECT, Home("/h", False, {}), "/p")
    else:
        assert dialect.file(Scope.PROJECT, Home("/h", False, {}), "/p/") == f"/p/{project}"
        with pytest.raises(FactoryError, match="absolute path"):
            dialect.file(Scope.PROJECT, Home("/h", False, {}), "p")


@pytest.mark.parametrize(
    ("client", "file"),
    [("claude-code", ".claude.json"), ("codex", ".codex/config.toml"), ("zed", ".config/zed/settings.json")],
)
def test_without_variables_files_are_in_the_home(client: str, file: str) -> None:
    assert Path(DIALECTS[client].file(Scope.USER, Home("/h", False, {}), None)) == Path("/h", file)


@pytest.mark.parametrize(
    "entry",
    [
        {"env": {"NOTION_TOKEN": "abc"}},
        {"env": {"apiKey": "abc"}},
        {"env": {"DB_PASSWORD": "abc"}},
        {"env": {"HARMLESS": "ghp_abcdefghijklmnop"}},
        {"args": ["--api-key=abc"]},
        {"args": ["--token", "abc"]},
        {"args": ["sk_live_abcdefghijklmn"]},
        {"command": None, "url": "https://x.test", "headers": {"Authorization": "Bearer abc"}},
        {"command": None, "url": "https://x.test", "headers": {"X-Api-Key": "abc"}},
    ],
)
def test_a_literal_secret_is_refused_without_being_shown(entry: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntries, match=r"\$\{env:[A-Z_]+\}") as refused:
        entries_from([{"name": "n", "command": "s", **entry}], frozenset(DIALECTS))
    assert not any(secret in str(refused.value) for secret in ("abc", "abcdefgh"))
    assert refused.value.secrets


@pytest.mark.parametrize(
    "entry",
    [
        {"env": {"MAX_TOKENS": "4096", "KEY_FILE": "/etc/key.pem", "DEBUG": "yes", "KEYBOARD": "de"}},
        {"env": {"A_TOKEN": "${env:OTHER}", "AUTHORIZATION": "Bearer ${env:OTHER}"}},
        {"args": ["--token-file", "/run/token", "--verbose"]},
    ],
)
def test_what_is_no_secret_is_let_through(entry: dict[str, Any]) -> None:
    assert entries_from([{"name": "n", "command": "s", **entry}], frozenset(DIALECTS))


def test_every_mistake_of_every_entry_is_told_at_once() -> None:
    entries: list[dict[str, Any]] = [
        {"name": "a b", "command": "s"},
        {"name": "n"},
        {"name": "m", "command": "s", "url": "https://x.test"},
        {"name": "u", "url": "ftp://x"},
        {"name": "v", "url": "https://user:pw@x.test"},
        {"name": "w", "command": "s", "clients": ["codx"]},
        {"name": "x", "command": "s", "args": ["${env:A}"]},
        {"name": "y", "command": "s", "tool_timeout": 0},
        {"name": "w", "command": "s"},
        {"name": "z", "command": "s", "env": {"a-b": "c"}},
        {"name": "h", "command": "s", "headers": {"a": "b"}},
    ]
    with pytest.raises(InvalidEntries) as refused:
        entries_from(entries, frozenset(DIALECTS))
    told = str(refused.value).split("\n")
    assert len(told) == len(entries)
    assert "entry 'w': there is no client 'codx'; did you mean 'codex'?" in told
