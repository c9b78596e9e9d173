"""`factory sandbox`: local stand-ins for the services that Factory manages."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Local stand-ins for the services that Factory manages.", no_args_is_help=True)


@app.callback()
def sandbox() -> None:
    """Local stand-ins for the services that Factory manages."""


@app.command()
def notion(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Address; port 0 takes a free one.")] = (
        "127.0.0.1:8787"
    ),
    data: Annotated[str, typer.Option(metavar="FILE", help="SQLite file that keeps the workspace.")] = (":memory:"),
    token: Annotated[str, typer.Option(envvar="NOTION_TOKEN", help="The token that requests must carry.")] = (
        "sandbox-token"
    ),
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Accept an address that is not loopback.")
    ] = False,
) -> None:
    """Serve the Notion API on this machine until interrupted."""
    from factory_iac.sandbox.notion.serve import Options, run

    raise typer.Exit(run(Options(listen, data, token, allow_remote)))
