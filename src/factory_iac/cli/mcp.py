# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``factory mcp``: what there is to do about MCP servers beside plan and apply."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factory_iac.cli.runs import Environment, Exit, Json, StackOption, progress_bar, run, say_failures, where

if TYPE_CHECKING:
    from factory_iac.cli.server_locks import LockedServer

app = typer.Typer(help="Lock the packages of MCP servers, and accept what they offer.", no_args_is_help=True)

_AT_A_TIME = 4
_EXAMPLES = (
    "Examples: `factory mcp lock` · `factory mcp lock filesystem --stack stacks/crm` · to have newer packages below a "
    "server: delete its lock, and lock it again"
)
_ACCEPT_EXAMPLES = "Examples: `factory mcp accept filesystem` · `factory mcp accept --all -s stacks/crm -i production`"
Everything = Annotated[bool, typer.Option("--all", help="Accept what every server of the stack offers.")]
Names = Annotated[list[str] | None, typer.Argument(help="The servers; all of the stack if left out.")]
Accepted = Annotated[list[str] | None, typer.Argument(help="The servers; or say --all.")]


@app.command("lock", epilog=_EXAMPLES)
def lock(
    names: Names = None, stack: StackOption = None, environment: Environment = "sandbox", as_json: Json = False
) -> None:
    """Write down every package that the servers need, with its integrity. A lock that is good stays as it is.

    Exit code 0 or 1.
    """
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
    from factory_iac.cli.server_locks import servers_to_lock

    _, folder = where(stack, environment)
    try:
        servers = servers_to_lock(folder, environment, names or [])
    except FactoryError as error:
        typer.echo(f"factory: {error}", err=True)
        raise typer.Exit(Exit.ERROR) from None
    locked: list[LockedServer] = []
    failures: list[str] = []
    with progress_bar(as_json) as watch, ThreadPoolExecutor(_AT_A_TIME) as pool:
        running = {pool.submit(one.locked, folder): one for one in servers}
        for done, future in enumerate(as_completed(running), 1):
            watch("lock", done, len(running))
            try:
                locked.append(future.result())
            except (FactoryError, OSError) as error:
                failures.append(f"McpServer/{running[future].name}: {error}")
    _say(sorted(locked, key=lambda one: one.name), sorted(failures), as_json)
    raise typer.Exit(Exit.ERROR if failures else Exit.NOTHING_TO_DO)


@app.command("accept", epilog=_ACCEPT_EXAMPLES)
def accept(
    names: Accepted = None,
    stack: StackOption = None,
    environment: Environment = "sandbox",
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Ask servers what they offer and write that into their pins: from then on, anything else is drift.

    What is not installed yet is installed for that; clients are told of nothing.

    Read what is shown, and the pins, before you commit them. Exit code 0 or 1.
    """
    if bool(names) == everything:
        typer.echo("factory: say which servers to accept, or --all", err=True)
        raise typer.Exit(Exit.ERROR)
    project, folder = where(stack, environment)
    finished = run(project, "accept", {"stack": str(folder), "accepted": names or []}, "", as_json)
    found = [one for result in finished.results for one in result.get("accepted", [])]
    if as_json:
        typer.echo(json.dumps({"accepted": found, "failures": finished.failures}, indent=1, ensure_ascii=False))
    else:
        for one in found:
            _say_accepted(one)
        say_failures(finished)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def _say_accepted(one: Mapping[str, Any]) -> None:
    count = "1 tool" if one["tools"] == 1 else f"{one['tools']} tools"
    state = "accepted" if one["new"] else "accepted anew" if one["findings"] else "as it was"
    typer.echo(f"{one['address']}: {count}: {state} ({os.path.relpath(one['file'])})")
    for finding in one["findings"]:
        where_ = f"tool {finding['tool']}: " if finding["tool"] else ""
        change = f": {finding['before'] or '(nothing)'} → {finding['after'] or '(nothing)'}"
        told = change if finding["before"] or finding["after"] else ""
        line = f"{finding['drift']}: {where_}{finding['what']}{told}"
        typer.secho(textwrap.indent(line, "    ", lambda _: True), fg="yellow")


def _say(locked: Sequence[LockedServer], failures: Sequence[str], as_json: bool) -> None:
    if as_json:
        locks = [
            {
                "address": f"McpServer/{one.name}",
                "package": one.package,
                "file": str(one.file),
                "packages": one.packages,
                "changed": one.changed,
            }
            for one in locked
        ]
        typer.echo(json.dumps({"locks": locks, "failures": list(failures)}, indent=1, ensure_ascii=False))
        return
    for one in locked:
        state = "locked" if one.changed else "as it was"
        count = "1 package" if one.packages == 1 else f"{one.packages} packages"
        typer.echo(f"McpServer/{one.name}: {one.package}, {count}: {state} ({os.path.relpath(one.file)})")
    for failure in failures:
        typer.secho(failure, fg="red", err=True)
    if not locked and not failures:
        typer.echo("No server of this stack comes from npm or PyPI, so there is nothing to lock.")
