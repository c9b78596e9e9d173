# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``factory.mcp.server`` does on its host: several servers at a time, and a word on each."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import FieldChange
from ansible_collections.factory.core.plugins.module_utils.plan import nested
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import Home
from ansible_collections.factory.mcp.plugins.module_utils.handshake import Handshake
from ansible_collections.factory.mcp.plugins.module_utils.server_declaration import declaration
from ansible_collections.factory.mcp.plugins.module_utils.server_diff import (
    condition_of,
    ownership_fields,
    refusal,
    server_fields,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_host import (
    apply_server,
    forget_server,
    observe_server,
    offer_of,
    remove_server,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_place import Place
from ansible_collections.factory.mcp.plugins.module_utils.server_record import FILE, SERVERS_FOLDER
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerState, ServerWish, state_to_data
from ansible_collections.factory.mcp.plugins.module_utils.server_surface import tool_to_wire


def run_task(params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """What the module returns for *params*.

    Raises ``FactoryError`` for what concerns all servers; what concerns one is told with it.
    """
    place = place_from(params)
    state, ask = params["state"], params["ask"]

    def work(one: Mapping[str, Any]) -> dict[str, Any]:
        match state:
            case "absent" | "forgotten":
                return _left(place, one["name"], state, check)
            case "offered":
                return _offered(place, _wish(one, params))
            case "observed":
                wish = _wish(one, params)
                return _resource(wish.name, observe_server(place, wish, ask), spec=wish.spec)
        return _present(place, _wish(one, params), ask, check)

    resources = _each(work, params["servers"])
    others = sorted(set(place.names()) - {one["name"] for one in params["servers"]})
    errors = [f"{one['address']}: {one['error']}" for one in resources if one["error"]]
    result: dict[str, Any] = {
        "changed": any(one["changed"] for one in resources),
        "resources": resources,
        "folder": str(place.root),
        "others": others,
        "protected": [name for name in others if place.is_protected(name)],
        "diff": [one["diff"] for one in resources if one["changed"]],
    }
    if errors and state not in ("observed", "offered"):
        result |= {"failed": True, "msg": "\n".join(errors)}
    return result


def place_from(params: Mapping[str, Any]) -> Place:
    """The folder of the servers, and the home of the clients, that a task names."""
    own = params["home"] is None
    home = os.path.expanduser("~") if own else params["home"].rstrip("/")
    variables = dict(os.environ) if own else {}
    folder = params["folder"] or f"{home}/{SERVERS_FOLDER}"
    return Place(Path(folder), Home(home, sys.platform == "darwin", variables))


def _each(work: Callable[[Mapping[str, Any]], dict[str, Any]], servers: Iterable[Mapping[str, Any]]) -> list[Any]:
    """*work* on each server, a few at a time; an error of one is told with it."""

    def guarded(one: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return work(one)
        except FactoryError as error:
            return _resource(one["name"], error=str(error))
        except OSError as error:
            return _resource(one["name"], error=f"{error.filename or 'a file'}: {error.strerror or error}")
        except (KeyError, TypeError, ValueError) as error:
            told = f"its spec is not that of a McpServer manifest ({type(error).__name__}: {error})"
            return _resource(one["name"], error=told)

    with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
        return list(pool.map(guarded, servers))


def _wish(one: Mapping[str, Any], params: Mapping[str, Any]) -> ServerWish:
    variables = {**os.environ} if params["variables"] is None else params["variables"]
    needed = spec_from(one["spec"]).variables
    known = {name: str(variables[name]) for name in needed if name in variables}
    return ServerWish(one["name"], one["spec"], known, bool(one.get("adopt")), bool(one.get("protect")))


def _present(place: Place, wish: ServerWish, ask: bool, check: bool) -> dict[str, Any]:
    before = observe_server(place, wish, ask)
    owned = () if before.recorded is None else ownership_fields(f"McpServer/{wish.name}", wish.protect, before)
    fields = [*owned, *server_fields(wish.spec, declaration(wish.spec), before)]
    if error := refusal(wish.name, before):
        return _resource(wish.name, before, spec=wish.spec, error=error)
    if check or not fields:
        return _resource(wish.name, before, fields, wish.spec)
    after = apply_server(place, wish).state
    return _resource(wish.name, after, fields, wish.spec, error=refusal(wish.name, after) or after.service)


def _offered(place: Place, wish: ServerWish) -> dict[str, Any]:
    return {**_resource(wish.name), "offer": _offer_to_data(offer_of(place, wish))}


def _left(place: Place, name: str, how: str, check: bool) -> dict[str, Any]:
    is_there = (place.folder(name) / FILE).exists()
    if is_there and not check:
        (remove_server if how == "absent" else forget_server)(place, name)
    return {**_resource(name), "action": "delete" if is_there else "no-op", "changed": is_there}


def _offer_to_data(found: Handshake) -> dict[str, Any]:
    return {
        **{
            name: getattr(found, name) for name in ("protocol_version", "server_name", "server_version", "instructions")
        },
        "tools": [tool_to_wire(tool) for tool in found.tools],
    }


def _resource(
    name: str,
    state: ServerState | None = None,
    fields: Iterable[FieldChange] = (),
    spec: Mapping[str, Any] | None = None,
    error: str = "",
) -> dict[str, Any]:
    fields = list(fields)
    before, after = (nested(fields, side) for side in ("before", "after"))
    condition = condition_of(state, spec_from(spec).transport) if state is not None and spec is not None else None
    return {
        "name": name,
        "address": f"McpServer/{name}",
        "action": "no-op" if not fields else "create" if state and state.recorded is None else "update",
        "id": state.folder if state else None,
        "changed": bool(fields) and not error,
        "state": dataclasses.asdict(condition) if condition else None,
        "fields": [
            {"path": list(one.path), "before": one.before, "after": one.after, "reason": one.reason} for one in fields
        ],
        "found": state_to_data(state) if state else None,
        "error": error,
        "diff": {"before_header": name, "after_header": name, "before": before, "after": after},
    }
