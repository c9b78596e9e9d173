"""Edits that pages, databases and blocks have in common: into the trash, out of it, the time of it."""

from __future__ import annotations

from factory_iac.sandbox.notion import containers
from factory_iac.sandbox.notion.call import Call
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute


def touch(call: Call, record: Record) -> None:
    """Note the time of an edit of a page or block."""
    record.edited = call.now.timestamp()
    record.body["last_edited_time"] = to_minute(call.now)
    record.body["last_edited_by"] = call.store.users.reference()


def set_trash(call: Call, record: Record, *, in_trash: bool) -> None:
    """Put an object into the trash or take it out, and write it."""
    record.in_trash = in_trash
    if record.kind == "database":
        record.body["in_trash"] = in_trash
        containers.touch(call, record)
        containers.mirror(call, record)
    else:
        touch(call, record)
    call.store.update(record)
