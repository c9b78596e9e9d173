"""Lists that the API only reads: templates of a data source, custom emojis."""

from __future__ import annotations

from factory_iac.sandbox.notion import pagination
from factory_iac.sandbox.notion.call import Answer, Call, Json


def templates(call: Call) -> Answer:
    """GET data_sources/{id}/templates: none, since the API cannot make any. Carries no request id."""
    call.addressed("data_source")
    return Answer({"templates": [], "has_more": False, "next_cursor": None}, bare=True)


def custom_emojis(call: Call) -> Json:
    """GET custom_emojis: those that were loaded, by name if one is asked for."""
    wanted = call.parameter("name")
    known: list[Json] = [
        {key: record.body[key] for key in ("id", "name", "url") if key in record.body}
        for record in call.store.children("", ["custom_emoji"])
        if wanted in (None, record.title)
    ]
    shown, following = pagination.of_objects(call, known)
    return {
        "object": "list",
        "type": "custom_emoji",
        "results": shown,
        "has_more": following is not None,
        "next_cursor": following,
    }
