"""Whatever stands in a file: it is read, left out with a reason, or refused; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mcp_server_shape import assert_sound, said

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.import_writing import drafts_of_file

anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
texts = st.one_of(
    st.text(max_size=8), st.sampled_from(["npx", "docker", "run", "-e", "/s", "pkg@1.2.3", "https://x.test"])
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
keys = st.sampled_from(
    [
        "mcpServers",
        "servers",
        "command",
        "args",
        "env",
        "cwd",
        "url",
        "headers",
        "type",
        "env_vars",
        "name",
        "packages",
        "remotes",
        "identifier",
        "registryType",
        "version",
        "transport",
        "packageArguments",
        "environmentVariables",
        "value",
        "default",
        "variables",
        "projects",
        "mcp",
        "server",
    ]
)
content = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


def read(file: Path, written: str | bytes) -> str:
    """What an import of the file tells, or why it is refused."""
    file.write_bytes(written if isinstance(written, bytes) else written.encode("utf-8", "surrogatepass"))
    try:
        drafted = drafts_of_file(file)
    except FactoryError as error:
        return str(error)
    assert_sound(drafted)
    return said(drafted)


@anything
@given(value=content, name=st.sampled_from(["mcpServers", "context_servers", "projects", "packages", "remotes"]))
def test_any_json_is_read_or_refused(tmp_path: Path, value: Any, name: str) -> None:
    read(tmp_path / "a.json", json.dumps(value)).encode()
    read(tmp_path / "a.json", json.dumps({"name": "a", name: {"a": value}})).encode()
    read(tmp_path / "a.json", json.dumps({"name": "a", name: [value]})).encode()


@anything
@given(written=st.one_of(st.binary(max_size=40), st.text('{}[]":,/*mcpServers\n =#1-', max_size=40)))
@example(written='{"mcpServers": {"a": {"command": "/s", "args": ["\\ud800"]}}}')
@example(written='{"mcpServers": {"\\ud800": {"command": "npx"}}}')
@example(written=f'{{"mcpServers": {{"a": {{"command": "/s", "args": [{"1" * 5000}]}}}}}}')
@example(written=f'{{"mcpServers": {"[" * 3000}')
def test_any_bytes_are_read_or_refused(tmp_path: Path, written: str | bytes) -> None:
    for name in ("a.json", "a.toml", "a"):
        read(tmp_path / name, written).encode()


@pytest.mark.parametrize(
    "value",
    ["1979-05-27", "07:32:00", "nan", "-inf", "1" * 5000, f"{'[' * 3000}{']' * 3000}", "99999999999999999999999"],
)
def test_what_only_toml_can_say_is_read_or_refused(tmp_path: Path, value: str) -> None:
    assert read(tmp_path / "a.toml", f'[mcp_servers.a]\ncommand = "/s"\nenv = {{A = {value}}}\nargs = [{value}]\n')
