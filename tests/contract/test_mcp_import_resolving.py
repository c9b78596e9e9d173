"""``--resolve`` asks the real registries."""

from __future__ import annotations

import httpx
import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.import_program import EXACT_NPM, EXACT_PYPI
from ansible_collections.factory.mcp.plugins.module_utils.import_resolving import registry_version

PING = {"npm": "https://registry.npmjs.org/-/ping", "pypi": "https://pypi.org/simple/pip/"}


@pytest.fixture(autouse=True)
def _in_reach(registry: str) -> None:
    try:
        httpx.head(PING[registry], timeout=10)
    except httpx.HTTPError as error:
        pytest.skip(f"the registry {registry} is out of reach: {error}")


@pytest.mark.parametrize(
    ("registry", "wanted"),
    [
        ("npm", "@modelcontextprotocol/server-filesystem"),
        ("npm", "@upstash/context7-mcp@^4"),
        ("pypi", "mcp-server-git"),
    ],
)
def test_the_registry_tells_one_version(registry: str, wanted: str) -> None:
    exact = EXACT_NPM if registry == "npm" else EXACT_PYPI
    assert exact.fullmatch(registry_version(registry, wanted))


@pytest.mark.parametrize(
    ("registry", "wanted", "why"),
    [
        ("npm", "@modelcontextprotocol/server-filesystem@^99", "No match found for version"),
        ("pypi", "factory-iac-has-no-such-package", "No matching distribution"),
    ],
)
def test_what_the_registry_does_not_have_is_told_in_its_words(registry: str, wanted: str, why: str) -> None:
    with pytest.raises(FactoryError, match=why):
        registry_version(registry, wanted)
