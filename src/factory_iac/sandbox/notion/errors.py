"""Errors in the shape Notion answers them."""

from __future__ import annotations

import json
from typing import Any

_KIND_WORDS = {"data_source": "database"}
_MAX_SHOWN = 58  # every cut value that public issues quote has 55 characters and three dots


class ApiError(Exception):
    """A refusal: becomes an answer with `status` and Notion's error body."""

    def __init__(self, status: int, code: str, message: str, additional_data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.additional_data = additional_data

    def body(self) -> dict[str, Any]:
        """The error object, without the request id."""
        found: dict[str, Any] = {
            "object": "error",
            "status": self.status,
            "code": self.code,
            "message": self.message,
        }
        if self.additional_data is not None:
            found["additional_data"] = self.additional_data
        return found


def invalid(message: str) -> ApiError:
    """A validation error with exactly this message."""
    return ApiError(400, "validation_error", message)


def invalid_body(path: str, expected: str, got: object) -> ApiError:
    """A validation error about one place in the body, worded as Notion words it."""
    return invalid(f"body failed validation: {path} should be {expected}, instead was {shown(got)}.")


def missing(path: str, expected: str = "defined") -> ApiError:
    """A validation error about a place of the body that is not there."""
    return invalid(f"body failed validation: {path} should be {expected}, instead was `undefined`.")


def shown(value: object) -> str:
    """A value as Notion quotes it in a message: as compact JSON, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"`{text}`" if len(text) <= _MAX_SHOWN else f"`{text[: _MAX_SHOWN - 3]}...`"


class NotFoundError(ApiError):
    """An object that is absent, deleted for good or not shared: Notion names the connection that asked."""

    def __init__(self, kind: str, object_id: str) -> None:
        word = _KIND_WORDS.get(kind, kind)
        super().__init__(404, "object_not_found", f"Could not find {word} with ID: {object_id}.")

    def told(self, bot: dict[str, Any]) -> ApiError:
        """The same, as the connection `bot` is told."""
        hint = f'Make sure the relevant pages and databases are shared with your integration "{bot["name"]}".'
        return ApiError(self.status, self.code, f"{self.message} {hint}", {"integration_id": bot["id"]})


def not_found(kind: str, object_id: str) -> ApiError:
    """The one answer for absent, deleted for good and not shared."""
    return NotFoundError(kind, object_id)


def absent(what: str) -> ApiError:
    """Something that Notion has and the sandbox has not: said plainly, never a made-up success."""
    return ApiError(501, "not_implemented", f"The sandbox does not implement {what}.")


def wrong_kind(object_id: str, found: str, wanted: str) -> ApiError:
    """The id names an object of another kind."""
    return invalid(
        f"Provided ID {object_id} is a {found.replace('_', ' ')}, not a {wanted.replace('_', ' ')}. "
        f"Use the retrieve {found.replace('_', ' ')} API instead."
    )


def in_trash(what: str = "block") -> ApiError:
    """A write to something in the trash."""
    return invalid(f"Can't edit {what} that is archived. You must unarchive the {what} before editing.")


def ancestor_in_trash() -> ApiError:
    """A write to something that lies in something in the trash."""
    return invalid(
        "Can't edit page on block with an archived ancestor. You must unarchive the ancestor before editing page."
    )
