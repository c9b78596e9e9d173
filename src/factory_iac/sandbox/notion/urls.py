"""Addresses of objects for a browser."""

from __future__ import annotations

import re

HOSTS = ("app.notion.com", "www.notion.so")


def page_url(title: str, object_id: str, host: str) -> str:
    """The address a browser would open."""
    slug = re.sub(r"[^0-9A-Za-z]+", "-", title).strip("-")
    folder = "p/" if host == "app.notion.com" else ""
    return f"https://{host}/{folder}{slug + '-' if slug else ''}{object_id.replace('-', '')}"
