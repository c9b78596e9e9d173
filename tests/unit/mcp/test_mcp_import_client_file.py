"""Files of clients become manifests: every dialect, every launcher, or the reason why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import tomlkit
from mcp_server_shape import assert_sound, comments_of

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Format
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.import_client_file import drafts_of_client_file
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted
from ansible_collections.factory.mcp.plugins.module_utils.import_program import Resolve
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import entries_from

DIGEST = f"sha256:{'0f' * 32}"


def imported(text: str, file: str = "/home/me/site/.mcp.json", resolve: Resolve | None = None) -> Drafted:
    drafted = drafts_of_client_file(file, file, text, resolve)
    assert_sound(drafted)
    return drafted


def of_entry(entry: Any, resolve: Resolve | None = None) -> Drafted:
    return imported(json.dumps({"mcpServers": {"one": entry}}), resolve=resolve)


def draft_of(entry: Any) -> Draft:
    (draft,) = of_entry(entry).drafts
    return draft


def why_not(entry: Any) -> str:
    drafted = of_entry(entry)
    assert drafted.drafts == ()
    (left_out,) = drafted.left_out
    return left_out.reason


def run(line: str) -> dict[str, Any]:
    command, *args = line.split()
    return {"command": command, "args": args}


@pytest.mark.parametrize(
    ("line", "source", "args"),
    [
        ("npx -y pkg@1.2.3 /srv", {"npm": {"package": "pkg", "version": "1.2.3"}}, ["/srv"]),
        ("npx.cmd --yes @a/b@1.0.0-rc.1", {"npm": {"package": "@a/b", "version": "1.0.0-rc.1"}}, None),
        ("npx -y -p pkg@1.2.3 prog x", {"npm": {"package": "pkg", "version": "1.2.3", "bin": "prog"}}, ["x"]),
        ("npx -y --package=pkg@1.2.3 -- prog", {"npm": {"package": "pkg", "version": "1.2.3", "bin": "prog"}}, None),
        ("cmd /c npx -y pkg@1.2.3", {"npm": {"package": "pkg", "version": "1.2.3"}}, None),
        ("/usr/bin/npx pkg@1.2.3", {"npm": {"package": "pkg", "version": "1.2.3"}}, None),
        ("pnpm dlx pkg@1.2.3", {"npm": {"package": "pkg", "version": "1.2.3"}}, None),
        ("uvx pkg==1.2 --x", {"pypi": {"package": "pkg", "version": "1.2"}}, ["--x"]),
        ("uvx pkg@1.2", {"pypi": {"package": "pkg", "version": "1.2"}}, None),
        ("uvx --from pkg==1.2 prog a", {"pypi": {"package": "pkg", "version": "1.2", "bin": "prog"}}, ["a"]),
        ("uv tool run pkg==1.2rc1", {"pypi": {"package": "pkg", "version": "1.2rc1"}}, None),
        ("pipx run pkg==1.2", {"pypi": {"package": "pkg", "version": "1.2"}}, None),
        ("pipx run --spec pkg==1.2 prog", {"pypi": {"package": "pkg", "version": "1.2", "bin": "prog"}}, None),
        (
            f"docker run -i --rm mcp/x@{DIGEST} --y",
            {"oci": {"image": "docker.io/mcp/x", "digest": DIGEST}},
            ["--y"],
        ),
        (
            f"docker run -it --rm --network none -v /a:/b ghcr.io/o/x:1@{DIGEST}",
            {
                "oci": {
                    "image": "ghcr.io/o/x",
                    "digest": DIGEST,
                    "options": ["--network=none", "--volume=/a:/b"],
                }
            },
            None,
        ),
        (f"podman run -i x@{DIGEST}", {"oci": {"image": "docker.io/library/x", "digest": DIGEST}}, None),
        ("/opt/server --stdio", {"command": {"path": "/opt/server"}}, ["--stdio"]),
        ("node_modules/.bin/server", {"command": {"path": "/home/me/site/node_modules/.bin/server"}}, None),
        ("socat STDIO TCP:127.0.0.1:8811", {"command": {"path": "/usr/bin/socat"}}, ["STDIO", "TCP:127.0.0.1:8811"]),
        (
            "docker run -i --rm alpine/socat STDIO TCP:host.docker.internal:8811",
            {"command": {"path": "/usr/bin/socat"}},
            ["STDIO", "TCP:127.0.0.1:8811"],
        ),
    ],
)
def test_what_a_client_runs_is_a_source_with_arguments(
    line: str, source: Mapping[str, Any], args: list[str] | None
) -> None:
    spec = draft_of(run(line)).spec
    assert (spec["source"], spec.get("args")) == (source, args)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("npx -y pkg", "npm view pkg version"),
        ("npx -y pkg@latest", "npm view pkg@latest version"),
        ("npx -y pkg@^1.2.0", "npm view pkg@^1.2.0 version"),
        ("npx -y github:a/b", "takes no package of the npm registry"),
        ("npx -y git+https://h.test/a.git", "takes no package of the npm registry"),
        ("npx -y -p a@1.0.0 -p b@1.0.0 prog", "2 packages"),
        ("npx -c whatever", "the option -c"),
        ("npx -y", "no package to run"),
        ("npx --package", "needs a value"),
        ("uvx pkg", "pip index versions pkg"),
        ("uvx pkg>=1", "write pkg==version"),
        ("uvx --from git+https://h.test/a prog", "no plain package of PyPI"),
        ("uvx pkg[cli]==1.0", "without extras"),
        ("docker run -i --rm mcp/x", "docker buildx imagetools inspect mcp/x"),
        ("docker run -i --rm mcp/x:latest", "mcp/x:latest@sha256:"),
        ("docker run -i --wrong mcp/x", "the option --wrong"),
        ("docker run -i -e", "needs a value"),
        ("docker run -i", "no image"),
        ("socat STDIO EXEC:/bin/sh", "does something else"),
        ("node server.js", "command -v node"),
        ("~/bin/server", "no absolute path"),
        ("${HOME}/bin/server", "refers to a variable"),
    ],
)
def test_what_cannot_be_pinned_is_left_out_with_the_reason_and_the_way_out(line: str, reason: str) -> None:
    assert reason.lower() in why_not(run(line)).lower()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (3, "this should be an object"),
        ({"command": "npx", "args": "x"}, "args should be a list of texts"),
        ({"command": "npx", "args": [{}]}, "args[0] should be text"),
        ({"command": ""}, "command should be a text that is not empty"),
        ({"command": "/x", "env": {"no name": "x"}}, "by names that a variable can have"),
        ({}, "neither a command nor a url"),
        ({"command": "/x", "url": "https://x.test"}, "both a command and a url"),
        ({"type": "http", "command": "/x"}, "type is not stdio"),
        ({"type": "sse", "url": "https://x.test/sse"}, "SSE"),
        ({"url": "x.test/mcp"}, "no address of http or https"),
        ({"source": "extension", "settings": {}}, "neither a command nor a url"),
    ],
)
def test_an_entry_of_no_known_shape_is_left_out_with_its_place(entry: Any, reason: str) -> None:
    told = why_not(entry)
    assert reason in told
    assert told.startswith("/home/me/site/.mcp.json:1:17: ")


def test_a_version_can_be_asked_of_the_registry() -> None:
    asked: list[tuple[str, str]] = []

    def resolve(registry: str, wanted: str) -> str:
        asked.append((registry, wanted))
        if wanted == "gone":
            raise FactoryError("there is no such package")
        return "7.0.1"

    (draft,) = of_entry(run("npx -y pkg@^7 x"), resolve).drafts
    assert draft.spec["source"] == {"npm": {"package": "pkg", "version": "7.0.1"}}
    assert "7.0.1" in comments_of(draft)
    (draft,) = of_entry(run("uvx pkg"), resolve).drafts
    assert draft.spec["source"] == {"pypi": {"package": "pkg", "version": "7.0.1"}}
    (left_out,) = of_entry(run("npx gone"), resolve).left_out
    assert "there is no such package" in left_out.reason
    assert asked == [("npm", "pkg@^7"), ("pypi", "pkg"), ("npm", "gone")]


STDIO = {"name": "n", "command": "/bin/s", "args": ["a"], "env": {"TOKEN": "${env:TOKEN}", "MODE": "x"}}
HTTP = {"name": "n", "url": "https://x.test/mcp", "headers": {"Authorization": "Bearer ${env:T}", "X-Mode": "x"}}
SPECS = [
    (STDIO, {"source": {"command": {"path": "/bin/s"}}, "args": ["a"], "env": STDIO["env"]}),
    (HTTP, {"source": {"remote": {"url": HTTP["url"], "headers": HTTP["headers"]}}}),
]
WITHOUT_VARIABLES = ("claude-desktop", "zed")


@pytest.mark.parametrize("client", sorted(set(DIALECTS) - set(WITHOUT_VARIABLES)))
@pytest.mark.parametrize(("entry", "spec"), SPECS, ids=["stdio", "http"])
def test_what_factory_writes_for_a_client_is_imported_as_it_was_declared(
    client: str, entry: dict[str, Any], spec: dict[str, Any]
) -> None:
    dialect = DIALECTS[client]
    (parsed,) = entries_from([entry], frozenset(DIALECTS))
    content = {dialect.key: {"n": dict(dialect.rendered(parsed, "/wrapper").value)}}
    text = tomlkit.dumps(content) if dialect.format is Format.TOML else json.dumps(content)
    name = "config.toml" if dialect.format is Format.TOML else "mcp.json"
    (draft,) = imported(text, f"/home/me/{name}").drafts
    assert (draft.name, draft.spec) == ("n", spec)


@pytest.mark.parametrize(
    ("path", "written", "read"),
    [
        (".mcp.json", "${TOKEN}", "${env:TOKEN}"),
        (".mcp.json", "${TOKEN:-nothing}", "${env:TOKEN}"),
        (".mcp.json", "$TOKEN-x", "$TOKEN-x"),
        (".cursor/mcp.json", "a ${env:TOKEN} b", "a ${env:TOKEN} b"),
        (".vscode/mcp.json", "${input:api-token}", "${env:API_TOKEN}"),
        (".gemini/settings.json", "$TOKEN/x", "${env:TOKEN}/x"),
        ("mcp_config.json", "${file:/run/secrets/api.key}", "${env:API_KEY}"),
        (".vscode/mcp.json", "${workspaceFolder}/x", "${env:WORKSPACE_FOLDER}/x"),
        (".mcp.json", "${NotionPage/home.id}", "${env:NOTION_PAGE_HOME_ID}"),
        (".mcp.json", "${", "${"),
    ],
)
def test_a_reference_in_any_syntax_is_one_to_the_environment(path: str, written: str, read: str) -> None:
    key = "servers" if "vscode" in path else "mcpServers"
    text = json.dumps({key: {"one": {"command": "/s", "env": {"X": written}}}})
    (draft,) = imported(text, f"/home/me/{path}").drafts
    assert draft.spec["env"] == {"X": read}


def test_what_docker_passes_on_is_the_env_of_the_server() -> None:
    line = f"docker run -i -e A -e B=2 --env=C -eD=4 x@{DIGEST}"
    draft = draft_of({**run(line), "env": {"A": "1", "DOCKER_HOST": "unix:///x"}})
    assert draft.spec["env"] == {"A": "1", "B": "2", "C": "${env:C}", "D": "4"}
    assert "env.DOCKER_HOST was for docker itself" in comments_of(draft)


def test_codex_tells_tools_deadline_and_variables_in_its_own_words() -> None:
    text = """
    [mcp_servers.one]
    command = "/s"
    cwd = "/srv"
    env_vars = ["A"]
    enabled_tools = ["a"]
    disabled_tools = ["b"]
    startup_timeout_sec = 20
    tool_timeout_sec = 60
    enabled = false
    [mcp_servers.two]
    url = "https://x.test/mcp"
    bearer_token_env_var = "T"
    env_http_headers = {X-Key = "K"}
    """
    one, two = imported(text, "/home/me/.codex/config.toml").drafts
    assert one.spec == {
        "source": {"command": {"path": "/s"}},
        "env": {"A": "${env:A}"},
        "cwd": "/srv",
        "tools": {"allow": ["a"], "deny": ["b"]},
        "deadline": 20,
    }
    assert "switched off" in comments_of(one)
    assert "tool_timeout_sec" in comments_of(one)
    assert two.spec["source"]["remote"]["headers"] == {"X-Key": "${env:K}", "Authorization": "Bearer ${env:T}"}


def test_the_servers_of_all_projects_of_claude_code_are_imported_under_names_of_their_own() -> None:
    text = json.dumps(
        {
            "mcpServers": {"My Server": {"command": "/a"}},
            "projects": {"/p": {"mcpServers": {"my-server": {"command": "bin/b"}}}, "/q": {"history": []}},
        }
    )
    one, two = imported(text, "/home/me/.claude.json").drafts
    assert (one.name, two.name, two.file_name) == ("my-server", "my-server-2", "my-server-2.yml")
    assert two.spec["source"]["command"]["path"] == "/p/bin/b"
    assert "for the project /p" in comments_of(two)


def test_old_settings_of_vs_code_and_zed_are_understood() -> None:
    (one,) = imported('{"mcp": {"servers": {"a": {"command": "/s"}}}}', "/home/me/settings.json").drafts
    zed = '{"context_servers": {"a": {"command": {"path": "/s", "args": ["x"], "env": null}}}}'
    (two,) = imported(zed, "/home/me/settings.json").drafts
    assert one.spec == {"source": {"command": {"path": "/s"}}}
    assert two.spec == {"source": {"command": {"path": "/s"}}, "args": ["x"]}


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("a.json", '{\n "mcpServers": {\n  "a" 1}}', "a.json:3:7: a colon after 'a' should stand here"),
        ("a.json", "", "a.json:1:1: "),
        ("a.json", "[]", "a.json:1:1: the file should hold an object"),
        ("a.json", '{"mcpServers": [1]}', "a.json:1:2: 'mcpServers' should be an object of servers"),
        ("a.json", '{"mcpServers": {"a": {},\n "a": {}}}', "a.json:2:2: 'a' is there twice"),
        ("a.json", '{"other": 1}', "names no MCP servers"),
        ("a.toml", "[mcp_servers.a]\ncommand = ", "a.toml:2:11: "),
        ("a.toml", "mcp_servers = 1", "a.toml:1:1: 'mcp_servers' should be a table"),
        ("a.toml", "x = 1", "names no MCP servers"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(file: str, text: str, told: str) -> None:
    with pytest.raises(FactoryError) as refused:
        drafts_of_client_file(file, f"/home/me/{file}", text)
    assert told in str(refused.value)
