"""The people and the bot of the sandbox workspace: fixed, as a workspace would have them."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.ids import SPACE_ID

BOT_ID = "5a4d0b0e-0000-4000-8000-00000000f0b0"
BOT_NAME = "Factory Sandbox"
ADA_ID = "5a4d0b0e-0000-4000-8000-00000000f0a1"
GRACE_ID = "5a4d0b0e-0000-4000-8000-00000000f0a2"


def _person(user_id: str, name: str, email: str) -> dict[str, Any]:
    return {
        "object": "user",
        "id": user_id,
        "name": name,
        "avatar_url": None,
        "type": "person",
        "person": {"email": email},
    }


BOT: dict[str, Any] = {
    "object": "user",
    "id": BOT_ID,
    "name": BOT_NAME,
    "avatar_url": None,
    "type": "bot",
    "bot": {
        "owner": {"type": "workspace", "workspace": True},
        "workspace_name": "Sandbox",
        "workspace_id": SPACE_ID,
        "workspace_limits": {"max_file_upload_size_in_bytes": 5242880},
    },
}

ALL: dict[str, dict[str, Any]] = {
    ADA_ID: _person(ADA_ID, "Ada Example", "ada@example.com"),
    GRACE_ID: _person(GRACE_ID, "Grace Example", "grace@example.com"),
    BOT_ID: BOT,
}


def reference(user_id: str = BOT_ID) -> dict[str, Any]:
    """The two-key form used in created_by and last_edited_by of objects."""
    return {"object": "user", "id": user_id}


def in_value(user_id: str) -> dict[str, Any]:
    """The form used in page values: complete, but a bot without its workspace."""
    found = ALL.get(user_id)
    if found is None:
        return reference(user_id)
    return {**found, "bot": {}} if found["type"] == "bot" else dict(found)


def find(user_id: str) -> dict[str, Any] | None:
    """One user, or None."""
    return ALL.get(user_id)
