# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run folders: where the plan, the report and the journal of a run are kept, and for how long."""

from __future__ import annotations

import re
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

RUNS_KEPT = 20
"""How many runs of a target are kept."""

_RUN_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{6}$")


def new_run_id() -> str:
    """A name for a run that sorts by time and is unique between processes."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def drop_old_runs(folder: Path) -> None:
    """Remove all but the latest runs of a target; folders that somebody named otherwise stay."""
    runs = sorted(one for one in folder.iterdir() if one.is_dir() and _RUN_ID.match(one.name))
    for old in runs[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
