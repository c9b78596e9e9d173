# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of MCP servers on a host, from the manifest to the files of their clients."""

import json
import sys
from dataclasses import replace

import pytest
from server_runs import SERVER, Host, actions, assert_settled, condition, drift_of, errors, fields, said, tree

from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache, Record
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

CLIENTS = ["claude-code", "cursor"]
SECRET = "s3cr3t-value-of-the-token"


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def applied(host, *manifests, **how):
    host.declare(*manifests)
    report = host.apply(**how)
    assert errors(report) == {}
    return report


def test_a_created_server_is_asked_once_and_its_clients_know_it(host):
    report = applied(host, host.told("files", clients=CLIENTS))
    assert actions(report) == {"files": "create"}
    assert condition(report, "files")[0] == "verified"
    assert host.starts("files") == 1
    for client in CLIENTS:
        entry = host.entries(client)["files"]
        assert (entry["command"], entry["args"][0]) == (sys.executable, str(SERVER))


def test_a_second_apply_changes_nothing_and_starts_no_server(host):
    applied(host, host.told("files", clients=CLIENTS), host.told("notes", clients=CLIENTS))
    assert_settled(host)
    assert (host.starts("files"), host.starts("notes")) == (1, 1)
    assert host.calls == [("observed", ("files", "notes"))]


def test_a_plan_writes_nothing_on_the_host_and_starts_nothing(host):
    host.declare(host.told("files", clients=CLIENTS))
    host.home.mkdir()
    before = tree(host.home, host.folder / "offers", host.folder / "servers")
    report = host.plan()
    assert actions(report) == {"files": "create"}
    assert tree(host.home, host.folder / "offers", host.folder / "servers") == before
    applied(host, host.told("files", clients=CLIENTS))
    host.declare(host.told("files", "more", clients=["cursor"]), host.told("notes"))
    before = tree(host.home, host.folder / "offers", host.folder / "servers")
    assert actions(host.plan(prune=True)) == {"files": "update", "notes": "create"}
    assert tree(host.home, host.folder / "offers", host.folder / "servers") == before


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"env": {"LEVEL": "debug"}}, "files env.LEVEL"),
        ({"cwd": "/"}, "files cwd"),
        ({"tools": {"expect": ["say"]}}, "files tools"),
        ({"probe": {"tool": "say", "arguments": {"text": "a"}}}, "files probe"),
    ],
)
def test_what_is_declared_anew_is_applied_and_asked_for_again(host, spec, field):
    applied(host, host.told("files", clients=CLIENTS))
    host.declare(host.told("files", clients=CLIENTS, **spec))
    planned = host.plan()
    assert (actions(planned), drift_of(planned)) == ({"files": "update"}, set())
    assert field in fields(planned)
    assert errors(host.apply()) == {}
    assert host.starts("files") > 1
    assert_settled(host)


def test_changed_arguments_reach_the_program_and_its_clients(host):
    applied(host, host.told("files", "one", clients=CLIENTS))
    applied(host, host.told("files", "two", clients=CLIENTS))
    assert host.started_with("files")["arguments"] == ["two"]
    assert [host.entries(client)["files"]["args"][-1] for client in CLIENTS] == ["two", "two"]
    assert_settled(host)


def test_another_deadline_is_no_change_of_what_is_on_the_host(host):
    applied(host, host.told("files", clients=CLIENTS))
    host.declare(host.told("files", clients=CLIENTS, deadline=20, description="Files."))
    assert_settled(host)


def test_a_server_leaves_a_client_that_is_no_longer_named_and_comes_to_a_new_one(host):
    foreign = '{"mcpServers": {"theirs": {"command": "x"}}}\n'
    host.write("cursor", foreign)
    applied(host, host.told("files", clients=CLIENTS))
    report = applied(host, host.told("files", clients=["claude-code", "windsurf"]))
    assert drift_of(report) == set()
    assert host.file_of("cursor").read_text() == foreign
    assert [list(host.entries(one)) for one in ("claude-code", "windsurf")] == [["files"], ["files"]]
    assert_settled(host)


def test_a_server_is_in_the_file_of_a_project_and_leaves_it(host):
    project = host.folder / "project"
    project.mkdir()
    applied(host, host.told("files", clients=[{"client": "claude-code", "scope": "project", "project": str(project)}]))
    assert list(json.loads((project / ".mcp.json").read_text())["mcpServers"]) == ["files"]
    assert_settled(host)
    applied(host, host.told("files"))
    assert not (project / ".mcp.json").exists()


def test_a_server_without_a_manifest_stays_until_a_run_prunes_it(host):
    applied(host, host.told("files", clients=CLIENTS), host.told("notes", clients=CLIENTS))
    host.declare(host.told("notes", clients=CLIENTS))
    kept = host.apply()
    assert (actions(kept), sorted(host.entries("cursor"))) == ({}, ["files", "notes"])
    assert "McpServer/files" in " ".join(kept.plan.warnings)
    with pytest.raises(FactoryError, match="allow_destructive"):
        host.apply(prune=True)
    pruned = host.apply(prune=True, allow_destructive=True)
    assert (actions(pruned), errors(pruned)) == ({"files": "delete"}, {})
    assert list(host.entries("cursor")) == ["notes"]
    assert not (host.servers / "files").exists()
    assert_settled(host)


def test_a_protected_server_survives_until_the_stack_says_that_it_is_removed(host):
    applied(host, host.told("files", clients=CLIENTS, metadata={"protect": True}), host.told("notes"))
    host.declare(host.told("notes"))
    with pytest.raises(FactoryError, match="protected"):
        host.apply(prune=True, allow_destructive=True)
    assert "files" in host.entries("cursor")
    removed = {"removed": [{"address": "McpServer/files", "reason": "nobody used it"}]}
    host.declare(host.told("notes"), history=removed)
    report = host.apply()
    assert (actions(report), errors(report)) == ({"files": "forget"}, {})
    assert "files" in host.entries("cursor"), "what is forgotten stays as it is"
    assert_settled(host)
    other = replace(host, name="work")
    other.declare(other.told("files", "more", clients=CLIENTS))
    assert "Factory did not write" in errors(other.apply())["files"], "it is nobody's now"


def test_protection_is_remembered_on_the_host_also_when_it_comes_later(host):
    applied(host, host.told("files", clients=CLIENTS), host.told("notes"))
    applied(host, host.told("files", clients=CLIENTS, metadata={"protect": True}), host.told("notes"))
    host.declare(host.told("notes"))
    (host.state / "identity.json").unlink()
    with pytest.raises(FactoryError, match="protected"):
        host.apply(prune=True, allow_destructive=True)


def test_a_removed_server_is_deleted_where_the_run_prunes(host):
    applied(host, host.told("files", clients=CLIENTS, metadata={"protect": True}), host.told("notes"))
    host.declare(host.told("notes"), history={"removed": [{"address": "McpServer/files", "reason": "no use"}]})
    report = host.apply(prune=True, allow_destructive=True)
    assert (actions(report), errors(report), host.entries("cursor")) == ({"files": "delete"}, {}, {})


def test_a_renamed_server_takes_its_folder_and_its_entries_along(host):
    applied(host, host.told("files", clients=CLIENTS))
    file = host.folder / "offers" / "files.json"
    renamed = host.told("documents", clients=CLIENTS)
    renamed["spec"]["args"][1] = str(file)
    host.declare(renamed, history={"moved": [{"from": "McpServer/files", "to": "McpServer/documents"}]})
    planned = host.plan()
    assert (actions(planned), drift_of(planned)) == ({"documents": "rename"}, set())
    report = host.apply()
    assert (actions(report), errors(report)) == ({"documents": "rename"}, {})
    assert [list(host.entries(client)) for client in CLIENTS] == [["documents"], ["documents"]]
    assert sorted(one.name for one in host.servers.iterdir()) == ["documents"]
    assert_settled(host)


def test_destroying_a_stack_takes_everything_of_it_away(host):
    foreign = '{"mcpServers": {"theirs": {"command": "x"}}}\n'
    host.write("cursor", foreign)
    applied(host, host.told("files", clients=CLIENTS), host.told("notes", clients=CLIENTS))
    with pytest.raises(FactoryError):
        host.apply(purpose=Purpose.DESTROY)
    report = host.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    assert errors(report) == {}
    assert host.file_of("cursor").read_text() == foreign
    assert not host.file_of("claude-code").exists()
    assert list(host.servers.iterdir()) == []
    assert actions(host.apply(purpose=Purpose.DESTROY, confirm="sandbox")) == {}


def test_a_server_whose_entry_somebody_changed_is_not_removed_and_neither_is_anything_of_it(host):
    applied(host, host.told("files", clients=CLIENTS))
    content = json.loads(host.file_of("cursor").read_text())
    content["mcpServers"]["files"]["args"] = ["mine"]
    host.write("cursor", json.dumps(content))
    before = tree(host.home, host.servers)
    report = host.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    assert "cursor: somebody changed it after Factory wrote it" in errors(report)["files"]
    assert {**tree(host.home, host.servers)} == before


def test_what_was_destroyed_is_created_again(host):
    applied(host, host.told("files", clients=CLIENTS))
    host.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    report = host.apply()
    assert (actions(report), errors(report)) == ({"files": "create"}, {})
    assert_settled(host)


FOREIGN = '{"mcpServers": {"files": {"command": "theirs"}}}\n'


def test_an_entry_that_somebody_else_wrote_is_refused_untouched(host):
    file = host.write("cursor", FOREIGN)
    host.declare(host.told("files", clients=CLIENTS), host.told("notes", clients=CLIENTS))
    report = host.apply()
    assert list(errors(report)) == ["files"]
    assert errors(report)["files"].startswith("cursor: ")
    assert "adopt" in errors(report)["files"]
    assert json.loads(file.read_text())["mcpServers"]["files"] == {"command": "theirs"}
    assert sorted(host.entries("cursor")) == ["files", "notes"]
    assert not (host.servers / "files").exists()


@pytest.mark.parametrize("way", ["metadata", "option"])
def test_an_entry_that_somebody_else_wrote_is_taken_over_on_request(host, way):
    host.write("cursor", FOREIGN)
    host.declare(host.told("files", clients=CLIENTS, metadata={"adopt": True} if way == "metadata" else {}))
    report = host.apply(adopt=way == "option")
    assert errors(report) == {}
    assert host.entries("cursor")["files"]["command"] == sys.executable
    assert_settled(host)
    host.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    assert "files" not in host.entries("cursor")


def test_an_ignored_client_keeps_what_somebody_wrote_there(host):
    ignoring = host.told("files", clients=CLIENTS, metadata={"ignore": ["clients.cursor"]})
    applied(host, ignoring)
    host.write("cursor", json.dumps({"mcpServers": {"files": {"command": "mine"}}}))
    planned = host.drift()
    assert (actions(planned), drift_of(planned)) == ({}, set())


def test_acknowledged_drift_raises_no_alarm_and_an_apply_still_puts_it_right(host):
    known = {"path": "clients.cursor", "reason": "a trial", "by": "ana", "until": "2999-01-01"}
    manifest = host.told("files", clients=CLIENTS, metadata={"acknowledge": [known]})
    applied(host, manifest)
    entries = json.loads(host.file_of("cursor").read_text())
    entries["mcpServers"]["files"]["args"] = ["mine"]
    host.write("cursor", json.dumps(entries))
    found = host.drift()
    assert (actions(found), drift_of(found)) == ({"files": "update"}, set())
    applied(host, manifest)
    assert host.entries("cursor")["files"]["args"][0] == str(SERVER)


def test_two_stacks_on_one_host_do_not_see_each_other(host):
    other = replace(host, name="work")
    applied(host, host.told("files", clients=CLIENTS))
    applied(other, other.told("notes", clients=CLIENTS))
    assert_settled(host)
    assert_settled(other)
    assert sorted(host.entries("cursor")) == ["files", "notes"]
    other.apply(purpose=Purpose.DESTROY, confirm="sandbox")
    assert_settled(host)
    assert list(host.entries("cursor")) == ["files"]


def test_two_stacks_on_one_host_cannot_both_have_one_name(host):
    other = replace(host, name="work")
    applied(host, host.told("files", "one", clients=CLIENTS))
    before = host.file_of("cursor").read_bytes()
    other.declare(other.told("files", "two", clients=CLIENTS))
    report = other.apply()
    assert list(errors(report)) == ["files"]
    assert host.file_of("cursor").read_bytes() == before
    assert_settled(host)


def test_two_environments_on_one_host_have_servers_of_their_own_by_their_overlays(host):
    production = replace(host, environment="production")
    overlay = {"McpServer/files": {"spec": {"clients": ["windsurf"], "env": {"LEVEL": "error"}}}}
    host.declare(host.told("files", clients=["cursor"]), production=overlay)
    assert errors(host.apply()) == {}
    assert errors(production.apply()) == {}
    assert_settled(host)
    assert_settled(production)
    assert (list(host.entries("cursor")), list(host.entries("windsurf"))) == (["files"], ["files"])
    assert host.entries("windsurf")["files"]["env"] == {"LEVEL": "error"}
    assert production.started_with("files")["environment"]["LEVEL"] == "error"


def test_a_reference_to_another_kind_is_filled_in_once_that_is_known(host):
    database = {
        "apiVersion": "factory/v1",
        "kind": "NotionDatabase",
        "metadata": {"name": "tasks"},
        "spec": {"title": "Tasks", "properties": {"Name": {"type": "title"}}},
    }
    asking = host.told("files", clients=CLIENTS, env={"DATABASE": "${NotionDatabase/tasks.id}"})
    host.declare(database, asking, host.told("notes"))
    planned = host.plan()
    assert (actions(planned), errors(planned)) == ({"files": "create", "notes": "create"}, {})
    assert "known after apply" in said(planned)
    refused = host.apply()
    assert list(errors(refused)) == ["files"]
    assert "waiting for NotionDatabase/tasks" in errors(refused)["files"]
    assert host.entries("cursor") == {}
    cache = IdentityCache(host.state / "identity.json", f"workspace|page|{host.name}")
    cache.remember({Address("NotionDatabase", "tasks"): Record({"id": "1234-abcd"})})
    report = host.apply()
    assert (errors(report), actions(report)) == ({}, {"files": "create"})
    assert host.entries("cursor")["files"]["env"] == {"DATABASE": "1234-abcd"}
    assert host.started_with("files")["environment"]["DATABASE"] == "1234-abcd"
    assert_settled(host)


def test_other_kinds_may_refer_to_a_server(host):
    applied(host, host.told("files"))
    remembered = IdentityCache(host.state / "identity.json", host.scope.identity_key).get(Address("McpServer", "files"))
    assert remembered is not None
    assert remembered.attributes == {"id": str(host.servers / "files"), "command": sys.executable, "url": ""}


def with_secret(host, **spec):
    return host.told("files", clients=CLIENTS, env={"API_TOKEN": "${env:FILES_TOKEN}", "LEVEL": "info"}, **spec)


def test_a_server_whose_variable_is_not_set_is_degraded_until_it_is(host, monkeypatch):
    monkeypatch.delenv("FILES_TOKEN", raising=False)
    report = applied(host, with_secret(host))
    state, reason = condition(report, "files")
    assert (state, reason.startswith("FILES_TOKEN is not set")) == ("degraded", True)
    assert "API_TOKEN" not in host.started_with("files")["environment"], "it is asked without the variable"
    assert actions(host.apply()) == {}
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    report = applied(host, with_secret(host))
    assert condition(report, "files")[0] == "verified"
    assert host.started_with("files")["environment"]["API_TOKEN"] == SECRET
    assert_settled(host)


def test_the_value_of_a_variable_is_in_nothing_but_what_the_server_gets(host, monkeypatch):
    monkeypatch.setenv("FILES_TOKEN", SECRET)
    probe = {"tool": "environment", "arguments": {"name": "API_TOKEN"}, "expect": {"contains": f"{len(SECRET)}"}}
    host.declare(with_secret(host, probe=probe))
    shown = "".join(said(report) for report in (host.plan(), host.apply(), host.drift(), host.plan()))
    assert condition(host.drift(), "files")[0] == "verified"
    assert SECRET not in shown
    holding = {
        path: mode
        for path, (mode, content) in tree(host.home, host.servers, host.state).items()
        if SECRET.encode() in content
    }
    assert set(holding.values()) <= {0o600}
    assert all("mcp-wrappers" in path for path in holding)


def test_a_server_may_refer_to_another_one(host):
    applied(host, host.told("files"), host.told("notes", env={"OTHER": "${McpServer/files.id}"}, clients=["cursor"]))
    assert host.entries("cursor")["notes"]["env"] == {"OTHER": str(host.servers / "files")}
    assert_settled(host)


def test_what_is_broken_of_one_server_is_told_with_it_and_the_others_go_on(host):
    applied(host, host.told("files", clients=CLIENTS), host.told("notes"))
    (host.servers / "files" / "server.json").write_text("{nonsense")
    host.declare(host.told("files", clients=CLIENTS), host.told("notes"), host.told("more"))
    report = host.apply()
    assert actions(report) == {"more": "create"}
    assert "files/server.json cannot be understood" in errors(report)["files"]
    assert list(errors(report)) == ["files"]
    assert "files" in host.entries("cursor")
