# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A guided tour of Factory on the local Notion API: ``make demo``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import typer

from factory_iac.sandbox.process import Sandbox, running_notion

STACK = "stacks/factory"
_VERSION = "2026-03-11"


class StepFailed(Exception):
    """A step of the tour did not do what it should; the message is the command."""


@dataclass
class Tour:
    """The tour, step by step, against one local API."""

    api: Sandbox
    step: int = 0

    def say(self, text: str) -> None:
        """Explain what comes next."""
        self.step += 1
        typer.echo()
        typer.secho(f"{self.step}. {textwrap.fill(text, 96, subsequent_indent='   ')}", bold=True)

    def playbook(self, name: str) -> None:
        """Run one of the playbooks, as a user would."""
        command = [
            "ansible-playbook",
            f"playbooks/{name}.yml",
            "-i",
            "inventories/sandbox",
            "--limit",
            "notion",
            "-e",
            f"stack={STACK}",
        ]
        typer.secho(f"\n   $ {' '.join(command)}\n", fg="cyan")
        done = subprocess.run(command, env=self._environment(), check=False)
        if done.returncode:
            raise StepFailed(" ".join(command))

    def requests(self) -> str:
        """How many requests the local API has answered since the last time somebody asked."""
        counted = httpx.get(f"{self.api.base_url}/_sandbox/requests").json()
        httpx.delete(f"{self.api.base_url}/_sandbox/requests")
        return f"   {counted['reads']} reads, {counted['writes']} writes."

    def edit_by_hand(self) -> None:
        """What a colleague might do in Notion: drop a task's priority, rename a property."""
        headers = {"Authorization": f"Bearer {self.api.token}", "Notion-Version": _VERSION}
        with httpx.Client(base_url=f"{self.api.base_url}/v1/", headers=headers) as notion:
            source = _find(notion, "Master Tasks")
            first = notion.post(f"data_sources/{source['id']}/query", json={"page_size": 1}).json()["results"][0]
            notion.patch(f"pages/{first['id']}", json={"properties": {"Priority": {"select": None}}})
            renamed = {"properties": {"Estimate": {"name": "Hours, roughly"}}}
            notion.patch(f"data_sources/{source['id']}", json=renamed).raise_for_status()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "NOTION_BASE_URL": self.api.base_url,
            "NOTION_PARENT_PAGE": self.api.root_page_id,
            "NOTION_TOKEN": self.api.token,
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
        }


def _find(notion: httpx.Client, title: str) -> Mapping[str, Any]:
    found = notion.post("search", json={"query": title, "filter": {"property": "object", "value": "data_source"}})
    source: Mapping[str, Any] = found.json()["results"][0]
    return source


def _latest_report() -> Path:
    return max(Path(".factory/sandbox").glob("*/*/report.json"), key=lambda file: file.stat().st_mtime_ns)


def tour() -> None:
    """Walk through validate, plan, apply, an empty plan, drift, correction and the report."""
    typer.secho("Factory: a small consultancy's Notion workspace, from YAML", bold=True)
    with running_notion() as api:
        guide = Tour(api)
        typer.echo(f"\nA local Notion API answers at {api.base_url}; no account, nothing leaves this machine.")
        guide.say(f"{STACK} declares seven databases. First: is what it says valid? No network is used.")
        guide.playbook("validate")
        guide.say("What would change? Nothing is written; what does not exist yet is known after apply.")
        guide.playbook("plan")
        guide.requests()
        guide.say("Make it so. Databases that need each other are created in an order that needs few requests.")
        guide.playbook("apply")
        typer.echo(guide.requests())
        guide.say("Plan again: nothing differs, so nothing is written. One read per database, one query for its rows.")
        guide.playbook("plan")
        typer.echo(guide.requests())
        guide.say("Now a colleague renames a property and clears a priority in Notion.")
        guide.edit_by_hand()
        guide.requests()
        guide.say("A scheduled drift run finds both and names them.")
        guide.playbook("drift")
        guide.say("Apply puts it right: the property keeps its id and its values.")
        guide.playbook("apply")
        report = _latest_report()
        guide.say(f"Everything is on record: {report}")
        outcomes = json.loads(report.read_text(encoding="utf-8"))["resources"]
        for one in outcomes:
            typer.echo(f"   {one['address']:<32} {one['action']:<8} {one['id']}")
    typer.secho("\nThat was it. The local API is stopped; the README shows how to declare your own.", bold=True)


if __name__ == "__main__":
    try:
        tour()
    except StepFailed as failed:
        typer.secho(f"\nThis step failed: {failed}", fg="red", err=True)
        sys.exit(1)
