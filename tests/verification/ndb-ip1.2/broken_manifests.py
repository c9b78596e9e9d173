"""Load and validate every broken manifest, each alone, and tell which were not refused as their headers expect.

A header is `# expect: LINE:COLUMN WORDS`, one for every problem that the manifest has. Prints one JSON object.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.manifest import load_stack
from ansible_collections.factory.core.plugins.module_utils.problem import InvalidManifests, Problem
from ansible_collections.factory.core.plugins.module_utils.provider import installed_providers
from ansible_collections.factory.core.plugins.module_utils.schema import validate

_EXPECTED = re.compile(r"^# expect: (\d+):(\d+) (.+)$", re.MULTILINE)


def main(folder: Path) -> int:
    """Check every manifest of *folder*."""
    files = sorted(folder.glob("*.yml"))
    wrong = {file.name: found for file in files if (found := list(_differences(file)))}
    print(json.dumps({"checked": len(files), "wrong": wrong}, ensure_ascii=False))
    return 1 if wrong else 0


def _differences(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    expected = [(int(line), int(column), words) for line, column, words in _EXPECTED.findall(text)]
    problems = _problems(file)
    if not expected:
        yield "it has no header that says what to expect"
    for line, column, words in expected:
        at_place = [problem.message for problem in problems if _place(problem) == (line, column)]
        if not any(words in message for message in at_place):
            yield f"expected '{words}' at {line}:{column}, found {[str(problem) for problem in problems]}"
    places = {(line, column) for line, column, _ in expected}
    yield from (f"not expected: {problem}" for problem in problems if _place(problem) not in places)


def _problems(file: Path) -> tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as name:
        stack = Path(name)
        shutil.copy(file, stack)
        try:
            validate(load_stack(stack, "sandbox"), installed_providers())
        except InvalidManifests as invalid:
            return invalid.problems
    return ()


def _place(problem: Problem) -> tuple[int, int]:
    return problem.position.line, problem.position.column


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
