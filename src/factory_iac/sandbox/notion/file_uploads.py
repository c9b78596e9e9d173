"""File uploads: small files in one part, kept in the store and served from here."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from urllib.parse import quote

from factory_iac.sandbox.notion import errors, pagination
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.ids import canonical_uuid, new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute

MAX_FILENAME = 900
_MODES = ("single_part", "multi_part", "external_url")
_LIFETIME = timedelta(hours=1)
_DEFAULT_LIMIT = 5 * 1024 * 1024


def create(call: Call) -> Json:
    """POST file_uploads: the place for a file."""
    mode = call.body.get("mode", "single_part")
    if mode not in _MODES:
        raise errors.invalid_body("body.mode", " or ".join(f'`"{name}"`' for name in _MODES), mode)
    if mode == "multi_part":
        raise errors.absent("file uploads in several parts")
    filename = call.body.get("filename")
    if mode == "external_url" and call.body.get("external_url") is None:
        raise errors.missing("body.external_url")
    if filename is not None and not (isinstance(filename, str) and 0 < len(filename.encode()) <= MAX_FILENAME):
        raise errors.invalid_body("body.filename", f"a string of 1 to {MAX_FILENAME} bytes", filename)
    moment = to_minute(call.now)
    record = Record(new_uuid(), "file_upload", "", {}, title=filename or "", edited=call.now.timestamp())
    record.body = {
        "object": "file_upload",
        "id": record.id,
        "created_time": moment,
        "created_by": {"id": call.store.users.bot["id"], "type": "bot"},
        "last_edited_time": moment,
        "expiry_time": to_minute(call.now + _LIFETIME),
        "upload_url": f"{call.base_url}/v1/file_uploads/{record.id}/send",
        "in_trash": False,
        "status": "pending",
        "filename": filename,
        "content_type": call.body.get("content_type") or mimetypes.guess_type(filename or "")[0],
        "content_length": None,
    }
    call.store.insert(record)
    return record.body


def send(call: Call) -> Json:
    """POST file_uploads/{id}/send: the content, as multipart form data."""
    record = call.addressed("file_upload")
    if record.body["status"] != "pending":
        raise errors.invalid(f"File upload {record.id} has status `{record.body['status']}`, expected `pending`.")
    content, content_type = _file_part(call)
    limits = call.store.users.bot["bot"].get("workspace_limits", {})
    limit = int(limits.get("max_file_upload_size_in_bytes", _DEFAULT_LIMIT))
    if len(content) > limit:
        raise errors.invalid(f"File size of {len(content)} bytes exceeds the limit of {limit} bytes.")
    del record.body["upload_url"]
    record.body["status"] = "uploaded"
    record.body["content_type"] = record.body["content_type"] or content_type
    record.body["content_length"] = len(content)
    record.body["last_edited_time"] = to_minute(call.now)
    call.store.update(record)
    call.store.put_file(record.id, content)
    return record.body


def _file_part(call: Call) -> tuple[bytes, str]:
    """The part `file` of a form, and its type."""
    head = f"Content-Type: {call.content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + call.raw)
    parts: list[Any] = list(message.get_payload()) if message.is_multipart() else []
    for part in parts:
        if part.get_param("name", header="content-disposition") == "file":
            return part.get_payload(decode=True), part.get_content_type()
    raise errors.missing("body.file")


def list_uploads(call: Call) -> Json:
    """GET file_uploads: the newest first."""
    wanted = call.parameter("status")
    found, following = pagination.of_children(call, "", "file_upload", newest_first=True)
    shown = [record.body for record in found if wanted in (None, record.body["status"])]
    return pagination.list_object(shown, following, "file_upload")


def retrieve(call: Call) -> Json:
    """GET file_uploads/{id}."""
    return call.addressed("file_upload").body


def complete(_: Call) -> Json:
    """POST file_uploads/{id}/complete: only for uploads in several parts."""
    raise errors.absent("file uploads in several parts")


def attached(call: Call, value: Any) -> Any:
    """The same JSON, with what was uploaded as a file that can be fetched."""
    if isinstance(value, list):
        return [attached(call, part) for part in value]
    if not isinstance(value, dict):
        return value
    upload = value.get("file_upload")
    if not isinstance(upload, dict):
        return {key: attached(call, part) for key, part in value.items()}
    others = {key: part for key, part in value.items() if key not in ("type", "file_upload")}
    return {**others, "type": "file", "file": _file(call, upload)}


def _file(call: Call, upload: Json) -> Json:
    upload_id = canonical_uuid(upload.get("id"))
    if upload_id is None:
        raise errors.invalid_body("body.file_upload.id", "a valid uuid", upload.get("id"))
    record = call.existing("file_upload", upload_id)
    if record.body["status"] != "uploaded":
        raise errors.invalid(f"File upload {upload_id} has status `{record.body['status']}`, expected `uploaded`.")
    name = quote(record.body["filename"] or "file", safe="")
    return {
        "url": f"{call.base_url}/_sandbox/files/{upload_id}/{name}",
        "expiry_time": (call.now + _LIFETIME).strftime("%Y-%m-%dT%H:%M:%S.") + f"{call.now.microsecond // 1000:03}Z",
    }
