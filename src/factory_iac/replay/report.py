"""What a replay found, as text, as JSON and as a folder of differences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory_iac.replay.playing import Interaction


@dataclass(frozen=True)
class Score:
    """How many interactions of a kind matched."""

    name: str
    matched: int
    total: int

    @property
    def percent(self) -> float:
        """Matched of 100."""
        return 100 * self.matched / self.total

    def as_json(self) -> dict[str, Any]:
        """The score by name."""
        return {"name": self.name, "matched": self.matched, "total": self.total, "percent": round(self.percent, 1)}

    def line(self) -> str:
        """The score as a line of a table."""
        return f"{self.matched:5} / {self.total:<5} {self.percent:5.1f} %  {self.name}"


def scores(played: Iterable[Interaction], name_of: Callable[[Interaction], str]) -> list[Score]:
    """Interactions counted by a name, the most frequent first."""
    total: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    for interaction in played:
        name = name_of(interaction)
        total[name] += 1
        matched[name] += not interaction.difference
    return [Score(name, matched[name], count) for name, count in total.most_common()]


def as_json(played: list[Interaction], rules: Counter[str]) -> dict[str, Any]:
    """Everything the text says."""
    return {
        "overall": scores(played, lambda _: "overall")[0].as_json(),
        "families": [score.as_json() for score in scores(played, lambda item: item.step.family)],
        "endpoints": [score.as_json() for score in scores(played, lambda item: item.step.route)],
        "scenarios": [score.as_json() for score in scores(played, lambda item: item.scenario)],
        "rules": dict(rules.most_common()),
    }


def as_text(played: list[Interaction], rules: Counter[str]) -> str:
    """Tables for people."""
    parts = [
        ("scenarios", [score.line() for score in scores(played, lambda item: item.scenario)]),
        ("endpoints", [score.line() for score in scores(played, lambda item: item.step.route)]),
        ("families", [score.line() for score in scores(played, lambda item: item.step.family)]),
        ("rules that applied", [f"{count:7}  {rule}" for rule, count in rules.most_common()]),
        ("overall", [score.line() for score in scores(played, lambda _: "overall")]),
    ]
    return "\n\n".join("\n".join([title, *lines]) for title, lines in parts)


def write_differences(played: Iterable[Interaction], folder: Path) -> int:
    """One unified diff a file, for every interaction that did not match. How many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.diff"):
        old.unlink()
    count = 0
    for interaction in played:
        if interaction.difference:
            step = interaction.step
            name = re.sub(r"[^A-Za-z0-9_.#-]+", "_", f"{interaction.scenario}-{step.n:03}-{step.family}")
            (folder / f"{name}.diff").write_text(interaction.difference, encoding="utf-8")
            count += 1
    return count
