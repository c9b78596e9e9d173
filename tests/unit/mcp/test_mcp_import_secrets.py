"""No literal secret of a file that is imported is ever seen again, wherever it stood."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_server_shape import assert_sound, said

from ansible_collections.factory.mcp.plugins.module_utils.import_client_file import drafts_of_client_file
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Drafted
from ansible_collections.factory.mcp.plugins.module_utils.import_server_json import draft_of_server_json

letters = string.ascii_letters + string.digits
plain = st.text(letters + "_-.~+!*", min_size=12, max_size=40).map(lambda text: f"q7Z{text}")
base64 = st.text(letters + "+/", min_size=24, max_size=44).map(lambda text: f"/aB3{text}==")
formed = st.tuples(
    st.sampled_from(["ntn_", "ghp_", "sk-", "xoxb-", "AKIA"]), st.text(letters, min_size=16, max_size=30)
).map("".join)
opaque = st.text(string.hexdigits.lower(), min_size=32, max_size=64).map(lambda text: f"0a{text}")

Entry = dict[str, Any]
CALLED_SO: dict[str, Callable[[str], Entry]] = {
    "env": lambda one: {"command": "/s", "env": {"API_KEY": one}},
    "env in camel case": lambda one: {"command": "/s", "env": {"clientSecret": one}},
    "header": lambda one: {"url": "https://x.test", "headers": {"Authorization": f"Bearer {one}"}},
    "own header": lambda one: {"url": "https://x.test", "headers": {"X-Api-Key": one}},
    "option": lambda one: {"command": "/s", "args": ["--api-key", one]},
    "option with =": lambda one: {"command": "npx", "args": ["-y", "pkg@1.2.3", f"--token={one}"]},
    "option of an unpinned package": lambda one: {"command": "npx", "args": ["-y", "pkg", f"--token={one}"]},
    "option that npx does not know": lambda one: {"command": "npx", "args": [f"--auth-token={one}", "pkg"]},
    "assignment": lambda one: {"command": "env", "args": [f"ACCESS_TOKEN={one}", "server"]},
    "docker": lambda one: {"command": "docker", "args": ["run", "-e", f"TOKEN={one}", "a/b"]},
    "docker, short": lambda one: {"command": "docker", "args": ["run", f"-eTOKEN={one}", f"a/b@sha256:{'a' * 64}"]},
    "header of a bridge": lambda one: {"command": "/s", "args": ["--header", f"Authorization: Bearer {one}"]},
    "JSON": lambda one: {"command": "/s", "env": {"HEADERS": json.dumps({"Authorization": f"Bearer {one}"})}},
    "JSON argument": lambda one: {"command": "/s", "args": [json.dumps({"a": [{"password": one}]})]},
    "shell": lambda one: {"command": "/bin/sh", "args": ["-c", f"exec server --token {one}"]},
    "half a reference": lambda one: {"command": "/s", "env": {"TOKEN": f"${{PREFIX}}{one}"}},
    "default of a reference": lambda one: {"command": "/s", "env": {"TOKEN": f"${{TOKEN:-{one}}}"}},
    "beside what is wrong": lambda one: {"command": "/s", "args": "x", "env": {"TOKEN": one}},
    "wrong itself": lambda one: {"command": "/s", "env": {"TOKEN": [one]}},
    "unknown key": lambda one: {"command": "/s", "oauth": {"clientSecret": one}},
}
AS_IT_LOOKS: dict[str, Callable[[str], Entry]] = {
    "env": lambda one: {"command": "/s", "env": {"WHATEVER": one}},
    "argument": lambda one: {"command": "/s", "args": [one]},
    "command": lambda one: {"command": one},
    "working folder": lambda one: {"command": "bin/s", "cwd": f"/srv/{one}"},
    "package": lambda one: {"command": "npx", "args": ["-y", one]},
    "path of an address": lambda one: {"url": f"https://x.test/s/{one}/mcp"},
    "query of an address": lambda one: {"url": f"https://x.test/mcp?x={one}"},
    "query without a key": lambda one: {"url": f"https://x.test/mcp?{one}"},
    "fragment of an address": lambda one: {"url": f"https://x.test/mcp#{one}"},
    "within words": lambda one: {"command": "/s", "args": [f"run with {one} now"]},
}
PASSWORDS: dict[str, Callable[[str], Entry]] = {
    "env": lambda one: {"command": "/s", "env": {"DATABASE": f"postgres://me:{one}@h.test:5432/db"}},
    "argument": lambda one: {"command": "npx", "args": ["-y", "pkg@1.2.3", f"postgres://me:{one}@h.test/db"]},
    "git": lambda one: {"command": "uvx", "args": ["--from", f"git+https://me:{one}@h.test/a", "prog"]},
    "index": lambda one: {"command": "uvx", "args": ["--index-url", f"https://me:{one}@h.test/a", "prog"]},
    "url": lambda one: {"url": f"https://{one}@x.test/mcp"},
    "query": lambda one: {"url": f"https://x.test/mcp?api_key={one}&x=1"},
    "within words": lambda one: {"command": "/s", "args": [f"connect to postgres://me:{one}@h.test/db"]},
}


def places(of: dict[str, Callable[[str], Entry]]) -> st.SearchStrategy[Callable[[str], Entry]]:
    return st.sampled_from(sorted(of)).map(of.__getitem__)


def imported(entry: Entry, as_toml: bool = False) -> Drafted:
    if as_toml:
        return drafts_of_client_file(
            "config.toml", "/home/me/config.toml", tomlkit.dumps({"mcp_servers": {"one": entry}})
        )
    drafted = drafts_of_client_file(
        "a.json", "/home/me/a.json", json.dumps({"mcpServers": {"one": entry, "two": entry}})
    )
    assert_sound(drafted)
    return drafted


@settings(deadline=None)
@given(place=places(CALLED_SO), secret=st.one_of(plain, base64, formed, opaque), as_toml=st.booleans())
def test_what_is_called_a_secret_is_never_written(place: Callable[[str], Entry], secret: str, as_toml: bool) -> None:
    assert secret not in said(imported(place(secret), as_toml))


@settings(deadline=None)
@given(place=places(AS_IT_LOOKS), secret=st.one_of(formed, opaque), as_toml=st.booleans())
def test_what_looks_like_a_secret_is_never_written(place: Callable[[str], Entry], secret: str, as_toml: bool) -> None:
    assert secret not in said(imported(place(secret), as_toml))


@settings(deadline=None)
@given(place=places(PASSWORDS), secret=st.text(letters + "/+=:-_%", min_size=6, max_size=30).map("q7Z{}".format))
def test_what_is_a_password_by_its_place_is_never_written(place: Callable[[str], Entry], secret: str) -> None:
    assert secret not in said(imported(place(secret)))


PACKAGE = {"registryType": "npm", "identifier": "pkg", "version": "1.2.3"}
IN_SERVER_JSON: dict[str, Callable[[str], Entry]] = {
    "secret value": lambda one: {"environmentVariables": [{"name": "PLAIN", "value": one, "isSecret": True}]},
    "secret default": lambda one: {"environmentVariables": [{"name": "PLAIN", "default": one, "isSecret": True}]},
    "in a template": lambda one: {
        "packageArguments": [{"type": "positional", "value": f"{one}{{a}}", "isSecret": True, "variables": {"a": {}}}]
    },
    "in a variable": lambda one: {
        "packageArguments": [
            {"type": "positional", "value": "x{a}", "variables": {"a": {"default": one, "isSecret": True}}}
        ]
    },
    "called so": lambda one: {"packageArguments": [{"type": "named", "name": "--api-key", "value": one}]},
    "passed over": lambda one: {
        "registryType": "nuget",
        "environmentVariables": [{"name": "PLAIN", "value": one, "isSecret": True}],
    },
}


@settings(deadline=None)
@given(place=places(IN_SERVER_JSON), secret=st.one_of(plain, formed, opaque))
def test_a_secret_in_a_server_json_is_never_written(place: Callable[[str], Entry], secret: str) -> None:
    server = {"name": "a/one", "packages": [{**PACKAGE, **place(secret)}]}
    drafted = draft_of_server_json("server.json", json.dumps(server))
    assert_sound(drafted)
    assert secret not in said(drafted)


@pytest.mark.parametrize(
    ("entry", "spec"),
    [
        (CALLED_SO["env"]("hunter2!"), {"env": {"API_KEY": "${env:API_KEY}"}}),
        (CALLED_SO["option"]("hunter2!"), {"args": ["--api-key", "${env:ONE_API_KEY}"]}),
        (
            CALLED_SO["header of a bridge"]("x!"),
            {"args": ["--header", "Authorization: Bearer ${env:ONE_AUTHORIZATION}"]},
        ),
        (PASSWORDS["env"]("hunter2"), {"env": {"DATABASE": "postgres://${env:ONE_LOGIN}@h.test:5432/db"}}),
        ({"command": "/s", "env": {"PASSWORD": "1"}}, {"env": {"PASSWORD": "${env:PASSWORD}"}}),
    ],
)
def test_a_reference_stands_in_the_place_of_a_secret_and_its_variable_is_named(entry: Entry, spec: Entry) -> None:
    text = json.dumps({"mcpServers": {"one": entry}})
    drafted = drafts_of_client_file("a.json", "/home/me/a.json", text)
    (draft,) = drafted.drafts
    assert {key: value for key, value in draft.spec.items() if key != "source"} == spec
    (variable,) = drafted.variables
    assert "holds a literal value" in variable.where


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "/s", "args": ["--max-tokens", "4096", "--token-file", "/run/token", "--port=8080"]},
        {"command": "/s", "env": {"LOG_LEVEL": "debug", "USE_TOKEN": "true", "CREDENTIALS": "/srv/key.json"}},
        {
            "command": "/s",
            "env": {"PATH": "/usr/local/bin:/usr/bin", "TZ": "Europe/Berlin", "URL": "http://a.test:80/b"},
        },
        {"command": "/s", "args": ["@scope/name@2026.8.31", "a=b", "C:\\Users\\me", "host:port", "-", "--", ""]},
        {"command": "/s", "args": ["https://server.test/@user/exa/mcp?page=2#top"]},
    ],
)
def test_what_is_no_secret_stays_as_it_is(entry: Entry) -> None:
    (draft, _) = imported(entry).drafts
    assert {key: draft.spec[key] for key in entry if key != "command"} == {
        key: value for key, value in entry.items() if key != "command"
    }


def test_two_secrets_of_one_name_are_two_variables_and_never_one_that_is_referred_to() -> None:
    entries = {
        name: {"command": "/s", "env": {"TOKEN": value}}
        for name, value in (("a", "first!"), ("b", "second!"), ("c", "first!"), ("d", "${API_KEY}"), ("e", "second!"))
    }
    entries["f"] = {"command": "/s", "env": {"API_KEY": "third!"}}
    drafted = drafts_of_client_file("a.json", "/a.json", json.dumps({"mcpServers": entries}))
    assert [next(iter(draft.spec["env"].values())) for draft in drafted.drafts] == [
        *("${env:TOKEN}", "${env:B_TOKEN}", "${env:TOKEN}", "${env:API_KEY}", "${env:E_TOKEN}", "${env:F_API_KEY}"),
    ]
