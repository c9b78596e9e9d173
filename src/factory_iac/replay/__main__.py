"""`python -m factory_iac.replay DIR`: plays recorded traffic and says how much of it matched."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from factory_iac.replay import recordings, report
from factory_iac.replay.playing import Interaction, play


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. The exit code tells whether there was anything to play."""
    parser = argparse.ArgumentParser(prog="python -m factory_iac.replay", description=__doc__)
    parser.add_argument("recordings", type=Path, metavar="DIR", help="folder with recordings as JSON lines")
    parser.add_argument("--differences", type=Path, metavar="DIR", help="write every difference as a unified diff")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    try:
        scenarios = recordings.read(given.recordings)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not scenarios:
        print(f"no recordings in {given.recordings}", file=sys.stderr)
        return 2
    rules: Counter[str] = Counter()
    played = asyncio.run(_play_all(scenarios, rules))
    print(json.dumps(report.as_json(played, rules)) if given.json else report.as_text(played, rules))
    if given.differences is not None:
        report.write_differences(played, given.differences)
    return 0


async def _play_all(scenarios: list[recordings.Scenario], rules: Counter[str]) -> list[Interaction]:
    return [interaction for scenario in scenarios for interaction in await play(scenario, rules)]


if __name__ == "__main__":
    sys.exit(main())
