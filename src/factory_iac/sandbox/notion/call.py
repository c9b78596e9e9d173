"""One request, as the handlers see it, and the checks that all of them need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion import errors
from factory_iac.sandbox.notion.behaviour import Behaviour
from factory_iac.sandbox.notion.ids import canonical_uuid
from factory_iac.sandbox.notion.store import Record, Store

Json = dict[str, Any]
VERSIONS = ("2025-09-03", "2026-03-11")


@dataclass(frozen=True)
class Answer:
    """An answer that is not simply 200 with a request id: `bare` ones carry none."""

    body: Json
    status: int = 200
    bare: bool = False


@dataclass
class Call:
    """A request after authentication. `path` holds what stood for the braces of the endpoint."""

    store: Store
    behaviour: Behaviour
    version: str
    now: datetime
    path: tuple[str, ...] = ()
    query: Mapping[str, list[str]] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    raw: bytes = b""
    content_type: str = ""
    base_url: str = ""

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next(iter(self.query.get(name, [])), None)

    def path_id(self, kind: str, position: int = 0) -> str:
        """The id in the path, checked."""
        text = self.path[position]
        found = canonical_uuid(text)
        if found is None:
            raise errors.invalid(
                f"path failed validation: path.{kind}_id should be a valid uuid, instead was {errors.shown(text)}."
            )
        return found

    def addressed(self, kind: str) -> Record:
        """The object of this kind that the path names."""
        return self.existing(kind, self.path_id(kind))

    def existing(self, kind: str, object_id: str) -> Record:
        """The object of this kind with this id."""
        found = self.store.find(object_id)
        if found is None:
            raise errors.not_found(kind, object_id)
        if found.kind != kind:
            if {found.kind, kind} == {"page", "database"}:
                raise errors.wrong_kind(object_id, found.kind, kind)
            raise errors.not_found(kind, object_id)
        return found

    def only(self, *names: str) -> None:
        """Refuse a body with other keys than these."""
        for name, value in self.body.items():
            if name not in names:
                raise errors.invalid_body(f"body.{name}", "not present", value)

    def trash_wish(self) -> bool | None:
        """What the body says about the trash: true, false or nothing."""
        names = ("in_trash", "archived") if self.version == "2025-09-03" else ("in_trash",)
        for name in names:
            if name in self.body:
                value = self.body[name]
                if not isinstance(value, bool):
                    raise errors.invalid_body(f"body.{name}", "a boolean or `undefined`", value)
                return value
        if "archived" in self.body:
            raise errors.invalid_body("body.archived", "not present", self.body["archived"])
        return None


def object_at(value: object, path: str) -> Json:
    """A JSON object in the body, or Notion's complaint."""
    if value is None:
        raise errors.missing(path)
    if not isinstance(value, dict):
        raise errors.invalid_body(path, "an object", value)
    return value


def uuid_at(value: object, path: str) -> str:
    """A UUID in the body, or Notion's complaint."""
    if value is None:
        raise errors.missing(path)
    found = canonical_uuid(value)
    if found is None:
        raise errors.invalid_body(path, "a valid uuid", value)
    return found


def flag_at(value: object, path: str) -> bool:
    """A boolean in the body, or Notion's complaint."""
    if not isinstance(value, bool):
        raise errors.invalid_body(path, "a boolean or `undefined`", value)
    return value
