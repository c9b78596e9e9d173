"""Comments: on pages and blocks, in discussions."""

from __future__ import annotations

from factory_iac.sandbox.notion import errors, pagination, rich_text
from factory_iac.sandbox.notion.call import Call, Json, object_at, uuid_at
from factory_iac.sandbox.notion.ids import new_uuid
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute

_PARENTS = {"page_id": "page", "block_id": "block"}


def create(call: Call) -> Json:
    """POST comments: in a discussion, or the first of a new one on a page or block."""
    if "attachments" in call.body:
        raise errors.absent("comments with attachments")
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
    call.store.insert(record)
    return record.body


def _place(call: Call) -> tuple[Json, str]:
    """The parent and the discussion of a new comment."""
    if call.body.get("discussion_id") is not None:
        discussion = uuid_at(call.body["discussion_id"], "body.discussion_id")
        started = call.store.mentioning("comment", f'"discussion_id":"{discussion}"')
        if not started:
            raise errors.not_found("discussion", discussion)
        found: Json = started[0].body["parent"]
        return found, discussion
    parent = object_at(call.body.get("parent"), "body.parent")
    key = next((name for name in _PARENTS if parent.get(name) is not None), None)
    if key is None:
        raise errors.missing("body.parent.page_id")
    above = call.existing(_PARENTS[key], uuid_at(parent[key], f"body.parent.{key}"))
    if above.in_trash:
        raise errors.in_trash()
    return {"type": key, key: above.id}, new_uuid()


def _text(call: Call) -> rich_text.RichText:
    if call.body.get("rich_text") is None:
        raise errors.missing("body.rich_text")
    return rich_text.normalise(call.body["rich_text"], "body.rich_text")


def _display_name(call: Call) -> Json:
    wanted = object_at(call.body.get("display_name") or {}, "body.display_name")
    if wanted.get("type") == "custom":
        custom = object_at(wanted.get("custom"), "body.display_name.custom")
        return {"type": "custom", "resolved_name": str(custom.get("name", ""))}
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
