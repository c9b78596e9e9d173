# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands that run a playbook of the same name, from ``validate`` to ``destroy``, with a short answer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factory_iac.cli.playbook import Finished, NoProject, Project, Watch, find_project, run_playbook

if TYPE_CHECKING:
    from ansible_collections.factory.core.plugins.module_utils.identity_lookup import Remembered


class Exit(IntEnum):
    """Exit codes of all runs, as Terraform's with ``-detailed-exitcode``."""

    NOTHING_TO_DO = 0
    ERROR = 1
    CHANGES = 2
    INTERRUPTED = 130


EXAMPLES = {
    "validate": "Example: `factory validate stacks/factory`",
    "plan": "Examples: `factory plan` · `factory plan stacks/crm -i production` · `factory plan -l mcp --json`",
    "apply": "Examples: `factory apply` · `factory apply stacks/crm -i production --plan plan.json`",
    "drift": "Example, for a scheduled job: `factory drift stacks/crm -i production --json`",
    "import": "Example: `factory import notion --page https://www.notion.so/Home-0123… --to stacks/crm -i production`",
    "adopt": "Examples: `factory adopt` · `factory adopt NotionDatabase/tasks --id 1d4e8f60… --stack stacks/crm`",
    "destroy": "Examples: `factory destroy stacks/crm -i staging` · `factory destroy -i staging --yes`",
}

Stack = Annotated[Path | None, typer.Argument(help="The folder of manifests; the only one under stacks/ if left out.")]
Environment = Annotated[str, typer.Option("--environment", "-i", help="An environment under inventories/.")]
Json = Annotated[bool, typer.Option("--json", help="Print data for machines.")]
Limit = Annotated[str, typer.Option("--limit", "-l", help="Only these targets: a pattern of Ansible's, as `mcp`.")]
Prune = Annotated[bool, typer.Option("--prune", help="Include what is ours and not declared any more.")]
Adopt = Annotated[bool, typer.Option("--adopt", help="Take over what exists under the declared title.")]
AllowDestructive = Annotated[bool, typer.Option("--allow-destructive", help="Go ahead even if something is lost.")]
To = Annotated[Path, typer.Option("--to", help="The stack's folder; made if it is not there.")]
Page = Annotated[
    str, typer.Option("--page", help="Everything under this page (an id or a link); else the parent page.")
]
Database = Annotated[str, typer.Option("--database", help="This database only (an id or a link).")]
Rows = Annotated[bool, typer.Option("--rows", help="Import the rows, too.")]
Bodies = Annotated[bool, typer.Option("--bodies", help="Rows with what is on their pages: a request for each.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite manifests that exist.")]
Addresses = Annotated[list[str] | None, typer.Argument(help="What to adopt (Kind/name); the whole stack if left out.")]
StackOption = Annotated[Path | None, typer.Option("--stack", "-s", help="The folder of manifests.")]
AdoptId = Annotated[str, typer.Option("--id", help="The id of what the one address is to adopt.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the plan to this file as well.")]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="Apply only if the plan is still the one in this file.")]


def validate(stack: Stack = None, environment: Environment = "sandbox", as_json: Json = False) -> None:
    """Check every manifest, without any network. Exit code 0 or 1."""
    project, folder = where(stack, environment)
    finished = run(project, "validate", {"stack": str(folder)}, "", as_json)
    addresses = [address for result in finished.results for address in result.get("addresses", [])]
    warnings = [str(warning) for result in finished.results for warning in result.get("warnings", [])]
    if as_json:
        problems = [line for failure in finished.failures for line in failure.splitlines()]
        answer = {"valid": not finished.code, "problems": problems, "warnings": warnings, "addresses": addresses}
        typer.echo(json.dumps(answer, indent=1))
    else:
        for warning in warnings:
            typer.secho(f"warning: {warning}", fg="yellow")
        say_failures(finished)
        if not finished.code:
            typer.echo("1 resource is valid." if len(addresses) == 1 else f"{len(addresses)} resources are valid.")
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def plan(
    stack: Stack = None,
    environment: Environment = "sandbox",
    as_json: Json = False,
    prune: Prune = False,
    adopt: Adopt = False,
    out: Out = None,
    limit: Limit = "",
) -> None:
    """Show what would change. Exit code 0 when nothing would, 2 when something would, 1 on error."""
    project, folder = where(stack, environment, limit)
    variables = {"stack": str(folder), "prune": prune, "adopt": adopt}
    run_id = _run_id()
    finished = run(project, "plan", variables, run_id, as_json)
    plans = _plans(project, run_id)
    _answer(plans, "plan", finished, as_json)
    if out is not None and plans:
        _write_plan(out, plans)
    pending = any(_is_pending(one) for one in plans)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.CHANGES if pending else Exit.NOTHING_TO_DO)


def apply(
    stack: Stack = None,
    environment: Environment = "sandbox",
    as_json: Json = False,
    prune: Prune = False,
    adopt: Adopt = False,
    allow_destructive: AllowDestructive = False,
    plan_file: PlanFile = None,
    limit: Limit = "",
) -> None:
    """Bring the targets to what is declared. Exit code 0 or 1."""
    project, folder = where(stack, environment, limit)
    variables: dict[str, Any] = {
        "stack": str(folder),
        "prune": prune,
        "adopt": adopt,
        "allow_destructive": allow_destructive,
    }
    if plan_file is not None:
        variables["plan_file"] = str(plan_file.resolve())
    run_id = _run_id()
    finished = run(project, "apply", variables, run_id, as_json)
    _answer_apply(project, run_id, finished, as_json)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def drift(stack: Stack = None, environment: Environment = "sandbox", as_json: Json = False, limit: Limit = "") -> None:
    """Find what was changed behind Factory's back. Exit code 0 without, 2 with drift, 1 on error."""
    project, folder = where(stack, environment, limit)
    run_id = _run_id()
    finished = run(project, "drift", {"stack": str(folder)}, run_id, as_json)
    plans = _plans(project, run_id)
    _answer(plans, "drift", finished, as_json)
    drifted = any(one["summary"]["drift"] for one in plans)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.CHANGES if drifted else Exit.NOTHING_TO_DO)


def import_notion(
    to: To,
    page: Page = "",
    database: Database = "",
    environment: Environment = "sandbox",
    rows: Rows = False,
    bodies: Bodies = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a manifest for each page and database under a page; nothing in Notion changes. Exit code 0 or 1."""
    project, folder = where(to, environment)
    wish = {"page": page, "database": database, "rows": rows, "bodies": bodies, "force": force}
    variables = {"stack": str(folder), **wish}
    run_id = _run_id()
    finished = run(project, "import", variables, run_id, as_json)
    found = [json.loads(file.read_text(encoding="utf-8")) for file in project.runs(run_id, "import.json")]
    if as_json:
        content = found[0] if len(found) == 1 else {"imports": found}
        typer.echo(json.dumps({**content, "failures": finished.failures}, indent=1, ensure_ascii=False))
    else:
        for one in found:
            _say_imported(one)
        say_failures(finished)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def _say_imported(found: Mapping[str, Any]) -> None:
    for one in found["manifests"]:
        state = "" if one["path"] in found["written"] else " (as it was)"
        typer.echo(f"{one['address']}: {os.path.relpath(one['path'])}{state}")
    for one in found["left_out"]:
        if not one["address"]:
            typer.echo(f"left out: {one['what']}: {one['reason']}")
    count = len(found["manifests"])
    typer.echo(f"{count} manifest{'' if count == 1 else 's'}; their comments say what is left to Notion.")


def adopt(
    addresses: Addresses = None,
    adopt_id: AdoptId = "",
    stack: StackOption = None,
    environment: Environment = "sandbox",
    as_json: Json = False,
    limit: Limit = "",
) -> None:
    """Record whose resources are, and change nothing else; a plan then shows what differs. Exit code 0 or 1."""
    project, folder = where(stack, environment, limit)
    variables = {"stack": str(folder), "addresses": addresses or [], "adopt_id": adopt_id}
    run_id = _run_id()
    finished = run(project, "adopt", variables, run_id, as_json)
    _answer_apply(project, run_id, finished, as_json)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def verified_ids(project: Project, stack: str, target: str, quiet: bool) -> tuple[list[dict[str, Any]], Finished]:
    """What became of each remembered resource, of all workspaces or one; those of workspaces that are no more as well.

    What lives on hosts is not looked at here: every plan finds it there, with or without the cache.
    """
    from ansible_collections.factory.core.plugins.module_utils.identity_lookup import remembered
    from ansible_collections.factory.notion.plugins.module_utils.factory_provider import KINDS

    run_id = _run_id()
    finished = run(project, "ids", {"ids_stack": stack, "ids_target": target}, run_id, quiet)
    files = project.runs(run_id, "ids.json")
    told = [one for file in files for one in json.loads(file.read_text(encoding="utf-8"))["ids"]]
    looked_at = {file.parent.parent.name for file in files}
    for one in remembered(project.state / "identity.json") if not finished.code else ():
        asked = stack in ("", one.stack) and target in ("", one.target) and one.address.kind in KINDS
        if asked and not one.record.deleted and one.target not in looked_at:
            told.append(_without_target(one, project.environment))
    return told, finished


def _without_target(one: Remembered, environment: str) -> dict[str, Any]:
    from ansible_collections.factory.core.plugins.module_utils.identity_check import (
        Checked,
        Finding,
        checked_to_json,
        forget_command,
    )

    told = f"the inventory of {environment} has no target '{one.target}'"
    return {
        **checked_to_json(Checked(one, Finding.UNREAD, told), environment),
        "advice": f"put it back; if it is gone for good: {forget_command(one, environment)}",
    }


def destroy(
    stack: Stack = None,
    environment: Environment = "sandbox",
    as_json: Json = False,
    yes: Yes = False,
    limit: Limit = "",
) -> None:
    """Delete what the stack has made, after the environment's name was typed in. Exit code 0 or 1."""
    project, folder = where(stack, environment, limit)
    variables = {"stack": str(folder)}
    run_id = _run_id()
    finished = run(project, "destroy", variables, run_id, as_json, check=True)
    plans = _plans(project, run_id)
    denied = any(one["gate"]["decision"] == "deny" for one in plans)
    pending = any(_is_pending(one) for one in plans)
    if finished.code or denied or not pending:
        _answer(plans, "plan", finished, as_json)
        raise typer.Exit(Exit.ERROR if finished.code or denied else Exit.NOTHING_TO_DO)
    if not yes:
        _answer(plans, "plan", finished, as_json=False)
        _confirmed(project.environment)
    variables["confirm"] = project.environment
    run_id = _run_id()
    with tempfile.TemporaryDirectory(prefix="factory-plan-") as shown:
        variables["plan_file"] = str(Path(shown, "plan.json"))
        _write_plan(Path(variables["plan_file"]), plans)
        finished = run(project, "destroy", variables, run_id, as_json)
    _answer_apply(project, run_id, finished, as_json)
    raise typer.Exit(Exit.ERROR if finished.code else Exit.NOTHING_TO_DO)


def _confirmed(environment: str) -> None:
    """Ask for the environment's name, and go no further without it."""
    typer.echo(f"To delete all this, type the environment's name ({environment}): ", nl=False, err=True)
    try:
        answer = input()
    except EOFError:
        answer = ""
    if answer.strip() != environment:
        typer.echo("factory: nothing was deleted; type the name, or say --yes where nobody can", err=True)
        raise typer.Exit(Exit.ERROR)


def _is_pending(plan: Mapping[str, Any]) -> bool:
    """Whether there is anything to do in a plan, allowed or not."""
    return not plan["errored"] and any(one["action"] != "no-op" for one in plan["resource_changes"])


def _answer_apply(project: Project, run_id: str, finished: Finished, as_json: bool) -> None:
    """Print the reports of a run, or its plans where it did not come to one."""
    reports = _reports(project, run_id)
    if reports:
        _answer(reports, "apply", finished, as_json)
    else:
        _answer(_plans(project, run_id), "plan", finished, as_json)


def _write_plan(file: Path, plans: list[dict[str, Any]]) -> None:
    """Write the one plan there is, or one for each target, so that an apply finds its own."""
    content = plans[0] if len(plans) == 1 else {"plans": plans}
    try:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(f"factory: the plan cannot be written to {file}: {error.strerror}", err=True)
        raise typer.Exit(Exit.ERROR) from None


def _run_id() -> str:
    from ansible_collections.factory.core.plugins.module_utils.run_folder import new_run_id

    return new_run_id()


def where(stack: Path | None, environment: str, limit: str = "") -> tuple[Project, Path]:
    """The project and the stack's folder; the only stack there is when *stack* is ``None``."""
    try:
        project = dataclasses.replace(find_project(environment), limit=limit)
        return project, (stack or _only_stack(project)).resolve()
    except NoProject as error:
        typer.echo(f"factory: {error}", err=True)
        raise typer.Exit(Exit.ERROR) from None


def _only_stack(project: Project) -> Path:
    stacks = sorted(one for one in (project.root / "stacks").glob("*") if one.is_dir())
    if len(stacks) != 1:
        names = ", ".join(f"stacks/{one.name}" for one in stacks) or "none"
        raise NoProject(f"say which stack: {names}")
    return stacks[0]


def run(
    project: Project, name: str, variables: Mapping[str, Any], run_id: str, quiet: bool, check: bool = False
) -> Finished:
    """Run a playbook with all that belongs to it: the sandbox's Notion, a progress bar, an end on Ctrl-C."""
    with _local_api(project, name), progress_bar(quiet) as watch:
        finished = run_playbook(project, name, variables, run_id, watch, check)
    if finished.interrupted:
        reports = [one for one in _reports(project, run_id) if one["applied"]] if run_id else []
        _answer(reports, "apply", Finished(failures=[] if reports else finished.failures), quiet)
        typer.echo("factory: interrupted; run it again to go on", err=True)
        raise typer.Exit(Exit.INTERRUPTED)
    return finished


@contextlib.contextmanager
def _local_api(project: Project, name: str) -> Iterator[None]:
    """The sandbox environment comes with its own Notion, unless somebody says where one is."""
    if project.environment != "sandbox" or name in ("validate", "accept") or "NOTION_BASE_URL" in os.environ:
        yield
        return
    from factory_iac.sandbox.process import SandboxError, running_notion

    project.state.mkdir(parents=True, exist_ok=True)
    try:
        with running_notion(data=str(project.state / "notion.sqlite")) as api:
            given = dict(os.environ)
            os.environ["NOTION_BASE_URL"] = api.base_url
            os.environ["NOTION_PARENT_PAGE"] = api.root_page_id
            os.environ["NOTION_TOKEN"] = api.token
            try:
                yield
            finally:
                os.environ.clear()
                os.environ.update(given)
    except SandboxError as error:
        typer.echo(f"factory: the local Notion API did not start: {error}", err=True)
        raise typer.Exit(Exit.ERROR) from None


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Watch]:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda stage, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = {"": progress.add_task("start", total=None)}

        def watch(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                progress.update(tasks.popitem()[1], visible=False)
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield watch


def _plans(project: Project, run_id: str) -> list[dict[str, Any]]:
    """The plan of each target; of targets where nothing of the stack is or should be, only if that is so of all."""
    plans = [json.loads(file.read_text(encoding="utf-8")) for file in project.runs(run_id, "plan.json")]
    return [one for one in plans if _says_something(one)] or plans


def _reports(project: Project, run_id: str) -> list[dict[str, Any]]:
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in project.runs(run_id, "report.json")]
    return [one for one in reports if _says_something(one["plan"])] or reports


def _says_something(plan: Mapping[str, Any]) -> bool:
    return bool(plan["resource_changes"] or plan["errors"] or plan["warnings"])


def _answer(found: list[dict[str, Any]], view: str, finished: Finished, as_json: bool) -> None:
    """Print *found*, one plan or report per target, and what failed."""
    if as_json:
        key = "reports" if view == "apply" else "plans"
        content = found[0] if len(found) == 1 else {key: found}
        typer.echo(json.dumps({**content, "failures": finished.failures}, indent=1, ensure_ascii=False))
        return
    from factory_iac.cli.text import print_lines

    for one in found:
        print_lines(one, view)
    say_failures(finished)


def say_failures(finished: Finished) -> None:
    """Print what failed, each thing once."""
    for failure in dict.fromkeys(finished.failures):
        typer.secho(failure, fg="red", err=True)
