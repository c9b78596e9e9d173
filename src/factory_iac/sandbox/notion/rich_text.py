"""Rich text: what a request may say, and what the API makes of it."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.errors import invalid_body, missing

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
    if not isinstance(value, list):
        raise invalid_body(path, "an array", value)
    check_length(path, value, MAX_ITEMS)
    found = [_normalise_item(item, f"{path}[{index}]") for index, item in enumerate(value)]
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


def _normalise_item(item: object, path: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid_body(path, "an object", item)
    style = item.get("annotations") or {}
    if not isinstance(style, dict):
        raise invalid_body(f"{path}.annotations", "an object or `undefined`", style)
    if isinstance(item.get("text"), dict):
        return _checked_text(item["text"], style, path)
    if isinstance(item.get("equation"), dict):
        expression = str(item["equation"].get("expression", ""))
        check_length(f"{path}.equation.expression", expression, MAX_EQUATION)
        return _item("equation", {"expression": expression}, style, expression, None)
    if isinstance(item.get("mention"), dict):
        return _mention(item["mention"], style, item)
    raise missing(f"{path}.text")


def _checked_text(text: dict[str, Any], style: dict[str, Any], path: str) -> dict[str, Any]:
    content = text.get("content")
    if content is None:
        raise missing(f"{path}.text.content")
    if not isinstance(content, str):
        raise invalid_body(f"{path}.text.content", "a string", content)
    check_length(f"{path}.text.content", content, MAX_CONTENT)
    link = text.get("link")
    if isinstance(link, dict) and isinstance(link.get("url"), str):
        check_length(f"{path}.text.link.url", link["url"], MAX_CONTENT)
    return _text_item(text, style)


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
