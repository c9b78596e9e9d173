"""Registries of npm and PyPI for the tests of packages, and nothing of this machine's own settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_registries import SERVER_JS, NpmRegistry, publish_wheel


@pytest.fixture
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """npm and pip as on a machine where nobody has set anything."""
    for name in list(os.environ):
        if name.lower().startswith(("npm_", "pip_")):
            monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def npm_registry(own_settings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[NpmRegistry]:
    """A registry with the server ``@shop/hello`` 1.2.3, which needs ``words`` 2.0.0."""
    registry = NpmRegistry()
    registry.publish("words", "2.0.0", {"index.js": "module.exports = () => 'good morning'\n"})
    registry.publish(
        "@shop/hello", "1.2.3", {"server.js": SERVER_JS}, bin={"hello": "server.js"}, dependencies={"words": "^2.0.0"}
    )
    monkeypatch.setenv("npm_config_registry", registry.url)
    yield registry
    registry.close()


@pytest.fixture
def wheels(own_settings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the wheels of ``hello-server`` 1.2.3 and of ``words`` 2.0.0, which it needs."""
    folder = tmp_path / "wheels"
    publish_wheel(folder, "words", "2.0.0", {"words.py": "def said():\n    return 'good morning'\n"})
    publish_wheel(
        folder,
        "hello-server",
        "1.2.3",
        {"hello_server.py": "import words\n\ndef main():\n    print(words.said())\n"},
        {"hello-server": "hello_server:main"},
        ("words>=2",),
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
