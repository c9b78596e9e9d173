# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wish declares, field by field: what is remembered on the host, compared, and shown in plans. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import FieldPath, fingerprint
from ansible_collections.factory.mcp.plugins.module_utils.server_files import LOCK, PIN
from ansible_collections.factory.mcp.plugins.module_utils.server_spec import spec_from
from ansible_collections.factory.mcp.plugins.module_utils.server_state import ServerWish

_WHOLE = ("transport", "listen", "args", "cwd", "tools", "probe")
_OF_THE_SOURCE = ("options", "bin", "integrity")
HOW_IT_RUNS = frozenset({"source", LOCK, "transport", "listen", "args", "env", "cwd", "headers", *_OF_THE_SOURCE})
"""Fields after whose change a service has to start again."""


def declaration(spec: Mapping[str, Any]) -> dict[FieldPath, Any]:
    """What *spec* declares of the server itself, by path; its clients are apart."""
    (source,) = spec["source"].values()
    fields: dict[FieldPath, Any] = {("source",): str(spec_from(spec).source)}
    if lock := spec.get(LOCK):
        fields[(LOCK,)] = fingerprint(lock)
    for key in _OF_THE_SOURCE:
        if source.get(key):
            fields[(key,)] = source[key]
    for name, text in source.get("headers", {}).items():
        fields[("headers", name)] = text
    fields.update({(key,): spec[key] for key in _WHOLE if key in spec})
    fields.update({("env", name): text for name, text in spec.get("env", {}).items()})
    return fields


def asked_of(wish: ServerWish) -> str:
    """What a verification of *wish* is of: any difference that may change what the server offers makes another one."""
    fields = {"/".join(path): value for path, value in declaration(wish.spec).items()}
    variables = {name: name in wish.variables for name in spec_from(wish.spec).variables}
    return fingerprint([fields, variables, wish.spec.get(PIN, "")])
