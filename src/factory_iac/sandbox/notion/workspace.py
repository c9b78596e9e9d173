"""What one sandbox holds: objects, switches, counts and faults."""

from __future__ import annotations

import sqlite3
from typing import Any

from factory_iac.sandbox.notion import loading, rich_text
from factory_iac.sandbox.notion.behaviour import Behaviour
from factory_iac.sandbox.notion.clock import Clock
from factory_iac.sandbox.notion.faults import Fault
from factory_iac.sandbox.notion.ids import TITLE_ID, new_uuid
from factory_iac.sandbox.notion.overlaps import Overlaps
from factory_iac.sandbox.notion.rate_budget import RateBudget
from factory_iac.sandbox.notion.request_counts import RequestCounts
from factory_iac.sandbox.notion.store import Record, Store
from factory_iac.sandbox.notion.timestamps import now, to_minute
from factory_iac.sandbox.notion.users import PLANTED

ROOT_TITLE = "Sandbox"


class Workspace:
    """The state behind the API. Objects persist, the rest lives as long as the process."""

    def __init__(self, path: str, token: str) -> None:
        self.token = token
        self.store = Store(path)
        self.behaviour = Behaviour()
        self.counts = RequestCounts()
        self.faults: list[Fault] = []
        self.clock = Clock()
        self.budget = RateBudget()
        self.overlaps = Overlaps()
        known = self.store.root_page()
        self.root_page_id = known or new_uuid()
        """Every workspace has its own, so that nobody takes one for another."""
        if known is None:
            with self.store.transaction():
                self._plant()

    def reset(self) -> None:
        """Back to just the root page, with zero counts and no faults; switches to their defaults."""
        with self.store.transaction():
            self.store.clear()
            self._plant()
        self.counts.clear()
        self.faults = []
        self.behaviour = Behaviour()
        self.clock = Clock()
        self.budget = RateBudget()

    def load(self, objects: list[Any], *, replace: bool) -> int:
        """Take in objects as Notion returns them, after forgetting everything if they are to replace it."""
        try:
            with self.store.transaction():
                if replace:
                    self.store.clear()
                    self._plant_users(objects)
                return loading.load(self.store, objects)
        except (KeyError, TypeError, AttributeError, sqlite3.Error) as error:
            raise ValueError(f"an object is not as Notion returns it: {error!r}") from error
        finally:
            self.store.meet_users()

    def _plant_users(self, objects: list[Any]) -> None:
        """The usual people, unless others come."""
        if not any(isinstance(entry, dict) and entry.get("object") == "user" for entry in objects):
            for user in PLANTED:
                self.store.insert(Record(user["id"], "user", "", user, title=user["name"]))
        self.store.meet_users()

    def _plant(self) -> None:
        self._plant_users([])
        moment = now()
        body = {
            "values": {TITLE_ID: rich_text.from_text(ROOT_TITLE)},
            "created_time": to_minute(moment),
            "last_edited_time": to_minute(moment),
            "created_by": self.store.users.reference(),
            "last_edited_by": self.store.users.reference(),
            "cover": None,
            "icon": None,
            "is_locked": False,
            "row": False,
        }
        root = Record(self.root_page_id, "page", "", body, title=ROOT_TITLE, edited=moment.timestamp())
        self.store.insert(root)
