"""A ``server.json`` becomes one manifest, of the best package that can be said, or the reason why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_server_shape import assert_sound, comments_of

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted
from ansible_collections.factory.mcp.plugins.module_utils.import_server_json import (
    PackageKind,
    draft_of_server_json,
    is_server_json,
)

DIGEST = f"sha256:{'0f' * 32}"
STDIO = {"type": "stdio"}
NPM = {"registryType": "npm", "identifier": "@a/weather", "version": "1.2.3", "transport": STDIO}
PYPI = {"registryType": "pypi", "identifier": "weather", "version": "1.2", "transport": STDIO}
OCI = {"registryType": "oci", "identifier": f"docker.io/a/weather:1@{DIGEST}", "transport": STDIO}
NUGET = {"registryType": "nuget", "identifier": "Weather.Mcp", "version": "1.2.3", "transport": STDIO}
MCPB = {"registryType": "mcpb", "identifier": "https://x.test/a.mcpb", "fileSha256": "0f" * 32, "transport": STDIO}
REMOTE = {"type": "streamable-http", "url": "https://x.test/mcp"}
SSE = {"type": "sse", "url": "https://x.test/sse"}
SOURCES = {
    "npm": {"npm": {"package": "@a/weather", "version": "1.2.3"}},
    "pypi": {"pypi": {"package": "weather", "version": "1.2"}},
    "oci": {"oci": {"image": "docker.io/a/weather", "digest": DIGEST}},
    "remote": {"remote": {"url": "https://x.test/mcp"}},
}


def imported(server: dict[str, Any], kind: PackageKind | None = None) -> Drafted:
    text = json.dumps({"name": "io.github.a/weather", "description": "The weather.", "version": "1.2.3", **server})
    assert is_server_json(text)
    drafted = draft_of_server_json("server.json", text, kind)
    assert_sound(drafted)
    assert len(drafted.drafts) + len(drafted.left_out) == 1
    return drafted


def draft_of(server: dict[str, Any], kind: PackageKind | None = None) -> Draft:
    (draft,) = imported(server, kind).drafts
    return draft


def why_not(server: dict[str, Any], kind: PackageKind | None = None) -> str:
    (left_out,) = imported(server, kind).left_out
    return left_out.reason


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ({"packages": [NUGET, OCI, PYPI, NPM], "remotes": [REMOTE]}, "npm"),
        ({"packages": [OCI, PYPI], "remotes": [REMOTE]}, "pypi"),
        ({"packages": [MCPB, OCI], "remotes": [REMOTE]}, "oci"),
        ({"packages": [NUGET], "remotes": [SSE, REMOTE]}, "remote"),
        ({"packages": [{**NPM, "version": "latest"}, PYPI]}, "pypi"),
        ({"packages": [{**OCI, "identifier": "docker.io/a/weather:1"}], "remotes": [REMOTE]}, "remote"),
    ],
)
def test_the_best_package_that_can_be_said_is_taken(server: dict[str, Any], kind: str) -> None:
    draft = draft_of(server)
    assert draft.spec == {"description": "The weather.", "source": SOURCES[kind]}
    assert (draft.name, draft.file_name) == ("weather", "weather.yml")


@pytest.mark.parametrize("kind", list(PackageKind))
def test_another_package_can_be_picked(kind: PackageKind) -> None:
    draft = draft_of({"packages": [NPM, PYPI, OCI], "remotes": [REMOTE]}, kind)
    assert draft.spec["source"] == SOURCES[kind]
    assert comments_of(draft).count("There is also: ") == 3
    assert "it offers no oci" in why_not({"packages": [NPM]}, PackageKind.OCI) or kind is not PackageKind.OCI


def test_what_a_manifest_cannot_say_is_a_comment_with_the_reason() -> None:
    unsayable = [NUGET, MCPB, {**PYPI, "version": ">=1"}, {**PYPI, "transport": SSE}]
    told = comments_of(draft_of({"packages": [*unsayable, NPM], "remotes": [SSE]}))
    assert "nuget Weather.Mcp 1.2.3: Factory has no source of the kind 'nuget'" in told
    assert "Factory has no source of the kind 'mcpb'" in told
    assert "'>=1' is not one version" in told
    assert told.count("it speaks SSE") == 2


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ({"packages": [NUGET]}, "no source of the kind 'nuget'"),
        ({"packages": [], "remotes": []}, "neither a package nor a remote"),
        ({"packages": [{**NPM, "version": "^1.2.3"}]}, "'^1.2.3' is not one version"),
        ({"packages": [{**NPM, "version": "1.2"}]}, "'1.2' is not one version"),
        ({"packages": [{**NPM, "registryBaseUrl": "https://npm.x.test"}]}, "another registry"),
        ({"packages": [{key: NPM[key] for key in ("registryType", "identifier")}]}, "names no version"),
        ({"packages": [{**NPM, "identifier": "a b"}]}, "no name of a package"),
        ({"packages": [{**OCI, "identifier": "docker.io/a/weather:1"}]}, "docker buildx imagetools inspect"),
        ({"packages": [{**NPM, "transport": {"type": "carrier-pigeon"}}]}, "does not speak 'carrier-pigeon'"),
        ({"packages": [{**NPM, "transport": {"type": "streamable-http", "url": "https://x.test"}}]}, "which port"),
        ({"remotes": [SSE]}, "SSE"),
        ({"remotes": [{**REMOTE, "url": "{base}/mcp"}]}, "no address"),
    ],
)
def test_a_server_that_cannot_be_said_is_left_out_with_the_reason(server: dict[str, Any], reason: str) -> None:
    assert reason in why_not(server)


def test_arguments_are_values_defaults_and_references_in_their_order() -> None:
    arguments = [
        {"type": "positional", "value": "serve"},
        {"type": "named", "name": "--units", "default": "metric", "choices": ["metric", "imperial"]},
        {"type": "named", "name": "--api-key", "isRequired": True, "isSecret": True},
        {"type": "named", "name": "--stdio"},
        {"type": "named", "name": "--port", "value": "{port}", "variables": {"port": {"default": "8080"}}},
        {"type": "named", "name": "--extra", "description": "More of\nit.", "format": "string"},
        {"type": "positional", "valueHint": "folder", "isRequired": True, "isRepeated": True},
        {"type": "positional", "value": "{where}", "variables": {"where": {"isRequired": True}}},
    ]
    draft = draft_of({"packages": [{**NPM, "packageArguments": arguments}]})
    assert draft.spec["args"] == [
        *("serve", "--units", "metric", "--api-key", "${env:WEATHER_API_KEY}", "--stdio", "--port", "8080"),
        *("${env:WEATHER_FOLDER}", "${env:WEATHER_WHERE}"),
    ]
    assert "optional: packageArguments[5] --extra (More of it)" in comments_of(draft)
    assert "packageArguments[6] can be given several times" in comments_of(draft)


def test_variables_keep_their_names_and_tell_what_they_are_for() -> None:
    variables = [
        {"name": "API_KEY", "isRequired": True, "isSecret": True, "description": "Your key."},
        {"name": "REGION", "isRequired": True, "choices": ["eu", "us"]},
        {"name": "LOG", "default": "info"},
        {"name": "OPTIONAL_TOKEN", "isSecret": True},
        {"name": "OTHER"},
    ]
    drafted = imported({"packages": [{**NPM, "environmentVariables": variables}]})
    (draft,) = drafted.drafts
    assert draft.spec["env"] == {
        "API_KEY": "${env:API_KEY}",
        "REGION": "${env:REGION}",
        "LOG": "info",
        "OPTIONAL_TOKEN": "${env:OPTIONAL_TOKEN}",
    }
    told = {one.name: one.where for one in drafted.variables}
    assert "Your key" in told["API_KEY"]
    assert "one of eu, us" in told["REGION"]
    assert "optional: env.OTHER" in comments_of(draft)


def test_a_remote_has_headers_and_an_address_with_references() -> None:
    remote = {
        "type": "streamable-http",
        "url": "https://{tenant}.x.test/mcp",
        "variables": {"tenant": {"isRequired": True}},
        "headers": [
            {"name": "Authorization", "value": "Bearer {token}", "variables": {"token": {"isSecret": True}}},
            {"name": "X-Region", "default": "eu"},
            {"name": "X-Key", "isRequired": True},
        ],
    }
    assert draft_of({"remotes": [remote]}).spec["source"]["remote"] == {
        "url": "https://${env:WEATHER_TENANT}.x.test/mcp",
        "headers": {
            "Authorization": "Bearer ${env:WEATHER_TOKEN}",
            "X-Region": "eu",
            "X-Key": "${env:WEATHER_X_KEY}",
        },
    }


def test_a_container_gets_the_options_of_docker_run_and_its_variables() -> None:
    package = {
        **OCI,
        "runtimeArguments": [
            {"type": "named", "name": "--mount", "value": "type=bind,src={dir},dst=/d", "variables": {"dir": {}}},
            {"type": "named", "name": "-e", "value": "MODE=x"},
            {"type": "named", "name": "--rm"},
        ],
        "environmentVariables": [{"name": "KEY", "isRequired": True}],
    }
    spec = draft_of({"packages": [package]}).spec
    assert spec["source"]["oci"]["options"] == ["--mount=type=bind,src=${env:WEATHER_DIR},dst=/d"]
    assert spec["env"] == {"MODE": "x", "KEY": "${env:KEY}"}


def test_a_package_that_listens_says_where() -> None:
    transport = {"type": "streamable-http", "url": "http://localhost:{PORT}/mcp"}
    package = {**NPM, "transport": transport, "environmentVariables": [{"name": "PORT", "default": "3001"}]}
    spec = draft_of({"packages": [package]}).spec
    assert spec["transport"] == "streamable-http"
    assert spec["listen"] == {"host": "127.0.0.1", "port": 3001, "path": "/mcp"}


def test_an_answer_of_the_registry_holds_the_server_below_server() -> None:
    text = json.dumps({"server": {"name": "io.github.anna/mcp", "packages": [NPM]}, "_meta": {"x": {}}})
    drafted = draft_of_server_json("answer.json", text)
    assert [draft.name for draft in drafted.drafts] == ["anna-mcp"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"packages": [],\n "name" 1}', "server.json:2:9: a colon after 'name' should stand here"),
        ('{"packages": {}, "name": "a"}', "server.json:1:2: packages should be a list of packages"),
        ('{"packages": []}', "server.json:1:1: this should be an object with a name"),
        ('{"name": "a",\n "packages": [{"registryType": "npm"}]}', "server.json:2:2: packages[0] should be an object"),
        ('{"name": "a", "name": "b", "packages": []}', "'name' is there twice"),
        (
            '{"name": "a", "packages": [{"registryType": "npm", "identifier": "x",'
            '"packageArguments": [{"type": "x"}]}]}',
            "packages[0].packageArguments[0].type should be positional or named",
        ),
    ],
)
def test_a_broken_file_is_refused_with_the_place(text: str, told: str) -> None:
    with pytest.raises(FactoryError) as refused:
        draft_of_server_json("server.json", text)
    assert told in str(refused.value)


@pytest.mark.parametrize("text", ['{"mcpServers": {}}', "[]", "", "x = 1", '{"name": "package.json"}'])
def test_other_files_are_told_apart(text: str) -> None:
    assert not is_server_json(text)


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=20)
values = st.one_of(words, st.sampled_from(["{a}", "x{a}y{b}", "${HOME}/x", "${NotionPage/a.id}", "Bearer {a}", "true"]))
base = {
    "description": words,
    "isRequired": st.booleans(),
    "isSecret": st.booleans(),
    "value": values,
    "default": values,
    "choices": st.lists(words, max_size=2),
    "format": st.sampled_from(["string", "number", "boolean", "filepath"]),
    "placeholder": words,
}
inputs = st.fixed_dictionaries(
    {}, optional={**base, "variables": st.dictionaries(st.sampled_from("ab"), st.fixed_dictionaries({}, optional=base))}
)


def also(more: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(inputs, st.fixed_dictionaries(more)).map(lambda both: {**both[0], **both[1]})


names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
arguments = st.lists(
    st.one_of(
        also({"type": st.just("positional"), "valueHint": words}),
        also({"type": st.just("positional")}),
        also({"type": st.just("named"), "name": st.sampled_from(["-e", "--x", "-v", "--token", "--mount", "x"])}),
    ),
    max_size=3,
)
urls = st.sampled_from(
    ["https://x.test/mcp", "https://{a}.x.test", "{a}", "http://localhost:{port}/mcp", "http://127.0.0.1:1/x", "x:y:z"]
)
transports = st.one_of(
    st.just(STDIO),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["streamable-http", "sse"]), "url": urls},
        optional={
            "headers": st.lists(also({"name": st.sampled_from(["Authorization", "X-Mode"])}), max_size=2),
            "variables": st.dictionaries(st.sampled_from(["a", "port"]), st.fixed_dictionaries({}, optional=base)),
        },
    ),
)
packages = st.fixed_dictionaries(
    {
        "registryType": st.sampled_from(["npm", "pypi", "oci", "nuget", "mcpb"]),
        "identifier": st.one_of(words, st.sampled_from(["pkg", "@a/pkg", "a/b", f"ghcr.io/a/b:1@{DIGEST}", "a/b:1"])),
        "transport": transports,
    },
    optional={
        "version": st.one_of(words, st.sampled_from(["1.2.3", "1.0", "latest", "^1.0.0", ">=1", "1.x", "1.2.3-rc.1"])),
        "registryBaseUrl": st.sampled_from(["https://registry.npmjs.org", "https://pypi.org", "https://x.test"]),
        "runtimeHint": st.sampled_from(["npx", "uvx", "docker", "dnx"]),
        "runtimeArguments": arguments,
        "packageArguments": arguments,
        "environmentVariables": st.lists(also({"name": names}), max_size=3),
        "fileSha256": st.just("0f" * 32),
    },
)
servers = st.fixed_dictionaries(
    {"name": words, "packages": st.lists(packages, max_size=3)},
    optional={
        "description": words,
        "version": words,
        "remotes": st.lists(transports.filter(lambda one: "url" in one), max_size=2),
    },
)


@settings(deadline=None)
@given(server=servers, kind=st.sampled_from([None, *PackageKind]))
def test_every_server_json_gives_a_valid_manifest_or_says_why_not(
    server: dict[str, Any], kind: PackageKind | None
) -> None:
    drafted = draft_of_server_json("server.json", json.dumps(server), kind)
    assert len(drafted.drafts) + len(drafted.left_out) == 1
    assert_sound(drafted)
