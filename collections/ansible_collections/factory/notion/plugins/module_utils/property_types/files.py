# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""files: links to files elsewhere, and files that lie beside the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)
from ansible_collections.factory.notion.plugins.module_utils.row_files import fingerprint_in


class Files(PropertyType):
    """``files``."""

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A list of links with names, and of files on this machine; that these are there is checked among the rows."""
        if not isinstance(value, list) or not all(isinstance(one, dict) and _is_entry(one) for one in value):
            yield fault("expected a list of {name: …, url: …} or {file: …}", value)

    def normal(self, value: Any) -> list[dict[str, str]]:
        """In the order given; a file on this machine by its name and, once it was read, its fingerprint."""
        return [_normal(one) for one in value or []]

    def read(self, stored: Any) -> list[dict[str, str]]:
        """The same of what Notion stores: the link to an uploaded file expires, the fingerprint in it stays."""
        return [_read(one) for one in stored or []]

    def write(self, value: Any, name: str, writing: ValueWriting) -> Any:
        """External files, and uploads."""
        return [_written(one, writing) for one in value or []]


def shown_name(entry: dict[str, str]) -> str:
    """Under which name people see a file."""
    return entry.get("name") or PurePosixPath(entry["file"]).name


def _is_entry(entry: dict[Any, Any]) -> bool:
    keys = set(entry)
    return (keys == {"name", "url"} or {"file"} <= keys <= {"file", "name"}) and all(
        isinstance(text, str) and text for text in entry.values()
    )


def _normal(entry: dict[str, str]) -> dict[str, str]:
    if "url" in entry:
        return {"name": entry["name"], "url": entry["url"]}
    return {"name": shown_name(entry), "fingerprint": entry.get("fingerprint", "")}


def _read(stored: dict[str, Any]) -> dict[str, str]:
    name = stored.get("name", "")
    if stored.get("type") == "file":
        return {"name": name, "fingerprint": fingerprint_in(stored["file"]["url"]) or ""}
    return {"name": name, "url": stored.get("external", {}).get("url", "")}


def _written(entry: dict[str, str], writing: ValueWriting) -> dict[str, Any]:
    if "url" in entry:
        return {"name": entry["name"], "type": "external", "external": {"url": entry["url"]}}
    name = shown_name(entry)
    return {"name": name, "type": "file_upload", "file_upload": {"id": writing.upload(entry["file"], name)}}
