"""The Starlette application: from HTTP to a call, from an answer to JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import uuid
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from factory_iac.sandbox.notion import (
    control,
    endpoints,
    errors,
    faults,
    file_uploads,
    mentions,
    overlaps,
    request_bodies,
    shapes,
)
from factory_iac.sandbox.notion.broken_responses import ResetResponse, TruncatedResponse
from factory_iac.sandbox.notion.call import VERSIONS, Answer, Call, Json
from factory_iac.sandbox.notion.workspace import Workspace

MAX_PAYLOAD = 500 * 1024
_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]
_TOO_DEEP = errors.invalid("body failed validation: body is nested too deeply.")
_OVER_BUDGET = faults.Fault("status", status=429)
_log = logging.getLogger("factory_iac.sandbox.notion")


def create_app(workspace: Workspace) -> Starlette:
    """The API and its control endpoints over one workspace."""

    async def api(request: Request, _: Exception | None = None) -> Response:
        return await _answer(workspace, request)

    return Starlette(
        routes=[
            Route("/v1/{path:path}", api, methods=_METHODS),
            *control.routes(workspace),
            Route("/{path:path}", api, methods=_METHODS),
        ],
        exception_handlers={405: api},
    )


async def _answer(workspace: Workspace, request: Request) -> Response:
    method, path = request.method, request.scope["path"]
    endpoint = endpoints.find(path)
    if path.startswith("/v1/"):
        workspace.counts.add(method, endpoint)
    request_id = str(uuid.uuid4())
    try:
        version = _admitted(workspace, request)
        wait = workspace.budget.spend(workspace.clock.now(), workspace.behaviour.edition)
        fault = _OVER_BUDGET if wait is not None else faults.struck(workspace.faults, method, endpoint.template)
        if fault is not None and fault.fault == "slow":
            await asyncio.sleep(fault.delay)
        elif fault is not None and fault.fault not in (*faults.AFTER_WRITE, "overlap"):
            return _failed(workspace, fault, request_id)
        raw = await request.body() if method != "GET" else b""
        if fault is not None and fault.fault == "overlap" and not endpoint.reads(method):
            with workspace.overlaps.entered(overlaps.data_source_of(workspace.store, endpoint, raw)):
                await asyncio.sleep(fault.delay)
                answer = _handled(workspace, request, endpoint, version, raw)
        else:
            answer = _handled(workspace, request, endpoint, version, raw)
    except errors.NotFoundError as error:
        return _json(error.told(workspace.store.users.bot).body(), request_id, error.status)
    except errors.ApiError as error:
        return _json(error.body(), request_id, error.status)
    except RecursionError:
        return _json(_TOO_DEEP.body(), request_id, _TOO_DEEP.status)
    except Exception:  # noqa: BLE001 - a bug here is a 500 there
        _log.exception("%s %s failed", method, path)
        failure = errors.ApiError(500, "internal_server_error", "Unexpected error occurred.")
        return _json(failure.body(), request_id, failure.status)
    if fault is not None and fault.fault in faults.AFTER_WRITE:
        return _failed(workspace, fault, request_id, answer, version, read=endpoint.reads(method))
    return _ok(answer, request_id, version)


def _admitted(workspace: Workspace, request: Request) -> str:
    """The API version of a request that carries the right token."""
    if request.headers.get("authorization") != f"Bearer {workspace.token}":
        raise errors.ApiError(401, "unauthorized", "API token is invalid.")
    version = request.headers.get("notion-version")
    if version in VERSIONS:
        return version
    choices = " or ".join(f'`"{known}"`' for known in VERSIONS)
    if version is None:
        expected, got = "defined", "`undefined`"
    else:
        expected, got = choices, errors.shown(version)
    raise errors.ApiError(
        400,
        "missing_version" if version is None else "validation_error",
        f"Notion-Version header failed validation: Notion-Version header should be {expected}, instead was {got}.",
    )


def _handled(
    workspace: Workspace, request: Request, endpoint: endpoints.Endpoint, version: str, raw: bytes
) -> Json | str | Answer:
    handler = endpoints.handler(request.method, endpoint)
    content_type = request.headers.get("content-type", "")
    form = content_type.startswith("multipart/")
    call = Call(
        store=workspace.store,
        behaviour=workspace.behaviour,
        version=version,
        now=workspace.clock.now(),
        path=endpoint.values,
        query=parse_qs(request.scope["query_string"].decode(), keep_blank_values=True),
        body={} if form else _body(raw),
        raw=raw,
        content_type=content_type,
        base_url=str(request.base_url).rstrip("/"),
    )
    shape = request_bodies.shape(request.method, endpoint.template, version)
    if shape is not None:
        shapes.check(shape, call.body)
    if endpoint.reads(request.method):
        return handler(call)
    with workspace.store.transaction():
        if b'"mention"' in raw:
            call.body = mentions.complete(call, call.body)
        if b'"file_upload"' in raw:
            call.body = file_uploads.attached(call, call.body)
        return handler(call)


def _body(raw: bytes) -> Json:
    if len(raw) > MAX_PAYLOAD:
        raise errors.invalid(f"body failed validation: body should be at most {MAX_PAYLOAD} bytes.")
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw, parse_constant=_no_constant, parse_int=_int, parse_float=_float)
        if b"\\u" in raw:
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise errors.ApiError(400, "invalid_json", "Error parsing JSON body.") from error
    if not isinstance(found, dict):
        raise errors.invalid_body("body", "an object", found)
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _int(text: str) -> int:
    _float(text)
    return int(text)


def _float(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{text} is no number that can be kept")
    return found


def _ok(answer: Json | str | Answer, request_id: str, version: str) -> Response:
    if isinstance(answer, Answer):
        return _json(answer.body, None if answer.bare else request_id, answer.status)
    if isinstance(answer, str):
        archived = ""
        if version == "2025-09-03":
            archived = ',"archived":true' if answer.endswith('"in_trash":true}') else ',"archived":false'
        text = f'{answer[:-1]}{archived},"request_id":"{request_id}"}}'
        return _response(text.encode(), request_id, 200)
    if version == "2025-09-03":
        answer = _with_archived(answer)
    return _json(answer, request_id, 200)


def _with_archived(answer: Json) -> Json:
    """The older version says `archived` besides `in_trash`."""
    if answer.get("object") == "list":
        return {**answer, "results": [_with_archived(item) for item in answer["results"]]}
    return {**answer, "archived": answer["in_trash"]} if "in_trash" in answer else answer


def _json(body: Json, request_id: str | None, status: int, headers: dict[str, str] | None = None) -> Response:
    shown = body if request_id is None else {**body, "request_id": request_id}
    return _response(_encoded(shown), request_id or str(uuid.uuid4()), status, headers)


def _encoded(body: Json) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _response(content: bytes, request_id: str, status: int, headers: dict[str, str] | None = None) -> Response:
    shown = {"x-notion-request-id": request_id, **(headers or {})}
    return Response(content, status, shown, media_type="application/json; charset=utf-8")


def _failed(
    workspace: Workspace,
    fault: faults.Fault,
    request_id: str,
    answer: Any = None,
    version: str = VERSIONS[-1],
    *,
    read: bool = False,
) -> Response:
    """What a request gets that a fault has struck."""
    if fault.fault in ("reset", "reset_after_write"):
        return ResetResponse()
    if fault.fault == "truncate":
        return TruncatedResponse(bytes(_ok(answer, request_id, version).body))
    if fault.fault == "html":
        return Response(faults.HTML, fault.status, media_type="text/html")
    body = json.loads(answer) if isinstance(answer, str) else answer.body if isinstance(answer, Answer) else answer
    window = workspace.budget.seconds_left(workspace.clock.now())
    return _json(fault.body(window, None if read else body), request_id, fault.status, fault.headers(window))
