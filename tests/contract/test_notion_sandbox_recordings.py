"""Real traffic, played again: the sandbox must answer what Notion answered, as often as is promised."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from factory_iac.replay import recordings, report
from factory_iac.replay.playing import Interaction, play

PROMISED = {
    "databases": 90,
    "data_sources": 90,
    "pages": 90,
    "blocks": 90,
    "query": 90,
    "views": 80,
    "search": 80,
}
OVERALL = 95


@pytest.fixture(scope="module")
def played() -> list[Interaction]:
    """Every recorded interaction of the folder that NOTION_RECORDINGS names, else of the one beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "notion-recordings"
    scenarios = recordings.read(Path(os.environ.get("NOTION_RECORDINGS") or beside))
    if not scenarios:
        pytest.skip("no recordings: set NOTION_RECORDINGS to the folder that has them")
    rules: Counter[str] = Counter()

    async def play_all() -> list[Interaction]:
        return [interaction for scenario in scenarios for interaction in await play(scenario, rules)]

    return asyncio.run(play_all())


def test_recorded_interactions_match_as_often_as_promised(played: list[Interaction]) -> None:
    overall = report.scores(played, lambda _: "overall")[0]
    assert overall.percent >= OVERALL, overall.line()


@pytest.mark.parametrize("family", sorted(PROMISED))
def test_every_part_of_the_api_matches_as_often_as_promised(played: list[Interaction], family: str) -> None:
    score = next(score for score in report.scores(played, lambda item: item.step.family) if score.name == family)
    assert score.percent >= PROMISED[family], score.line()
