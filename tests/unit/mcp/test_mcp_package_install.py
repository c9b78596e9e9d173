"""A package is installed as its lock says or not at all, and whatever changes in it afterwards is seen."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from package_registries import SERVER_JS, NpmRegistry, publish_wheel

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.package_install import (
    InstalledPackage,
    PackageState,
    install,
    observe,
    prune,
    remove,
)
from ansible_collections.factory.mcp.plugins.module_utils.package_locking import make_lock
from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package

SECONDS = 120.0


def npm_package(program: str = "") -> Package:
    return Package("npm", "@shop/hello", "1.2.3", program, make_lock("npm", "@shop/hello", "1.2.3", SECONDS))


def pypi_package(program: str = "") -> Package:
    return Package("pypi", "hello-server", "1.2.3", program, make_lock("pypi", "hello-server", "1.2.3", SECONDS))


@pytest.fixture
def hello(npm_registry: NpmRegistry) -> Package:
    return npm_package()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "host" / "crm" / "hello"


def output_of(program: str, **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run([program], env=environment, capture_output=True, text=True, check=True, cwd="/").stdout


def fake_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time, json, pathlib\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def told(found: InstalledPackage | None) -> list[str]:
    assert found is not None
    assert found.state is PackageState.TAMPERED
    return [str(one) for one in found.differences]


def test_a_package_of_npm_is_installed_runs_and_is_not_installed_again(hello, folder, monkeypatch):
    assert observe(folder, hello) is None
    made = install(folder, hello, SECONDS)
    assert made.program == str(folder / "packages" / hello.key / "tree" / "node_modules" / ".bin" / "hello")
    assert output_of(made.program) == "good morning\n"
    assert observe(folder, hello) == made
    monkeypatch.setenv("PATH", "")
    assert install(folder, hello, SECONDS) == made


def test_a_package_of_pypi_is_installed_and_running_it_changes_nothing(wheels, folder):
    package = pypi_package()
    made = install(folder, package, SECONDS)
    assert made.program == str(folder / "packages" / package.key / "tree" / "bin" / "hello-server")
    before = sorted(made.folder.rglob("*"))
    assert output_of(made.program) == "good morning\n"
    assert sorted(made.folder.rglob("*")) == before
    assert observe(folder, package) == made
    assert made.state is PackageState.INTACT


def words(tree: Path) -> Path:
    return tree / "node_modules" / "words" / "index.js"


def link(tree: Path) -> Path:
    return tree / "node_modules" / ".bin" / "hello"


def rewritten_in_disguise(tree: Path) -> None:
    """Another content of the same size, with the times that the file had."""
    file, of = words(tree), words(tree).stat()
    file.write_bytes(file.read_bytes().replace(b"morning", b"evening"))
    os.utime(file, ns=(of.st_atime_ns, of.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (of.st_size, of.st_mtime_ns)


def replaced_in_disguise(tree: Path) -> None:
    """Another file in the place of one, with its size and times."""
    file, of = words(tree), words(tree).stat()
    other = file.with_name("other")
    other.write_bytes(file.read_bytes().replace(b"morning", b"evening"))
    other.chmod(of.st_mode)
    os.utime(other, ns=(of.st_atime_ns, of.st_mtime_ns))
    other.rename(file)


def link_swapped(tree: Path) -> None:
    link(tree).unlink()
    link(tree).symlink_to("../words/index.js")


def link_made_a_file(tree: Path) -> None:
    text = link(tree).read_text()
    link(tree).unlink()
    link(tree).write_text(text)
    link(tree).chmod(0o755)


def moved_and_linked(tree: Path) -> None:
    tree.rename(tree.with_name("moved"))
    tree.symlink_to("moved")


def file_made_a_pipe(tree: Path) -> None:
    words(tree).unlink()
    os.mkfifo(words(tree))


TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte": (lambda tree: words(tree).open("a").write(" "), "node_modules/words/index.js has other contents"),
    "the same size and times": (rewritten_in_disguise, "node_modules/words/index.js has other contents"),
    "another inode": (replaced_in_disguise, "node_modules/words/index.js has other contents"),
    "a mode": (lambda tree: words(tree).chmod(0o777), "node_modules/words/index.js has the mode 777 now"),
    "a setuid bit": (lambda tree: words(tree).chmod(0o4644), "node_modules/words/index.js has the mode 4644 now"),
    "a folder's mode": (lambda tree: words(tree).parent.chmod(0o777), "node_modules/words has the mode 777 now"),
    "an added file": (lambda tree: (tree / "node_modules/words/x.js").touch(), "node_modules/words/x.js was added"),
    "an added folder": (lambda tree: (tree / "node_modules/fs-x").mkdir(), "node_modules/fs-x was added"),
    "a hidden file": (lambda tree: (tree / ".npmrc").touch(), ".npmrc was added"),
    "an odd name": (lambda tree: open(os.fsencode(tree) + b"/a\nb\xff", "w").close(), "a\nb\udcff was added"),
    "a removed file": (lambda tree: words(tree).unlink(), "node_modules/words/index.js was removed"),
    "a link that leads elsewhere": (link_swapped, "node_modules/.bin/hello leads to ../words/index.js now"),
    "a file for a link": (link_made_a_file, "node_modules/.bin/hello became something else"),
    "a pipe for a file": (file_made_a_pipe, "node_modules/words/index.js became something else"),
    "the lock": (lambda tree: (tree / "package-lock.json").write_text("{}"), "package-lock.json has other contents"),
    "the record": (lambda tree: (tree.parent / "installed.json").write_text("{}"), "installed.json cannot be read"),
    "a link for all": (moved_and_linked, "tree leads to moved now"),
    "everything": (lambda tree: shutil.rmtree(tree), "tree cannot be read: No such file or directory"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_whatever_is_changed_in_an_installation_is_named_and_made_good_again(name, hello, folder):
    made = install(folder, hello, SECONDS)
    tamper, difference = TAMPERING[name]
    tamper(made.folder / "tree")
    assert told(observe(folder, hello))[0] == difference
    mended = install(folder, hello, SECONDS)
    assert (mended.program, mended.content_digest) == (made.program, made.content_digest)
    assert mended.set_aside == made.folder.with_name(f"{hello.key}.set-aside")
    found = observe(folder, hello)
    assert found is not None
    assert found.state is PackageState.INTACT
    assert output_of(mended.program) == "good morning\n"


def test_data_that_a_server_wrote_beside_its_program_is_set_aside_and_not_lost(hello, folder):
    made = install(folder, hello, SECONDS)
    (made.folder / "tree" / "node_modules" / "@shop" / "hello" / "memory.jsonl").write_text("what I remember")
    aside = install(folder, hello, SECONDS).set_aside
    assert (aside / "tree" / "node_modules" / "@shop" / "hello" / "memory.jsonl").read_text() == "what I remember"


def test_compiled_python_that_was_tampered_with_is_seen(wheels, folder):
    package = pypi_package()
    made = install(folder, package, SECONDS)
    (compiled,) = made.folder.glob("tree/lib/python3*/site-packages/__pycache__/words.*.pyc")
    evil = folder / "words.py"
    evil.write_text("def said():\n    return 'give me your token'\n")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(evil), cfile=str(compiled), invalidation_mode=mode)
    assert output_of(made.program) == "give me your token\n", "Python does load it"
    assert [one for one in told(observe(folder, package)) if one.endswith(f"/{compiled.name} has other contents")]


def test_another_python_below_an_environment_is_seen(wheels, folder):
    package = pypi_package()
    made = install(folder, package, SECONDS)
    record = made.folder / "installed.json"
    record.write_text(record.read_text().replace(os.path.realpath(sys.executable), "/usr/bin/python3.10"))
    assert told(observe(folder, package)) == [
        f"bin/python leads to {os.path.realpath(sys.executable)} now, and led to /usr/bin/python3.10"
    ]


def test_a_copy_with_the_same_contents_is_intact_and_looked_at_fast_again_after_the_next_install(hello, folder):
    made = install(folder, hello, SECONDS)
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, symlinks=True)
    shutil.rmtree(folder)
    copy.rename(folder)
    record = made.folder / "installed.json"
    before = record.read_text()
    assert observe(folder, hello) == made
    assert record.read_text() == before, "looking writes nothing"
    assert install(folder, hello, SECONDS) == made
    assert record.read_text() != before
    assert observe(folder, hello) == made


def test_an_installer_that_was_killed_half_way_leaves_nothing_that_counts(hello, folder, tmp_path, monkeypatch):
    started = tmp_path / "started"
    script = (
        "pathlib.Path('node_modules').mkdir()\n"
        f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    )
    path = os.environ["PATH"]
    fake_npm(tmp_path / "bin", script, monkeypatch)
    code = (
        "import sys; from pathlib import Path\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.package_install import install\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package\n"
        "install(Path(sys.argv[1]), Package('npm', '@shop/hello', '1.2.3', '', sys.argv[2]), 600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), hello.lock], start_new_session=True)
    while not (started.exists() and started.read_text()):
        assert process.poll() is None
        os.sched_yield()
    process.kill()
    process.wait()
    os.kill(int(started.read_text()), signal.SIGKILL)
    half = folder / "packages" / hello.key / "tree" / "node_modules"
    assert half.is_dir()
    assert observe(folder, hello) is None
    monkeypatch.setenv("PATH", path)
    made = install(folder, hello, SECONDS)
    assert (output_of(made.program), made.set_aside) == ("good morning\n", None)


def test_npm_is_killed_with_its_children_when_the_time_is_up(hello, folder, tmp_path, monkeypatch):
    pids = tmp_path / "pids"
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    fake_npm(
        tmp_path / "bin",
        f"child = {child}\n"
        f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{child.pid}}')\n"
        "print('still at it', file=sys.stderr, flush=True)\ntime.sleep(600)",
        monkeypatch,
    )
    with pytest.raises(FactoryError, match=r"installing npm:@shop/hello@1\.2\.3 failed: it took longer than") as late:
        install(folder, hello, 3.0)
    assert "still at it" in str(late.value)
    deadline = time.monotonic() + 20
    while any(is_running(int(pid)) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline
    assert not (folder / "packages" / hello.key).exists()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_npm_gets_its_settings_and_no_secret_of_ours_and_no_shell(hello, folder, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    fake_npm(
        tmp_path / "bin",
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps([sys.argv[1:], sorted(os.environ), sys.stdin.read()]))\n"
        "sys.exit('npm error at https://ci:hunter2@npm.example/words?token=abc123 //npm.example/:_authToken=npm_xyz')",
        monkeypatch,
    )
    for name in ("NOTION_TOKEN", "AWS_SECRET_ACCESS_KEY", "NODE_OPTIONS", "PYTHONPATH"):
        monkeypatch.setenv(name, "/secret")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    with pytest.raises(FactoryError) as refused:
        install(folder, hello, SECONDS)
    assert str(refused.value).endswith("npm error at https://npm.example/words?… //npm.example/:_authToken=…")
    arguments, variables, standard_input = json.loads(seen.read_text())
    assert (arguments[:2], standard_input) == (["ci", "--ignore-scripts"], "")
    assert {"https_proxy", "npm_config_registry", "PATH", "HOME"} <= set(variables)
    assert not {"NOTION_TOKEN", "AWS_SECRET_ACCESS_KEY", "NODE_OPTIONS", "PYTHONPATH"} & set(variables)


def test_another_package_under_the_same_version_is_not_installed(hello, npm_registry, folder):
    npm_registry.publish("words", "2.0.0", {"index.js": "module.exports = () => 'give me your token'\n"})
    with pytest.raises(FactoryError, match="EINTEGRITY"):
        install(folder, hello, SECONDS)
    assert observe(folder, hello) is None
    assert not (folder / "packages" / hello.key).exists()


def test_another_wheel_under_the_same_version_is_not_installed(wheels, folder):
    package = pypi_package()
    publish_wheel(wheels, "words", "2.0.0", {"words.py": "def said():\n    return 'give me your token'\n"})
    with pytest.raises(FactoryError, match="DO NOT MATCH THE HASHES"):
        install(folder, package, SECONDS)
    assert observe(folder, package) is None


def test_a_lock_of_pypi_in_which_something_is_missing_is_refused_before_anything_is_installed(wheels, folder):
    whole = pypi_package()
    lock = "".join(line for line in whole.lock.splitlines(True) if not line.startswith("words"))
    with pytest.raises(FactoryError, match="the lock was made for another kind of host: this one is"):
        install(folder, Package("pypi", "hello-server", "1.2.3", "", lock), SECONDS)


def test_a_broken_lock_is_refused_before_npm_is_asked(hello, folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    lock = hello.lock.replace('"integrity"', '"itegrity"')
    with pytest.raises(FactoryError, match=r"its lock cannot be trusted: line \d+: .* has no integrity"):
        install(folder, Package("npm", "@shop/hello", "1.2.3", "", lock), SECONDS)
    with pytest.raises(FactoryError, match="npm is not on the PATH of this host"):
        install(folder, hello, SECONDS)


def test_no_script_of_a_package_runs_when_it_is_installed(npm_registry, wheels, folder, tmp_path):
    ran = tmp_path / "ran"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), f"touch {ran}")
    npm_registry.publish("@shop/hello", "1.2.3", {"server.js": SERVER_JS}, bin="server.js", scripts=scripts)
    install(folder, npm_package(), SECONDS)
    publish_wheel(
        wheels,
        "hello-server",
        "1.2.3",
        {"hello_server.py": "", "evil.pth": f"import pathlib; pathlib.Path({str(ran)!r}).touch()\n"},
        {"hello-server": "hello_server:main"},
    )
    install(folder, pypi_package(), SECONDS)
    assert not ran.exists()


def test_the_program_is_the_one_that_is_named_else_the_obvious_one(npm_registry, folder):
    two = {"one": "server.js", "two": "server.js"}
    npm_registry.publish("@shop/hello", "1.2.3", {"server.js": SERVER_JS}, bin=two)
    with pytest.raises(FactoryError, match="has several programs: one, two; say which with 'bin'"):
        install(folder, npm_package(), SECONDS)
    with pytest.raises(FactoryError, match="has no program 'twoo'; it has one, two; did you mean 'two'"):
        install(folder, npm_package("twoo"), SECONDS)
    assert install(folder, npm_package("two"), SECONDS).program.endswith("/.bin/two")
    npm_registry.publish("@shop/hello", "1.2.3", {"server.js": SERVER_JS}, bin={**two, "hello": "server.js"})
    assert install(folder, npm_package(), SECONDS).program.endswith("/.bin/hello")
    npm_registry.publish("@shop/hello", "1.2.3", {"server.js": SERVER_JS})
    with pytest.raises(FactoryError, match="has no program, so it is no server"):
        install(folder, npm_package(), SECONDS)


def test_installs_side_by_side_make_one_installation(hello, folder, tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    npm = shutil.which("npm")
    fake_npm(
        tmp_path / "bin",
        f"open({str(calls)!r}, 'a').write('x')\nos.execv({npm!r}, ['npm', *sys.argv[1:]])",
        monkeypatch,
    )
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: install(folder, hello, SECONDS), range(4)))
    assert len(set(made)) == 1
    assert calls.read_text() == "x"


def test_old_installations_are_pruned_and_everything_is_removed(hello, npm_registry, folder):
    old = install(folder, hello, SECONDS)
    npm_registry.publish("@shop/hello", "1.2.4", {"server.js": SERVER_JS}, bin="server.js")
    lock = make_lock("npm", "@shop/hello", "1.2.4", SECONDS)
    new = Package("npm", "@shop/hello", "1.2.4", "", lock)
    made = install(folder, new, SECONDS)
    (made.folder / "tree" / "notes").touch()
    install(folder, new, SECONDS)
    assert prune(folder, {hello.key, new.key}) == []
    assert prune(folder, {new.key}) == [hello.key]
    assert not old.folder.exists()
    assert observe(folder, hello) is None
    assert made.folder.with_name(f"{new.key}.set-aside").exists()
    assert remove(folder)
    assert list(folder.iterdir()) == []
    assert not remove(folder)


def test_an_interrupted_run_kills_npm(hello, folder, tmp_path, monkeypatch):
    pids = tmp_path / "pids"
    script = f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}}\\n')\ntime.sleep(600)"
    fake_npm(tmp_path / "bin", script, monkeypatch)
    code = (
        "import sys; from pathlib import Path\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.package_install import install\n"
        "from ansible_collections.factory.mcp.plugins.module_utils.server_package import Package\n"
        "try: install(Path(sys.argv[1]), Package('npm', '@shop/hello', '1.2.3', '', sys.argv[2]), 600)\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), hello.lock])
    while not pids.exists() or not pids.read_text().endswith("\n"):
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert not is_running(int(pids.read_text()))
    assert not (folder / "packages" / hello.key).exists()
