# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ``factory`` command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer import rich_utils

from factory_iac.cli import ids, mcp, mcp_import, runs, sandbox, schemas

app = typer.Typer(
    name="factory",
    help="Infrastructure as code for the things small companies really run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("validate", epilog=runs.EXAMPLES["validate"])(runs.validate)
app.command("plan", epilog=runs.EXAMPLES["plan"])(runs.plan)
app.command("apply", epilog=runs.EXAMPLES["apply"])(runs.apply)
app.command("drift", epilog=runs.EXAMPLES["drift"])(runs.drift)
app.command("adopt", epilog=runs.EXAMPLES["adopt"])(runs.adopt)
app.command("destroy", epilog=runs.EXAMPLES["destroy"])(runs.destroy)
importing = typer.Typer(help="Write manifests for what there is already.", no_args_is_help=True)
importing.command("notion", epilog=runs.EXAMPLES["import"])(runs.import_notion)
importing.command("mcp", epilog=mcp_import.EXAMPLE)(mcp_import.import_mcp)
app.add_typer(importing, name="import")
app.command("schemas")(schemas.write)
app.add_typer(ids.app, name="ids")
app.add_typer(mcp.app, name="mcp")
app.add_typer(sandbox.app, name="sandbox")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"factory {version('factory-iac')}")
        raise typer.Exit


@app.callback()
def factory(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Infrastructure as code for the things small companies really run."""


def main() -> None:
    """The entry point of the ``factory`` script.

    A command line that is wrong exits with 1, since 2 means that there are changes.
    """
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        sys.exit(runs.Exit.INTERRUPTED)
    except typer.TyperException as error:
        rich_utils.rich_format_error(error)  # type: ignore[arg-type]
        sys.exit(runs.Exit.ERROR)
    sys.exit(code if isinstance(code, int) else 0)
