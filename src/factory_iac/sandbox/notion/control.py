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

Json = dict[str, Any]
_Endpoint = Callable[[Request], Awaitable[Response]]
_LOAD = frozenset({"objects", "replace"})


def routes(workspace: Workspace) -> list[Route]:
    """The control endpoints of a workspace."""

    def counts() -> Json:
        return workspace.counts.as_json()

    def forget_counts() -> Json:
        workspace.counts.clear()
        return counts()

    def reset() -> Json:
        workspace.reset()
        return {"reset": True}

    def switches() -> Json:
        return workspace.behaviour.as_json()

    def switch(order: Json) -> Json:
        workspace.behaviour = workspace.behaviour.changed(order)
        return switches()

    def clock() -> Json:
        return workspace.clock.as_json()

    def set_clock(order: Json) -> Json:
        workspace.clock.change(order)
        return clock()

    def ordered_faults() -> Json:
        return {"faults": [fault.as_json() for fault in workspace.faults]}

    def order_faults(order: Json) -> Json:
        workspace.faults = [*workspace.faults, *faults.parse(order)]
        return ordered_faults()

    def forget_faults() -> Json:
        workspace.faults = []
        return ordered_faults()

    def load(order: Json) -> Json:
        return {"loaded": _load(workspace, order)}

    table: list[tuple[str, str, _Endpoint]] = [
        ("GET", "/_sandbox/requests", _told(counts)),
        ("DELETE", "/_sandbox/requests", _told(forget_counts)),
        ("POST", "/_sandbox/reset", _told(reset)),
        ("POST", "/_sandbox/load", _obeyed(load)),
        ("GET", "/_sandbox/behaviour", _told(switches)),
        ("POST", "/_sandbox/behaviour", _obeyed(switch)),
        ("GET", "/_sandbox/clock", _told(clock)),
        ("POST", "/_sandbox/clock", _obeyed(set_clock)),
        ("GET", "/_sandbox/faults", _told(ordered_faults)),
        ("POST", "/_sandbox/faults", _obeyed(order_faults)),
        ("DELETE", "/_sandbox/faults", _told(forget_faults)),
    ]
    known = ", ".join(f"{method} {path}" for method, path, _ in table)
    return [
        *(Route(path, endpoint, methods=[method]) for method, path, endpoint in table),
        Route("/_sandbox/files/{id}/{name}", _file(workspace)),
        Route("/_sandbox{path:path}", _unknown(known), methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
    ]


def _told(tell: Callable[[], Json]) -> _Endpoint:
    """Answer with what is told."""

    async def endpoint(_: Request) -> Response:
        return JSONResponse(tell())

    return endpoint


def _obeyed(obey: Callable[[Json], Json]) -> _Endpoint:
    """Do what the body says, or answer why that makes no sense."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(obey(_order(await request.body())))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


def _order(raw: bytes) -> Json:
    try:
        found = json.loads(raw)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("the body must be a JSON object")
    return found


def _load(workspace: Workspace, order: Json) -> int:
    objects, replace = order.get("objects"), order.get("replace", False)
    if unknown := sorted(set(order) - _LOAD):
        raise ValueError(f"unknown order {', '.join(unknown)}; known are objects and replace")
    if not isinstance(objects, list):
        raise ValueError("objects must be a list of Notion objects")
    if not isinstance(replace, bool):
        raise ValueError(f"replace must be true or false, not {replace!r}")
    return workspace.load(objects, replace=replace)


def _file(workspace: Workspace) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        record = workspace.store.find(request.path_params["id"])
        content = workspace.store.file(request.path_params["id"])
        if record is None or content is None:
            return Response("no such file", status_code=404)
        return Response(content, media_type=record.body["content_type"])

    return endpoint


def _unknown(known: str) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        asked = f"{request.method} {request.url.path}"
        return JSONResponse({"error": f"there is no {asked}; there are {known}"}, status_code=404)

    return endpoint
