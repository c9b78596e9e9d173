"""Addresses of objects for a browser."""

from __future__ import annotations

import re


def page_url(title: str, object_id: str) -> str:
    """The address a browser would open."""
    slug = re.sub(r"[^0-9A-Za-z]+", "-", title).strip("-")
    return f"https://app.notion.com/p/{slug + '-' if slug else ''}{object_id.replace('-', '')}"
