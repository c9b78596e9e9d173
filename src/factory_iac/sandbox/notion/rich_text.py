"""Rich text: what a request may say, and what the API makes of it."""

from __future__ import annotations

import re
from typing import Any

from factory_iac.sandbox.notion.errors import invalid, invalid_body
from factory_iac.sandbox.notion.shapes import Choice, Fields, Flag, Items, Nullable, OneOf, Shape, Text, Uuid, check

MAX_ITEMS = 100
MAX_CONTENT = 2000
MAX_EQUATION = 1000

_DEFAULT_STYLE: dict[str, Any] = {
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "code": False,
    "color": "default",
}

RichText = list[dict[str, Any]]

_HUES = ("gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
COLORS = ("default", *_HUES, "default_background", *(f"{hue}_background" for hue in _HUES))
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S+|/|[^\s./#][^\s/#]*\.[^\s]", re.IGNORECASE)
_URL = Text(MAX_CONTENT, populated=True)


def _kind(name: str, shape: Shape) -> Fields:
    return Fields({name: shape}, {"type": Choice((name,))})


_OBJECT = Fields({"id": Uuid()}, is_open=True)
_TEXT = Fields({"content": Text(MAX_CONTENT)}, {"link": Nullable(Fields({"url": _URL}, {"type": Choice(("url",))}))})
_DATE = Fields({"start": Text()}, {"end": Nullable(Text()), "time_zone": Nullable(Text())})
_TEMPLATE = OneOf(
    (
        _kind("template_mention_date", Choice(("today", "now"))),
        _kind("template_mention_user", Choice(("me",))),
    )
)
_MENTION = OneOf(
    (
        _kind("user", _OBJECT),
        _kind("date", _DATE),
        _kind("page", _OBJECT),
        _kind("database", _OBJECT),
        _kind("template_mention", _TEMPLATE),
        _kind("custom_emoji", _OBJECT),
    )
)
_STYLE = Fields(
    {},
    {
        "bold": Flag(),
        "italic": Flag(),
        "strikethrough": Flag(),
        "underline": Flag(),
        "code": Flag(),
        "color": Choice(COLORS),
    },
)


def _item_shape(name: str, shape: Shape) -> Fields:
    """An item; what only answers hold may come back in a request."""
    also: dict[str, Shape] = {"annotations": _STYLE, "plain_text": Text(), "href": Nullable(Text())}
    return Fields({name: shape}, {"type": Choice((name,)), **also})


RICH_TEXT = Items(
    OneOf(
        (
            _item_shape("text", _TEXT),
            _item_shape("mention", _MENTION),
            _item_shape("equation", Fields({"expression": Text(MAX_EQUATION, populated=True)})),
        )
    ),
    MAX_ITEMS,
)


def check_length(path: str, value: str | list[Any], limit: int) -> None:
    """Refuse a string or list longer than `limit`, with Notion's words."""
    if len(value) > limit:
        raise invalid_body(f"{path}.length", f"≤ `{limit}`", len(value))


def plain(items: RichText) -> str:
    """The text without its style."""
    return "".join(item.get("plain_text", "") for item in items)


def from_text(text: str) -> RichText:
    """Unstyled rich text."""
    return [_text_item({"content": text}, {})] if text else []


def normalise(value: object, path: str) -> RichText:
    """What the API stores and answers for the rich text of a request."""
    check(RICH_TEXT, value, path)
    found = [_normalise_item(item) for item in value] if isinstance(value, list) else []
    return _merged([item for item in found if item["type"] != "text" or item["plain_text"]])


def _merged(items: RichText) -> RichText:
    """Neighbouring texts of the same style and link are one text to Notion."""
    found: RichText = []
    for item in items:
        last = found[-1] if found else None
        if last is not None and _same_run(last, item):
            found[-1] = _text_item(
                {"content": last["plain_text"] + item["plain_text"], "link": item["text"]["link"]},
                item["annotations"],
            )
        else:
            found.append(item)
    return found


def _same_run(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same_style = bool(one["annotations"] == other["annotations"] and one["href"] == other["href"])
    return same_style and one["type"] == "text" and other["type"] == "text"


def _normalise_item(item: dict[str, Any]) -> dict[str, Any]:
    style = item.get("annotations", {})
    if "text" in item:
        _check_link(item["text"].get("link"))
        return _text_item(item["text"], style)
    if "equation" in item:
        expression = item["equation"]["expression"]
        return _item("equation", {"expression": expression}, style, expression, None)
    return _mention(item["mention"], style, item)


def _check_link(link: dict[str, Any] | None) -> None:
    """An address needs a scheme or a host; `/…` leads to a page of the workspace."""
    if link is not None and not _ADDRESS.match(link["url"]):
        raise invalid("Content creation Failed. Fix the following:\nInvalid URL for link.")


def _text_item(text: dict[str, Any], style: dict[str, Any]) -> dict[str, Any]:
    link = text.get("link")
    href = link.get("url") if isinstance(link, dict) else None
    content = text["content"]
    shown_link = {"url": href} if href else None
    return _item("text", {"content": content, "link": shown_link}, style, content, href)


def _mention(mention: dict[str, Any], style: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    kind = mention.get("type") or next((key for key in mention if key != "type"), "page")
    value = {"type": kind, kind: mention.get(kind)}
    return _item("mention", value, style, str(item.get("plain_text", "")), item.get("href"))


def _item(kind: str, value: dict[str, Any], style: dict[str, Any], text: str, href: Any) -> dict[str, Any]:
    annotations = {key: style.get(key, default) for key, default in _DEFAULT_STYLE.items()}
    return {"type": kind, kind: value, "annotations": annotations, "plain_text": text, "href": href}
