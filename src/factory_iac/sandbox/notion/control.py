"""The endpoints under /_sandbox: counts, reset, load, clock, switches and faults. They need no token."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from factory_iac.sandbox.notion import faults
from factory_iac.sandbox.notion.workspace import Workspace

_Endpoint = Callable[[Request], Awaitable[Response]]


def routes(workspace: Workspace) -> list[Route]:
    """The control endpoints of a workspace."""
    table: list[tuple[str, str, _Endpoint]] = [
        ("/_sandbox/requests", "GET", _get_requests(workspace)),
        ("/_sandbox/requests", "DELETE", _delete_requests(workspace)),
        ("/_sandbox/reset", "POST", _post_reset(workspace)),
        ("/_sandbox/behaviour", "GET", _get_behaviour(workspace)),
        ("/_sandbox/behaviour", "POST", _post_behaviour(workspace)),
        ("/_sandbox/clock", "GET", _get_clock(workspace)),
        ("/_sandbox/clock", "POST", _post_clock(workspace)),
        ("/_sandbox/files/{id}/{name}", "GET", _get_file(workspace)),
        ("/_sandbox/load", "POST", _post_load(workspace)),
        ("/_sandbox/faults", "GET", _get_faults(workspace)),
        ("/_sandbox/faults", "POST", _post_faults(workspace)),
        ("/_sandbox/faults", "DELETE", _delete_faults(workspace)),
    ]
    return [Route(path, endpoint, methods=[method]) for path, method, endpoint in table]


def _get_requests(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(workspace.counts.as_json())

    return endpoint


def _delete_requests(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        workspace.counts.clear()
        return JSONResponse(workspace.counts.as_json())

    return endpoint


def _post_reset(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        workspace.reset()
        return JSONResponse({"reset": True})

    return endpoint


def _get_behaviour(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(workspace.behaviour.as_json())

    return endpoint


def _post_behaviour(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            workspace.behaviour = workspace.behaviour.changed(await _object(request))
        except ValueError as error:
            return _refused(error)
        return JSONResponse(workspace.behaviour.as_json())

    return endpoint


def _get_clock(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(workspace.clock.as_json())

    return endpoint


def _post_clock(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            workspace.clock.change(await _object(request))
        except ValueError as error:
            return _refused(error)
        return JSONResponse(workspace.clock.as_json())

    return endpoint


def _get_file(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        record = workspace.store.find(request.path_params["id"])
        content = workspace.store.file(request.path_params["id"])
        if record is None or content is None:
            return Response("no such file", status_code=404)
        return Response(content, media_type=record.body["content_type"])

    return endpoint


def _post_load(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            order = await _object(request)
            objects = order.get("objects")
            if not isinstance(objects, list):
                raise ValueError("objects must be a list of Notion objects")
            count = workspace.load(objects, replace=order.get("replace") is True)
        except ValueError as error:
            return _refused(error)
        return JSONResponse({"loaded": count})

    return endpoint


def _get_faults(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        return JSONResponse({"faults": [fault.as_json() for fault in workspace.faults]})

    return endpoint


def _post_faults(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            workspace.faults = [*workspace.faults, *faults.parse(await _object(request))]
        except ValueError as error:
            return _refused(error)
        return JSONResponse({"faults": [fault.as_json() for fault in workspace.faults]})

    return endpoint


def _delete_faults(workspace: Workspace) -> _Endpoint:
    async def endpoint(_: Request) -> Response:
        workspace.faults = []
        return JSONResponse({"faults": []})

    return endpoint


async def _object(request: Request) -> dict[str, Any]:
    found = json.loads(await request.body())
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")
    return found


def _refused(error: ValueError) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
