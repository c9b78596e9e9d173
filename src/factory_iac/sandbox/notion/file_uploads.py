"""File uploads: in one part or several, kept in the store and served from here."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import quote

from factory_iac.sandbox.notion import errors, pagination
from factory_iac.sandbox.notion.call import Call, Json
from factory_iac.sandbox.notion.ids import canonical_uuid, new_uuid
from factory_iac.sandbox.notion.shapes import Choice, check
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute

MAX_FILENAME = 900
MAX_PARTS = 10_000
_MEBIBYTE = 1024 * 1024
_PART_SIZES = (5 * _MEBIBYTE, 20 * _MEBIBYTE)
_LIFETIME = timedelta(hours=1)
_DEFAULT_LIMIT = 5 * _MEBIBYTE
_OWN = "made_here"  # what was loaded stays what it is told to be
_STATUS = Choice(("pending", "uploaded", "expired", "failed"))


def create(call: Call) -> Json:
    """POST file_uploads: the place for a file."""
    mode = call.body.get("mode", "single_part")
    filename = call.body.get("filename")
    for needed in _NEEDED.get(mode, ()):
        if needed not in call.body:
            raise errors.missing(f"body.{needed}")
    if filename is not None and len(filename.encode()) > MAX_FILENAME:
        raise errors.invalid_body("body.filename", f"a string of 1 to {MAX_FILENAME} bytes", filename)
    moment = to_minute(call.now)
    record = Record(new_uuid(), "file_upload", "", {}, title=filename or "", edited=call.now.timestamp())
    address = f"{call.base_url}/v1/file_uploads/{record.id}"
    record.body = {
        "object": "file_upload",
        "id": record.id,
        "created_time": moment,
        "created_by": {"id": call.store.users.bot["id"], "type": "bot"},
        "last_edited_time": moment,
        "expiry_time": to_minute(call.now + _LIFETIME),
        "upload_url": f"{address}/send",
        **(_in_parts(call, address) if mode == "multi_part" else {}),
        "in_trash": False,
        "status": "pending",
        "filename": filename,
        "content_type": call.body.get("content_type") or mimetypes.guess_type(filename or "")[0],
        "content_length": None,
        _OWN: True,
    }
    call.store.insert(record)
    return _shown(call, record)


_NEEDED = {"multi_part": ("filename", "number_of_parts"), "external_url": ("external_url",)}


def _in_parts(call: Call, address: str) -> Json:
    """What an upload in several parts has besides."""
    total = call.body["number_of_parts"]
    if not (isinstance(total, int) and 1 <= total <= MAX_PARTS):
        raise errors.invalid_body("body.number_of_parts", f"a whole number from 1 to {MAX_PARTS}", total)
    return {"complete_url": f"{address}/complete", "number_of_parts": {"total": total, "sent": 0}}


def send(call: Call) -> Json:
    """POST file_uploads/{id}/send: the content or one part of it, as multipart form data."""
    record = _pending(call)
    form = _form(call)
    if "file" not in form:
        raise errors.missing("body.file")
    part = form["file"]
    content = _payload(part)
    if "number_of_parts" in record.body:
        _keep_part(call, record, form.get("part_number"), content)
    else:
        filename = record.body["filename"] or part.get_filename()
        record.title, record.body["filename"] = filename or "", filename
        record.body["content_type"] = record.body["content_type"] or part.get_content_type()
        _finish(call, record, content)
    record.body["last_edited_time"] = to_minute(call.now)
    call.store.update(record)
    return _shown(call, record)


def complete(call: Call) -> Json:
    """POST file_uploads/{id}/complete: the end of an upload in several parts."""
    record = _pending(call)
    if "number_of_parts" not in record.body:
        raise errors.invalid(f"File upload {record.id} is not an upload in several parts.")
    total = record.body["number_of_parts"]["total"]
    parts = [call.store.file(_part_id(record, number)) for number in range(1, total + 1)]
    missing = [str(number) for number, part in enumerate(parts, 1) if part is None]
    if missing:
        raise errors.invalid(f"File upload {record.id} lacks the parts {', '.join(missing)}.")
    found = [part for part in parts if part is not None]
    if any(len(part) < _PART_SIZES[0] for part in found[:-1]):
        raise errors.invalid(f"Every part but the last must have at least {_PART_SIZES[0]} bytes.")
    _finish(call, record, b"".join(found))
    for number in range(1, total + 1):
        call.store.drop_file(_part_id(record, number))
    record.body["last_edited_time"] = to_minute(call.now)
    call.store.update(record)
    return _shown(call, record)


def _pending(call: Call) -> Record:
    record = call.addressed("file_upload")
    _expect(call, record, "pending")
    return record


def _expect(call: Call, record: Record, status: str) -> None:
    found = _shown(call, record)["status"]
    if found != status:
        raise errors.invalid(f"File upload {record.id} has status `{found}`, expected `{status}`.")


def _keep_part(call: Call, record: Record, field: Message | None, content: bytes) -> None:
    if field is None:
        raise errors.missing("body.part_number")
    text = _payload(field).decode()
    parts = record.body["number_of_parts"]
    if not (text.isdigit() and 1 <= int(text) <= parts["total"]):
        raise errors.invalid_body("body.part_number", f"a number from 1 to {parts['total']}", text)
    if len(content) > _PART_SIZES[1]:
        raise errors.invalid(f"A part of {len(content)} bytes exceeds the limit of {_PART_SIZES[1]} bytes.")
    if call.store.file(_part_id(record, int(text))) is None:
        parts["sent"] += 1
    call.store.put_file(_part_id(record, int(text)), content)


def _part_id(record: Record, number: int) -> str:
    return f"{record.id}/{number}"


def _finish(call: Call, record: Record, content: bytes) -> None:
    """Keep the whole content, as far as the workspace allows its size."""
    limits = call.store.users.bot["bot"].get("workspace_limits", {})
    limit = int(limits.get("max_file_upload_size_in_bytes", _DEFAULT_LIMIT))
    if "number_of_parts" not in record.body:
        limit = min(limit, _PART_SIZES[1])
    if len(content) > limit:
        raise errors.invalid(f"File size of {len(content)} bytes exceeds the limit of {limit} bytes.")
    for address in ("upload_url", "complete_url"):
        record.body.pop(address, None)
    record.body["status"] = "uploaded"
    record.body["content_length"] = len(content)
    call.store.put_file(record.id, content)


def _form(call: Call) -> dict[str, Message]:
    """The parts of a form by name."""
    head = f"Content-Type: {call.content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + call.raw)
    parts: list[Any] = list(message.get_payload()) if message.is_multipart() else []
    return {str(part.get_param("name", header="content-disposition")): part for part in parts}


def _payload(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def list_uploads(call: Call) -> Json:
    """GET file_uploads: the newest first."""
    wanted = call.parameter("status")
    if wanted is not None:
        check(_STATUS, wanted, "query.status")
    known = [_shown(call, record) for record in call.store.children("", ["file_upload"], newest_first=True)]
    found, following = pagination.of_objects(call, [one for one in known if wanted in (None, one.get("status"))])
    return pagination.list_object(found, following, "file_upload")


def retrieve(call: Call) -> Json:
    """GET file_uploads/{id}."""
    return _shown(call, call.addressed("file_upload"))


def _shown(call: Call, record: Record) -> Json:
    """The upload as it is now: one that was made here and that nobody attached in time has expired."""
    shown = {key: value for key, value in record.body.items() if key != _OWN}
    is_over = _OWN in record.body and _moment(shown["expiry_time"]) <= call.now
    return {**shown, "status": "expired", "expiry_time": None} if is_over else shown


def _moment(text: str | None) -> datetime:
    """A time to compare with; what was attached never expires."""
    return datetime.max.replace(tzinfo=UTC) if text is None else datetime.fromisoformat(text)


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
    return attach(call, call.existing("file_upload", upload_id))


def attach(call: Call, record: Record) -> Json:
    """The file of an upload, which does not expire any more."""
    _expect(call, record, "uploaded")
    record.body["expiry_time"] = None
    call.store.update(record)
    name = quote(record.body["filename"] or "file", safe="")
    return {
        "url": f"{call.base_url}/_sandbox/files/{record.id}/{name}",
        "expiry_time": (call.now + _LIFETIME).strftime("%Y-%m-%dT%H:%M:%S.") + f"{call.now.microsecond // 1000:03}Z",
    }
