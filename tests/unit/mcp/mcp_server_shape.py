"""What a spec of ``McpServer`` may be, as JSON Schema written by hand, and what a manifest's text says."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import yaml

from ansible_collections.factory.core.plugins.module_utils.manifest import NAME_PATTERN
from ansible_collections.factory.core.plugins.module_utils.reference import references_in
from ansible_collections.factory.mcp.plugins.module_utils.import_draft import Draft, Drafted
from ansible_collections.factory.mcp.plugins.module_utils.import_writing import draft_text

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_ENV = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": {"type": "string"},
}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_NPM = r"^(@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9][A-Za-z0-9._~-]*$"
SPEC = _object(
    ["source"],
    description=_TEXT,
    source={
        "minProperties": 1,
        "maxProperties": 1,
        **_object(
            [],
            npm=_object(
                ["package", "version"],
                package={"type": "string", "pattern": _NPM},
                version={"type": "string", "pattern": r"^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$"},
                bin=_TEXT,
            ),
            pypi=_object(
                ["package", "version"],
                package={"type": "string", "pattern": r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"},
                version={"type": "string", "pattern": r"^[0-9][0-9A-Za-z.!+]*$"},
                bin=_TEXT,
            ),
            oci=_object(
                ["image", "digest"],
                image={"type": "string", "pattern": r"^[a-z0-9.:-]+/[a-z0-9._/-]+$"},
                digest={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                options={**_TEXTS, "items": {"type": "string", "pattern": "^--[a-z]"}},
            ),
            command=_object(["path"], path={"type": "string", "pattern": "^/[^$]+$"}),
            remote=_object(
                ["url"],
                url={"type": "string", "pattern": r"^https?://\S+$"},
                headers={"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
            ),
        ),
    },
    transport={"enum": ["streamable-http"]},
    listen=_object(
        ["host", "port"],
        host={"const": "127.0.0.1"},
        port={"type": "integer", "minimum": 0, "maximum": 65535},
        path={"type": "string", "pattern": "^/."},
    ),
    args=_TEXTS,
    env=_ENV,
    cwd=_TEXT,
    tools={"minProperties": 1, **_object([], allow=_TEXTS, deny=_TEXTS)},
    deadline={"type": "number", "exclusiveMinimum": 0},
)
_VALIDATOR = jsonschema_rs.validator_for(SPEC)


def assert_sound(drafted: Drafted) -> None:
    """Every draft is a valid manifest that reads back as what was meant; whatever it refers to is reported."""
    names = [draft.name for draft in drafted.drafts]
    assert len(set(names)) == len(names)
    assert all(one.reason and one.what for one in drafted.left_out)
    referred = set()
    for draft in drafted.drafts:
        assert NAME_PATTERN.match(draft.name)
        assert [error.message for error in _VALIDATOR.iter_errors(dict(draft.spec))] == []
        read = yaml.safe_load(draft_text(draft))
        assert read == {
            "apiVersion": "factory/v1",
            "kind": "McpServer",
            "metadata": {"name": draft.name},
            "spec": draft.spec,
        }
        referred |= {one.variable for one in references_in(draft.spec)}
        assert "" not in referred, "a reference to another resource, which the foreign file cannot have meant"
    assert {one.name for one in drafted.variables} == referred


def said(drafted: Drafted) -> str:
    """Everything that anybody gets to see of an import."""
    texts = [draft_text(draft) for draft in drafted.drafts]
    texts += [f"{one.what}: {one.reason}" for one in drafted.left_out]
    texts += [f"{one.name} {one.where}" for one in drafted.variables]
    return "\n".join(texts)


def comments_of(draft: Draft) -> str:
    """The comments as one text."""
    return re.sub(r"\s+", " ", " ".join(draft.comments))
