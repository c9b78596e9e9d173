# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``factory ids``: what the identity cache of an environment remembers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from factory_iac.cli.playbook import NoProject, find_project
from factory_iac.cli.runs import Environment, Exit, Json, say_failures, verified_ids

app = typer.Typer(help="Show or forget which live id belongs to which resource.", no_args_is_help=True)

Stack = Annotated[str, typer.Option("--stack", help="Only this stack's; needed where several have the address.")]
Target = Annotated[str, typer.Option("--target", help="Only this target's; needed where several have the address.")]


@app.command("list")
def list_ids(environment: Environment = "sandbox", stack: Stack = "", as_json: Json = False) -> None:
    """Print every resource that is remembered, with its id. No network."""
    from ansible_collections.factory.core.plugins.module_utils.identity_lookup import remembered
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

    try:
        found = [one for one in remembered(_file(environment)) if stack in ("", one.stack)]
    except FactoryError as error:
        raise _refused(error) from None
    if as_json:
        told = [
            {"address": str(one.address), "stack": one.stack, "target": one.target, **one.record.attributes}
            for one in found
        ]
        typer.echo(json.dumps(told, indent=1))
        return
    for one in found:
        typer.echo(f"{one.address}  {one.record.attributes['id']}  (stack {one.stack} on {one.target})")
    if not found:
        typer.echo("Nothing is remembered.")


@app.command("forget")
def forget(
    address: Annotated[str, typer.Argument(help="As in NotionDatabase/tasks.")],
    environment: Environment = "sandbox",
    stack: Stack = "",
    target: Target = "",
    live_id: Annotated[str, typer.Option("--id", help="Only the one with this id.")] = "",
) -> None:
    """Forget one resource. The next plan looks for its ownership line; if it is gone, it is created anew."""
    from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache
    from ansible_collections.factory.core.plugins.module_utils.identity_lookup import find
    from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError

    file = _file(environment)
    try:
        found = find(file, address, stack, target, live_id)
    except FactoryError as error:
        raise _refused(error) from None
    IdentityCache(file, found.scope).forget(found.address)
    typer.echo(f"{address} ({found.record.attributes['id']}) is forgotten.")


@app.command("verify")
def verify(environment: Environment = "sandbox", stack: Stack = "", target: Target = "", as_json: Json = False) -> None:
    """Look at every resource that is remembered. Exit code 0 when all are well, 2 when not, 1 on error."""
    try:
        project = find_project(environment)
        told, finished = verified_ids(project, stack, target, as_json)
    except NoProject as error:
        raise _refused(error) from None
    bad = [one for one in told if not one["well"]]
    if as_json:
        typer.echo(json.dumps({"ids": told, "failures": finished.failures}, indent=1, ensure_ascii=False))
    else:
        _say_verified(told)
        say_failures(finished)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.CHANGES if bad else Exit.NOTHING_TO_DO)


def _say_verified(told: list[dict[str, Any]]) -> None:
    for one in told:
        line = f"{one['address']}  {one['id']}  (stack {one['stack']} on {one['target']}): {one['told']}"
        typer.secho(line, fg=None if one["well"] else "red")
        if one["advice"]:
            typer.echo(f"  {one['advice']}")
    well = sum(one["well"] for one in told)
    typer.echo(f"{well} of {len(told)} remembered resources are well." if told else "Nothing is remembered.")


def _file(environment: str) -> Path:
    try:
        return find_project(environment).state / "identity.json"
    except NoProject as error:
        raise _refused(error) from None


def _refused(error: Exception) -> typer.Exit:
    typer.echo(f"factory: {error}", err=True)
    return typer.Exit(Exit.ERROR)
