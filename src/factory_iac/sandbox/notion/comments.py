"""Comments: on pages and blocks, in discussions."""

from __future__ import annotations

from factory_iac.sandbox.notion import errors, file_uploads, markdown_reader, pagination, rich_text
from factory_iac.sandbox.notion.call import Call, Json, uuid_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute
from factory_iac.sandbox.notion.trash import check_editable

_CATEGORIES = frozenset({"audio", "image", "pdf", "video"})
_PARENTS = {"page_id": "page", "block_id": "block"}


def create(call: Call) -> Json:
    """POST comments: in a discussion, or the first of a new one on a page or block."""
    parent, discussion = _place(call)
    moment = to_minute(call.now)
    record = Record(new_uuid(), "comment", str(parent["page_id" if "page_id" in parent else "block_id"]), {})
    record.edited = call.now.timestamp()
    record.body = {
        "object": "comment",
        "id": record.id,
        "parent": parent,
        "discussion_id": discussion,
        "created_time": moment,
        "last_edited_time": moment,
        "created_by": call.store.users.reference(),
        "rich_text": _text(call),
        "display_name": _display_name(call),
    }
    if call.body.get("attachments"):
        record.body["attachments"] = [_attachment(call, given) for given in call.body["attachments"]]
    call.store.insert(record)
    return record.body


def _place(call: Call) -> tuple[Json, str]:
    """The parent and the discussion of a new comment."""
    if "discussion_id" in call.body:
        discussion = uuid_at(call.body["discussion_id"], "body.discussion_id")
        started = call.store.mentioning("comment", f'"discussion_id":"{discussion}"')
        if not started:
            raise errors.not_found("discussion", discussion)
        parent: Json = started[0].body["parent"]
        key = "page_id" if "page_id" in parent else "block_id"
    else:
        parent, discussion = call.body["parent"], new_uuid()
        key = next(name for name in _PARENTS if name in parent)
    above = call.existing(_PARENTS[key], uuid_at(parent[key], f"body.parent.{key}"))
    check_editable(call, above)
    return {"type": key, key: above.id}, discussion


def _text(call: Call) -> rich_text.RichText:
    if "markdown" in call.body:
        return rich_text.normalise(markdown_reader.rich_text(call.body["markdown"]), "body.markdown")
    return rich_text.normalise(call.body["rich_text"], "body.rich_text")


def _attachment(call: Call, given: Json) -> Json:
    upload_id = uuid_at(given["file_upload_id"], "body.attachments.file_upload_id")
    upload = call.existing("file_upload", upload_id)
    kind = str(upload.body["content_type"])
    category = "pdf" if kind == "application/pdf" else kind.split("/")[0]
    return {
        "category": category if category in _CATEGORIES else "productivity",
        "file": file_uploads.attach(call, upload),
    }


def _display_name(call: Call) -> Json:
    wanted = call.body.get("display_name", {"type": "integration"})
    if wanted["type"] == "custom":
        return {"type": "custom", "resolved_name": wanted["custom"]["name"]}
    return {"type": "integration", "resolved_name": call.store.users.bot["name"]}


def list_comments(call: Call) -> Json:
    """GET comments: those of one block or page, the oldest first."""
    block_id = call.parameter("block_id")
    if block_id is None:
        raise errors.invalid("query failed validation: query.block_id should be defined, instead was `undefined`.")
    above = uuid_at(block_id, "query.block_id")
    if call.store.find(above) is None:
        raise errors.not_found("block", above)
    found, following = pagination.of_children(call, above, "comment")
    return pagination.list_object([record.body for record in found], following, "comment")


def retrieve(call: Call) -> Json:
    """GET comments/{id}."""
    return _addressed(call).body


def update(call: Call) -> Json:
    """PATCH comments/{id}: another text."""
    record = _addressed(call)
    record.body["rich_text"] = _text(call)
    record.body["last_edited_time"] = to_minute(call.now)
    call.store.update(record)
    return record.body


def delete(call: Call) -> Json:
    """DELETE comments/{id}: gone for good."""
    record = _addressed(call)
    call.store.delete(record.id)
    return record.body


def _addressed(call: Call) -> Record:
    return call.addressed("comment")
