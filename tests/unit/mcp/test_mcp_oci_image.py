"""The commands of docker: the image by its digest, variables by their names, and a daemon's answers told apart."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.oci_image import (
    Image,
    observe_image,
    pull_arguments,
    pull_image,
    run_arguments,
)

DIGEST = f"sha256:{'a' * 64}"
FETCH = Image("docker.io/mcp/fetch", DIGEST, ("--network=none",))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a docker on the PATH that notes how it was called and answers as it is told."""
    calls = tmp_path / "calls"

    def answering(told: str, code: int) -> Path:
        program = tmp_path / "docker"
        program.write_text(
            f"#!{sys.executable}\nimport json, os, sys\n"
            f"open({str(calls)!r}, 'w').write(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
            f"print({told!r}, file=sys.stderr)\nsys.exit({code})\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return calls

    return answering


def test_a_server_is_run_by_digest_with_variables_by_name_over_plain_pipes():
    command = run_arguments(FETCH, ["TOKEN", "DATABASE"], {"factory.stack": "crm"}, ["--verbose", "/srv"])
    assert command == (
        *("docker", "run", "--interactive", "--rm", "--pull=never", "--label=factory.stack=crm"),
        *("--env=DATABASE", "--env=TOKEN", "--network=none", f"docker.io/mcp/fetch@{DIGEST}", "--verbose", "/srv"),
    )
    assert pull_arguments(FETCH) == ("docker", "pull", "--quiet", f"docker.io/mcp/fetch@{DIGEST}")


def test_an_image_that_is_there_is_found_and_one_that_is_not_is_not(docker):
    calls = docker("", 0)
    assert observe_image(FETCH, 60)
    assert json.loads(calls.read_text())[0] == ["image", "inspect", "--format", "{{.Id}}", FETCH.reference]
    docker(f"Error response from daemon: No such image: {FETCH.reference}", 1)
    assert not observe_image(FETCH, 60)


def test_a_daemon_that_does_not_answer_is_no_missing_image(docker):
    docker("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", 1)
    with pytest.raises(FactoryError, match="Is the docker daemon running"):
        observe_image(FETCH, 60)


def test_a_pull_that_fails_says_why_and_docker_gets_no_secret_of_ours(docker, monkeypatch):
    monkeypatch.setenv("NOTION_TOKEN", "secret")
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/docker.sock")
    calls = docker("manifest unknown", 1)
    with pytest.raises(FactoryError, match=rf"pulling {FETCH.reference} failed: docker .* 1:\nmanifest unknown"):
        pull_image(FETCH, 60)
    environment = json.loads(calls.read_text())[1]
    assert environment["DOCKER_HOST"] == "unix:///run/user/docker.sock"
    assert "NOTION_TOKEN" not in environment


def test_without_docker_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FactoryError, match="docker is not on the PATH of this host; a server"):
        pull_image(FETCH, 60)


@pytest.mark.parametrize("name", ["mcp/fetch:latest", "--privileged", "mcp/fetch@sha256:a", "", "Mcp Fetch", "a//b"])
def test_what_is_no_name_of_an_image_is_refused(name):
    with pytest.raises(FactoryError, match="is no name of an image"):
        Image(name, DIGEST)


@pytest.mark.parametrize("name", ["fetch", "mcp/fetch", "localhost:5000/a/b", "ghcr.io/acme/x_y-z.server"])
def test_names_of_images_are_taken_as_docker_writes_them(name):
    assert Image(name, DIGEST).reference == f"{name}@{DIGEST}"


@pytest.mark.parametrize("digest", ["", "latest", "sha256:abc", "a" * 64])
def test_what_is_no_digest_is_refused(digest):
    with pytest.raises(FactoryError, match="is no digest"):
        Image("mcp/fetch", digest)


@pytest.mark.parametrize("option", ["-e", "--env=TOKEN=s3cret", "-eTOKEN=s3cret", "--env-file=/x"])
def test_a_variable_among_the_options_is_refused_without_its_value(option):
    with pytest.raises(FactoryError, match="variables belong under env") as refused:
        Image("mcp/fetch", DIGEST, (option,))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("option", ["-t", "--tty", "-it", "-d", "--detach=true", "-dit"])
def test_options_with_which_nobody_could_speak_to_the_server_are_refused(option):
    with pytest.raises(FactoryError, match="plain pipes"):
        Image("mcp/fetch", DIGEST, (option,))


def test_a_word_that_docker_would_take_for_the_image_is_no_option():
    with pytest.raises(FactoryError, match="write it as --name=value"):
        Image("mcp/fetch", DIGEST, ("--network", "none"))
