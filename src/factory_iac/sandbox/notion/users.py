"""The people and the bot of a workspace: planted when it is new, replaced by those that are loaded."""

from __future__ import annotations

from typing import Any

SPACE_ID = "5a4d0b0e-0000-4000-8000-00000000f000"
BOT_ID = "5a4d0b0e-0000-4000-8000-00000000f0b0"
BOT_NAME = "Factory Sandbox"
ADA_ID = "5a4d0b0e-0000-4000-8000-00000000f0a1"
GRACE_ID = "5a4d0b0e-0000-4000-8000-00000000f0a2"

User = dict[str, Any]


def _person(user_id: str, name: str, email: str) -> User:
    return {
        "object": "user",
        "id": user_id,
        "name": name,
        "avatar_url": None,
        "type": "person",
        "person": {"email": email},
    }


BOT: User = {
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

PLANTED: tuple[User, ...] = (
    _person(ADA_ID, "Ada Example", "ada@example.com"),
    _person(GRACE_ID, "Grace Example", "grace@example.com"),
    BOT,
)


class Directory:
    """Everybody in the workspace. The bot is the connection that the token stands for."""

    def __init__(self, everyone: list[User]) -> None:
        self.everyone = everyone
        self._by_id = {user["id"]: user for user in everyone}
        self.bot = next((user for user in reversed(everyone) if user.get("type") == "bot"), BOT)

    @property
    def space_id(self) -> str:
        """The id of the workspace, as formulas mention it."""
        return str(self.bot["bot"].get("workspace_id", SPACE_ID))

    def reference(self) -> User:
        """The bot in the two-key form of created_by and last_edited_by."""
        return {"object": "user", "id": self.bot["id"]}

    def find(self, user_id: str) -> User | None:
        """One user, or None."""
        return self._by_id.get(user_id)

    def in_value(self, user_id: str) -> User:
        """The form used in page values: complete, but a bot without its workspace."""
        found = self._by_id.get(user_id)
        if found is None:
            return {"object": "user", "id": user_id}
        return {**found, "bot": {}} if found["type"] == "bot" else dict(found)
