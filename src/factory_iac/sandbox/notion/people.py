"""GET users: the people and the bot."""

from __future__ import annotations

from factory_iac.sandbox.notion import errors, pagination
from factory_iac.sandbox.notion.call import Call, Json


def list_users(call: Call) -> Json:
    """GET users."""
    shown, following = pagination.of_objects(call, call.store.users.everyone)
    return pagination.list_object(shown, following, "user")


def me(call: Call) -> Json:
    """GET users/me: the bot."""
    return dict(call.store.users.bot)


def retrieve(call: Call) -> Json:
    """GET users/{id}."""
    user_id = call.path_id("user")
    found = call.store.users.find(user_id)
    if found is None:
        raise errors.not_found("user", user_id)
    return dict(found)
