"""Locks are read to the letter: whatever could let another package in is refused, at its line."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.package_lock import BrokenLock, check_lock, lock_file
from ansible_collections.factory.mcp.plugins.module_utils.pypi_lock import read_pypi_lock, requirements
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package

NPM_FILE = Path("stacks/crm/locks/hello.package-lock.json")
PYPI_FILE = Path("stacks/crm/locks/hello.requirements.txt")
WORDS = "node_modules/words"
HELLO = "node_modules/@shop/hello"


def sri(text: str, algorithm: str = "sha512") -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, text.encode()).digest()).decode()}"


def npm_content() -> dict:
    root = {"name": "mcp-server", "version": "0.0.0", "dependencies": {"@shop/hello": "1.2.3"}}
    hello = {"version": "1.2.3", "integrity": sri("hello"), "dependencies": {"words": "^2.0.0"}}
    words = {
        "version": "2.0.0",
        "resolved": "https://registry.npmjs.org/words/-/words-2.0.0.tgz",
        "integrity": sri("words"),
    }
    packages = {"": root, HELLO: hello, WORDS: words}
    return {"name": "mcp-server", "version": "0.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}


def npm(content: dict | str) -> Package:
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    return Package("npm", "@shop/hello", "1.2.3", "", text)


def line_of(text: str, piece: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if piece in line)


def changed(path: str, **fields: object) -> dict:
    content = npm_content()
    entry = content["packages"][path]
    for key, value in fields.items():
        if value is None:
            entry.pop(key)
        else:
            entry[key] = value
    return content


def with_entry(path: str, entry: dict) -> dict:
    content = npm_content()
    content["packages"][path] = entry
    return content


GOOD = {"version": "1.0.0", "integrity": sri("more")}
BROKEN_NPM = {
    "no integrity": (changed(WORDS, integrity=None), '"node_modules/words"', "words has no integrity"),
    "a weak hash": (changed(WORDS, integrity=sri("words", "sha1")), '"integrity": "sha1', "expected sha512"),
    "a weak hash beside a strong one": (
        changed(WORDS, integrity=f"{sri('words')} {sri('words', 'sha1')}"),
        "sha1-",
        "expected sha512",
    ),
    "half a hash": (changed(WORDS, integrity="sha512-AAAA"), '"sha512-AAAA"', "for integrity"),
    "git": (changed(WORDS, resolved="git+ssh://git@github.com/a/words.git#1"), "git+ssh", "not from a registry"),
    "a folder": (changed(WORDS, resolved="file:../words"), "file:../words", "not from a registry"),
    "a link": (changed(WORDS, link=True), '"link": true', "is a link to a folder"),
    "a password": (changed(WORDS, resolved="https://a:b@host/words.tgz"), "https://a:b", "holds a password"),
    "a range": (changed(WORDS, version="^2.0.0"), '"version": "^2.0.0"', "words has no exact version"),
    "another version": (changed(HELLO, version="1.2.4"), '"version": "1.2.4"', "locked at '1.2.4'"),
    "an alias": (changed(HELLO, name="evil"), '"name": "evil"', "another package, 'evil', stands in"),
    "a way out": (with_entry("node_modules/../../etc", GOOD), '"node_modules/../../etc"', "is no folder"),
    "a workspace": (with_entry("packages/own", GOOD), '"packages/own"', "is no folder of an installed package"),
    "another root": (changed("", dependencies={"other": "1.0.0"}), '"": {', "it is for other@1.0.0"),
    "one more at the root": (changed("", optionalDependencies={"x": "1"}), '"optionalDependencies"', "of its own"),
    "a bundle of nobody": (
        with_entry("node_modules/words/node_modules/x", {"version": "1.0.0", "inBundle": True}),
        '"node_modules/words/node_modules/x"',
        "x has no integrity",
    ),
    "an old format": ({**npm_content(), "lockfileVersion": 1}, '"lockfileVersion"', "lockfileVersion is the number 1"),
}


def test_a_good_lock_of_npm_tells_how_many_packages_it_holds_and_the_servers_integrity():
    content = check_lock(npm(npm_content()), NPM_FILE, sri("hello"))
    assert (content.packages, content.integrity) == (2, (sri("hello"),))


@pytest.mark.parametrize("name", BROKEN_NPM)
def test_a_lock_of_npm_that_could_let_another_package_in_is_refused_at_its_line(name):
    content, at, message = BROKEN_NPM[name]
    package = npm(content)
    with pytest.raises(BrokenLock) as refused:
        check_lock(package, NPM_FILE)
    first, *_, last = str(refused.value).splitlines()
    assert first.startswith(f"{NPM_FILE}:{line_of(package.lock, at)}:1: ")
    assert message in first
    assert last.endswith("run: factory mcp lock hello")
    assert "a:b" not in str(refused.value)


def test_a_bundled_package_is_covered_by_the_integrity_of_the_one_that_brings_it():
    content = changed(WORDS, bundleDependencies=["x"])
    content["packages"][f"{WORDS}/node_modules/x"] = {"version": "1.0.0", "inBundle": True}
    assert check_lock(npm(content), NPM_FILE).packages == 3


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{\n "lockfileVersion": 3,\n oops', 3, "not valid JSON"),
        ("[]", 1, "not a lock of npm"),
        ("", 1, "not valid JSON"),
        ('{"lockfileVersion": 3, "packages": {"": {}, "": {}}}', 1, "stands there twice"),
        ('{"lockfileVersion": 3, "packages": {"": 1}}', 1, "no packages"),
    ],
)
def test_what_is_no_lock_at_all_is_refused(text, line, message):
    with pytest.raises(BrokenLock, match=f"{NPM_FILE.name}:{line}:1: .*{message}"):
        check_lock(npm(text), NPM_FILE)


@given(st.data())
def test_whichever_package_loses_its_integrity_is_found(data):
    content = npm_content()
    for number in range(data.draw(st.integers(1, 8))):
        parent = data.draw(st.sampled_from(sorted(content["packages"])))
        content["packages"][f"{parent}{'/' if parent else ''}node_modules/p{number}"] = {
            "version": "1.0.0",
            "integrity": sri(str(number)),
        }
    check_lock(npm(content), NPM_FILE)
    path = data.draw(st.sampled_from(sorted(key for key in content["packages"] if key)))
    del content["packages"][path]["integrity"]
    package = npm(content)
    with pytest.raises(BrokenLock, match=f":{line_of(package.lock, json.dumps(path))}:1: .* has no integrity"):
        check_lock(package, NPM_FILE)


def test_an_integrity_that_is_not_the_manifests_is_refused_in_both_kinds_of_locks():
    with pytest.raises(BrokenLock, match="and the manifest says sha512-other"):
        check_lock(npm(npm_content()), NPM_FILE, "sha512-other")
    with pytest.raises(BrokenLock, match=r":2:1: the integrity of pypi:hello-server@1.2.3 is sha256:b+, and the man"):
        check_lock(pypi(GOOD_PYPI), PYPI_FILE, f"sha256:{'c' * 64}")


A, B = "a" * 64, "b" * 64
GOOD_PYPI = f"""# made by hand
Hello_Server==1.2.3 \\
    --hash=sha256:{B}
words==2.0.0 --hash=sha256:{A} --hash=sha256:{B}
colorama==0.4.6 ; sys_platform == "win32" --hash=sha256:{A}
"""


def pypi(text: str) -> Package:
    return Package("pypi", "hello-server", "1.2.3", "", text)


def test_a_good_lock_of_pypi_tells_how_many_packages_it_holds_and_the_servers_integrity():
    content = check_lock(pypi(GOOD_PYPI), PYPI_FILE, f"sha256:{B}")
    assert (content.packages, content.integrity) == (3, (f"sha256:{B}",))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (f" --hash=sha256:{A} --hash=sha256:{B}\n", "\n", 4, "words has no hash"),
        (f"words==2.0.0 --hash=sha256:{A}", "words==2.0.0 --hash=md5:abc", 4, "'md5:abc' for a hash"),
        ("words==2.0.0", "words>=2.0.0", 4, "no exact version"),
        ("words==2.0.0", "words==2.*", 4, "no exact version"),
        ("words==2.0.0", "words @ https://example.com/words.whl", 4, "no exact version"),
        ("words==2.0.0", "-e ../words", 4, "no exact version"),
        ("words==2.0.0", "./words.whl", 4, "no exact version"),
        ("words==2.0.0", "--index-url https://evil.example\nwords==2.0.0", 4, "no exact version"),
        ("words==2.0.0", "-r other.txt\nwords==2.0.0", 4, "no exact version"),
        ("words==2.0.0", "${WORDS}==2.0.0", 4, "no exact version"),
        ("Hello_Server==1.2.3", "Hello_Server==1.2.4", 2, "hello-server is locked at '1.2.4'"),
        ("Hello_Server", "goodbye", 1, "hello-server is not in it"),
        ("words==2.0.0", "hello.server==1.2.3", 4, "stands there twice"),
        ("Hello_Server==1.2.3 ", 'Hello_Server==1.2.3 ; python_version < "3" ', 2, "is the server itself"),
    ],
)
def test_a_lock_of_pypi_that_could_let_another_package_in_is_refused_at_its_line(old, new, line, message):
    assert old in GOOD_PYPI
    with pytest.raises(BrokenLock) as refused:
        check_lock(pypi(GOOD_PYPI.replace(old, new)), PYPI_FILE)
    assert f"{PYPI_FILE}:{line}:1: " in str(refused.value)
    assert message in str(refused.value)


def test_a_lock_for_several_platforms_as_uv_writes_it_is_read():
    text = f"""# This file was autogenerated by uv via the following command:
#    uv pip compile --universal --generate-hashes -
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:{A}
    # via words
hello-server==1.2.3 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via -r -
"""
    content = check_lock(pypi(text), PYPI_FILE)
    assert (content.packages, content.integrity) == (2, (f"sha256:{A}", f"sha256:{B}"))


def test_what_pip_is_given_says_the_same_as_the_lock_and_nothing_else():
    locked, _ = read_pypi_lock(GOOD_PYPI, "hello-server", "1.2.3")
    text = requirements(locked)
    again, problems = read_pypi_lock(text, "hello-server", "1.2.3")
    assert problems == []
    assert requirements(again) == text
    assert text.splitlines() == [
        f'colorama==0.4.6 ; sys_platform == "win32" --hash=sha256:{A}',
        f"Hello_Server==1.2.3 --hash=sha256:{B}",
        f"words==2.0.0 --hash=sha256:{A} --hash=sha256:{B}",
    ]


@pytest.mark.parametrize("version", ["latest", "^1", "~1.2.3", "1.x", ">=1", "*", "1.2", "v1.2.3", "", "1.2.3 || 2"])
def test_a_range_and_a_tag_of_npm_are_no_version(version):
    with pytest.raises(FactoryError, match="is no exact version"):
        Package("npm", "@shop/hello", version, "", "")


@pytest.mark.parametrize("version", ["latest", ">=1", "1.*", "==1.0", "1.0,<2", "", "1.0 --index-url=x"])
def test_a_range_of_pypi_is_no_version(version):
    with pytest.raises(FactoryError, match="is no exact version"):
        Package("pypi", "hello-server", version, "", "")


@pytest.mark.parametrize("name", ["--registry=x", "../x", "a/b", "@a/../b", "git+ssh://x", "", "a b", "file:x"])
def test_what_npm_would_take_for_something_else_is_no_name_of_a_package(name):
    with pytest.raises(FactoryError, match="is no name of a package"):
        Package("npm", name, "1.0.0", "", "")


def test_another_version_or_lock_has_another_key_and_the_program_does_not_matter():
    first = npm(npm_content())
    assert Package("npm", first.name, first.version, "hello", first.lock).key == first.key
    assert npm(changed(WORDS, version="2.0.1")).key != first.key
    assert Package("npm", first.name, "1.2.4", "", first.lock).key != first.key


def test_a_lock_lies_beside_the_manifests_and_no_name_leads_elsewhere():
    assert lock_file(Path("s"), "time", "pypi") == Path("s/locks/time.requirements.txt")
    assert lock_file(Path("s"), "time", "npm") == Path("s/locks/time.package-lock.json")
    with pytest.raises(FactoryError, match="is no name of a server"):
        lock_file(Path("s"), "../../etc/time", "npm")
