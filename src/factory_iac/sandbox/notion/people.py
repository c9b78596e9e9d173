"""GET users: the people and the bot."""

from __future__ import annotations

from factory_iac.sandbox.notion import errors, pagination
from factory_iac.sandbox.notion.call import Call, Json


def list_users(call: Call) -> Json:
    """GET users."""
    size = pagination.page_size(next(iter(call.query.get("page_size", [])), None), "query")
    everyone = call.store.users.everyone
    start = next(iter(call.query.get("start_cursor", [])), None)
    first = 0 if start is None else next((at for at, user in enumerate(everyone) if user["id"] == start), -1)
    if first < 0:
        raise pagination.bad_cursor(start)
    shown = everyone[first : first + size]
    following = everyone[first + size]["id"] if first + size < len(everyone) else None
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
