# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of the engine on a small stack of MCP servers, and what is on the host afterwards.

The host is a folder: the home of its clients, the servers, and beside them what each server offers.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan, plan_to_json
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.report import Report
from ansible_collections.factory.core.plugins.module_utils.run import run
from ansible_collections.factory.core.plugins.module_utils.schema import validate
from ansible_collections.factory.core.plugins.module_utils.scope import Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Scope as FileScope
from ansible_collections.factory.mcp.plugins.module_utils.client_dialects import DIALECTS
from ansible_collections.factory.mcp.plugins.module_utils.factory_provider import KINDS
from ansible_collections.factory.mcp.plugins.module_utils.host_target import HostTarget
from ansible_collections.factory.mcp.plugins.module_utils.module_calls import ModuleCalls, until
from ansible_collections.factory.mcp.plugins.module_utils.pin_drift import Finding
from ansible_collections.factory.mcp.plugins.module_utils.server_acceptance import accept_offers, servers_to_accept
from ansible_collections.factory.mcp.plugins.module_utils.server_files import with_files
from ansible_collections.factory.mcp.plugins.module_utils.server_task import run_task

PROVIDERS = installed_providers()
SERVER = Path(__file__).with_name("told_mcp_server.py")
Json = dict[str, Any]
SAY: Json = {
    "name": "say",
    "description": "Says a text.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    "annotations": {"readOnlyHint": True},
}
ENVIRONMENT: Json = {"name": "environment", "inputSchema": {"type": "object", "properties": {}}}


def server(name: str, spec: Json, metadata: Json | None = None) -> Json:
    """A manifest."""
    return {
        "apiVersion": "factory/v1",
        "kind": "McpServer",
        "metadata": {"name": name, **(metadata or {})},
        "spec": spec,
    }


@dataclass
class Host:
    """A stack folder, its state, and the host it is applied to."""

    folder: Path
    name: str = "tools"
    environment: str = "sandbox"
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """How often the module was called in the last run, for what and with which servers."""
    on_call: Callable[[str], object] | None = None
    """Called with the state before each call of the module."""

    @property
    def state(self) -> Path:
        return self.folder / ".factory" / self.environment

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def stack_folder(self) -> Path:
        return self.folder / "stacks" / self.name

    @property
    def servers(self) -> Path:
        """Where the servers of this stack and environment lie."""
        return self.folder / "servers" / self.environment / self.name

    def offer(self, name: str, *tools: Json, **said: Any) -> Path:
        """What the program *name* offers from now on; the file that says so."""
        file = self.folder / "offers" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"tools": tools or [SAY, ENVIRONMENT], **said}))
        return file

    def told(self, name: str, *arguments: str, metadata: Json | None = None, **spec: Any) -> Json:
        """The manifest of a server that offers what ``offer`` says; say and environment if that was never said."""
        file = self.folder / "offers" / f"{name}.json"
        if not file.exists():
            self.offer(name)
        source = {"command": {"path": sys.executable}}
        return server(name, {"source": source, "args": [str(SERVER), str(file), *arguments], **spec}, metadata)

    def starts(self, name: str) -> int:
        """How often the program *name* was started."""
        file = self.folder / "offers" / f"{name}.json.starts"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def started_with(self, name: str) -> Json:
        """The environment, the further arguments and the folder of the last start of the program *name*."""
        found: Json = json.loads((self.folder / "offers" / f"{name}.json.environment").read_text())
        return found

    def declare(self, *manifests: Json, history: Json | None = None, **overlays: Json) -> None:
        """Replace what the stack declares; its locks and pins stay."""
        (self.stack_folder / "overlays").mkdir(parents=True, exist_ok=True)
        for file in self.stack_folder.glob("**/*.yml"):
            file.unlink()
        for manifest in manifests:
            (self.stack_folder / f"{manifest['metadata']['name']}.yml").write_text(json.dumps(manifest))
        for name, overlay in overlays.items():
            (self.stack_folder / "overlays" / f"{name}.yml").write_text(json.dumps(overlay))
        if history:
            (self.stack_folder / "stack.yml").write_text(json.dumps(history))

    def plan(self, **how: Any) -> Report:
        return self.run(check=True, **how)

    def apply(self, **how: Any) -> Report:
        return self.run(check=False, **how)

    def drift(self, **how: Any) -> Report:
        return self.run(check=True, ask=True, **how)

    def run(
        self,
        check: bool,
        ask: bool = False,
        planned: Callable[[Plan], object] = lambda plan: None,
        stop: Stop | None = None,
        **asked: Any,
    ) -> Report:
        declared = with_files(self._declared(), self.stack_folder)
        self.calls = []
        stop = stop or Stop()
        return run(
            declared,
            PROVIDERS,
            KINDS,
            lambda progress: HostTarget(ModuleCalls(until(stop, self._module(check, ask))), progress),
            self.scope,
            Options(check=check, **asked),
            planned=planned,
            stop=stop,
        )

    def accept(self, *names: str, check: bool = False) -> dict[str, tuple[Finding, ...]]:
        """Accept what the servers *names* offer, all of them without any; what differs from the former pins."""
        cache = IdentityCache(self.scope.state / "identity.json", self.scope.identity_key)
        declared = with_files(self._declared(), self.stack_folder)
        wanted = servers_to_accept(declared, names, cache.elsewhere(self.name))
        found, errors = accept_offers(self.stack_folder, wanted, self._module(False, False), check)
        assert errors == []
        return {one.name: one.findings for one in found}

    @property
    def scope(self) -> Scope:
        return Scope(self.name, self.environment, "desk", str(self.folder / "servers"), self.state)

    def _declared(self) -> Any:
        return validate(load_stack(self.stack_folder, self.environment), PROVIDERS)

    def _module(self, check: bool, ask: bool) -> Callable[[str, Sequence[Mapping[str, Any]]], Mapping[str, Any]]:
        def call(state: str, servers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
            self.calls.append((state, tuple(one["name"] for one in servers)))
            if self.on_call is not None:
                self.on_call(state)
            given = {"servers": as_sent(servers), "state": state, "ask": ask, "variables": None}
            where = {"folder": str(self.servers), "home": str(self.home)}
            result: Mapping[str, Any] = json.loads(json.dumps(run_task({**given, **where}, check)))
            return result

        return call

    def file_of(self, client: str) -> Path:
        """The user's file of *client*."""
        return Path(DIALECTS[client].file(FileScope.USER, Home(str(self.home), False, {}), None))

    def write(self, client: str, text: str) -> Path:
        file = self.file_of(client)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def entries(self, client: str) -> Json:
        """What stands in the user's file of *client*, by name; nothing where there is no file."""
        file, key = self.file_of(client), DIALECTS[client].key
        if not file.exists():
            return {}
        content = json.loads(file.read_text())
        for step in (key,) if isinstance(key, str) else key:
            content = content.get(step, {})
        found: Json = content
        return found

    def record(self, name: str) -> Json:
        """What is remembered on the host of the server *name*."""
        found: Json = json.loads((self.servers / name / "server.json").read_text())
        return found


def as_sent(servers: Sequence[Mapping[str, Any]]) -> list[Json]:
    """*servers* as they come out at the other end of a module's arguments."""
    sent: list[Json] = json.loads(json.dumps(servers))
    return [{"spec": None, "adopt": False, "protect": False, **one} for one in sent]


def tree(*folders: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder below *folders*, with its mode and its content."""
    found = {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            if path.exists():
                content = path.read_bytes() if path.is_file() else b""
                found[str(path)] = (stat.S_IMODE(os.lstat(path).st_mode), content)
    return found


def actions(report: Report) -> dict[str, str]:
    """What is to be done, or was, with each server that is not left alone."""
    return {one.address.name: one.action.value for one in report.plan.pending}


def fields(report: Report) -> set[str]:
    """Every field of the plan, as ``server field``."""
    return {f"{change.address.name} {one.name}" for change in report.plan.changes for one in change.fields}


def drift_of(report: Report) -> set[str]:
    """The fields that somebody changed behind our back."""
    return {
        f"{change.address.name} {one.name}" for change in report.plan.changes for one in change.fields if one.alarms
    }


def condition(report: Report, name: str) -> tuple[str, str]:
    """How far the server *name* has come, and why no further."""
    (found,) = [one.change.condition for one in report.outcomes if one.change.address.name == name]
    assert found is not None
    return (found.state, found.reason)


def errors(report: Report) -> dict[str, str]:
    """What went wrong, by server."""
    told = {one.change.address.name: one.error for one in report.outcomes if one.error}
    return {**{address.name: text for address, text in report.plan.errors.items()}, **told}


def said(report: Report) -> str:
    """Everything that a run showed or kept."""
    kept = "".join(file.read_text() for file in report.folder.iterdir())
    return kept + json.dumps(plan_to_json(report.plan)) + str(errors(report))


def assert_settled(host: Host) -> None:
    """The plan is empty, and another apply writes nothing and starts nothing."""
    before = tree(host.home, host.servers, host.folder / "offers")
    planned, applied = host.plan(), host.apply()
    assert (actions(planned), errors(planned)) == ({}, {}), fields(planned)
    assert (actions(applied), errors(applied)) == ({}, {})
    assert tree(host.home, host.servers, host.folder / "offers") == before
