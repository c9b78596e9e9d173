"""Edits that pages, databases and blocks have in common: into the trash, out of it, the time of it."""

from __future__ import annotations

from factory_iac.sandbox.notion import containers, errors
from factory_iac.sandbox.notion.call import Call
from factory_iac.sandbox.notion.store import Record
from factory_iac.sandbox.notion.timestamps import to_minute


def touch(call: Call, record: Record) -> None:
    """Note the time of an edit of a page or block."""
    record.edited = call.now.timestamp()
    record.body["last_edited_time"] = to_minute(call.now)
    record.body["last_edited_by"] = call.store.users.reference()


def touch_around(call: Call, record: Record) -> None:
    """Note the time of an edit of a page or block, and of the page around it, and write them."""
    if record.kind != "database":
        touch(call, record)
        call.store.update(record)
    above = next((one for one in call.store.ancestors(record) if one.kind != "block"), None)
    if record.kind == "block" and above is not None and above.kind == "page":
        touch(call, above)
        call.store.update(above)


def check_editable(call: Call, record: Record, *, restoring: bool = False) -> None:
    """Refuse to edit what is in the trash, unless to take it out, and what lies in something there."""
    if record.in_trash and not restoring:
        raise errors.in_trash()
    if any(above.in_trash for above in call.store.ancestors(record)):
        raise errors.ancestor_in_trash()


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
