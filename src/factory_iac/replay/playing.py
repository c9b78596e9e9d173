"""Playing a scenario: load what it takes for granted, send every request, compare every answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from factory_iac.replay import comparing, granted
from factory_iac.replay.binding import Binding
from factory_iac.replay.masks import Masks
from factory_iac.replay.recordings import Scenario, Step
from factory_iac.sandbox.notion.app import create_app
from factory_iac.sandbox.notion.urls import HOSTS
from factory_iac.sandbox.notion.workspace import Workspace

TOKEN = "replay-token"
SEARCH_LAG = 20
WITHHELD = "token withheld (recorded answer is 401)"
CAUGHT_UP = "search index caught up (the recorded answer shows what the scenario created)"
NOT_LOADED = "object taken for granted that cannot be loaded"
_HOST = re.compile("|".join(re.escape(f"https://{host}/") for host in HOSTS))


@dataclass(frozen=True)
class Interaction:
    """One played step; `difference` is empty when it matched."""

    scenario: str
    step: Step
    difference: str


async def play(scenario: Scenario, rules: Counter[str]) -> list[Interaction]:
    """All steps of a scenario on a workspace of its own."""
    workspace = Workspace(":memory:", TOKEN)
    transport = httpx.ASGITransport(app=create_app(workspace))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        player = _Player(http, scenario, rules)
        await player.prepare()
        found = [await player.step(step) for step in scenario.steps]
    workspace.store.close()
    return found


class _Player:
    def __init__(self, http: httpx.AsyncClient, scenario: Scenario, rules: Counter[str]) -> None:
        self._http = http
        self._scenario = scenario
        self._rules = rules
        self._binding = Binding()
        self._masks = Masks(rules, self._binding)
        self._clock: datetime | None = None
        self._found: set[str] = set()

    async def prepare(self) -> None:
        """Load the objects taken for granted; choose the host and the lag that the recording shows."""
        objects = granted.objects(self._scenario)
        comparing.learn(self._binding, objects, objects)
        answer = await self._http.post("/_sandbox/load", json={"objects": objects, "replace": True})
        if answer.is_error:
            await self._load_one_by_one(objects)
        switches: dict[str, Any] = {"search_lag": SEARCH_LAG}
        shown = _HOST.search(json.dumps([step.response for step in self._scenario.steps]))
        if shown is not None:
            switches["url_host"] = shown.group(0).split("/")[2]
        (await self._http.post("/_sandbox/behaviour", json=switches)).raise_for_status()
        first = next((moment for step in self._scenario.steps if (moment := _moment(step)) is not None), None)
        if first is not None:
            await self._set_clock(first)

    async def _load_one_by_one(self, objects: list[dict[str, Any]]) -> None:
        """One object that cannot be loaded must not cost the others."""
        (await self._http.post("/_sandbox/load", json={"objects": [], "replace": True})).raise_for_status()
        for entry in objects:
            answer = await self._http.post("/_sandbox/load", json={"objects": [entry]})
            self._rules[NOT_LOADED] += answer.is_error

    async def _set_clock(self, moment: datetime) -> None:
        """Time passes as it did: never backwards."""
        if self._clock is None or moment > self._clock:
            self._clock = moment
            order = {"now": moment.isoformat(), "frozen": True}
            (await self._http.post("/_sandbox/clock", json=order)).raise_for_status()

    async def step(self, step: Step) -> Interaction:
        """Send one request again and compare the answer."""
        moment = _moment(step)
        if moment is not None:
            await self._set_clock(moment)
        if step.family == "search":
            await self._catch_up(step)
        self._masks.note_request(step.body)
        answer = await self._send(step)
        ours = _json(answer)
        recorded = step.response
        if step.family == "search":
            recorded, ours = comparing.by_id(self._binding, recorded, ours)
        comparing.learn(self._binding, recorded, ours)
        wanted = comparing.expected(self._binding, self._masks, recorded, ours)
        name = f"{self._scenario.name} {step.n} {step.method} {step.path}"
        difference = comparing.difference(name, (step.status, wanted), (answer.status_code, ours))
        return Interaction(self._scenario.name, step, difference)

    async def _send(self, step: Step) -> httpx.Response:
        token = TOKEN
        if step.status == 401:
            token = "withheld"
            self._rules[WITHHELD] += 1
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": step.version}
        path, body = self._binding.path(step.path), self._binding.request(step.body)
        if isinstance(body, str):
            boundary = body.partition("\r\n")[0].removeprefix("--")
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            return await self._http.request(step.method, path, headers=headers, content=body.encode())
        if body is None:
            return await self._http.request(step.method, path, headers=headers)
        return await self._http.request(step.method, path, headers=headers, json=body)

    async def _catch_up(self, step: Step) -> None:
        """The recording has no times of reads: a created object that is new there tells that time has passed."""
        results = (step.answer.get("results") or []) if step.status == 200 else []
        created = {item["id"] for item in results if self._binding.is_ours(item["id"])}
        if created - self._found:
            self._found |= created
            self._rules[CAUGHT_UP] += 1
            (await self._http.post("/_sandbox/clock", json={"advance": SEARCH_LAG})).raise_for_status()


def _moment(step: Step) -> datetime | None:
    """When a write happened, as far as its answer tells."""
    if step.reads:
        return None
    times = [step.answer.get(key) for key in ("last_edited_time", "created_time")]
    text = next((time for time in times if isinstance(time, str)), None)
    return None if text is None else datetime.fromisoformat(text)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
