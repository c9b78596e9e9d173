"""Blocks as Markdown, in the dialect of Notion; blocks it has no word for are listed by id."""

from __future__ import annotations

from typing import Any

from factory_iac.sandbox.notion.rich_text import RichText
from factory_iac.sandbox.notion.store import Record, Store
from factory_iac.sandbox.notion.urls import page_url

_HEADINGS = {f"heading_{level}": "#" * level for level in (1, 2, 3, 4)}
_STYLES = (("code", "`"), ("bold", "**"), ("italic", "*"), ("strikethrough", "~~"))
_MEDIA = frozenset({"image", "video", "audio", "pdf", "file"})


def page(store: Store, record: Record, host: str) -> tuple[str, list[str]]:
    """The content of a page, and the ids of the blocks that could not be written."""
    writer = _Writer(store, host)
    return "\n".join(writer.lines(record, "")), writer.unknown


def passages(store: Store, record: Record, host: str) -> list[tuple[Record, str]]:
    """The blocks of a page, each with its text and that of what is inside."""
    return _Writer(store, host).passages(record)


class _Writer:
    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._host = host
        self.unknown: list[str] = []

    def lines(self, parent: Record, indent: str) -> list[str]:
        """Everything inside a page or block."""
        return [line for number, child in self._numbered(parent) for line in self._block(child, number, indent)]

    def passages(self, parent: Record) -> list[tuple[Record, str]]:
        """Every child of a page with its text."""
        return [(child, "\n".join(self._block(child, number, ""))) for number, child in self._numbered(parent)]

    def _numbered(self, parent: Record) -> list[tuple[int, Record]]:
        """Children with their number in the list they belong to."""
        found: list[tuple[int, Record]] = []
        count = 0
        for child in self._store.children(parent.id, ["block", "page", "database"]):
            count = count + 1 if child.body.get("type") == "numbered_list_item" else 0
            found.append((count, child))
        return found

    def _block(self, record: Record, number: int, indent: str) -> list[str]:
        if record.kind != "block":
            address = page_url("", record.id, self._host)
            return [f'{indent}<{record.kind} url="{address}">{record.title}</{record.kind}>']
        kind, content = record.body["type"], record.body[record.body["type"]]
        if kind == "table":
            return [f"{indent}{line}" for line in self._table(record)]
        if kind in ("column_list", "column", "synced_block"):
            return self.lines(record, indent)
        text = _line(kind, content, number)
        if text is None:
            self.unknown.append(record.id)
            return [f'{indent}<unknown alt="{kind}"/>']
        return [f"{indent}{line}" for line in text.split("\n")] + self.lines(record, f"{indent}\t")

    def _table(self, record: Record) -> list[str]:
        children = self._store.children(record.id, ["block"])
        rows = [row.body["table_row"].get("cells", []) for row in children if row.body["type"] == "table_row"]
        lines = [f"| {' | '.join(text_of(cell) for cell in row)} |" for row in rows]
        return [*lines[:1], f"|{' --- |' * len(rows[0])}", *lines[1:]] if rows else []


def _line(kind: str, content: dict[str, Any], number: int) -> str | None:
    """A block without what is inside it; None for a kind that Markdown has no word for."""
    text = text_of(content.get("rich_text", []))
    if kind in _HEADINGS:
        return f"{_HEADINGS[kind]} {text}"
    if kind in _MEDIA:
        inner: dict[str, Any] = next(
            (content[name] for name in ("external", "file") if isinstance(content.get(name), dict)), {}
        )
        return f"![{text_of(content.get('caption', []))}]({inner.get('url', '')})"
    prefixes = {
        "paragraph": "",
        "bulleted_list_item": "- ",
        "toggle": "- ",
        "numbered_list_item": f"{number}. ",
        "to_do": f"- [{'x' if content.get('checked') else ' '}] ",
        "quote": "> ",
        "callout": "> ",
    }
    if kind in prefixes:
        return f"{prefixes[kind]}{text}"
    if kind == "code":
        language = str(content.get("language", ""))
        plain = "".join(item.get("plain_text", "") for item in content.get("rich_text", []))
        return f"```{language}\n{plain}\n```"
    fixed = {
        "divider": "---",
        "equation": f"$$\n{content.get('expression', '')}\n$$",
        "table_of_contents": "<table_of_contents/>",
        "bookmark": f"[{content.get('url', '')}]({content.get('url', '')})",
        "embed": f"[{content.get('url', '')}]({content.get('url', '')})",
    }
    return fixed.get(kind)


def text_of(items: RichText) -> str:
    """Rich text with its style."""
    return "".join(_styled(item) for item in items)


def _styled(item: dict[str, Any]) -> str:
    text = str(item.get("plain_text", ""))
    if item["type"] == "equation":
        return f"$`{text}`$"
    for name, mark in _STYLES:
        if item["annotations"].get(name) and text.strip():
            text = f"{mark}{text}{mark}"
    return f"[{text}]({item['href']})" if item.get("href") else text
