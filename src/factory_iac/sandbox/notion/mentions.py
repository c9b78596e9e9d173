"""Mentions in rich text: what the API adds to a user, page, database or date that a request mentions."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion import dates, errors
from factory_iac.sandbox.notion.call import Call
from factory_iac.sandbox.notion.urls import page_url


def complete(call: Call, value: Any) -> Any:
    """The same JSON, its mentions with the text and address that Notion gives them."""
    if isinstance(value, list):
        return [complete(call, part) for part in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("mention"), dict):
        return {**value, **_completed(call, value["mention"], value)}
    return {key: complete(call, part) for key, part in value.items()}


def _completed(call: Call, mention: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    kind = mention.get("type") or next((key for key in mention if key != "type"), "page")
    value = mention.get(kind) if isinstance(kind, str) else None
    if not isinstance(value, dict):
        raise errors.missing("body.rich_text.mention.page")
    text, href = str(item.get("plain_text", "")), None
    if kind == "user":
        value = call.store.users.in_value(str(value.get("id")))
        text = f"@{value.get('name', 'Anonymous')}"
    elif kind == "date":
        value = dates.normalise(value, "body.rich_text.mention.date") or value
        text = " → ".join(str(part) for part in (value["start"], value["end"]) if part)
    elif kind in ("page", "database"):
        found = call.store.find(str(value.get("id")))
        text = (found.title if found is not None else "") or "Untitled"
        href = page_url("", str(value.get("id")), call.behaviour.url_host)
    elif kind == "template_mention":
        given = value.get("type") or next(iter(value))
        value = {"type": given, given: value[given]}
        text = f"@{str(value[given]).capitalize()}"
    elif kind == "custom_emoji":
        text = f":{value.get('name', '')}:"
    return {"mention": {"type": kind, kind: value}, "plain_text": text, "href": href}
