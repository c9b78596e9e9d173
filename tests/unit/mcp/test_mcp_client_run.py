"""Factory owns what it wrote, and nothing else."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from client_runs import FILES, file_of, home_at, only, run, write

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.client_diff import EntryAction, EntryState
from ansible_collections.factory.mcp.plugins.module_utils.client_result import task_result
from ansible_collections.factory.mcp.plugins.module_utils.client_run import ClientTarget, Request, run_on_clients
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import entries_from

THEIRS = '{"mcpServers": {"ours": {"command": "/usr/bin/theirs"}}}'
SECRET = 's3cr3t it\'s "x" $HOME `id`\nsecond line'
WITH_SECRET = {**FILES, "env": {"APP_TOKEN": "${env:APP_TOKEN}", "MODE": "a b"}}


def servers(folder: Path, client: str = "cursor") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file_of(folder, client).read_text())[DIALECTS[client].key]
    return found


def test_an_entry_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = write(tmp_path, "cursor", THEIRS)
    outcome = only(run(tmp_path, ["cursor"], [FILES]))
    assert outcome.decision.state is EntryState.FOREIGN
    assert "adopt: true" in outcome.decision.error
    assert "did not write it" in only(run(tmp_path, ["cursor"], [FILES], present=False)).decision.error
    assert file.read_text() == THEIRS


def test_an_entry_of_somebody_else_is_adopted_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "cursor", THEIRS)
    assert only(run(tmp_path, ["cursor"], [FILES], adopt=True)).decision.action is EntryAction.ADOPT
    assert servers(tmp_path)["ours"]["command"] == FILES["command"]
    assert not only(run(tmp_path, ["cursor"], [FILES], adopt=True)).changed
    assert only(run(tmp_path, ["cursor"], [FILES], present=False)).decision.action is EntryAction.DELETE


def test_without_the_record_what_is_as_declared_is_no_change_and_nobody_s_to_remove(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    before = file_of(tmp_path, "cursor").read_bytes()
    (tmp_path / ".local/state/factory/mcp-clients.json").unlink()
    outcome = only(run(tmp_path, ["cursor"], [FILES]))
    assert (outcome.changed, outcome.decision.error, outcome.decision.state) == (False, "", EntryState.FOREIGN)
    assert only(run(tmp_path, ["cursor"], [FILES], present=False)).decision.error
    assert only(run(tmp_path, ["cursor"], [FILES], adopt=True)).changed
    assert file_of(tmp_path, "cursor").read_bytes() == before
    assert only(run(tmp_path, ["cursor"], [FILES], present=False)).changed


def test_an_entry_that_somebody_changed_is_drift_and_put_right(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    write(tmp_path, "cursor", THEIRS)
    assert "somebody changed it" in only(run(tmp_path, ["cursor"], [FILES], present=False)).decision.error
    result = task_result(run(tmp_path, ["cursor"], [FILES], check=True))
    assert result["drift"] == ["McpServer/ours in cursor (user)"]
    assert only(run(tmp_path, ["cursor"], [FILES])).decision.drifted
    assert servers(tmp_path)["ours"]["command"] == FILES["command"]
    assert not only(run(tmp_path, ["cursor"], [FILES])).decision.drifted


def test_an_entry_that_somebody_removed_is_drift_and_comes_back(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    write(tmp_path, "cursor", "{}")
    assert only(run(tmp_path, ["cursor"], [FILES])).decision.drifted
    assert "ours" in servers(tmp_path)


def test_force_removes_what_somebody_changed(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    write(tmp_path, "cursor", THEIRS)
    assert only(run(tmp_path, ["cursor"], [FILES], present=False, force=True)).changed
    assert not file_of(tmp_path, "cursor").exists()


def test_another_layout_of_an_entry_is_no_drift(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    file = file_of(tmp_path, "cursor")
    compact = json.dumps(json.loads(file.read_text()), sort_keys=True)
    file.write_text(compact)
    assert not only(run(tmp_path, ["cursor"], [FILES])).changed
    assert file.read_text() == compact


def test_prune_removes_only_ours_that_are_not_listed(tmp_path: Path) -> None:
    write(tmp_path, "cursor", '{"mcpServers": {"theirs": {"command": "x"}}}')
    run(tmp_path, ["cursor"], [FILES, {"name": "old", "command": "y"}])
    changed = [one.name for one in run(tmp_path, ["cursor"], [FILES], prune=True) if one.changed]
    assert changed == ["old"]
    assert set(servers(tmp_path)) == {"theirs", "ours"}


def test_an_entry_goes_from_a_client_that_it_is_no_longer_offered_to(tmp_path: Path) -> None:
    both = ["cursor", "windsurf"]
    run(tmp_path, both, [FILES])
    run(tmp_path, both, [{**FILES, "clients": ["windsurf"]}], prune=True)
    assert not file_of(tmp_path, "cursor").exists()
    assert set(servers(tmp_path, "windsurf")) == {"ours"}


def test_check_mode_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    clients = list(DIALECTS)
    planned = task_result(run(tmp_path, clients, [WITH_SECRET], {"APP_TOKEN": SECRET}, check=True))
    assert list(tmp_path.iterdir()) == []
    assert planned == task_result(run(tmp_path, clients, [WITH_SECRET], {"APP_TOKEN": SECRET}))
    assert planned["changed"]


@pytest.mark.parametrize("client", ["claude-desktop", "zed"])
def test_a_client_without_variables_starts_a_private_wrapper(client: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    server = tmp_path / "server.sh"
    server.write_text(f'#!/bin/sh\nprintf "%s|" "$APP_TOKEN" "$MODE" "$PWD" "$@" > {seen}\n')
    server.chmod(0o755)
    entry = {**WITH_SECRET, "command": str(server), "args": ["a b"], "cwd": "/usr"}
    outcomes = run(tmp_path, [client], [entry], {"APP_TOKEN": SECRET})
    assert SECRET not in json.dumps(task_result(outcomes))
    wrapper = Path(servers(tmp_path, client)["ours"]["command"])
    subprocess.run([str(wrapper)], env={"PATH": os.environ["PATH"]}, check=True)
    assert seen.read_text() == f"{SECRET}|a b|/usr|a b|"

    holding = [file for file in tmp_path.rglob("*") if file.is_file() and "s3cr3t" in file.read_text()]
    assert set(holding) - {seen} == {Path(f"{wrapper}.env")}
    assert [Path(f"{wrapper}{end}").stat().st_mode & 0o777 for end in ("", ".env")] == [0o700, 0o600]
    assert wrapper.parent.stat().st_mode & 0o777 == 0o700

    assert not only(run(tmp_path, [client], [entry], {"APP_TOKEN": SECRET})).changed
    assert not only(run(tmp_path, [client], [entry])).changed, "a run without the variable keeps the value"
    assert only(run(tmp_path, [client], [entry], {"APP_TOKEN": "another"})).changed
    run(tmp_path, [client], [entry], present=False)
    assert list(wrapper.parent.iterdir()) == []


def test_a_wrapper_needs_its_variable_the_first_time(tmp_path: Path) -> None:
    outcome = only(run(tmp_path, ["zed"], [WITH_SECRET]))
    assert "APP_TOKEN is not set" in outcome.decision.error
    assert not file_of(tmp_path, "zed").exists()


def test_a_secret_that_somebody_wrote_into_an_entry_is_not_shown(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    env = {"APP_TOKEN": "hunter22222", "X": "ghp_abcdefghijklmnop"}
    drifted = {"command": "x", "args": ["--api-key=hunter3333", "--password", "hunter4444"], "env": env}
    write(tmp_path, "cursor", json.dumps({"mcpServers": {"ours": drifted}, "oauth": {"token": "hunter5555"}}))
    told = json.dumps(task_result(run(tmp_path, ["cursor"], [FILES])))
    assert "hunter" not in told
    assert "ghp_" not in told
    assert "APP_TOKEN" in told


def test_a_broken_record_is_refused_with_what_to_do(tmp_path: Path) -> None:
    run(tmp_path, ["cursor"], [FILES])
    (tmp_path / ".local/state/factory/mcp-clients.json").write_text("{")
    with pytest.raises(FactoryError, match="adopt: true"):
        run(tmp_path, ["cursor"], [FILES])


def test_one_file_for_two_clients_of_a_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="same file"):
        run(tmp_path, ["cursor", "cursor"], [FILES])


def add_one(number: int, folder: Path, start: Any) -> None:
    start.wait()
    for outcome in run(folder, ["claude-code", "codex"], [{"name": f"s{number}", "command": f"/opt/{number}"}]):
        assert not outcome.decision.error


def test_twenty_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    write(tmp_path, "claude-code", '{"numStartups": 1}')
    context = multiprocessing.get_context("fork")
    start = context.Barrier(20)
    processes = [context.Process(target=add_one, args=(number, tmp_path, start)) for number in range(20)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 20
    names = {f"s{number}" for number in range(20)}
    assert set(servers(tmp_path, "claude-code")) == names
    codex = file_of(tmp_path, "codex").read_text()
    assert all(f"[mcp_servers.{name}]\n" in codex for name in names)
    gone = run(tmp_path, ["claude-code", "codex"], [], prune=True)
    assert len([one for one in gone if one.changed]) == 40
    assert file_of(tmp_path, "claude-code").read_text() == '{"numStartups": 1}'
    assert not file_of(tmp_path, "codex").exists()


def count_up(file: Path, lock: Path, times: int) -> None:
    """Write the file as Claude Code does: under its lock, read, change, replace."""
    done = 0
    while done < times:
        try:
            lock.mkdir()
        except FileExistsError:
            continue
        content = json.loads(file.read_text())
        content["numStartups"] += 1
        new = file.with_suffix(".new")
        new.write_text(json.dumps(content))
        new.replace(file)
        lock.rmdir()
        done += 1


def test_nothing_is_lost_while_claude_code_writes_its_state(tmp_path: Path) -> None:
    file = write(tmp_path, "claude-code", '{"numStartups": 0}')
    lock = file.with_name(".claude.json.lock")
    other = multiprocessing.get_context("fork").Process(target=count_up, args=(file, lock, 200))
    other.start()
    for number in range(30):
        run(tmp_path, ["claude-code"], [{"name": f"s{number}", "command": "x"}])
    other.join()
    content = json.loads(file.read_text())
    assert content["numStartups"] == 200
    assert len(content["mcpServers"]) == 30


def test_entries_of_another_owner_are_neither_changed_nor_removed(tmp_path: Path) -> None:
    entry = entries_from([FILES], frozenset(DIALECTS))
    targets = (ClientTarget(DIALECTS["cursor"], Scope.USER),)
    request = Request(entry, targets, home_at(tmp_path), {}, owner="/servers/ours")
    run_on_clients(request)
    written = file_of(tmp_path, "cursor").read_bytes()
    changed = only(run(tmp_path, ["cursor"], [{**FILES, "command": "/other"}]))
    assert "belongs to the server in /servers/ours" in changed.decision.error
    removed = only(run(tmp_path, ["cursor"], [FILES], present=False))
    assert "belongs to the server in /servers/ours" in removed.decision.error
    assert [one.name for one in run(tmp_path, ["cursor"], [], prune=True)] == []
    assert only(run_on_clients(replace(request, owner="/servers/theirs", present=False))).decision.error == ""
    assert file_of(tmp_path, "cursor").read_bytes() == written
    assert not only(run_on_clients(request)).changed


def test_an_entry_of_another_owner_is_taken_over_on_request(tmp_path: Path) -> None:
    entry = entries_from([FILES], frozenset(DIALECTS))
    request = Request(entry, (ClientTarget(DIALECTS["cursor"], Scope.USER),), home_at(tmp_path), {}, owner="/one")
    run_on_clients(request)
    assert only(run_on_clients(replace(request, owner="/two", adopt=True))).changed
    assert only(run_on_clients(replace(request, owner="/two", present=False))).decision.action is EntryAction.DELETE
