"""What a scenario takes for granted: the objects that are answered before they are created."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from factory_iac.replay.recordings import Scenario, Step

Json = dict[str, Any]
_KINDS = frozenset({"page", "database", "data_source", "block", "user", "view", "comment", "file_upload"})
_ENVELOPE = frozenset({"request_id", "archived"})
_PARENTS = ("data_source_id", "database_id", "page_id", "block_id")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(r"\{\{notion:block_property:[^:}]+:[^:}]+:([0-9a-f-]{36})\}\}")
_INTEGRATION = re.compile(r'integration "([^"]+)"')
_PATH_KINDS = {"pages": "page", "databases": "database", "data_sources": "data_source", "blocks": "page"}


class _Collection:
    """Objects in the order in which they shall be loaded."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Json] = {}
        self.created: set[str] = set()
        self.user_ids: list[str] = []

    def take(self, entry: Json, *, undeleted: bool) -> None:
        """Note an object unless the scenario created it."""
        parent = entry.get("parent") or {}
        above = next((parent[key] for key in _PARENTS if parent.get(key)), None)
        if entry["id"] in self.created:
            return
        if above in self.created or entry.get("database_id") in self.created:
            self.created.add(entry["id"])
            return
        entry = {key: value for key, value in entry.items() if key not in _ENVELOPE}
        key = (entry["object"], entry["id"])
        known = self.objects.get(key)
        if known is None or len(known) < len(entry):
            self.objects[key] = {**entry, "in_trash": False} if undeleted else entry

    def name(self, kind: str, object_id: str, known: Json | None = None) -> None:
        """Note an object of which little is known but that it is there."""
        if object_id not in self.created and all(key[1] != object_id for key in self.objects):
            self.objects[kind, object_id] = {"object": kind, "id": object_id, **(known or {})}

    def reorder(self, entries: list[Json]) -> None:
        """Later in the load order than all others, in this order: how a listing shows them."""
        for entry in entries:
            keys = [key for key in self.objects if key[1] == entry.get("id")]
            for key in keys:
                self.objects[key] = self.objects.pop(key)


def objects(scenario: Scenario) -> list[Json]:
    """The objects to load before a scenario is played."""
    found = _Collection()
    for step in scenario.steps:
        if step.status >= 300:
            continue
        _note_created(found, step)
        for entry in _answered(step.response):
            if entry["object"] in _KINDS:
                found.take(entry, undeleted=step.method == "DELETE" and entry["id"] in step.path)
        _note_order(found, step)
        _note_addressed(found, step)
        _note_parents(found, step)
        _note_mentions(found, step.response)
    return _bot_last(scenario, list(found.objects.values()))


def _note_created(found: _Collection, step: Step) -> None:
    if step.reads:
        return
    is_new = step.method == "POST" and step.path.count("/") == 2
    is_append = step.method == "PATCH" and step.path.endswith("/children")
    answers = (step.answer.get("results") or []) if is_append else [step.answer] if is_new else []
    for answer in answers:
        known = any(key[1] == answer.get("id") for key in found.objects)
        if not known:
            found.created.add(str(answer.get("id")))
            found.created.update(source["id"] for source in answer.get("data_sources", []))


def _answered(value: Any) -> Iterator[Json]:
    """Every object with an id in an answer, the outer before the inner."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str) and isinstance(value.get("id"), str) and len(value) > 2:
            yield value
        for part in value.values():
            yield from _answered(part)
    elif isinstance(value, list):
        for part in value:
            yield from _answered(part)


def _note_order(found: _Collection, step: Step) -> None:
    results = step.answer.get("results")
    if not isinstance(results, list):
        return
    if step.method == "GET":
        results = [*results, *_next_of_list(found, step.answer)]
        newest_first = step.family == "file_uploads"
        found.reorder(results[::-1] if newest_first else results)
    elif step.family == "query" and not (step.body or {}).get("sorts"):
        found.reorder(results[::-1])


def _next_of_list(found: _Collection, answer: Json) -> list[Json]:
    """The object with which the next page of a list begins."""
    cursor = answer.get("next_cursor")
    if answer.get("type") not in _KINDS or not isinstance(cursor, str) or not _UUID.fullmatch(cursor):
        return []
    found.name(answer["type"], cursor)
    return [{"id": cursor}]


def _note_mentions(found: _Collection, value: Any) -> None:
    """A page or database that is mentioned is there, under the title that the mention shows."""
    if isinstance(value, list):
        for part in value:
            _note_mentions(found, part)
    elif isinstance(value, dict):
        mention = value.get("mention")
        kind = mention.get("type") if isinstance(mention, dict) else None
        if isinstance(mention, dict) and kind in ("page", "database"):
            title = [{"type": "text", "text": {"content": value["plain_text"]}, "plain_text": value["plain_text"]}]
            shown = {"properties": {"title": {"id": "title", "type": "title", "title": title}}}
            found.name(str(kind), mention[kind]["id"], {"title": title} if kind == "database" else shown)
        for part in value.values():
            _note_mentions(found, part)


def _note_addressed(found: _Collection, step: Step) -> None:
    """An object that is only named in a path is there too."""
    parts = step.path.partition("?")[0].split("/")
    kind = _PATH_KINDS.get(parts[2] if len(parts) > 3 else "")
    if kind is None or not _UUID.fullmatch(parts[3]):
        return
    if parts[-1] in ("query", "templates", "children"):
        found.name(kind, parts[3])


def _note_parents(found: _Collection, step: Step) -> None:
    """What the scenario creates lies in something."""
    for entry in _answered(step.response):
        parent = entry.get("parent") or {}
        for key in _PARENTS:
            above = parent.get(key)
            if entry["id"] in found.created and above and above not in found.created:
                found.name(key.removesuffix("_id"), above)


def _bot_last(scenario: Scenario, found: list[Json]) -> list[Json]:
    """With the bot that the token stands for as the last of the users."""
    bot = _bot(scenario)
    if bot is None:
        return found
    users = [entry for entry in found if entry["object"] == "user" and entry["id"] != bot["id"]]
    return [*users, bot, *(entry for entry in found if entry["object"] != "user")]


def _bot(scenario: Scenario) -> Json | None:
    answered = [entry for step in scenario.steps for entry in _answered(step.response)]
    bots = [entry for entry in answered if entry["object"] == "user" and entry.get("type") == "bot"]
    me = next((step.answer for step in scenario.steps if step.path == "/v1/users/me" and step.status == 200), None)
    known = me or next((bot for bot in bots if bot.get("bot")), None) or (bots[-1] if bots else {})
    bot_id = known.get("id") or next(_creators(scenario), None) or _integration(scenario, "integration_id")
    if bot_id is None:
        return None
    inner = dict(known.get("bot") or {})
    space = next(iter(_TOKEN.findall(str([step.response for step in scenario.steps]))), None)
    if space is not None:
        inner.setdefault("workspace_id", space)
    name = known.get("name") or _integration(scenario, "name") or next(_signatures(scenario), "Integration")
    return {"object": "user", "avatar_url": None, "type": "bot", **known, "id": bot_id, "name": name, "bot": inner}


def _creators(scenario: Scenario) -> Iterator[str]:
    """Who is said to have created what the scenario creates."""
    for step in scenario.steps:
        if not step.reads and step.method == "POST" and isinstance(step.answer.get("created_by"), dict):
            yield step.answer["created_by"]["id"]
    for step in scenario.steps:
        if not step.reads and isinstance(step.answer.get("last_edited_by"), dict):
            yield step.answer["last_edited_by"]["id"]


def _signatures(scenario: Scenario) -> Iterator[str]:
    """The name under which the connection comments."""
    for step in scenario.steps:
        for entry in _answered(step.response):
            shown = entry.get("display_name") or {}
            if shown.get("type") == "integration":
                yield shown["resolved_name"]


def _integration(scenario: Scenario, what: str) -> str | None:
    """What an error says about the connection that asked."""
    for step in scenario.steps:
        if step.status == 404:
            named = _INTEGRATION.search(str(step.answer.get("message")))
            if what == "name" and named:
                return named[1]
            told = (step.answer.get("additional_data") or {}).get(what)
            if told is not None:
                return str(told)
    return None
